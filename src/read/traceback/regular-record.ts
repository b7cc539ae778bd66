import { parseAddress, unknownAddress } from "../../model/address.ts";
import { Calls } from "../../model/calls.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import type { FramePool } from "../../model/frame-pool.ts";
import { mixed } from "../../model/hash.ts";
import { type Header, parseHeader } from "./header.ts";
import { NameTable } from "./name-table.ts";
import type { RecordShape, StackText } from "./record.ts";

const newline = 10;
const tab = 9;
const space = 32;
const hashSign = 35;
const openParenthesis = 40;
const closeParenthesis = 41;
const asterisk = 42;
const plus = 43;
const dot = 46;
const colon = 58;
const headerWord = Buffer.from("goroutine ");
const createdBy = Buffer.from("created by ");
const inGoroutine = Buffer.from(" in goroutine ");
const noThread = Buffer.from(" m=nil");
const minutesWord = Buffer.from(" minute");
const dots = Buffer.from("...)");
const offsetWord = Buffer.from(" +0x");
/** What a position's line ends in where the runtime shows all of a stack. */
const pointerWords = [" fp=0x", " sp=0x", " pc=0x"].map((word) => Buffer.from(word));

/** Distinct headers that are kept; labels may differ from goroutine to goroutine. */
const maxHeaders = 4096;
/** More than there are different parts of them. */
const headerTextLimit = 2 * maxHeaders + 2;
/** What headers are parsed behind, whatever id they have. */
const plainPrefix = "goroutine 1 [";
const parkedPrefix = "goroutine 1 gp=0x1 m=nil [";
/** Most digits of a number that is exact as a double: decimal, and hexadecimal. */
const exactDecimals = 15;
const exactDigits = 13;
/** Longer ones are left to the line parser, which bounds its lines. */
const maxRecord = 1 << 16;

/** A goroutine that was read without a string for any of its lines. */
export interface RegularRecord extends StackText {
  /** 1-based line of the header. */
  readonly line: number;
  readonly id: number;
  readonly minutes: number;
  /** NaN when unknown. */
  readonly creator: number;
  readonly calls: Calls;
  /** Made when somebody asks. */
  readonly shape: RecordShape;
}

/**
 * Reads goroutines whose text is regular straight from bytes: a header, pairs of function and position, the creator, a
 * blank line. What the line parser makes of such text, without a string for each line; all other text is refused, and
 * goes to the line parser.
 */
export class RegularReader implements RegularRecord {
  readonly #symbols: NameTable;
  readonly #creators: NameTable;
  readonly #files: NameTable;
  readonly #pool: FramePool;
  /** By the numbers of their texts before and behind the minutes. */
  readonly #headers = new Map<number, Header | undefined>();
  #headerTexts = newHeaderTexts();
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #minutes = -1;
  /** Symbol of the call whose position comes next. */
  #symbol = 0;
  #hidden = false;
  /** Line in its file. */
  #place = 0;
  /** Behind the last line end in sight: a line that begins before it ends, too. */
  #sight = 0;

  /** Where the goroutine that was read last ends, and how many lines it has, its blank line included. */
  end = 0;
  lines = 0;

  header!: Header;
  line = 0;
  id = 0;
  minutes = -1;
  creator = Number.NaN;
  readonly calls: Calls = new Calls();
  readonly extent = "full";
  readonly gapAt = undefined;
  readonly elided = 0;
  braces = false;
  marked = false;
  sinceMinor = 0;

  constructor(pool: FramePool) {
    this.#pool = pool;
    this.#symbols = new NameTable((name) => (isFunctionName(name) ? pool.symbol(name, true) : -1));
    this.#creators = new NameTable((name) => pool.symbol(name, true));
    this.#files = new NameTable((name) => pool.file(name, true));
  }

  get shape(): RecordShape {
    const { header, extent, gapAt, elided, braces, marked, sinceMinor, calls } = this;
    const draft = (number: number): FrameDraft => {
      const { symbol, file, line, inlined } = this.#pool.at(number);
      return { function: symbol.name, file, line, inlined };
    };
    return {
      header,
      frames: Array.from(calls.frames.subarray(0, calls.depth), draft),
      createdBy: calls.createdBy < 0 ? undefined : draft(calls.createdBy),
      extent,
      gapAt,
      elided,
      braces,
      marked,
      sinceMinor,
    };
  }

  /** Text comes that goroutines are read from. */
  open(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#sight = bytes.lastIndexOf(newline) + 1;
  }

  /**
   * Reads the goroutine that begins at `at`; what it is stands in the reader until the next one is read.
   * @param line number of its header's line
   * @returns false for text that is not regular, or not wholly in sight
   */
  read(at: number, line: number): boolean {
    const bytes = this.#bytes;
    if (at >= this.#sight || !startsWith(bytes, at, headerWord)) return false;
    this.#at = at + headerWord.length;
    const id = this.#number(exactDecimals);
    const header = id < 0 ? undefined : this.#header();
    if (header === undefined) return false;
    const { calls } = this;
    calls.clear();
    this.braces = false;
    this.marked = false;
    this.creator = Number.NaN;
    const most = Math.min(at + maxRecord, this.#sight - 1);
    while (bytes[this.#at] !== newline) {
      if (calls.createdBy >= 0 || this.#at > most) return false;
      const isCreator = startsWith(bytes, this.#at, createdBy);
      if (!(isCreator ? this.#creatorLine() : this.#callLine()) || this.#at > most) return false;
      const frame = this.#position();
      if (frame < 0) return false;
      if (isCreator) calls.createdBy = frame;
      else calls.call(frame);
    }
    if (calls.depth === 0 || this.#at > most) return false;
    this.end = this.#at + 1;
    this.lines = 2 + 2 * calls.depth + (calls.createdBy < 0 ? 0 : 2);
    this.header = header;
    this.line = line;
    this.id = id;
    this.minutes = this.#minutes >= 0 ? this.#minutes : header.minutes;
    this.sinceMinor = Number.isNaN(this.creator) ? 0 : 21;
    return true;
  }

  /** A run of decimal digits; -1 for none or too many. */
  #number(most: number): number {
    const from = this.#at;
    const bytes = this.#bytes;
    let c = bytes[this.#at]!;
    while (c >= 48 && c <= 57) c = bytes[++this.#at]!;
    const digits = this.#at - from;
    if (digits === 0 || digits > most) return -1;
    let value = 0;
    for (let at = from; at < this.#at; at++) value = value * 10 + bytes[at]! - 48;
    return value;
  }

  /** The rest of the header's line, of which only the minutes differ between most goroutines. */
  #header(): Header | undefined {
    const bytes = this.#bytes;
    let prefix = plainPrefix;
    if (bytes[this.#at + 1] === 103) {
      // ` gp=0xc000007340 m=nil`: parked, so that nothing but an address differs.
      if (bytes[this.#at] !== 32 || bytes[this.#at + 2] !== 112 || bytes[this.#at + 3] !== 61)
        return undefined;
      if (bytes[this.#at + 4] !== 48 || bytes[this.#at + 5] !== 120) return undefined;
      this.#at += 6;
      while (hexDigit(bytes[this.#at]!) >= 0) this.#at++;
      if (!startsWith(bytes, this.#at, noThread)) return undefined;
      this.#at += noThread.length;
      prefix = parkedPrefix;
    }
    if (bytes[this.#at] !== 32 || bytes[this.#at + 1] !== 91) return undefined;
    const from = this.#at + 2;
    const cut = this.#cutMinutes(from);
    const reasonEnd = cut < 0 ? from : cut;
    const restStart = cut < 0 ? from : this.#at;
    let hash = 0;
    for (let at = from; at < reasonEnd; at++) hash = mixed(hash, bytes[at]!);
    let end = restStart;
    let restHash = 0;
    for (let c = bytes[end]!; c !== newline; c = bytes[++end]!) restHash = mixed(restHash, c);
    if (bytes[end - 1] !== colon) return undefined;
    if (this.#headers.size >= maxHeaders) {
      this.#headers.clear();
      this.#headerTexts = newHeaderTexts();
    }
    const key =
      this.#headerTexts.number(bytes, this.#view, from, reasonEnd, hash) * headerTextLimit * 2 +
      this.#headerTexts.number(bytes, this.#view, restStart, end, restHash) * 2 +
      (prefix === plainPrefix ? 0 : 1);
    let header = this.#headers.get(key);
    if (header === undefined && !this.#headers.has(key)) {
      header = parseHeader(
        prefix + bytes.toString("utf8", from, reasonEnd) + bytes.toString("utf8", restStart, end),
      );
      this.#headers.set(key, header);
    }
    // Said twice: let the line parser decide.
    if (cut >= 0 && header !== undefined && header.minutes >= 0) return undefined;
    this.#at = end + 1;
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

  /** `created by NAME in goroutine 7`, or without an id. */
  #creatorLine(): boolean {
    const bytes = this.#bytes;
    const from = this.#at + createdBy.length;
    let hash = 0;
    let at = from;
    let c = bytes[at]!;
    for (; c > space; c = bytes[++at]!) hash = mixed(hash, c);
    if (at === from) return false;
    this.#symbol = this.#creators.number(bytes, this.#view, from, at, hash);
    this.#at = at;
    if (c === space) {
      if (!startsWith(bytes, at, inGoroutine)) return false;
      this.#at += inGoroutine.length;
      this.creator = this.#number(exactDecimals);
      if (this.creator < 0) return false;
    }
    this.#hidden = false;
    return bytes[this.#at++] === newline;
  }

  /** `NAME(0x1, {0x2, 0x3?}, ...)`: a name, as the line parser sees it, holds no parenthesis but those of a receiver. */
  #callLine(): boolean {
    const bytes = this.#bytes;
    const view = this.#view;
    const lastFour = view.byteLength - 4;
    const from = this.#at;
    let hash = 0;
    let at = from;
    for (;;) {
      for (; at <= lastFour; at += 4) {
        const four = view.getInt32(at, true);
        if (hasLess(four, openParenthesis + 1)) break;
        hash = mixed(hash, four);
      }
      let c = bytes[at]!;
      for (; c > openParenthesis; c = bytes[++at]!) hash = mixed(hash, c);
      if (c <= space || c === hashSign) return false;
      if (c === openParenthesis && bytes[at + 1] !== asterisk) break;
      hash = mixed(hash, c);
      at++;
    }
    this.#at = at + 1;
    if (at === from || !this.#arguments()) return false;
    this.#symbol = this.#symbols.number(bytes, view, from, at, hash);
    return this.#symbol >= 0;
  }

  /** As `parseArguments` of the line parser, up to the line's end. */
  #arguments(): boolean {
    const { calls } = this;
    const bytes = this.#bytes;
    let at = this.#at;
    this.#hidden = startsWith(bytes, at, dots);
    if (this.#hidden) at += 3;
    for (let c = bytes[at]!; c !== closeParenthesis; c = bytes[at]!) {
      if (c === 48 && bytes[at + 1] === 120) {
        const start = at + 2;
        let value = 0;
        at = start;
        for (let digit = hexDigit(bytes[at]!); digit >= 0; digit = hexDigit(bytes[++at]!))
          value = value * 16 + digit;
        if (at === start || at - start > 16) return false;
        if (at - start > exactDigits) value = parseAddress(bytes.toString("latin1", start - 2, at));
        if (bytes[at] === 63) {
          at++;
          this.marked = true;
          value = unknownAddress;
        }
        calls.argument(value);
      } else if (c === 44 || c === 32 || c === 125) at++;
      else if (c === 123) {
        at++;
        this.braces = true;
      } else if (c === 95) {
        at++;
        calls.argument(unknownAddress);
      } else if (c === dot && bytes[at + 1] === dot && bytes[at + 2] === dot) {
        at += 3;
        calls.argument(unknownAddress);
      } else return false;
    }
    this.#at = at + 2;
    return bytes[at + 1] === newline;
  }

  /** `\tFILE:LINE +0x1d fp=0x1 sp=0x2 pc=0x3`; returns the frame's number, -1 for other text. */
  #position(): number {
    const bytes = this.#bytes;
    const from = this.#at + 1;
    if (bytes[this.#at] !== tab || bytes[from]! <= space) return -1;
    const view = this.#view;
    const lastFour = view.byteLength - 4;
    let hash = 0;
    let at = from;
    for (;;) {
      for (; at <= lastFour; at += 4) {
        const four = view.getInt32(at, true);
        if (hasLess(four, space + 1) || hasLess(four ^ colons, 1)) break;
        hash = mixed(hash, four);
      }
      let c = bytes[at]!;
      for (; c > space && c !== colon; c = bytes[++at]!) hash = mixed(hash, c);
      if (c < space || (c === space && !this.#isInPath(at))) return -1;
      if (c === colon && this.#behindFile(at + 1)) break;
      hash = mixed(hash, c);
      at++;
    }
    if (at === from) return -1;
    const file = this.#files.number(bytes, view, from, at, hash);
    return this.#pool.frame(this.#symbol, file, this.#place, this.#hidden);
  }

  /** A blank within a path is not at its end, and nothing that follows positions stands behind it. */
  #isInPath(at: number): boolean {
    const bytes = this.#bytes;
    const next = bytes[at + 1]!;
    if (bytes[at - 1] === colon || next === colon || next === plus) return false;
    return !(next === 102 && bytes[at + 2] === 112 && bytes[at + 3] === 61);
  }

  /** Reads `LINE +0x1d fp=0x1 sp=0x2 pc=0x3` up to the line's end; false where the colon before it is one of the path. */
  #behindFile(from: number): boolean {
    const bytes = this.#bytes;
    let at = from;
    let line = 0;
    for (let c = bytes[at]!; c >= 48 && c <= 57; c = bytes[++at]!) line = line * 10 + c - 48;
    if (at === from || at - from > 9) return false;
    if (startsWith(bytes, at, offsetWord)) {
      at = hexEnd(bytes, at + offsetWord.length);
      if (at < 0) return false;
    }
    if (bytes[at] === space) {
      for (const word of pointerWords) {
        at = startsWith(bytes, at, word) ? hexEnd(bytes, at + word.length) : -1;
        if (at < 0) return false;
      }
    }
    this.#place = line;
    this.#at = at + 1;
    return bytes[at] === newline;
  }
}

function newHeaderTexts(): NameTable {
  let count = 0;
  return new NameTable(() => count++);
}

/** Has a package, or is one of the few symbols without: as the line parser sees it, where no blank is in it. */
function isFunctionName(name: string): boolean {
  return name.includes(".") || /^\w+$/.test(name);
}

const eachByte = 0x01010101;
const highBits = 0x80808080 | 0;
const colons = colon * eachByte;

/** Whether one of four bytes is less than `limit`, which is at most 128. */
function hasLess(four: number, limit: number): boolean {
  return ((four - limit * eachByte) & ~four & highBits) !== 0;
}

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Value of a hexadecimal digit (lower case, as Go prints), -1 for other characters. */
function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}

/** Where the hexadecimal digits end that begin at `from`; -1 where there are none. */
function hexEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (hexDigit(bytes[at]!) >= 0) at++;
  return at > from ? at : -1;
}
