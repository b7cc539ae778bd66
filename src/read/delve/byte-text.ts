/**
 * Text of at least four bytes that is looked for among others, eight bytes at a time: as doubles, which are equal where
 * their bytes are if one of them is neither 0 nor NaN. Bytes from 1 to 127 never make such a double.
 */
export class ByteText {
  readonly length: number;
  readonly #view: DataView;

  /** @param bytes are copied; `isPlain` */
  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.#view = viewOf(new Uint8Array(bytes));
  }

  /** Whether `bytes` are this text from `at` on. @param end where they end */
  isAt(bytes: DataView, at: number, end: number): boolean {
    const own = this.#view;
    const { length } = this;
    if (at + length > end) return false;
    const last = length - 8;
    if (last < 0) {
      const tail = length - 4;
      return (
        bytes.getInt32(at, true) === own.getInt32(0, true) &&
        bytes.getInt32(at + tail, true) === own.getInt32(tail, true)
      );
    }
    for (let i = 0; i < last; i += 8)
      if (bytes.getFloat64(at + i, true) !== own.getFloat64(i, true)) return false;
    return bytes.getFloat64(at + last, true) === own.getFloat64(last, true);
  }
}

/** Whether a `ByteText` can be made of bytes: of ASCII without NUL. */
export function isPlain(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte === 0 || byte > 127) return false;
  return bytes.length >= 4;
}

export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
