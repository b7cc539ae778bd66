type TypedArray = Float64Array | Uint32Array | Int32Array | Uint8Array;

/**
 * The first `length` entries of a column, as a copy that is longer or shorter.
 * @param shared in memory that other threads can see
 */
export function resized<T extends TypedArray>(column: T, length: number, shared = false): T {
  if (length <= column.length && !shared) return column.slice(0, length) as T;
  const make = column.constructor as new (from: number | SharedArrayBuffer) => T;
  const copy = new make(shared ? new SharedArrayBuffer(length * column.BYTES_PER_ELEMENT) : length);
  copy.set(column.subarray(0, length));
  return copy;
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
