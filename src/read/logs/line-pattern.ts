import { timestamp } from "./line-prefix.ts";

/** In a pattern: a digit; one to nine of them. Neither stands in a line. */
const digit = 1;
const digits = 2;

/** Letters that change what a line says: those of tags, entities, and the escapes of a collector. */
const changing = /[<&#\ufffd]|goroutine/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they would be taken for digits
const controls = /[\u0000-\u0008]/;

/** Bytes that are the same in all lines, but for the digits of a time. */
export class LinePattern {
  readonly #bytes: Buffer;

  /** @returns `undefined` when the text may change what stands beside it */
  static of(text: string): LinePattern | undefined {
    if (changing.test(text) || controls.test(text)) return undefined;
    const time = timestamp.exec(text);
    if (time === null) return new LinePattern(text);
    const generalised = time[0]
      .replace(/(?<=[.,])\d{1,9}/, String.fromCharCode(digits))
      .replace(/\d/g, String.fromCharCode(digit));
    const end = time.index + time[0].length;
    return new LinePattern(text.slice(0, time.index) + generalised + text.slice(end));
  }

  private constructor(text: string) {
    this.#bytes = Buffer.from(text);
  }

  equals(other: LinePattern): boolean {
    return this.#bytes.equals(other.#bytes);
  }

  /** Where what matches ends; -1 when it does not. */
  match(chunk: Uint8Array, from: number): number {
    const bytes = this.#bytes;
    let at = from;
    for (let i = 0; i < bytes.length; i++) {
      const wanted = bytes[i]!;
      const c = chunk[at]!;
      if (c === wanted) at++;
      else if (wanted > digits || !isDigit(c)) return -1;
      else {
        at++;
        if (wanted === digits) for (let more = 0; more < 8 && isDigit(chunk[at]!); more++) at++;
      }
    }
    return at;
  }
}

export function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= 0x30 && c <= 0x39;
}
