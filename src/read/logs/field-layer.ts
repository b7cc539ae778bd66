import { bareText, type FieldText, fieldText, isEscaped, restOfField } from "./escaped-text.ts";
import { findDumpHeader, findHeader } from "./header.ts";
import { type Layer, type LinePiece, type LogOutput, maxPartial, partingPlace } from "./line-piece.ts";
import type { LogUnwrapper } from "./log-unwrapper.ts";
import { LoneHeader } from "./lone-header.ts";
import { cutMessage, MessageEnd } from "./message-end.ts";

/** Docker parts a line at 16 KiB; a message that is shorter and does not end with a line end is whole. */
const longMessage = 16_000;

/** The key of what a test has printed, in the events of `go test -json`. */
export const testOutput = "Output";

/** Instead of a key: line ends are escaped, but nothing is quoted, as when somebody copied a field's text out of a viewer. */
export const unquoted = "\n";

/** The text of a field: `"key": "…"` at any depth of JSON, or `key="…"`. */
export class FieldLayer implements Layer {
  /** `""` for a text without a key. */
  readonly key: string;
  readonly #inner: LogUnwrapper;
  readonly #output: LogOutput;
  /** The text goes on in the line's next piece. */
  #goesOn = false;
  /** The beginning of an escape, at the end of the piece before. */
  #tail = "";
  /** A last line that goes on. */
  #partial = "";
  /** Some of it was handed on. */
  #begun = false;
  /** Lines of this field handed on so far. */
  #lines = 0;
  readonly #message = new MessageEnd();
  readonly #lone: LoneHeader;
  /** The last line was an entry of a list of lines. */
  #inList = false;
  /** The line that comes next, or came last, has no end. */
  #lastIsOpen = false;
  /** The line before had the field. */
  #follows = false;
  /** Texts of this field end with a line end. */
  #ended = false;
  #line = 1;

  constructor(key: string, inner: LogUnwrapper, output: LogOutput) {
    this.key = key;
    this.#inner = inner;
    this.#output = output;
    // What a container or a test has printed is no message.
    const isOutput = key === "log" || key === testOutput;
    this.#lone = new LoneHeader((piece) => inner.line(piece), !isOutput);
  }

  get goesOn(): boolean {
    return this.#goesOn;
  }

  get steady(): Layer | undefined {
    const isBetween = !this.#goesOn && this.#partial === "" && !this.#begun && this.#lines === 0;
    return isBetween && this.#inner.steadyIn(this) === this ? this : undefined;
  }

  explains(line: string): boolean {
    const found = this.#text(line, true);
    return found !== undefined && findHeader(found.text) >= 0;
  }

  #text(line: string, ends: boolean): FieldText | undefined {
    if (this.key !== unquoted) return fieldText(line, this.key);
    return isEscaped(line) ? bareText(line, ends) : undefined;
  }

  #moreText(piece: string, ends: boolean): FieldText {
    const text = this.#tail + piece;
    return this.key === unquoted ? bareText(text, ends) : restOfField(text);
  }

  /** The pieces that come are within the field, which has begun in a piece that was not taken. */
  begunBefore(): void {
    this.#goesOn = true;
    this.#tail = "";
  }

  /** Lines of the field's text; Docker leaves the line end off where it cut a long line. */
  take(piece: LinePiece): void {
    if (!piece.begins && !this.#goesOn) return;
    this.#line = piece.from;
    const found = piece.begins ? this.#text(piece.text, piece.ends) : this.#moreText(piece.text, piece.ends);
    if (this.key === "" && piece.begins && piece.text.trim() !== "" && findHeader(piece.text) < 0)
      this.#inList = found !== undefined;
    if (found === undefined) {
      // A last line without its end is cut before its field.
      if (piece.text.trimStart().startsWith("{") || (this.#lastIsOpen && this.#follows)) return;
      this.#follows = false;
      if (findDumpHeader(piece.text)?.at === 0) this.#lone.drop();
      this.#output.emit(piece);
      return;
    }
    this.#follows = true;
    if (piece.begins && findHeader(piece.text) >= 0 && findHeader(found.text) < 0) {
      const message = "a line of the log shows a goroutine that can't be read out of it";
      this.#output.problem({ line: piece.from, message, lost: -1 });
    }
    this.#goesOn = !found.closed && !piece.ends;
    this.#tail = this.#goesOn ? found.tail : "";
    const text = this.#goesOn || found.closed ? found.text : found.text + found.tail;
    if (found.closed && text.endsWith("\n")) this.#ended = true;
    if (!found.closed && piece.ends) this.#noteCut(this.#partial + text);
    if (this.#goesOn || (found.closed && this.#isParted(piece.text, text))) this.#open(text);
    else this.#close(text);
  }

  /** The text is part of a line that the next record goes on with. */
  #isParted(line: string, text: string): boolean {
    if (text.endsWith("\n")) return false;
    if (this.key === "log") return this.#ended || text.length >= longMessage;
    return this.key === testOutput && line.includes('"Action":"output"');
  }

  /** A field without its closing quote, as journald parts lines of 48 KiB: of a dump in it, the rest is missing. */
  #noteCut(text: string): void {
    if (this.#lines === 0 && !(text.includes("\n") && findHeader(text) >= 0)) return;
    const message =
      "a line of the log is cut in the middle of the dump that is in it: the rest of that dump is missing";
    this.#output.problem({ line: this.#line, message, lost: -1 });
  }

  /**
   * Hands on the lines that are whole; of the last one only what is too much to be kept. What is kept is looked at no more
   * until its line ends: it may be made of many pieces.
   */
  #open(text: string): void {
    const end = text.lastIndexOf("\n") + 1;
    if (end > 0) {
      this.#handAll(this.#partial + text.slice(0, end));
      this.#partial = "";
    }
    this.#partial += text.slice(end);
    if (this.#partial.length < maxPartial) return;
    const last = this.#partial;
    const at = partingPlace(last);
    this.#hand(last.slice(0, at), false);
    this.#partial = last.slice(at);
  }

  #handAll(text: string): void {
    const lines = text.split("\n");
    if (text.endsWith("\n")) lines.pop();
    for (const line of lines) this.#hand(line, true);
  }

  #close(text: string): void {
    this.#handAll(this.#partial + text);
    this.#partial = "";
    const isCut = this.#message.end();
    if (this.#lines > 1) {
      if (isCut) this.#output.problem({ line: this.#line, message: cutMessage, lost: -1 });
      // The next record does not go on with this one's last goroutine; what is not quoted may be cut.
      if (!this.#lastIsOpen || this.key !== unquoted)
        this.#lone.line({ text: "", from: this.#line, begins: true, ends: true });
    }
    this.#lines = 0;
  }

  #hand(line: string, ends: boolean): void {
    const begins = !this.#begun;
    this.#begun = !ends;
    if (ends) this.#lines++;
    if (begins) this.#message.line(line);
    const text = ends && line.endsWith("\r") ? line.slice(0, -1) : line;
    this.#lone.line({ text, from: this.#line, begins, ends });
  }

  lastLineIsOpen(): void {
    this.#lastIsOpen = true;
    this.#inner.lastLineIsOpen();
  }

  end(): void {
    if (this.#partial !== "") {
      const last = this.#partial;
      this.#partial = "";
      this.#hand(last, true);
    }
    if (this.#inList) {
      const message = "the list of lines that holds the dump does not end: the rest of the dump is missing";
      this.#output.problem({ line: this.#line, message, lost: -1 });
    }
    this.#lone.end();
    this.#inner.end();
  }
}
