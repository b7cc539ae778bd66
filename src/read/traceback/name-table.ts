import { IndexTable } from "../../model/index-table.ts";
import { widened } from "../../model/typed-array.ts";

/** Bytes of distinct names beyond which the table begins anew: those of a dump are far fewer, hostile ones are not. */
const maxBytes = 1 << 26;
/** Number and length of a name, in front of its bytes: what is looked at together lies together. */
const nameHead = 8;

/** Numbers of names, found by the names' bytes: one that is known is neither decoded nor made again. */
export class NameTable {
  readonly #numberOf: (name: string) => number;
  #table = new IndexTable();
  /** Where each name begins in `#words`. */
  #starts = new Int32Array(64);
  #bytes = new Uint8Array(1 << 14);
  #words = new Int32Array(this.#bytes.buffer);
  #view = new DataView(this.#bytes.buffer);
  /** Where the next name begins. */
  #end = 0;

  /** @param numberOf numbers a name that is new to the table; less than 0 for one that it is not to have */
  constructor(numberOf: (name: string) => number) {
    this.#numberOf = numberOf;
  }

  /**
   * Number of the name that some bytes are in UTF-8.
   * @param view of the bytes
   * @param hash equal for equal bytes; where it is not, only time is lost
   */
  number(bytes: Buffer, view: DataView, from: number, to: number, hash: number): number {
    const table = this.#table;
    let slot = table.first(hash);
    for (let index = table.at(slot); index >= 0; index = table.at(slot)) {
      if (table.hashAt(slot) === hash) {
        const start = this.#starts[index]!;
        if (this.#equals(start, bytes, view, from, to)) return this.#words[start]!;
      }
      slot = table.next(slot);
    }
    const number = this.#numberOf(bytes.toString("utf8", from, to));
    if (number < 0) return number;
    const start = this.#end;
    const first = start * 4 + nameHead;
    const end = first + to - from;
    if (end > maxBytes) {
      this.#table = new IndexTable();
      this.#end = 0;
      return number;
    }
    if (end > this.#bytes.length) {
      this.#bytes = widened(this.#bytes, (end + 3) & ~3);
      this.#words = new Int32Array(this.#bytes.buffer);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#words[start] = number;
    this.#words[start + 1] = to - from;
    bytes.copy(this.#bytes, first, from, to);
    this.#end = (end + 3) >> 2;
    const index = table.add(slot, hash);
    this.#starts = widened(this.#starts, index + 1);
    this.#starts[index] = start;
    return number;
  }

  #equals(start: number, bytes: Uint8Array, view: DataView, from: number, to: number): boolean {
    if (this.#words[start + 1] !== to - from) return false;
    const own = start * 4 + nameHead - from;
    let at = from;
    for (; at <= to - 4; at += 4)
      if (this.#view.getInt32(own + at, true) !== view.getInt32(at, true)) return false;
    for (; at < to; at++) if (this.#bytes[own + at] !== bytes[at]) return false;
    return true;
  }
}
