import { CriLayer } from "./cri-layer.ts";
import { FieldLayer } from "./field-layer.ts";
import { findDumpHeader, findDumpLine, findHeader, isPageLine, plainText } from "./header.ts";
import { envelopeOf, maxLayers, type Wrapping, wrappingOf } from "./learn.ts";
import type { Layer, LinePiece, LogOutput } from "./line-piece.ts";
import { type PrefixPattern, prefixPattern } from "./line-prefix.ts";
import { PageLayer } from "./page-layer.ts";
import { PrefixLayer } from "./prefix-layer.ts";
import { Quotes } from "./quotes.ts";

/** Lines before a dump's first header that are unwrapped with it: `panic: …`, `SIGQUIT: quit`. */
const maxPending = 64;
const maxPendingText = 1 << 20;

/** The beginning of a terminal sequence. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken off
const cutAnsi = /\u001b(?:\[[0-9;]{0,64})?$/;

/**
 * Unwraps a log line by line, one layer of what is around its lines: an envelope is known by its form, everything else by
 * the first header that has something before it. What is within is unwrapped in turn.
 */
export class LogUnwrapper {
  readonly #output: LogOutput;
  readonly #depth: number;
  #layer: Layer | undefined;
  /** A header stood alone: nothing is wrapped. */
  #plain: boolean;
  readonly #pending: LinePiece[] = [];
  #pendingText = 0;
  readonly #quotes = new Quotes();
  #open = false;
  /** What stands before the lines of a panic's text, which Go indents by a tab since 1.23: headers in it are text. */
  #panic: Pick<PrefixPattern, "strip"> | undefined;
  /** A panic's line that shows a header itself: the next line tells whether that is text, or was logged behind a word. */
  #doubtful: LinePiece | undefined;

  constructor(output: LogOutput, depth = 0) {
    this.#output = output;
    this.#depth = depth;
    this.#plain = depth >= maxLayers;
  }

  /** The line that comes next is the last and has no end: it may be cut in what the log puts before its text. */
  lastLineIsOpen(): void {
    this.#open = true;
    this.#layer?.lastLineIsOpen();
  }

  /** No layer is known. */
  get isBare(): boolean {
    return this.#layer === undefined;
  }

  /** `Layer.steady` of what is within a layer, or of all layers. */
  steadyIn(outer?: Layer): Layer | undefined {
    if (this.#pending.length > 0 || this.#open || this.#panic !== undefined) return undefined;
    return this.#layer === undefined ? (this.#plain ? outer : undefined) : this.#layer.steady;
  }

  /** Takes the next line, or the next piece of one. */
  line(piece: LinePiece): void {
    let text = this.#layer instanceof PageLayer ? piece.text : plainText(piece.text);
    // The mark of a file's beginning stands where the file's text was put behind a prefix.
    if (text.includes("\ufeff")) text = text.replaceAll("\ufeff", "");
    if (this.#open) text = text.replace(cutAnsi, "");
    const { from, begins, ends } = piece;
    const plain = text === piece.text ? piece : { text, from, begins, ends };
    if (piece.begins) {
      this.#quotes.reset();
      if (!this.#isOfPanic(plain)) {
        this.#learn(plain.text);
        this.#pass(plain);
      }
    } else if (this.#layer?.goesOn === true) this.#layer.take(plain);
    else this.#goOn(plain);
    if (!piece.ends && this.#layer?.goesOn !== true) this.#quotes.pass(plain.text);
  }

  /** Takes a panic's line with a header, and the lines of a panic's text. */
  #isOfPanic(piece: LinePiece): boolean {
    const { text, ends } = piece;
    const stripped = this.#panic?.strip(text);
    const isText = stripped?.startsWith("\t") === true;
    this.#decide(isText);
    // Its blank lines may have been trimmed.
    if (!isText && stripped !== "") this.#panic = this.#panicIn(text);
    if (isText) this.#pass(piece);
    else if (this.#panic !== undefined && ends && findDumpHeader(text)?.ending === "line")
      this.#doubtful = piece;
    else return false;
    return true;
  }

  #decide(isText: boolean): void {
    const piece = this.#doubtful;
    this.#doubtful = undefined;
    if (piece === undefined) return;
    if (!isText) this.#learn(piece.text);
    this.#pass(piece);
  }

  /** What stands before the text of the panic that a line begins. */
  #panicIn(line: string): Pick<PrefixPattern, "strip"> | undefined {
    if (!line.includes(panic)) return undefined;
    const layer = this.#layer;
    if (layer instanceof PrefixLayer) return layer.strip(line)?.startsWith(panic) ? layer : undefined;
    return layer === undefined ? prefixPattern(line.slice(0, line.indexOf(panic))) : undefined;
  }

  end(): void {
    this.#decide(false);
    this.#release(this.#output.emit);
    this.#layer?.end();
  }

  /** Finds out how a line is wrapped, unless that is known. */
  #learn(line: string): void {
    if (this.#depth >= maxLayers) return;
    const envelope = this.#layer === undefined ? envelopeOf(line) : undefined;
    if (envelope !== undefined) this.#use(envelope);
    else if (showsGoroutine(line) && this.#layer?.explains(line) !== true) {
      const wrapping = wrappingOf(line);
      if (wrapping === "plain") this.#plain = true;
      else if (wrapping !== undefined) this.#use(wrapping);
    }
  }

  #use(wrapping: Wrapping): Layer {
    this.#layer?.end();
    this.#layer = this.#layerFor(wrapping);
    if (this.#open) this.#layer.lastLineIsOpen();
    return this.#layer;
  }

  #layerFor(wrapping: Wrapping): Layer {
    if (wrapping.kind === "prefix") return new PrefixLayer(wrapping.prefix, this.#output);
    const inner = new LogUnwrapper(this.#output, this.#depth + 1);
    if (wrapping.kind === "field") return new FieldLayer(wrapping.key, inner, this.#output);
    return wrapping.kind === "cri" ? new CriLayer(inner, this.#output) : new PageLayer(inner);
  }

  /** A piece of a line behind its first: the field that holds a dump may begin in it. */
  #goOn(piece: LinePiece): void {
    const at = showsGoroutine(piece.text) ? findDumpLine(piece.text) : -1;
    const field = at < 0 || this.#depth >= maxLayers ? undefined : this.#quotes.around(piece.text, at);
    if (field === undefined) {
      if (at >= 0 && isPageLine(piece.text)) this.#use({ kind: "page" });
      else if (at >= 0) this.#output.missed();
      this.#pass(piece);
      return;
    }
    this.#dropBeginning();
    const known = this.#layer instanceof FieldLayer && this.#layer.key === field.key;
    const layer = (known ? this.#layer : this.#use({ kind: "field", key: field.key })) as FieldLayer;
    layer.begunBefore();
    layer.take({ ...piece, text: piece.text.slice(field.start) });
  }

  /** What came of this line is no text of the program. */
  #dropBeginning(): void {
    const from = this.#pending.findLastIndex((piece) => piece.begins);
    this.#pending.splice(Math.max(from, 0));
    this.#release(this.#output.emit);
  }

  #pass(piece: LinePiece): void {
    const layer = this.#layer;
    if (layer !== undefined) {
      this.#release((before) => layer.take(before));
      layer.take(piece);
    } else if (this.#plain) {
      this.#release(this.#output.emit);
      this.#output.emit(piece);
    } else this.#hold(piece);
  }

  #hold(piece: LinePiece): void {
    this.#pending.push(piece);
    this.#pendingText += piece.text.length;
    while (this.#pending.length > maxPending || this.#pendingText > maxPendingText) {
      const oldest = this.#pending.shift()!;
      this.#pendingText -= oldest.text.length;
      this.#output.emit(oldest);
    }
  }

  #release(to: (piece: LinePiece) => void): void {
    if (this.#pending.length === 0) return;
    this.#pendingText = 0;
    for (const piece of this.#pending.splice(0)) to(piece);
  }
}

const panic = "panic: ";

function showsGoroutine(text: string): boolean {
  return findHeader(text) >= 0;
}
