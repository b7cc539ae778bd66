interface KnownKey {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const keySlots = 256;
const maxKey = 40;

/** Keys of objects as strings: the same few come again and again, and need not be made anew. */
export class KnownKeys {
  readonly #slots: (KnownKey | undefined)[] = new Array<KnownKey | undefined>(keySlots).fill(undefined);

  /** The ASCII text of these bytes. */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0 || length > maxKey) return bytes.toString("latin1", start, end);
    const slot = (length * 31 + bytes[start]! * 7 + bytes[end - 1]!) % keySlots;
    const known = this.#slots[slot];
    if (known !== undefined && isSame(known.bytes, bytes, start, length)) return known.text;
    const text = bytes.toString("latin1", start, end);
    this.#slots[slot] = { bytes: Uint8Array.from(bytes.subarray(start, end)), text };
    return text;
  }
}

function isSame(known: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
