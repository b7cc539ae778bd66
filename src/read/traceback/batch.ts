/**
 * What a scanner makes of a stretch of the input, in its order: numbers that one thread can hand to another.
 *
 * | numbers                               | meaning                                                        |
 * |---------------------------------------|----------------------------------------------------------------|
 * | shape, id, minutes, creator, values…  | a goroutine of a known shape                                   |
 * | `textItem`, offset, bytes             | this part of the input is for the line parser                  |
 * | `shapeItem`, offset, bytes, shape     | this goroutine is the first of that shape; its row follows     |
 */
export type Batch = Float64Array;

export const textItem = -1;
export const shapeItem = -2;

/** Gives a part of the input back, by offset and length; it may give less than was asked for, but something. */
export type InputPart = (offset: number, length: number) => Uint8Array<ArrayBuffer>;
