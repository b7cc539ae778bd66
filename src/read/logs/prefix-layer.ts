import { findHeader, isSession } from "./header.ts";
import type { Layer, LinePiece, LogOutput } from "./line-piece.ts";
import { type PrefixPattern, prefixPattern } from "./line-prefix.ts";

/** The same prefix before every line, but for its times and numbers; or all lines are indented. */
export class PrefixLayer implements Layer {
  readonly goesOn = false;
  readonly #pattern: PrefixPattern;
  readonly #prefix: string;
  readonly #output: LogOutput;
  #open = false;

  constructor(prefix: string, output: LogOutput) {
    this.#pattern = prefixPattern(prefix);
    this.#prefix = prefix;
    this.#output = output;
  }

  explains(line: string): boolean {
    const text = this.#pattern.strip(line);
    return text !== undefined && (findHeader(text) === 0 || isSession(text));
  }

  take(piece: LinePiece): void {
    const text = piece.begins ? this.#pattern.strip(piece.text) : undefined;
    // The beginning of a prefix is no text of the program.
    if (piece.begins && text === undefined && this.#open && this.#isBeginning(piece.text)) return;
    this.#output.emit(text === undefined ? piece : { ...piece, text });
  }

  /** Times differ, so there is no place where both part: the line is one where some rest of the prefix makes it whole. */
  #isBeginning(line: string): boolean {
    if (line.length > this.#prefix.length) return false;
    // It may be cut within a character.
    const text = line.replace(/\ufffd$/, "");
    for (let at = 0; at <= this.#prefix.length; at++)
      if (this.#pattern.strip(text + this.#prefix.slice(at)) === "") return true;
    return false;
  }

  lastLineIsOpen(): void {
    this.#open = true;
  }

  end(): void {}
}
