import { findDumpHeader } from "./header.ts";
import type { LinePiece } from "./line-piece.ts";

/**
 * Holds back a header until something comes of its goroutine: a message of a log may be one that it quotes, which the dump
 * that stands behind the log tells.
 */
export class LoneHeader {
  readonly #handOn: (piece: LinePiece) => void;
  readonly #holds: boolean;
  #held: LinePiece | undefined;

  /** @param holds otherwise all is handed on as it comes */
  constructor(handOn: (piece: LinePiece) => void, holds: boolean) {
    this.#handOn = handOn;
    this.#holds = holds;
  }

  /** Takes the next line of the field. */
  line(piece: LinePiece): void {
    if (!this.#holds) {
      this.#handOn(piece);
      return;
    }
    const header = piece.begins && piece.ends ? findDumpHeader(piece.text) : undefined;
    const isHeader = header?.at === 0 && header.ending === "line" && !piece.text.includes(" profile: ");
    if (isHeader || !piece.begins || ofGoroutine.test(piece.text)) this.end();
    if (isHeader) this.#held = piece;
    else this.#handOn(piece);
  }

  /** A dump begins that stands by itself: what is held was quoted. */
  drop(): void {
    this.#held = undefined;
  }

  end(): void {
    if (this.#held !== undefined) this.#handOn(this.#held);
    this.#held = undefined;
  }
}

/** A call, its place, a word in their stead, or the blank line behind a goroutine. */
const ofGoroutine = /^[^\s()"\\]{1,1000}\(|^[\t ]|^\.\.\.|^created by |^\s*$/;
