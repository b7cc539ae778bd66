import { Arena } from "./arena.ts";

type TypedArray = Float64Array | Uint32Array | Int32Array | Uint8Array;

/** The first `length` entries of a column, as a copy that is longer, and where the column was, or shorter. */
export function resized<T extends TypedArray>(column: T, length: number): T {
  if (length <= column.length) return column.slice(0, length) as T;
  const larger = zeros(column.constructor as new (length: number) => T, length, Arena.of(column));
  larger.set(column);
  return larger;
}

/** A column of zeros, in the arena if there is one. */
export function zeros<T extends TypedArray>(
  kind: new (length: number) => T,
  length: number,
  arena: Arena | undefined,
): T {
  return arena?.column(kind, length) ?? new kind(length);
}

/**
 * The array itself if it is long enough, else a longer copy, with room for more.
 * @param room the length of the copy, where it is known how many entries will come
 * @param empty what stands where nothing was written
 */
export function widened<T extends TypedArray>(array: T, length: number, room = 0, empty = 0): T {
  if (length <= array.length) return array;
  const copy = resized(array, Math.max(length, room, array.length * 2));
  if (empty !== 0) copy.fill(empty, array.length);
  return copy;
}

/** The same entries in memory that threads share, with room for `length` of them: in the arena if there is one. */
export function shared<T extends TypedArray>(column: T, length: number, arena: Arena | undefined): T {
  const kind = column.constructor as {
    new (length: number): T;
    new (memory: SharedArrayBuffer): T;
  };
  const copy =
    arena?.column(kind, length) ?? new kind(new SharedArrayBuffer(length * column.BYTES_PER_ELEMENT));
  copy.set(column);
  return copy;
}
