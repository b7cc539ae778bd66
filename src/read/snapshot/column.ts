import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Longest number, in steps of seven bits: ids have up to 64. */
const maxBytes = 10;

/**
 * Columns of whole numbers as text: seven bits a byte, lowest first, the eighth set where more follow;
 * those bytes deflated, then base64.
 */
export class ColumnWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Appends a whole number from 0; beyond 2^53 it is as exact as a double. */
  push(value: number): void {
    if (this.#length + maxBytes > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  toText(): string {
    return deflateRawSync(this.#bytes.subarray(0, this.#length), { level: 9 }).toString("base64");
  }
}

/** Reads what `ColumnWriter` wrote. Its methods throw `RangeError` when the column is damaged. */
export class ColumnReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** @param values most values that the column may have: what unpacks to more is damaged */
  constructor(text: string, values: number) {
    const limit = Math.max(1, values * maxBytes);
    this.#bytes =
      text === ""
        ? new Uint8Array(0)
        : inflateRawSync(Buffer.from(text, "base64"), { maxOutputLength: limit });
  }

  next(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < maxBytes; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new RangeError("a column is cut");
  }

  /** A number below `end`. */
  nextBelow(end: number): number {
    const value = this.next();
    if (value >= end) throw new RangeError(`${value} stands where less than ${end} is possible`);
    return value;
  }
}
