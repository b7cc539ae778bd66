import { fieldAround, fieldText } from "./escaped-text.ts";
import { findHeader, plainHeaderAt, stripAnsi } from "./header.ts";
import { criPrefix, type PrefixPattern, prefixPattern } from "./line-prefix.ts";

/** One thing that a log wraps around a line. */
type Layer =
  | { readonly kind: "field"; readonly key: string; ended: boolean; partial: string }
  | { readonly kind: "prefix"; readonly pattern: PrefixPattern }
  | { readonly kind: "cri"; partial: string };

/** Lines before a dump's first header that are unwrapped with it: `panic: …`, `SIGQUIT: quit`. */
const maxPending = 64;
/** Envelopes in envelopes. */
const maxLayers = 5;
/** A line whose parts don't come to an end is passed on in pieces of this many characters. */
const maxPartial = 1 << 24;

/** Unwraps a log line by line; the first header that has something before it shows how. */
export class LogUnwrapper {
  readonly #emit: (line: string, from: number) => void;
  #layers: readonly Layer[] | undefined;
  #pending: { line: string; from: number }[] = [];

  constructor(emit: (line: string, from: number) => void) {
    this.#emit = emit;
  }

  line(raw: string, from: number): void {
    const line = stripAnsi(raw);
    if (line.includes("goroutine") && findHeader(line) >= 0) this.#learn(line);
    if (this.#layers === undefined) {
      this.#pending.push({ line, from });
      if (this.#pending.length > maxPending) {
        const { line: oldest, from: at } = this.#pending.shift()!;
        this.#emit(oldest, at);
      }
      return;
    }
    for (const before of this.#pending.splice(0)) this.#peel(0, before.line, before.from);
    this.#peel(0, line, from);
  }

  end(): void {
    for (const { line, from } of this.#pending.splice(0)) this.#emit(line, from);
  }

  /** Finds out how a line with a header is wrapped, unless that is known. */
  #learn(line: string): void {
    if (this.#layers !== undefined && showsHeader(this.#layers, line)) return;
    const layers = layersOf(line);
    if (layers === undefined || (layers.length === 0 && this.#layers !== undefined)) return;
    this.#layers = layers;
  }

  /** Takes the layers from `depth` on off and emits what is left. */
  #peel(depth: number, text: string, from: number): void {
    const layer = this.#layers![depth];
    if (layer === undefined) {
      this.#emit(text, from);
    } else if (layer.kind === "prefix") {
      this.#peel(depth + 1, layer.pattern.strip(text) ?? text, from);
    } else if (layer.kind === "cri") {
      this.#peelCri(depth, layer, text, from);
    } else this.#peelField(depth, layer, text, from);
  }

  #peelCri(depth: number, layer: Layer & { kind: "cri" }, text: string, from: number): void {
    const cri = criPrefix(text);
    if (cri === undefined) {
      this.#emit(text, from);
      return;
    }
    layer.partial += cri.text;
    if (cri.partial && layer.partial.length < maxPartial) return;
    const whole = layer.partial;
    layer.partial = "";
    this.#peel(depth + 1, whole, from);
  }

  /** Lines of the field's text; Docker leaves the line end off where it cut a long line. */
  #peelField(depth: number, layer: Layer & { kind: "field" }, text: string, from: number): void {
    const value = fieldText(text, layer.key);
    if (value === undefined) {
      if (!text.trimStart().startsWith("{")) this.#emit(text, from);
      return;
    }
    if (value.endsWith("\n")) layer.ended = true;
    const whole = layer.partial + value;
    layer.partial = "";
    if (layer.ended && !whole.endsWith("\n") && layer.key === "log" && whole.length < maxPartial) {
      layer.partial = whole;
      return;
    }
    const lines = whole.split("\n");
    if (whole.endsWith("\n")) lines.pop();
    for (const line of lines) this.#peel(depth + 1, withoutReturn(line), from);
    // The next record does not go on with this one's last goroutine.
    if (lines.length > 1) this.#emit("", from);
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
      return fieldText(text, layer.key)?.split("\n") ?? [];
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
      layers.push({ kind: "cri", partial: "" });
      text = cri.text;
    } else if (field !== undefined) {
      layers.push({ kind: "field", key: field.key, ended: false, partial: "" });
      text = field.text.split("\n").find((part) => findHeader(part) >= 0) ?? "";
    } else {
      if (!/[:}\d]\r?$/.test(text)) return undefined;
      layers.push({ kind: "prefix", pattern: prefixPattern(before) });
      return layers;
    }
  }
  return undefined;
}
