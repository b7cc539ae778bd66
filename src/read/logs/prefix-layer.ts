import { findHeader, isSession } from "./header.ts";
import type { Layer, LinePiece, LogOutput } from "./line-piece.ts";
import { type PrefixPattern, prefixPattern } from "./line-prefix.ts";

/** The same prefix before every line, but for its times and numbers; or all lines are indented. */
export class PrefixLayer implements Layer {
  readonly goesOn = false;
  readonly #pattern: PrefixPattern;
  readonly #length: number;
  readonly #output: LogOutput;
  #open = false;

  constructor(prefix: string, output: LogOutput) {
    this.#pattern = prefixPattern(prefix);
    this.#length = prefix.length;
    this.#output = output;
  }

  explains(line: string): boolean {
    const text = this.#pattern.strip(line);
    return text !== undefined && (findHeader(text) === 0 || isSession(text));
  }

  take(piece: LinePiece): void {
    const text = piece.begins ? this.#pattern.strip(piece.text) : undefined;
    // The beginning of a prefix is no text of the program.
    if (piece.begins && text === undefined && this.#open && piece.text.length <= this.#length) return;
    this.#output.emit(text === undefined ? piece : { ...piece, text });
  }

  lastLineIsOpen(): void {
    this.#open = true;
  }

  end(): void {}
}
