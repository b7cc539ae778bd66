/** Text of at least four bytes that is looked for among others. */
export class ByteText {
  readonly length: number;
  readonly #view: DataView;

  /** @param bytes are copied */
  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.#view = viewOf(new Uint8Array(bytes));
  }

  /** Whether `bytes` are this text from `at` on. @param end where they end */
  isAt(bytes: DataView, at: number, end: number): boolean {
    const own = this.#view;
    const last = this.length - 4;
    if (at + last + 4 > end) return false;
    for (let i = 0; i < last; i += 4)
      if (bytes.getInt32(at + i, true) !== own.getInt32(i, true)) return false;
    return bytes.getInt32(at + last, true) === own.getInt32(last, true);
  }
}

export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
