import { isMark } from "../traceback/frame-indent.ts";
import { parsePositionLine } from "../traceback/frame-lines.ts";
import { GrepLines } from "./grep-lines.ts";
import { findHeader, isSession } from "./header.ts";
import type { Layer, LinePiece, LogOutput } from "./line-piece.ts";
import { type PrefixPattern, prefixPattern } from "./line-prefix.ts";

/** The same prefix before every line, but for its times and numbers; or all lines are indented. */
export class PrefixLayer implements Layer {
  readonly goesOn = false;
  readonly #pattern: PrefixPattern;
  readonly #prefix: string;
  /** Set when grep has written the prefix. */
  readonly #grep: GrepLines | undefined;
  readonly #output: LogOutput;
  #open = false;
  /** Behind the last header came the position of a frame, with nothing before it. */
  #fits = false;
  /** The line before, as long as none came: the function whose position the next may be. */
  #held: LinePiece | undefined;

  constructor(prefix: string, output: LogOutput) {
    this.#grep = GrepLines.of(prefix);
    this.#pattern = this.#grep ?? prefixPattern(prefix);
    this.#prefix = prefix;
    this.#output = output;
  }

  get steady(): Layer | undefined {
    return this.#grep === undefined && this.#fits && this.#held === undefined ? this : undefined;
  }

  explains(line: string): boolean {
    const text = this.strip(line);
    return text !== undefined && (findHeader(text) === 0 || isSession(text));
  }

  take(piece: LinePiece): void {
    const text = piece.begins ? this.strip(piece.text) : undefined;
    if (text === undefined && piece.begins && this.#open && this.#isBeginning(piece.text)) return;
    if (this.#grep !== undefined) {
      if (this.#grep.leavesOut(piece.text, text)) this.#leftOut(piece.from);
      if (this.#grep.isBorder(piece.text)) return;
    }
    const line = text === undefined ? piece : { ...piece, text };
    if (text?.startsWith("goroutine ")) this.#fits = false;
    else if (!this.#fits && piece.begins) {
      this.#check(line);
      return;
    }
    this.#release();
    this.#output.emit(line);
  }

  /** Behind a header: what stands before its lines, and not before itself, would be taken for names. */
  #check(line: LinePiece): void {
    if (hidesPosition(line.text)) {
      const message =
        "lines of a goroutine begin with something that its header does not: they can't be read";
      this.#output.problem({ line: line.from, message, lost: -1 });
      this.#held = undefined;
      return;
    }
    this.#release();
    this.#held = line;
    this.#fits = line.text.startsWith("\t");
    if (this.#fits) this.#release();
  }

  #leftOut(line: number): void {
    const message = "grep has left lines out: goroutines may lack some of theirs";
    this.#output.problem({ line, message, lost: -1 });
  }

  #release(): void {
    if (this.#held !== undefined) this.#output.emit(this.#held);
    this.#held = undefined;
  }

  /** The line without its prefix; `undefined` when it has none. */
  strip(line: string): string | undefined {
    const text = this.#pattern.strip(line);
    if (text === undefined || text === "" || text[0] !== this.#prefix[0]) return text;
    // A blank line that has lost its end: the next one's prefix follows. What is indented more is not twice indented.
    const next = /^\s/.test(text) ? undefined : this.#pattern.strip(text);
    return next !== undefined && findHeader(next) === 0 ? next : text;
  }

  /** The beginning of a prefix is no text of the program; times differ, so some rest of the prefix must make it whole. */
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

  end(): void {
    this.#release();
  }
}

/** Something stands before the tab of a frame's position. */
function hidesPosition(line: string): boolean {
  const tab = line.lastIndexOf("\t");
  const before = line.slice(0, Math.max(tab, 0)).trim();
  // A comment's mark is taken off with the indentation behind it.
  return before !== "" && !isMark(before) && parsePositionLine(line.slice(tab))?.hasOffset === true;
}
