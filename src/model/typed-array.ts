type TypedArray = Float64Array | Uint32Array | Int32Array | Uint8Array;

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

/** The same entries in memory that threads share, with room for `length` of them. */
export function shared<T extends TypedArray>(column: T, length: number): T {
  const memory = new SharedArrayBuffer(length * column.BYTES_PER_ELEMENT);
  const copy = new (column.constructor as new (memory: SharedArrayBuffer) => T)(memory);
  copy.set(column);
  return copy;
}
