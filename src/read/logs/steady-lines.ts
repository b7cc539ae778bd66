import { isDigit, newline, space, tab } from "../traceback/ascii.ts";
import { FieldLayer } from "./field-layer.ts";
import { findHeader, plainText } from "./header.ts";
import { LinePattern, zonedTime } from "./line-pattern.ts";
import type { Layer } from "./line-piece.ts";
import { criPrefix } from "./line-prefix.ts";
import { PrefixLayer } from "./prefix-layer.ts";

/** Lines with the same wrapping: what stands before the text, and behind it. */
interface Wrapped {
  readonly before: LinePattern;
  readonly behind: LinePattern;
  /** The text is escaped as in JSON. */
  readonly escaped: boolean;
  /** What took the wrapping off the first such line: nothing else may come to do so. */
  readonly layer: Layer;
}

/** Wrappings that are remembered. */
const maxWrappings = 8;
/** Longer ones are no wrappings but text. */
const maxWrapping = 500;

/** Of Docker's JSON lines; of CRI's text. */
const docker = '{"log":"';
const behindDocker = new RegExp(`^\\\\n","stream":"(?:stdout|stderr)","time":"${zonedTime}"\\}$`);
const beforeCri = new RegExp(`^${zonedTime} (?:stdout|stderr) F $`);
const colour = "(?:\\u001b\\[[\\d;]{0,20}m)?";
/** `kubectl logs --prefix --timestamps`; compose; a time; syslog; lines that are indented. */
const beforeLines = new RegExp(
  `^(?:\\[pod/[a-z0-9./-]{1,300}\\] (?:${zonedTime} )?|${colour}[\\w.-]{1,200} {1,100}\\| ${colour}|${zonedTime} |` +
    "[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d [\\w.-]{1,200} [\\w./-]{1,200}(?:\\[\\d{1,10}\\])?: |[ \\t]{1,100})$",
);
/** Of lines that are observed, and none is taken, only each so many'th is looked at further. */
const maxVain = 100;

/** Lines that follow the header of a goroutine before the first position of a frame. */
const maxUntilPosition = 3;

/** What is to be done with a byte of a line's text: nothing; look at those behind it; the text ends before it. */
const plain = 0;
const watched = 1;
const foreign = 2;
const kinds = new Uint8Array(256).fill(foreign);
for (let c = 0x20; c < 0x7f; c++) kinds[c] = plain;
// What pages, terminals, escapes and fields are made of.
for (const c of '<&#"\\') kinds[c.charCodeAt(0)] = foreign;
for (const c of " gG") kinds[c.charCodeAt(0)] = watched;

const backslash = 0x5c;
const brace = 0x7b;
const bar = 0x7c;
const [a, d, g, o, p, r, s, t] = [0x61, 0x64, 0x67, 0x6f, 0x70, 0x72, 0x73, 0x74];

/**
 * Takes the wrapping off lines that are wrapped as one before them was, all in one go: in the log of a large dump nearly all
 * are. Only lines of which it is certain what would come of them one by one: plain text, that shows no other wrapping, no
 * line of a debugger's session and no goroutine but in a header of its own.
 */
export class SteadyLines {
  readonly #wrappings: Wrapped[] = [];
  /** Lines that were observed since some were taken. */
  #vain = 0;
  #out = Buffer.alloc(0);
  /** Bytes that came of the lines that were taken last, and how many lines that were. */
  length = 0;
  lines = 0;
  /** Of the last line: where its text ends in `#out`, and whether a goroutine begins with it. */
  #end = 0;
  #isHeader = false;
  #chunk: Uint8Array | undefined;
  #chunkEnd = -1;

  /** A line was unwrapped by itself, and this text came of it. */
  observe(line: string, text: string, layer: Layer | undefined): void {
    // Where no two lines are alike, to look for it would take longer than it could save.
    if (layer === undefined || (this.#vain++ > maxVain && this.#vain % maxVain !== 0)) return;
    const wrapped = wrappingAround(line, text, layer);
    if (wrapped === undefined || this.#wrappings.some((known) => isSame(known, wrapped))) return;
    this.#wrappings.unshift(wrapped);
    if (this.#wrappings.length > maxWrappings) this.#wrappings.pop();
  }

  /** Nothing is known by which a line could be taken. */
  get isIdle(): boolean {
    return this.#wrappings.length === 0;
  }

  /** What came of the lines that were taken last; good until the next are taken. */
  get text(): Uint8Array {
    return this.#out.subarray(0, this.length);
  }

  /**
   * Takes lines that lie whole in a chunk.
   * @param from where a line begins
   * @param layer what takes off the wrapping of lines now
   * @returns where the first line begins that is not taken
   */
  take(chunk: Uint8Array, from: number, layer: Layer | undefined): number {
    this.length = 0;
    this.lines = 0;
    if (layer === undefined) return from;
    const usable = this.#wrappings.filter((wrapped) => wrapped.layer === layer);
    if (usable.length === 0) return from;
    const room = chunk.length - from + 1;
    if (this.#out.length < room) this.#out = Buffer.alloc(room);
    let at = from;
    /** Up to where lines are taken: with a prefix, not between a header and the first position behind it. */
    let taken = from;
    let lines = 0;
    let length = 0;
    let untilPosition = 0;
    const waits = layer instanceof PrefixLayer;
    const end = this.#lastEnd(chunk);
    while (at <= end) {
      const next = this.#line(usable, chunk, at, length);
      if (next < 0) break;
      at = next;
      lines++;
      const first = this.#out[length];
      if (this.#isHeader && waits) untilPosition = maxUntilPosition;
      else if (first === tab) untilPosition = 0;
      else if (untilPosition > 0 && --untilPosition === 0) break;
      length = this.#end;
      if (untilPosition > 0) continue;
      taken = at;
      this.length = length;
      this.lines = lines;
    }
    if (taken > from) this.#vain = 0;
    return taken;
  }

  /** The last line end of a chunk. No byte behind it is looked at: what may lie beyond an array is read slowly. */
  #lastEnd(chunk: Uint8Array): number {
    if (this.#chunk !== chunk) {
      this.#chunk = chunk;
      this.#chunkEnd = chunk.lastIndexOf(newline);
    }
    return this.#chunkEnd;
  }

  /** Takes one line; where the next begins, or -1. */
  #line(usable: readonly Wrapped[], chunk: Uint8Array, at: number, length: number): number {
    for (let i = 0; i < usable.length; i++) {
      const wrapped = usable[i]!;
      const begins = wrapped.before.match(chunk, at);
      if (begins < 0) continue;
      const ends = this.#text(chunk, begins, length, wrapped.escaped, chunk[at]!);
      if (ends < 0) return -1;
      const next = wrapped.behind.match(chunk, ends);
      if (next < 0 || chunk[next] !== newline) continue;
      this.#out[this.#end++] = newline;
      return next + 1;
    }
    return -1;
  }

  /** Copies the text of a line; where it ends in the chunk, or -1 where it is to be looked at by itself. */
  #text(chunk: Uint8Array, from: number, length: number, escaped: boolean, lineStart: number): number {
    const out = this.#out;
    let at = from;
    let end = length;
    this.#isHeader = false;
    if (escaped ? chunk[at] === backslash && chunk[at + 1] === t : chunk[at] === tab) {
      at += escaped ? 2 : 1;
      out[end++] = tab;
      // A line of blanks is trimmed.
      if (kinds[chunk[at]!] === foreign || chunk[at] === space) return -1;
    } else if (isOddStart(chunk, at, lineStart)) return -1;
    let mentions = false;
    for (;;) {
      const c = chunk[at]!;
      const kind = kinds[c]!;
      if (kind !== plain) {
        if (kind === foreign) break;
        if (c === space) {
          if (chunk[at + 1] === space) return -1;
        } else if (chunk[at + 1] === o && chunk[at + 2] === r && chunk[at + 3] === o) {
          // Sessions write it with a capital letter.
          if (c !== g) return -1;
          if (at === from) this.#isHeader = true;
          else mentions = true;
        }
      }
      out[end++] = c;
      at++;
    }
    this.#end = end;
    if (mentions && findHeader(out.toString("latin1", length, end)) >= 0) return -1;
    return at;
  }
}

/** A text that could be more than text by how it begins: a further wrapping, indented, or one that its prefix repeats. */
function isOddStart(chunk: Uint8Array, at: number, lineStart: number): boolean {
  const c = chunk[at]!;
  if (c === lineStart || isDigit(c) || c === space || c === brace || c === bar) return true;
  // The streams of a container, and a panic, whose text may be anything.
  return (c === s && chunk[at + 1] === t && chunk[at + 2] === d) || (c === p && chunk[at + 1] === a);
}

/** What stands around a line's text, where it is of one of the forms of which it is certain what they say. */
function wrappingAround(line: string, text: string, layer: Layer): Wrapped | undefined {
  if (text.trim() === "" || !line.includes(" ") || line.length > maxWrapping + text.length) return undefined;
  if (layer instanceof FieldLayer) {
    const quoted = text.startsWith("\t") ? `\\t${text.slice(1)}` : text;
    const behind = line.slice(docker.length + quoted.length);
    return layer.key === "log" && line.startsWith(docker + quoted) && behindDocker.test(behind)
      ? { before: new LinePattern(docker), behind: new LinePattern(behind), escaped: true, layer }
      : undefined;
  }
  if (!line.endsWith(text)) return undefined;
  const before = line.slice(0, -text.length);
  const isKnown =
    layer instanceof PrefixLayer
      ? beforeLines.test(before) && !before.includes("goroutine") && layer.strip(plainText(line)) === text
      : beforeCri.test(before) && criPrefix(line)?.text === text;
  return isKnown
    ? { before: new LinePattern(before), behind: new LinePattern(""), escaped: false, layer }
    : undefined;
}

function isSame(a: Wrapped, b: Wrapped): boolean {
  return a.layer === b.layer && a.before.equals(b.before) && a.behind.equals(b.behind);
}
