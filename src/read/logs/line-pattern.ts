import { isDigit } from "../traceback/ascii.ts";

/** In a pattern: a digit; one to nine of them. Neither stands in a text of which one is made. */
const digit = 1;
const digits = 2;

/** A time with its zone, in a regular expression's source. */
export const zonedTime = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:\\d\\d)";

const time = new RegExp(zonedTime);

/** Bytes that are the same in all lines, but for the digits of a time. */
export class LinePattern {
  readonly #bytes: Buffer;

  /** @param text has no control characters but tabs and escapes, and one time at most */
  constructor(text: string) {
    const found = time.exec(text);
    if (found === null) {
      this.#bytes = Buffer.from(text);
      return;
    }
    const generalised = found[0]
      .replace(/(?<=\.)\d{1,9}/, String.fromCharCode(digits))
      .replace(/\d/g, String.fromCharCode(digit));
    const end = found.index + found[0].length;
    this.#bytes = Buffer.from(text.slice(0, found.index) + generalised + text.slice(end));
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
      if (wanted > digits ? c !== wanted : !isDigit(c)) return -1;
      at++;
      if (wanted === digits) for (let more = 0; more < 8 && isDigit(chunk[at]!); more++) at++;
    }
    return at;
  }
}
