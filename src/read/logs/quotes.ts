import { keyBefore } from "./escaped-text.ts";

/** Longest key that is looked for before a quote, with what may stand around it. */
const keyRoom = 200;

/** A quoted text that stands around a place of a piece. */
export interface QuotedField {
  /** `""`: none. */
  readonly key: string;
  /** Where its text begins in the piece; 0 also when it did in an earlier one. */
  readonly start: number;
}

/** Follows the quotes of a line that comes in pieces. */
export class Quotes {
  /** The text that is open where the next piece begins. */
  #open: QuotedField | undefined;
  #escaped = false;
  /** The end of what came. */
  #before = "";

  /** The next line begins. */
  reset(): void {
    this.#open = undefined;
    this.#escaped = false;
    this.#before = "";
  }

  /** The quoted text around index `at` of the piece that comes next. */
  around(piece: string, at: number): QuotedField | undefined {
    return this.#walk(piece, at).open;
  }

  /** Goes on behind this piece. */
  pass(piece: string): void {
    const { open, escaped } = this.#walk(piece, piece.length);
    this.#open = open && { ...open, start: 0 };
    this.#escaped = escaped;
    this.#before = (this.#before + piece.slice(-keyRoom)).slice(-keyRoom);
  }

  #walk(piece: string, to: number): { readonly open: QuotedField | undefined; readonly escaped: boolean } {
    let open = this.#open !== undefined;
    let quote = -1;
    let i = this.#escaped ? 1 : 0;
    for (; i < to; i++) {
      const c = piece.charCodeAt(i);
      if (c === 92) i++;
      else if (c === 34) {
        open = !open;
        quote = open ? i : -1;
      }
    }
    const escaped = i > to;
    if (!open) return { open: undefined, escaped };
    if (quote < 0) return { open: this.#open, escaped };
    const key = keyBefore(this.#before + piece.slice(Math.max(0, quote - keyRoom), quote));
    return { open: { key, start: quote + 1 }, escaped };
  }
}
