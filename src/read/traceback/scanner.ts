import { BatchWriter } from "./batch.ts";
import { type LearnedRecord, learnRecord } from "./record-learner.ts";
import { ShapeTrie } from "./shape-trie.ts";

/** A goroutine's text is at most about 100 frames; longer ones are left to the line parser. */
export const maxRecord = 1 << 16;

const word = new TextEncoder().encode("goroutine ");

/**
 * Goes through text once and tells goroutines of known shapes from the rest, which it learns where it can and
 * otherwise leaves to the line parser.
 */
export class Scanner {
  readonly out: BatchWriter = new BatchWriter();
  readonly #trie = new ShapeTrie();
  readonly #onLearned: ((learned: LearnedRecord) => void) | undefined;
  #shapes = 0;

  /** @param onLearned called for each shape, in the order of their numbers */
  constructor(onLearned?: (learned: LearnedRecord) => void) {
    this.#onLearned = onLearned;
  }

  /**
   * Scans whole goroutines and lines.
   * @param from where a line begins
   * @param end bytes from here on are no input
   * @param last nothing follows `end`
   * @returns where it stopped, at the beginning of a line: what follows needs more bytes
   */
  scan(bytes: Uint8Array<ArrayBuffer>, from: number, end: number, last: boolean): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const trie = this.#trie;
    const out = this.out;
    let at = from;
    while (at < end) {
      if (startsWithWord(bytes, at, end)) {
        let next = trie.match(bytes, view, at, end);
        if (next < 0) {
          if (!last && end - at < maxRecord) return at;
          next = this.#learn(bytes, view, at, end);
        }
        if (next >= 0) {
          out.goroutine(trie.shape, trie.id, trie.minutes, trie.creator, trie.values, trie.valueCount);
          at = next;
          continue;
        }
      }
      const newline = bytes.indexOf(10, at);
      if (newline < 0 || newline >= end) break;
      out.text(bytes, at, newline + 1);
      at = newline + 1;
    }
    return at;
  }

  /** Learns the shape of the goroutine at `at`, and matches it; -1 when it has none. */
  #learn(bytes: Uint8Array<ArrayBuffer>, view: DataView, at: number, end: number): number {
    const stop = recordEnd(bytes, at, end);
    if (stop < 0) return -1;
    const learned = learnRecord(bytes.subarray(at, stop));
    if (learned === undefined || !this.#trie.add(learned.pieces, this.#shapes)) return -1;
    if (this.#trie.match(bytes, view, at, end) !== stop)
      throw new Error("a learned goroutine is not recognised");
    this.#shapes++;
    this.out.shape(bytes, at, stop);
    this.#onLearned?.(learned);
    return stop;
  }
}

function startsWithWord(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== 103 || at + word.length > end) return false;
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Where the goroutine at `at` ends, its blank line included; -1 when that is not in sight. */
function recordEnd(bytes: Uint8Array<ArrayBuffer>, at: number, end: number): number {
  const sight = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(end - at, maxRecord));
  const newline = sight.indexOf(10);
  const blank = newline > 0 && sight[newline - 1] === 13 ? "\n\r\n" : "\n\n";
  const found = sight.indexOf(blank, 0, "latin1");
  return found < 0 ? -1 : at + found + blank.length;
}
