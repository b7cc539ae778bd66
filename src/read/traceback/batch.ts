/**
 * What a scanner makes of a stretch of the input, in its order: numbers that one thread can hand to another.
 *
 * | numbers                               | meaning                                                        |
 * |---------------------------------------|----------------------------------------------------------------|
 * | shape, id, minutes, creator, values…  | a goroutine of a known shape, its labels' number first if any  |
 * | `textItem`, offset, bytes             | this part of the input is for the builder to parse             |
 * | `shapeItem`, offset, bytes, shape     | this goroutine is the first of that shape; its row may follow  |
 * | `symbolItem`, bytes, text…            | the next number of a function name, from 0                     |
 * | `fileItem`, bytes, text…              | the next number of a file name, from 0                         |
 * | `headerItem`, number, bytes, text…    | what headers have of this number from now on                   |
 * | `labelsItem`, bytes, text…            | the next number of a `Header.labelText`, from 0                |
 * | `recordItem`, …                       | a goroutine of no known shape: see `recordItem`                |
 * | `learnedItem`, shape                  | the `recordItem` before it is the first of that shape          |
 *
 * Text is UTF-8, eight bytes a number.
 */
export type Batch = Float64Array;

export const textItem = -1;
export const shapeItem = -2;
export const symbolItem = -3;
export const fileItem = -4;
export const headerItem = -5;

export const labelsItem = -8;

/**
 * `recordItem`, header, id, minutes, creator, lines, marks, calls; then for each call, innermost first: symbol, file,
 * line, values, value… A call whose arguments are hidden has -1 - line for its line.
 */
export const recordItem = -6;
export const recordHead = 8;
export const learnedItem = -7;
export const callHead = 4;

/** Bits of a record's marks: how its arguments are written, and that the last call is its creator's. */
export const marks = { braces: 1, questionMarks: 2, createdBy: 4 } as const;

/** Gives a part of the input back, by offset and length; it may give less than was asked for, but something. */
export type InputPart = (offset: number, length: number) => Uint8Array<ArrayBuffer>;
