type TypedArray =
  | Float64Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** The first `length` entries of a column, as a copy that is longer or shorter. */
export function resized<T extends TypedArray>(column: T, length: number): T {
  if (length <= column.length) return column.slice(0, length) as T;
  const larger = new (column.constructor as new (length: number) => T)(length);
  larger.set(column);
  return larger;
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
