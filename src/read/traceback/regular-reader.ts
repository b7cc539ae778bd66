import { parseAddress, unknownAddress } from "../../model/address.ts";
import { mixed } from "../../model/hash.ts";
import { widened } from "../../model/typed-array.ts";
import {
  colon,
  decimal,
  decimalEnd,
  exactDecimals,
  exactHexadecimals,
  fourOf,
  hasLess,
  hexDigit,
  hexEnd,
  newline,
  space,
  startsWith,
  tab,
} from "./ascii.ts";
import { type Batch, callHead, marks, recordHead, recordItem } from "./batch.ts";
import { replacedLinks } from "./clean-line.ts";
import { withStar } from "./frame-lines.ts";
import { NameTable } from "./name-table.ts";
import { RegularHeader } from "./regular-header.ts";
import { type Cut, type Hole, holes } from "./shape-trie.ts";

const hashSign = 35;
const openParenthesis = 40;
const closeParenthesis = 41;
const asterisk = 42;
const plus = 43;
const dot = 46;
const createdBy = Buffer.from("created by ");
const inGoroutine = Buffer.from(" in goroutine ");
const dots = Buffer.from("...)");
const offsetWord = Buffer.from(" +0x");
/** What a position's line ends in where the runtime shows all of a stack. */
const pointerWords = [" fp=0x", " sp=0x", " pc=0x"].map((word) => Buffer.from(word));
const colons = fourOf(colon);

const cutSize = 3;

/** Most digits of a line. */
const lineDecimals = 9;
/** Longer ones are left to the line parser, which bounds its lines. */
const maxRecord = 1 << 16;

/** Numbers what goroutines name, from 0 each; the same name may come again under another number. */
export interface Names {
  symbol(name: string): number;
  file(name: string): number;
  /** What headers have of this number, below a few thousand, from now on: one with all but the id and the minutes. */
  header(number: number, text: string): void;
}

/**
 * Reads goroutines whose text is regular straight from bytes: a header, pairs of function and position, the creator, a
 * blank line. What the line parser makes of such text, without a string for each line; all other text is refused, and
 * goes to the line parser.
 */
export class RegularReader {
  readonly #symbols: NameTable;
  readonly #creators: NameTable;
  readonly #files: NameTable;
  readonly #header: RegularHeader;
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #numbers = new Float64Array(1 << 10);
  #length = 0;
  #at = 0;
  #marks = 0;
  #creator = Number.NaN;
  /** The call whose position comes next: where it begins in `#numbers`, and whether its arguments are hidden. */
  #call = 0;
  #hidden = false;
  /** Line in its file. */
  #place = 0;
  /** Behind the last line end in sight: a line that begins before it ends, too. */
  #sight = 0;
  /** Where the goroutine begins that is being read. */
  #from = 0;
  /** What varies behind its header, `cutSize` numbers each: from, to, hole. */
  #cuts = new Int32Array(cutSize << 8);
  #cutsLength = 0;
  /** Behind the goroutine that was read last and its blank line. */
  end = 0;
  readonly #sameThread: boolean;

  /** @param sameThread its numbers stay in this thread: those of addresses that no double holds mean nothing in another */
  constructor(names: Names, sameThread: boolean) {
    this.#sameThread = sameThread;
    this.#symbols = new NameTable((name) => (isFunctionName(name) ? names.symbol(name) : -1));
    this.#creators = new NameTable((name) => names.symbol(withStar(replacedLinks(name))));
    this.#files = new NameTable((name) => (isAnnotated(name) ? -1 : names.file(replacedLinks(name))));
    this.#header = new RegularHeader((number, text) => names.header(number, text));
  }

  /** Begins with the goroutine that was read last, a `recordItem` of a batch; good until the next one is read. */
  get numbers(): Float64Array {
    return this.#numbers;
  }

  /** `Header.labelText` of that goroutine. */
  get labelText(): string {
    return this.#header.labelText;
  }

  /** Hash of that goroutine's header and calls, equal for those of one shape. */
  get hash(): number {
    const numbers = this.#numbers;
    let hash = this.#header.hash;
    let at = recordHead;
    for (let left = numbers[7]!; left > 0; left--) {
      hash = mixed(mixed(mixed(hash, numbers[at]!), numbers[at + 1]!), numbers[at + 2]!);
      at += callHead + numbers[at + 3]!;
    }
    return hash;
  }

  /** What varies in that goroutine behind its header, in order, by offsets from its beginning. */
  get cuts(): Cut[] {
    const cuts: Cut[] = [];
    for (let at = 0; at < this.#cutsLength; at += cutSize)
      cuts.push({ from: this.#cuts[at]!, to: this.#cuts[at + 1]!, hole: this.#cuts[at + 2] as Hole });
    return cuts;
  }

  /** Copies that goroutine; answers where it ends. */
  copyTo(batch: Batch, at: number): number {
    for (let i = 0; i < this.#length; i++) batch[at + i] = this.#numbers[i]!;
    return at + this.#length;
  }

  /** Text comes that goroutines are read from. */
  open(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#sight = bytes.lastIndexOf(newline) + 1;
    this.#header.open(bytes, this.#view);
  }

  /**
   * Reads the goroutine that begins at `at`.
   * @returns false for text that is not regular, or not wholly in sight
   */
  read(at: number): boolean {
    const bytes = this.#bytes;
    const header = this.#header;
    if (at >= this.#sight || !header.read(at)) return false;
    this.#from = at;
    this.#cutsLength = 0;
    this.#at = header.end;
    this.#length = recordHead;
    this.#marks = 0;
    this.#creator = Number.NaN;
    let calls = 0;
    let created = 0;
    const most = Math.min(at + maxRecord, this.#sight - 1);
    while (bytes[this.#at] !== newline) {
      if (created > 0 || this.#at > most) return false;
      const isCreator = startsWith(bytes, this.#at, createdBy);
      this.#call = this.#length;
      for (let i = 0; i < callHead; i++) this.#push(0);
      if (!(isCreator ? this.#creatorLine() : this.#callLine()) || this.#at > most) return false;
      if (!this.#position()) return false;
      if (isCreator) created = marks.createdBy;
      calls++;
    }
    if (calls === (created > 0 ? 1 : 0) || this.#at > most) return false;
    this.end = this.#at + 1;
    const numbers = this.#numbers;
    numbers[0] = recordItem;
    numbers[1] = header.number;
    numbers[2] = header.id;
    numbers[3] = header.minutes;
    numbers[4] = this.#creator;
    numbers[5] = 2 + 2 * calls;
    numbers[6] = this.#marks | created;
    numbers[7] = calls;
    return true;
  }

  #cut(from: number, to: number, hole: Hole): void {
    const next = this.#cutsLength;
    if (next === this.#cuts.length) this.#cuts = widened(this.#cuts, next + 1);
    this.#cuts[next] = from - this.#from;
    this.#cuts[next + 1] = to - this.#from;
    this.#cuts[next + 2] = hole;
    this.#cutsLength = next + cutSize;
  }

  #push(value: number): void {
    if (this.#length === this.#numbers.length) this.#numbers = widened(this.#numbers, this.#length + 1);
    this.#numbers[this.#length++] = value;
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
    this.#numbers[this.#call] = this.#creators.number(bytes, this.#view, from, at, hash);
    if (c === space) {
      if (!startsWith(bytes, at, inGoroutine)) return false;
      const first = at + inGoroutine.length;
      at = decimalEnd(bytes, first);
      if (at === first || at - first > exactDecimals) return false;
      this.#creator = decimal(bytes, first, at);
      this.#cut(first, at, holes.creator);
    }
    this.#hidden = false;
    this.#at = at + 1;
    return bytes[at] === newline;
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
    const symbol = this.#symbols.number(bytes, view, from, at, hash);
    this.#numbers[this.#call] = symbol;
    this.#numbers[this.#call + 3] = this.#length - this.#call - callHead;
    return symbol >= 0;
  }

  /** As `parseArguments` of the line parser, up to the line's end. */
  #arguments(): boolean {
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
        if (at - start > exactHexadecimals) {
          value = parseAddress(bytes.toString("latin1", start - 2, at));
          if (value < 0 && !this.#sameThread) return false;
        }
        this.#cut(start, at, bytes[at] === 63 ? holes.skipped : holes.argument);
        if (bytes[at] === 63) {
          at++;
          this.#marks |= marks.questionMarks;
          value = unknownAddress;
        }
        this.#push(value);
      } else if (c === 44 || c === 32 || c === 125) at++;
      else if (c === 123) {
        at++;
        this.#marks |= marks.braces;
      } else if (c === 95) {
        at++;
        this.#push(unknownAddress);
      } else if (c === dot && bytes[at + 1] === dot && bytes[at + 2] === dot) {
        at += 3;
        this.#push(unknownAddress);
      } else return false;
    }
    this.#at = at + 2;
    return bytes[at + 1] === newline;
  }

  /** `\tFILE:LINE +0x1d fp=0x1 sp=0x2 pc=0x3`; false for other text. */
  #position(): boolean {
    const bytes = this.#bytes;
    const from = this.#at + 1;
    if (bytes[this.#at] !== tab || bytes[from]! <= space) return false;
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
      if (c < space || (c === space && !this.#isInPath(at))) return false;
      if (c === colon && this.#behindFile(at + 1)) break;
      hash = mixed(hash, c);
      at++;
    }
    if (at === from) return false;
    const file = this.#files.number(bytes, view, from, at, hash);
    this.#numbers[this.#call + 1] = file;
    this.#numbers[this.#call + 2] = this.#hidden ? -1 - this.#place : this.#place;
    return file >= 0;
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
    let at = decimalEnd(bytes, from);
    const digits = at - from;
    if (digits === 0 || digits > lineDecimals) return false;
    const line = decimal(bytes, from, at);
    if (startsWith(bytes, at, offsetWord)) {
      at = hexEnd(bytes, at + offsetWord.length);
      if (at < 0) return false;
    }
    if (bytes[at] === space) {
      for (const word of pointerWords) {
        const start = at + word.length;
        at = startsWith(bytes, at, word) ? hexEnd(bytes, start) : -1;
        if (at < 0) return false;
        this.#cut(start, at, holes.skipped);
      }
    }
    this.#place = line;
    this.#at = at + 1;
    return bytes[at] === newline;
  }
}

/** Has a package, or is one of the few symbols without: as the line parser sees it, where no blank is in it. */
function isFunctionName(name: string): boolean {
  return name.includes(".") || /^\w+$/.test(name);
}

/** A place with an explanation behind it that ends in another place: the line parser knows them apart. */
function isAnnotated(file: string): boolean {
  return /:\d{1,9}[\t ]/.test(file);
}
