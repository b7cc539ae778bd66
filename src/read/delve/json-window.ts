import { isSpace } from "./json-value.ts";

/** Bytes that may be read again after something broken, beside some more for each byte of the input. */
const maxReread = 16 << 20;
const rereadPerByte = 4;

/**
 * The part of an input that is in sight: bytes from `pos` to `end` are still to be read. It lies in the memory that it
 * is given, and in a larger one of its own while a value needs it.
 */
export class JsonWindow {
  readonly #usual: Buffer;
  #bytes: Buffer;
  #large = false;
  pos = 0;
  end = 0;
  /** Offset in the input of the window's first byte. */
  base = 0;
  #reread = 0;

  /** @param usual the memory for most of the time */
  constructor(usual: Buffer) {
    this.#usual = usual;
    this.#bytes = usual;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Its bytes are in the usual memory. */
  get usual(): boolean {
    return !this.#large;
  }

  /** Offset in the input of the next byte. */
  get offset(): number {
    return this.base + this.pos;
  }

  /**
   * Takes bytes of the chunk from `from` on.
   * @param keepFrom bytes before this place in the window are not needed any more
   * @returns how many it took: not all of them where they don't fit in
   */
  fill(chunk: Uint8Array, from: number, keepFrom: number): number {
    const needed = chunk.length - from;
    if (keepFrom > 0 && this.#bytes.length - this.end < needed) this.#shift(keepFrom);
    if (this.end === this.#bytes.length) this.#grow();
    const count = Math.min(needed, this.#bytes.length - this.end);
    this.#bytes.set(count === chunk.length ? chunk : chunk.subarray(from, from + count), this.end);
    this.end += count;
    return count;
  }

  #shift(from: number): void {
    const usual = this.#usual;
    if (this.#large && this.end - from <= usual.length / 2) {
      this.#bytes.copy(usual, 0, from, this.end);
      this.#bytes = usual;
      this.#large = false;
    } else this.#bytes.copyWithin(0, from, this.end);
    this.base += from;
    this.pos -= from;
    this.end -= from;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.end);
    this.#bytes = larger;
    this.#large = true;
  }

  /**
   * Goes to where the search for goroutines begins anew when what begins at `pos` went wrong at `at`: to its second
   * byte, for they may stand inside it.
   * @returns false when so much was read again that half of what is before `at` is passed over
   */
  restart(at: number): boolean {
    const failed = Math.max(0, at - this.pos);
    this.#reread += failed;
    const again = this.#reread <= maxReread + rereadPerByte * (this.base + at);
    this.pos = Math.min(this.pos + (again ? 1 : 1 + (failed >> 1)), this.end);
    return again;
  }

  /** Goes to the next object whose first key is one of these; false when there is none among the bytes here. */
  seekObject(names: ReadonlySet<string>): boolean {
    let bytes = this.#bytes.subarray(0, this.end);
    let isThere = false;
    let longest = 0;
    for (const name of names) {
      const key = Buffer.from(JSON.stringify(name));
      longest = Math.max(longest, key.length);
      const found = this.#objectWith(key, bytes);
      if (found < 0) continue;
      isThere = true;
      // Another one is looked for only before it.
      bytes = bytes.subarray(0, found);
    }
    this.pos = isThere ? bytes.length : Math.max(this.pos, this.end - longest - 64);
    return isThere;
  }

  /** Where the next object begins whose first key this is; -1 when there is none among some bytes. */
  #objectWith(key: Uint8Array, bytes: Buffer): number {
    for (let found = bytes.indexOf(key, this.pos); found >= 0; found = bytes.indexOf(key, found + 1)) {
      let brace = found - 1;
      while (brace >= this.pos && isSpace(bytes[brace]!)) brace--;
      if (brace >= this.pos && bytes[brace] === 0x7b) return brace;
    }
    return -1;
  }

  /** Text for messages: at most 200 bytes of it. */
  text(from: number, to: number): string {
    return this.#bytes.toString("utf8", Math.max(0, from), Math.min(to, this.end, from + 200));
  }
}
