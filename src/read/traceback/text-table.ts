import { IndexTable } from "../../model/index-table.ts";

/** Bytes of distinct texts beyond which the table begins anew: names of a dump are far fewer, hostile ones are not. */
const maxBytes = 1 << 26;

/** Texts that came before, found by their bytes: a name that is known is neither decoded nor made again. */
export class TextTable {
  #table = new IndexTable();
  /** Where each text's bytes begin; those of the next one are their end. */
  #starts: number[] = [0];
  #bytes = new Uint8Array(1 << 16);
  #texts: string[] = [];

  /**
   * The text of some bytes, decoded as UTF-8.
   * @param hash equal for equal bytes
   */
  text(bytes: Buffer, from: number, to: number, hash: number): string {
    const table = this.#table;
    let slot = table.first(hash);
    for (let index = table.at(slot); index >= 0; index = table.at(slot)) {
      if (table.hash(index) === hash && this.#equals(index, bytes, from, to)) return this.#texts[index]!;
      slot = table.next(slot);
    }
    const text = bytes.toString("utf8", from, to);
    const start = this.#starts[table.size]!;
    const end = start + to - from;
    if (end > maxBytes) {
      this.#table = new IndexTable();
      this.#starts = [0];
      this.#texts = [];
      return text;
    }
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    for (let i = from; i < to; i++) this.#bytes[start + i - from] = bytes[i]!;
    this.#texts.push(text);
    this.#starts.push(end);
    table.add(slot, hash);
    return text;
  }

  #equals(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[index]!;
    const length = to - from;
    if (this.#starts[index + 1]! - start !== length) return false;
    const own = this.#bytes;
    for (let i = 0; i < length; i++) if (own[start + i] !== bytes[from + i]) return false;
    return true;
  }
}
