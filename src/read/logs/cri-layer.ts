import { type Layer, type LinePiece, type LogOutput, maxPartial, partingPlace } from "./line-piece.ts";
import { criPrefix } from "./line-prefix.ts";
import type { LogUnwrapper } from "./log-unwrapper.ts";

/** The beginning of what the runtimes of Kubernetes put before a line. */
const cutCri = /^\d[\dTZ:.+-]*(?: (?:s[a-z]{0,5}(?: [PF]?)?)?)?$/;

/** What the runtimes of Kubernetes put before a line; they part long ones, and the parts are joined here. */
export class CriLayer implements Layer {
  readonly goesOn = true;
  readonly #inner: LogUnwrapper;
  readonly #output: LogOutput;
  #partial = "";
  /** Some of the line that is parted was handed on. */
  #begun = false;
  #line = 1;
  #open = false;

  constructor(inner: LogUnwrapper, output: LogOutput) {
    this.#inner = inner;
    this.#output = output;
  }

  get steady(): Layer | undefined {
    return this.#partial === "" && !this.#begun ? this.#inner.steadyIn(this) : undefined;
  }

  explains(line: string): boolean {
    return criPrefix(line) !== undefined;
  }

  take(piece: LinePiece): void {
    this.#line = piece.from;
    const cri = piece.begins ? criPrefix(piece.text) : { text: piece.text, partial: false };
    if (cri === undefined) {
      if (!this.#open || !cutCri.test(piece.text)) this.#output.emit(piece);
      return;
    }
    this.#partial += cri.text;
    const ends = piece.ends && !cri.partial;
    if (!ends && this.#partial.length < maxPartial) return;
    const whole = this.#partial;
    const at = ends ? whole.length : partingPlace(whole);
    this.#hand(whole.slice(0, at), ends);
    this.#partial = whole.slice(at);
  }

  #hand(text: string, ends: boolean): void {
    this.#partial = "";
    const begins = !this.#begun;
    this.#begun = !ends;
    this.#inner.line({ text, from: this.#line, begins, ends });
  }

  lastLineIsOpen(): void {
    this.#open = true;
    this.#inner.lastLineIsOpen();
  }

  end(): void {
    if (this.#partial !== "") {
      this.#hand(this.#partial, true);
      const message = "the log ends before the parts of its last line do";
      this.#output.problem({ line: this.#line, message, lost: -1 });
    }
    this.#inner.end();
  }
}
