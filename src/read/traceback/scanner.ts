import { mixed } from "../../model/hash.ts";
import { colon, newline, startsWith } from "./ascii.ts";
import {
  type Batch,
  fileItem,
  headerItem,
  labelsItem,
  learnedItem,
  shapeItem,
  symbolItem,
  textItem,
} from "./batch.ts";
import { hasLinks } from "./clean-line.ts";
import { parseHeader } from "./header.ts";
import { labelHole, learnRecord, regularPieces, type SingleRecord } from "./record-learner.ts";
import { RegularReader } from "./regular-reader.ts";
import { type Piece, ShapeTrie, spareDoubles, type TrieContents, windowSize } from "./shape-trie.ts";

/** The shapes of so many goroutines are learned at once, of more only where most are of known shapes, or come again. */
const firstLooks = 16;
const manyLooks = 1 << 10;
/** So many numbers of recognised goroutines for each that is not: a goroutine has about twice as many. */
const promising = 8;
/** Places for goroutines that came once; a power of two. */
const seenPlaces = 1 << 14;

/** A goroutine's text is at most about 100 frames; longer ones are left to the line parser. */
const maxRecord = 1 << 16;

/** Less than so many numbers for each byte of its text are a record and its names: the shortest call, 10 for 9 bytes. */
const numbersPerByte = 2;

const carriageReturn = 13;
const brace = 125;

const word = new TextEncoder().encode("goroutine ");

/**
 * Told of shapes that are learned of goroutines that are not regular, whose text need not be read again then.
 * @param shape its number
 */
export type OnLearned = (learned: SingleRecord, shape: number) => void;

/** What a scanner has learned, for another one to begin with. */
export interface ScannerSeed {
  readonly trie: TrieContents;
  /** Number of shapes. */
  readonly shapes: number;
}

/**
 * Goes through input once and tells goroutines of known shapes from the rest, which it learns where it can, or reads
 * where they are regular, and otherwise leaves to the line parser. The input comes through a window: fill it, scan it,
 * take the batch.
 */
export class Scanner {
  readonly #trie = new ShapeTrie();
  readonly #onLearned: OnLearned | undefined;
  readonly #window = this.#trie.window;
  readonly #rows = this.#trie.rows;
  #length = 0;
  /** Where the last item's length is, when it is text: neighbours become one. */
  #lastText = -1;
  #shapes = 0;
  #looks = 0;
  #recognised = 0;
  /** Hashes of goroutines that came once; their complements where what came again could not be learned. */
  readonly #seen = new Int32Array(seenPlaces);
  /** Each `Header.labelText` that is known. */
  readonly #labels = new Set<string>();
  /** Bytes of the window that are input. */
  #end = 0;
  /** Offset of the window's beginning in the input. */
  #offset = 0;
  /** The window begins in the middle of a line that is longer than itself. */
  #midLine = false;
  /** Up to this offset of the input stands no blank line of this kind behind the header that was looked at last. */
  #searched = 0;
  #blank = "";
  readonly #regular: RegularReader;
  /** It has been given what is in the window. */
  #isOpen = false;
  #symbols = 0;
  #files = 0;

  constructor(onLearned?: OnLearned) {
    this.#onLearned = onLearned;
    this.#regular = new RegularReader(
      {
        symbol: (name) => {
          this.#name(name, symbolItem);
          return this.#symbols++;
        },
        file: (name) => {
          this.#name(name, fileItem);
          return this.#files++;
        },
        header: (number, text) => this.#name(text, headerItem, number),
      },
      false,
    );
  }

  /** What was learned so far; its memory is a copy. */
  get seed(): ScannerSeed {
    return { trie: this.#trie.contents, shapes: this.#shapes };
  }

  /** Takes over, before it has learned anything, what another scanner learned. */
  begin(seed: ScannerSeed): void {
    this.#trie.contents = seed.trie;
    this.#shapes = seed.shapes;
  }

  /** Gives back its memory; nobody looks at it, its batches and parts any more. */
  close(): void {
    this.#trie.close();
  }

  /** Begins anew at this offset of the input. */
  seek(offset: number): void {
    this.#offset = offset;
    this.#end = 0;
    this.#midLine = false;
    this.#searched = 0;
  }

  /** Where the next bytes of the input are to be put. */
  get room(): Uint8Array<ArrayBuffer> {
    return this.#window.subarray(this.#end);
  }

  /** So many bytes were put into `room`. */
  filled(bytes: number): void {
    this.#end += bytes;
  }

  /** Offset in the input up to which the window is filled. */
  get position(): number {
    return this.#offset + this.#end;
  }

  /** The window's part of the input; valid until the next scan. */
  part(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const from = offset - this.#offset;
    return this.#window.subarray(from, Math.min(from + length, this.#end));
  }

  /**
   * Scans what is in the window.
   * @param last nothing follows
   * @returns the batch and where it ends in the input; `done` makes room for more, and with `keep` the next batch begins
   * with this one
   */
  scan(last: boolean): { batch: Batch; done: (keep?: boolean) => void } {
    const at = this.#scan(last);
    return {
      batch: this.#rows.subarray(0, this.#length),
      done: (keep = false) => {
        this.#window.copyWithin(0, at, this.#end);
        this.#offset += at;
        this.#end -= at;
        if (keep) return;
        this.#length = 0;
        this.#lastText = -1;
      },
    };
  }

  #scan(last: boolean): number {
    const end = this.#end;
    this.#isOpen = false;
    let at = this.#midLine ? this.#line(0, last) : 0;
    while (at < end) {
      const known = this.#trie.match(at, end, this.#length);
      if (known.at > at) {
        at = known.at;
        this.#recognised += known.row - this.#length;
        this.#length = known.row;
        this.#lastText = -1;
        continue;
      }
      if (at + word.length <= end && startsWith(this.#window, at, word)) {
        if (!last && end - at < maxRecord) break;
        const stop = this.#recordEnd(at);
        if (stop > at) {
          if (this.#read(at, stop)) at = stop;
          else if (!this.#learn(at, stop)) {
            // It goes to the builder whole, not line by line.
            this.#text(at, stop);
            at = stop;
          }
          continue;
        }
      }
      const next = this.#line(at, last);
      if (next === at) break;
      at = next;
    }
    return at;
  }

  /** Where the goroutine at `at` ends, its blank line included; -1 when that is not in sight. */
  #recordEnd(at: number): number {
    const { buffer, byteOffset } = this.#window;
    const sight = Buffer.from(buffer, byteOffset, Math.min(this.#end, at + maxRecord));
    const newline = sight.indexOf(10, at);
    const blank = newline > 0 && sight[newline - 1] === 13 ? "\n\r\n" : "\n\n";
    // Headers alone, a million of them, have no blank lines: none looks anew at all that follows.
    const searched = blank === this.#blank ? this.#searched - this.#offset : 0;
    const found = sight.indexOf(blank, Math.max(at, searched), "latin1");
    if (found >= 0) return found + blank.length;
    this.#blank = blank;
    this.#searched = this.#offset + sight.length - blank.length + 1;
    return -1;
  }

  /** Leaves the line at `at` to the line parser; returns where the next one begins, `at` when that is not in sight. */
  #line(at: number, last: boolean): number {
    const end = this.#end;
    const newline = this.#window.indexOf(10, at);
    let next = newline + 1;
    this.#midLine = newline < 0 || newline >= end;
    if (this.#midLine) {
      if (!last && end < windowSize) return at;
      if (!last && at > 0) {
        this.#midLine = false;
        return at;
      }
      next = end;
    }
    this.#text(at, next);
    return next;
  }

  /** Leaves a part of the window to the builder. */
  #text(from: number, to: number): void {
    if (this.#lastText >= 0) this.#rows[this.#lastText]! += to - from;
    else {
      this.#item(textItem, from, to);
      this.#lastText = this.#length - 1;
    }
  }

  /** Reads the goroutine from `from` to `to`, and learns its shape; false when its text is not regular. */
  #read(from: number, to: number): boolean {
    if (!this.#hasRoom(numbersPerByte * (to - from))) return false;
    if (!this.#isOpen)
      this.#regular.open(Buffer.from(this.#window.buffer, this.#window.byteOffset, this.#end));
    this.#isOpen = true;
    const regular = this.#regular;
    if (!regular.read(from) || regular.end !== to) return false;
    this.#length = regular.copyTo(this.#rows, this.#length);
    this.#lastText = -1;
    const { hash } = regular;
    this.#meetLabels(regular.labelText);
    if (!this.#mayComeAgain(hash)) return true;
    if (this.#add(regularPieces(this.#window.subarray(from, to), regular), hash)) {
      this.#rows[this.#length++] = learnedItem;
      this.#rows[this.#length++] = this.#shapes++;
    }
    return true;
  }

  /** Whether so many numbers more may be written, and some behind them. */
  #hasRoom(numbers: number): boolean {
    return this.#length + numbers <= this.#rows.length - spareDoubles;
  }

  /** Writes an item that has a name or a header. */
  #name(text: string, kind: number, number?: number): void {
    const rows = this.#rows;
    rows[this.#length++] = kind;
    if (number !== undefined) rows[this.#length++] = number;
    const at = this.#length + 1;
    const bytes = Buffer.from(rows.buffer, rows.byteOffset + at * 8);
    const length = bytes.write(text, "utf8");
    rows[this.#length] = length;
    this.#length = at + Math.ceil(length / 8);
  }

  /** Makes labels known; false when they were, or there are too many. */
  #meetLabels(text: string): boolean {
    // Then each goroutine may have its own, of which none is looked up.
    if (text === "" || this.#trie.areLabelsFull || this.#labels.has(text)) return false;
    if (!this.#trie.addLabels(text, labelHole(text))) return false;
    this.#labels.add(text);
    this.#name(text, labelsItem);
    this.#lastText = -1;
    return true;
  }

  /** The labels of the goroutine at `at`, which is not regular; "" where there are none. */
  #labelsAt(at: number): string {
    const window = this.#window;
    const newlineAt = window.indexOf(newline, at);
    const end = window[newlineAt - 1] === carriageReturn ? newlineAt - 1 : newlineAt;
    // `}:` or `}]:`.
    if (window[end - 1] !== colon || (window[end - 2] !== brace && window[end - 3] !== brace)) return "";
    const line = Buffer.from(window.buffer, window.byteOffset).toString("latin1", at, end);
    // The line parser takes links off.
    return hasLinks(line) ? "" : (parseHeader(line)?.labelText ?? "");
  }

  /** Learns the shape of the goroutine from `from` to `to`, which is not regular; false when that is not done. */
  #learn(from: number, to: number): boolean {
    // Else it could be written, but not recognised.
    if (!this.#hasRoom(0)) return false;
    // With them it may be recognised.
    if (!this.#trie.areLabelsFull && this.#meetLabels(this.#labelsAt(from))) return true;
    const hash = hashOfPlaces(this.#window, from, to);
    if (!this.#mayComeAgain(hash)) return false;
    const learned = learnRecord(this.#window.subarray(from, to));
    if (learned === undefined || !this.#add(learned.pieces, hash)) return false;
    // It is recognised next, itself.
    this.#item(shapeItem, from, to);
    const shape = this.#shapes++;
    this.#rows[this.#length++] = shape;
    this.#lastText = -1;
    this.#onLearned?.(learned, shape);
    return true;
  }

  /** Whether to learn the shape of a goroutine: it came before, or is one of the first. */
  #mayComeAgain(hash: number): boolean {
    if (this.#trie.isFull) return false;
    const place = placeOf(hash);
    const before = this.#seen[place];
    if (before === ~hash) return false;
    this.#seen[place] = hash;
    const looks = this.#looks++;
    if (looks < firstLooks) return true;
    // What comes again may differ in what the hash leaves out, and never be recognised.
    if (before === hash) return this.#shapes < seenPlaces || this.#recognised >= this.#shapes * promising;
    return looks < manyLooks && this.#recognised >= looks * promising;
  }

  /** Adds what shall be the next shape; false when it is not learned, nor ever will be. */
  #add(pieces: readonly Piece[] | undefined, hash: number): boolean {
    const isAdded = pieces !== undefined && this.#trie.add(pieces, this.#shapes);
    if (!isAdded) this.#seen[placeOf(hash)] = ~hash;
    return isAdded;
  }

  #item(kind: number, from: number, to: number): void {
    this.#rows[this.#length++] = kind;
    this.#rows[this.#length++] = this.#offset + from;
    this.#rows[this.#length++] = to - from;
  }
}

/** Of the hash of a goroutine. */
function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (seenPlaces - 1);
}

/** Hash of a goroutine's files and lines, equal for those of one shape. */
function hashOfPlaces(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0;
  let isPlace = false;
  for (let at = from; at < to; at++) {
    const c = bytes[at]!;
    if (c === 10) isPlace = bytes[at + 1] === 9;
    // What follows may differ from goroutine to goroutine.
    else if (c === 32) isPlace = false;
    else if (isPlace) hash = mixed(hash, c);
  }
  return hash;
}
