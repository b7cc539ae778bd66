import type { ReadProblem } from "../../model/dump.ts";
import { fieldAround, fieldText, restOfField } from "./escaped-text.ts";
import { findHeader, plainHeaderAt, stripAnsi } from "./header.ts";
import { criPrefix, type PrefixPattern, prefixPattern } from "./line-prefix.ts";

/** A field's text while a line is read in pieces. */
interface FieldState {
  /** The text goes on in the next piece; `tail` is the beginning of an escape. */
  open: boolean;
  tail: string;
  /** Some of its last line was handed on. */
  begun: boolean;
  /** Lines handed on so far. */
  lines: number;
}

/** One thing that a log wraps around a line. */
type Layer =
  | { readonly kind: "field"; readonly key: string; ended: boolean; partial: string; state: FieldState }
  | { readonly kind: "prefix"; readonly pattern: PrefixPattern; readonly length: number }
  | { readonly kind: "cri"; partial: string; begun: boolean };

type FieldLayer = Layer & { kind: "field" };

/** A line, or a piece of one that is too long to be held. */
export interface LinePiece {
  readonly text: string;
  /** 1-based number of the line. */
  readonly from: number;
  /** It is the line's first piece, and its last. */
  readonly begins: boolean;
  readonly ends: boolean;
}

/** Lines before a dump's first header that are unwrapped with it: `panic: …`, `SIGQUIT: quit`. */
const maxPending = 64;
const maxPendingText = 1 << 20;
/** Envelopes in envelopes. */
const maxLayers = 5;
/** A line whose parts don't come to an end is passed on in pieces of this many characters. */
const maxPartial = 1 << 20;

/** The beginning of a terminal sequence. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken off
const cutAnsi = /\u001b(?:\[[0-9;]{0,64})?$/;
/** The beginning of what the runtimes of Kubernetes put before a line. */
const cutCri = /^\d[\dTZ:.+-]*(?: (?:s[a-z]{0,5}(?: [PF]?)?)?)?$/;
/** Docker parts a line at 16 KiB; a message that is shorter and does not end with a line end is whole. */
const longMessage = 16_000;

/** Unwraps a log line by line; the first header that has something before it shows how. */
export class LogUnwrapper {
  readonly #emit: (piece: LinePiece) => void;
  #layers: readonly Layer[] | undefined;
  #pending: LinePiece[] = [];
  #pendingText = 0;
  #line = 1;
  /** Pieces of long lines that show goroutines and are not known to lie in a field. */
  missed = 0;

  readonly #onProblem: (problem: ReadProblem) => void;
  #open = false;

  /** @param onProblem takes what is missing of the log itself */
  constructor(emit: (piece: LinePiece) => void, onProblem: (problem: ReadProblem) => void) {
    this.#emit = emit;
    this.#onProblem = onProblem;
  }

  /** The line that comes next is the last and has no end: it may be cut in what the log puts before its text. */
  lastLineIsOpen(): void {
    this.#open = true;
  }

  line(piece: LinePiece): void {
    this.#line = piece.from;
    const text = stripAnsi(piece.text);
    const plain = { ...piece, text: this.#open ? text.replace(cutAnsi, "") : text };
    if (plain.text.includes("goroutine") && findHeader(plain.text) >= 0) {
      if (plain.begins) this.#learn(plain.text);
      else if (this.#layers?.some((l) => l.kind === "field" && l.state.open) !== true) this.missed++;
    }
    if (this.#layers === undefined) this.#hold(plain);
    else {
      this.#release((before) => this.#peel(0, before));
      this.#peel(0, plain);
    }
  }

  end(): void {
    this.#release(this.#emit);
    for (const [depth, layer] of (this.#layers ?? []).entries()) {
      if (layer.kind === "prefix" || layer.partial === "") continue;
      const { partial } = layer;
      layer.partial = "";
      const begun = layer.kind === "cri" ? layer.begun : layer.state.begun;
      this.#peel(depth + 1, { text: partial, from: this.#line, begins: !begun, ends: true });
      if (layer.kind !== "cri") continue;
      const message = "the log ends before the parts of its last line do";
      this.#onProblem({ line: this.#line, message, lost: -1 });
    }
  }

  #hold(piece: LinePiece): void {
    this.#pending.push(piece);
    this.#pendingText += piece.text.length;
    while (this.#pending.length > maxPending || this.#pendingText > maxPendingText) {
      const oldest = this.#pending.shift()!;
      this.#pendingText -= oldest.text.length;
      this.#emit(oldest);
    }
  }

  #release(to: (piece: LinePiece) => void): void {
    this.#pendingText = 0;
    for (const piece of this.#pending.splice(0)) to(piece);
  }

  /** Finds out how a line with a header is wrapped, unless that is known. */
  #learn(line: string): void {
    if (this.#layers !== undefined && showsHeader(this.#layers, line)) return;
    const layers = layersOf(line);
    if (layers === undefined || (layers.length === 0 && this.#layers !== undefined)) return;
    this.#layers = layers;
  }

  /** Takes the layers from `depth` on off and emits what is left. */
  #peel(depth: number, piece: LinePiece): void {
    const layer = this.#layers![depth];
    if (layer === undefined) this.#emit(piece);
    else if (layer.kind === "field") this.#peelField(depth, layer, piece);
    else if (!piece.begins) this.#peel(depth + 1, piece);
    else if (layer.kind === "cri") this.#peelCri(depth, layer, piece);
    else this.#peelPrefix(depth, layer, piece);
  }

  #peelPrefix(depth: number, layer: Layer & { kind: "prefix" }, piece: LinePiece): void {
    const text = layer.pattern.strip(piece.text);
    // The beginning of a prefix is no text of the program.
    if (text === undefined && this.#open && piece.text.length <= layer.length) return;
    this.#peel(depth + 1, text === undefined ? piece : { ...piece, text });
  }

  #peelCri(depth: number, layer: Layer & { kind: "cri" }, piece: LinePiece): void {
    const cri = criPrefix(piece.text);
    if (cri === undefined) {
      if (!this.#open || !cutCri.test(piece.text)) this.#emit(piece);
      return;
    }
    layer.partial += cri.text;
    if (cri.partial && layer.partial.length < maxPartial) return;
    const whole = { text: layer.partial, from: piece.from, begins: !layer.begun };
    layer.partial = "";
    layer.begun = cri.partial;
    this.#peel(depth + 1, { ...whole, ends: piece.ends && !cri.partial });
  }

  /** Lines of the field's text; Docker leaves the line end off where it cut a long line. */
  #peelField(depth: number, layer: FieldLayer, piece: LinePiece): void {
    const { state } = layer;
    if (!piece.begins && !state.open) return;
    const found = piece.begins ? fieldText(piece.text, layer.key) : restOfField(state.tail + piece.text);
    if (found === undefined) {
      if (!piece.text.trimStart().startsWith("{")) this.#emit(piece);
      return;
    }
    state.open = !found.closed && !piece.ends;
    state.tail = state.open ? found.tail : "";
    const text = state.open || found.closed ? found.text : found.text + found.tail;
    const whole = layer.partial + text;
    layer.partial = "";
    if (found.closed && whole.endsWith("\n")) layer.ended = true;
    const parted = layer.ended || found.text.length >= longMessage;
    const goesOn = found.closed && parted && layer.key === "log" && !whole.endsWith("\n");
    if (!found.closed && piece.ends) this.#noteCut(whole, state, piece.from);
    if (state.open || goesOn) this.#peelOpen(depth, layer, whole, piece.from);
    else this.#peelClosed(depth, layer, whole, piece.from);
  }

  /** A field without its closing quote, as journald parts lines of 48 KiB: of a dump in it, the rest is missing. */
  #noteCut(text: string, state: FieldState, from: number): void {
    if (state.lines === 0 && !(text.includes("\n") && findHeader(text) >= 0)) return;
    const message =
      "a line of the log is cut in the middle of the dump that is in it: the rest of that dump is missing";
    this.#onProblem({ line: from, message, lost: -1 });
  }

  /** Hands on the lines that are whole; of the last one only what is too much to be kept. */
  #peelOpen(depth: number, layer: FieldLayer, text: string, from: number): void {
    const lines = text.split("\n");
    const last = lines.pop()!;
    for (const line of lines) this.#inner(depth, layer, line, from, true);
    if (last.length < maxPartial) layer.partial = last;
    else this.#inner(depth, layer, last, from, false);
  }

  #peelClosed(depth: number, layer: FieldLayer, text: string, from: number): void {
    const { state } = layer;
    const lines = text.split("\n");
    if (text.endsWith("\n")) lines.pop();
    for (const line of lines) this.#inner(depth, layer, line, from, true);
    // The next record does not go on with this one's last goroutine.
    if (state.lines > 1) this.#emit({ text: "", from, begins: true, ends: true });
    state.lines = 0;
  }

  #inner(depth: number, { state }: FieldLayer, line: string, from: number, ends: boolean): void {
    const begins = !state.begun;
    state.begun = !ends;
    if (ends) state.lines++;
    this.#peel(depth + 1, { text: ends ? withoutReturn(line) : line, from, begins, ends });
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** True when these layers, taken off, leave a header at the beginning of a line. */
function showsHeader(layers: readonly Layer[], line: string): boolean {
  let texts = [line];
  for (const layer of layers) {
    texts = texts.flatMap((text) => {
      if (layer.kind === "prefix") return [layer.pattern.strip(text) ?? text];
      if (layer.kind === "cri") return [criPrefix(text)?.text ?? text];
      return fieldText(text, layer.key)?.text.split("\n") ?? [];
    });
  }
  return texts.some((text) => plainHeaderAt(text) >= 0);
}

/** What wraps the first header of a line, from the outside in; none for a plain line, `undefined` for prose. */
function layersOf(line: string): Layer[] | undefined {
  const layers: Layer[] = [];
  let text = line;
  while (layers.length <= maxLayers) {
    const at = findHeader(text);
    if (at < 0) return undefined;
    const before = text.slice(0, at);
    if (before.trim() === "") return layers;
    const cri = criPrefix(text);
    const field = cri === undefined ? fieldAround(text, at) : undefined;
    if (cri !== undefined) {
      layers.push({ kind: "cri", partial: "", begun: false });
      text = cri.text;
    } else if (field !== undefined) {
      const state = { open: false, tail: "", begun: false, lines: 0 };
      layers.push({ kind: "field", key: field.key, ended: false, partial: "", state });
      text = field.text.split("\n").find((part) => findHeader(part) >= 0) ?? "";
    } else {
      if (!/[:}\d]\r?$/.test(text)) return undefined;
      layers.push({ kind: "prefix", pattern: prefixPattern(before), length: before.length });
      return layers;
    }
  }
  return undefined;
}
