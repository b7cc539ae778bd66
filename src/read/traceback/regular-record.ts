import { parseAddress, unknownAddress } from "../../model/address.ts";
import type { FrameArguments } from "../../model/arguments.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import { type Header, parseHeader } from "./header.ts";
import type { TracebackRecord } from "./record.ts";
import { TextTable } from "./text-table.ts";

const newline = 10;
const tab = 9;
const headerWord = Buffer.from("goroutine ");
const createdBy = Buffer.from("created by ");
const inGoroutine = Buffer.from(" in goroutine ");
const noThread = Buffer.from(" m=nil");
const dots = Buffer.from("...)");
const minutesWord = Buffer.from(" minute");

/** Distinct headers that are kept; labels may differ from goroutine to goroutine. */
const maxHeaders = 4096;
/** Most digits of a number that is exact as a double: decimal, and hexadecimal. */
const exactDecimals = 15;
const exactDigits = 13;
const noArguments: FrameArguments = [];
/** Longer ones are left to the line parser, which bounds its lines. */
const maxRecord = 1 << 16;

/**
 * Reads goroutines whose text is regular straight from bytes: a header, pairs of function and position, the creator, a
 * blank line. What the line parser makes of such text, without a string for each line; all other text is refused, and
 * goes to the line parser.
 */
export class RegularReader {
  readonly #texts = new TextTable();
  readonly #headers = new Map<string, Header | undefined>();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #minutes = -1;
  #braces = false;
  #marked = false;
  #hash = 0;

  /** Where the goroutine that was read last ends, and how many lines it has, its blank line included. */
  end = 0;
  lines = 0;

  /**
   * Reads the goroutine that begins at `at`.
   * @param line number of its header's line
   * @returns `undefined` for text that is not regular, or not wholly in sight
   */
  read(bytes: Buffer, at: number, line: number): TracebackRecord | undefined {
    if (!startsWith(bytes, at, headerWord)) return undefined;
    this.#bytes = bytes;
    this.#at = at + headerWord.length;
    const id = this.#number(exactDecimals);
    const header = id < 0 ? undefined : this.#header();
    if (header === undefined) return undefined;
    this.#braces = false;
    this.#marked = false;
    const frames: FrameDraft[] = [];
    const args: FrameArguments[] = [];
    let creator: FrameDraft | undefined;
    let creatorId = Number.NaN;
    while (bytes[this.#at] !== newline) {
      if (creator !== undefined) return undefined;
      const from = this.#at;
      const to = bytes.indexOf(newline, from);
      if (to < 0 || to - at > maxRecord) return undefined;
      if (startsWith(bytes, from, createdBy)) {
        const nameEnd = this.#creatorEnd(from + createdBy.length, to);
        if (nameEnd < 0) return undefined;
        if (nameEnd < to) creatorId = decimal(bytes, nameEnd + inGoroutine.length, to);
        const name = this.#text(from + createdBy.length, nameEnd);
        creator = this.#position(to + 1, name, false, undefined);
        if (creator === undefined) return undefined;
        continue;
      }
      const frame = this.#frame(from, to);
      if (frame === undefined) return undefined;
      frames.push(frame);
      args.push(frame.args ?? noArguments);
    }
    if (frames.length === 0) return undefined;
    this.end = this.#at + 1;
    this.lines = 2 + 2 * frames.length + (creator === undefined ? 0 : 2);
    return {
      line,
      id,
      minutes: this.#minutes >= 0 ? this.#minutes : header.minutes,
      creator: creatorId,
      args,
      shape: {
        header,
        frames,
        createdBy: creator,
        extent: "full",
        gapAt: undefined,
        elided: 0,
        braces: this.#braces,
        marked: this.#marked,
        sinceMinor: Number.isNaN(creatorId) ? 0 : 21,
      },
    };
  }

  /** A run of decimal digits; -1 for none or too many. */
  #number(most: number): number {
    const from = this.#at;
    const bytes = this.#bytes;
    let c = bytes[this.#at]!;
    while (c >= 48 && c <= 57) c = bytes[++this.#at]!;
    const digits = this.#at - from;
    return digits === 0 || digits > most ? -1 : decimal(bytes, from, this.#at);
  }

  /** The rest of the header's line, of which only the minutes differ between most goroutines. */
  #header(): Header | undefined {
    const bytes = this.#bytes;
    let prefix = "goroutine 1 [";
    if (bytes[this.#at + 1] === 103) {
      // ` gp=0xc000007340 m=nil`: parked, so that nothing but an address differs.
      if (bytes[this.#at] !== 32 || bytes[this.#at + 2] !== 112 || bytes[this.#at + 3] !== 61)
        return undefined;
      if (bytes[this.#at + 4] !== 48 || bytes[this.#at + 5] !== 120) return undefined;
      this.#at += 6;
      while (hexDigit(bytes[this.#at]!) >= 0) this.#at++;
      if (!startsWith(bytes, this.#at, noThread)) return undefined;
      this.#at += noThread.length;
      prefix = "goroutine 1 gp=0x1 m=nil [";
    }
    if (bytes[this.#at] !== 32 || bytes[this.#at + 1] !== 91) return undefined;
    const from = this.#at + 2;
    const to = bytes.indexOf(newline, from);
    if (to < 0 || bytes[to - 1] !== 58) return undefined;
    const cut = this.#cutMinutes(from);
    const key =
      cut < 0
        ? prefix + bytes.toString("utf8", from, to)
        : prefix + bytes.toString("latin1", from, cut) + bytes.toString("utf8", this.#at, to);
    let header = this.#headers.get(key);
    if (header === undefined && !this.#headers.has(key)) {
      if (this.#headers.size >= maxHeaders) this.#headers.clear();
      header = parseHeader(key);
      this.#headers.set(key, header);
    }
    // Said twice: let the line parser decide.
    if (cut >= 0 && header !== undefined && header.minutes >= 0) return undefined;
    this.#at = to + 1;
    return header;
  }

  /** Where `, 5 minutes` begins behind the wait reason, and moves behind it; -1 where there is none. */
  #cutMinutes(from: number): number {
    const bytes = this.#bytes;
    this.#minutes = -1;
    let at = from;
    // Letters, digits and `.` `(` `)` of a reason, and blanks.
    for (let c = bytes[at]!; c !== 44; c = bytes[++at]!) {
      if (c < 32 || c > 122 || c === 91 || c === 93 || c === 34) return -1;
    }
    if (bytes[at + 1] !== 32) return -1;
    this.#at = at + 2;
    const minutes = this.#number(9);
    if (minutes < 0 || !startsWith(bytes, this.#at, minutesWord)) return -1;
    this.#at += minutesWord.length;
    if (bytes[this.#at] === 115) this.#at++;
    const next = bytes[this.#at];
    // A comma parts attributes only before a blank.
    if (next !== 93 && (next !== 44 || bytes[this.#at + 1] !== 32)) return -1;
    this.#minutes = minutes;
    return at;
  }

  /** Where the name of `created by NAME in goroutine 7` ends; the line's end without an id, -1 where it is not plain. */
  #creatorEnd(from: number, to: number): number {
    const bytes = this.#bytes;
    let at = to;
    while (at > from && isDigit(bytes[at - 1]!)) at--;
    const word = at - inGoroutine.length;
    const hasId = at < to && word > from && startsWith(bytes, word, inGoroutine);
    if (hasId && to - at > exactDecimals) return -1;
    const end = hasId ? word : to;
    return end > from && this.#hashPlain(from, end) !== odd ? end : -1;
  }

  /** A function's line and its position's. */
  #frame(from: number, to: number): FrameDraft | undefined {
    const bytes = this.#bytes;
    if (bytes[to - 1] !== 41) return undefined;
    let open = to - 2;
    while (open > from && bytes[open] !== 40) open--;
    if (open <= from || !this.#isFunction(from, open)) return undefined;
    const hidden = to - open === 5 && startsWith(bytes, open + 1, dots);
    const args = hidden ? noArguments : this.#arguments(open + 1, to - 1);
    if (args === undefined) return undefined;
    return this.#position(to + 1, this.#texts.text(bytes, from, open, this.#hash), hidden, args);
  }

  /** Whether the bytes are a name, as the line parser sees it; their hash is `#hash` then. */
  #isFunction(from: number, to: number): boolean {
    const bytes = this.#bytes;
    const first = bytes[from]!;
    // `#011` is a tab that rsyslog escaped.
    if (first === 32 || first === 35 || startsWith(bytes, from, headerWord)) return false;
    const kind = this.#hashPlain(from, to);
    return kind === dotted || (kind === word && bytes.subarray(from, to).every(isWordByte));
  }

  /** Hashes text without control characters; tells whether it has a dot, and is odd: has `: ` or ends in a blank. */
  #hashPlain(from: number, to: number): number {
    const bytes = this.#bytes;
    let hash = 0x811c9dc5 | 0;
    let kind: number = word;
    for (let i = from; i < to; i++) {
      const c = bytes[i]!;
      hash = Math.imul(hash ^ c, 0x01000193);
      if (c < 48) {
        if (c === 46) kind = dotted;
        else if (c < 32 || (c === 32 && (i === to - 1 || bytes[i - 1] === 58))) return odd;
      }
    }
    this.#hash = hash;
    return kind;
  }

  #text(from: number, to: number): string {
    this.#hashPlain(from, to);
    return this.#texts.text(this.#bytes, from, to, this.#hash);
  }

  /** As `parseArguments` of the line parser. */
  #arguments(from: number, end: number): FrameArguments | undefined {
    const bytes = this.#bytes;
    if (from === end) return noArguments;
    const args: number[] = [];
    for (let at = from; at < end; ) {
      const c = bytes[at]!;
      if (c === 48 && bytes[at + 1] === 120) {
        const start = at + 2;
        let value = 0;
        at = start;
        for (let digit = hexDigit(bytes[at]!); digit >= 0; digit = hexDigit(bytes[++at]!))
          value = value * 16 + digit;
        if (at === start || at - start > 16) return undefined;
        if (at - start > exactDigits) value = parseAddress(bytes.toString("latin1", start - 2, at));
        if (bytes[at] === 63) {
          at++;
          this.#marked = true;
          value = unknownAddress;
        }
        args.push(value);
      } else if (c === 44 || c === 32 || c === 125) at++;
      else if (c === 123) {
        at++;
        this.#braces = true;
      } else if (c === 95) {
        at++;
        args.push(unknownAddress);
      } else if (c === 46 && bytes[at + 1] === 46 && bytes[at + 2] === 46) {
        at += 3;
        args.push(unknownAddress);
      } else return undefined;
    }
    return args;
  }

  /** Reads a position's line, from its end: `\tFILE:LINE +0x1d fp=0x1 sp=0x2 pc=0x3`. */
  #position(
    from: number,
    name: string,
    inlined: boolean,
    args: FrameArguments | undefined,
  ): FrameDraft | undefined {
    const bytes = this.#bytes;
    const to = bytes.indexOf(newline, from);
    if (to < 0 || bytes[from] !== tab || bytes[from + 1]! <= 32) return undefined;
    let end = this.#withoutPointers(from, to);
    if (end < 0) return undefined;
    // The offset from the function's entry.
    let digits = end;
    while (digits > from && hexDigit(bytes[digits - 1]!) >= 0) digits--;
    if (digits < end && bytes[digits - 1] === 120 && bytes[digits - 2] === 48 && bytes[digits - 3] === 43) {
      if (bytes[digits - 4] !== 32) return undefined;
      end = digits - 4;
    }
    let colon = end;
    while (colon > from && isDigit(bytes[colon - 1]!)) colon--;
    const length = end - colon;
    colon--;
    if (length === 0 || length > 9 || colon <= from + 1 || bytes[colon] !== 58) return undefined;
    if (this.#hashPlain(from + 1, colon) === odd || hasPointers(bytes, from, colon)) return undefined;
    const file = this.#texts.text(bytes, from + 1, colon, this.#hash);
    this.#at = to + 1;
    const line = decimal(bytes, colon + 1, end);
    return args === undefined
      ? { function: name, file, line }
      : { function: name, file, line, inlined, args };
  }

  /** Where ` fp=0x1 sp=0x2 pc=0x3` begins at the end of a line, or the line's end; -1 for something like it. */
  #withoutPointers(from: number, to: number): number {
    const bytes = this.#bytes;
    let end = to;
    for (const [first, second] of pointerNames) {
      let at = end;
      while (at > from && hexDigit(bytes[at - 1]!) >= 0) at--;
      const isPointer = at < end && bytes[at - 1] === 120 && bytes[at - 2] === 48 && bytes[at - 3] === 61;
      if (!isPointer) return end === to ? to : -1;
      if (bytes[at - 4] !== second || bytes[at - 5] !== first || bytes[at - 6] !== 32) return -1;
      end = at - 6;
    }
    return end;
  }
}

const word = 1;
const dotted = 2;
const odd = 0;

/** `pc`, `sp` and `fp`, in the order from the line's end. */
const pointerNames = [
  [112, 99],
  [115, 112],
  [102, 112],
] as const;

/** ` fp=` within a path would mean something to the line parser. */
function hasPointers(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if (bytes[i] === 61 && bytes[i - 1] === 112 && bytes[i - 2] === 102 && bytes[i - 3] === 32) return true;
    if (bytes[i] === 43 && bytes[i - 1] === 32) return true;
  }
  return false;
}

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isWordByte(c: number): boolean {
  return isDigit(c) || c === 95 || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

function decimal(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + bytes[at]! - 48;
  return value;
}

/** Value of a hexadecimal digit (lower case, as Go prints), -1 for other characters. */
function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}
