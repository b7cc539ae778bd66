import { isPageLine, pageLineEnd } from "./header.ts";
import { type Layer, type LinePiece, maxPartial, partingPlace } from "./line-piece.ts";
import type { LogUnwrapper } from "./log-unwrapper.ts";

/** A text whose line ends are entities, so that all of it stands on one line: so Go's encoder writes test reports in XML. */
export class PageLayer implements Layer {
  readonly #inner: LogUnwrapper;
  #goesOn = false;
  /** The text's last line, which goes on in the next piece, and may end in the middle of an entity. */
  #partial = "";
  /** Some of it was handed on. */
  #begun = false;

  constructor(inner: LogUnwrapper) {
    this.#inner = inner;
  }

  /** A page's lines are told apart by its layer. */
  readonly steady = undefined;

  get goesOn(): boolean {
    return this.#goesOn;
  }

  explains(line: string): boolean {
    return isPageLine(line);
  }

  take({ text, from, begins, ends }: LinePiece): void {
    // What came before it goes on with the text was handed on as it was.
    if (!this.#goesOn) this.#begun = !begins;
    this.#goesOn = !ends;
    const lines = (this.#partial + text).split(pageLineEnd);
    if (begins && lines.length > 1) lines[0] = behindTags(lines[0]!);
    const last = lines.pop()!;
    for (const line of lines) this.#hand(line, from, true);
    const at = ends ? last.length : last.length < maxPartial ? 0 : partingPlace(last);
    if (ends || at > 0) this.#hand(last.slice(0, at), from, ends);
    this.#partial = last.slice(at);
  }

  #hand(text: string, from: number, ends: boolean): void {
    const begins = !this.#begun;
    this.#begun = !ends;
    this.#inner.line({ text, from, begins, ends });
  }

  lastLineIsOpen(): void {
    this.#inner.lastLineIsOpen();
  }

  end(): void {
    this.#inner.end();
  }
}

/** What follows the last tag of a line: within text, it would be escaped. */
function behindTags(line: string): string {
  const tag = line.lastIndexOf("<");
  return tag < 0 ? line : line.slice(line.indexOf(">", tag) + 1);
}
