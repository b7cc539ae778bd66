import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * Columns of whole numbers from 0 to 2^53 as text: seven bits a byte, lowest first, the eighth set where more follow;
 * those bytes deflated, then base64.
 */
export class ColumnWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Appends a number from 0 to 2^53. */
  push(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
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

  /** Appends a number of either sign. */
  pushSigned(value: number): void {
    this.push(value < 0 ? -value * 2 - 1 : value * 2);
  }

  toText(): string {
    const packed = deflateRawSync(this.#bytes.subarray(0, this.#length), {
      level: 9,
      memLevel: 9,
      strategy: constants.Z_DEFAULT_STRATEGY,
    });
    return packed.toString("base64");
  }
}

/** Longest number: 2^53 in steps of seven bits. */
const maxBytes = 8;

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

  nextSigned(): number {
    const value = this.next();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }
}
