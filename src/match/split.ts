import { Keys } from "../model/keys.ts";
import type { SmallColumn } from "./rows.ts";

/** Rows of which a list takes less memory than a view of the rows that lie beside them. */
const fewRows = 16;

/** Rows, split by what they have in columns: refined column by column, in the order in which the keys first occur. */
export class Split {
  readonly #rows: ArrayLike<number>;
  /** The part of each row, by its place in the list. */
  readonly #partOf: Uint32Array;
  #parts = 1;

  constructor(rows: ArrayLike<number>) {
    this.#rows = rows;
    this.#partOf = new Uint32Array(rows.length);
  }

  /**
   * Splits further by a column of numbers, of which unknown ones (NaN) are equal.
   * @param start where the values of each row begin in the column, when that is not one value a row
   * @param offset which of the row's values
   */
  byNumbers(column: Float64Array | SmallColumn, start?: Uint32Array, offset = 0): void {
    const rows = this.#rows;
    const partOf = this.#partOf;
    const wide = column instanceof Float64Array;
    // Bits, since every number read from a column of doubles takes memory of its own.
    const bits = wide ? new Uint32Array(column.buffer, column.byteOffset, column.length * 2) : column;
    const keys = new Keys();
    let lastLow = -1;
    let lastHigh = -1;
    let lastPart = -1;
    let last = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const at = start === undefined ? row : start[row]! + offset;
      let low = wide ? bits[at * 2]! : bits[at]!;
      let high = wide ? bits[at * 2 + 1]! : 0;
      // All that is no number is alike.
      if (wide && (high & 0x7ff00000) === 0x7ff00000 && ((high & 0xfffff) | low) !== 0) {
        low = 0;
        high = 0x7ff80000;
      }
      const part = partOf[i]!;
      if (low !== lastLow || high !== lastHigh || part !== lastPart) {
        last = keys.numberOf(part, low, high);
        lastLow = low;
        lastHigh = high;
        lastPart = part;
      }
      partOf[i] = last;
    }
    this.#parts = keys.size;
  }

  /** Splits further by texts. */
  byText(textOf: (row: number) => string): void {
    const numbers = new Map<string, number>();
    const keys = new Keys();
    for (let i = 0; i < this.#rows.length; i++) {
      const text = textOf(this.#rows[i]!);
      let number = numbers.get(text);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(text, number);
      }
      this.#partOf[i] = keys.numberOf(this.#partOf[i]!, number, 0);
    }
    this.#parts = keys.size;
  }

  /** The number of the part that each row is in, by its place in the list. */
  get partOf(): Uint32Array {
    return this.#partOf;
  }

  /** The rows of each part, ascending as they were; the very list when they all agree. */
  parts(): readonly ArrayLike<number>[] {
    const rows = this.#rows;
    if (this.#parts <= 1) return [rows];
    const ends = new Uint32Array(this.#parts + 1);
    for (let i = 0; i < rows.length; i++) ends[this.#partOf[i]! + 1]!++;
    for (let part = 0; part < this.#parts; part++) ends[part + 1]! += ends[part]!;
    const next = ends.slice();
    const sorted = new Uint32Array(rows.length);
    for (let i = 0; i < rows.length; i++) sorted[next[this.#partOf[i]!]!++] = rows[i]!;
    return Array.from({ length: this.#parts }, (_, part) => {
      const end = ends[part + 1]!;
      if (end - ends[part]! > fewRows) return sorted.subarray(ends[part]!, end);
      const few: number[] = [];
      for (let i = ends[part]!; i < end; i++) few.push(sorted[i]!);
      return few;
    });
  }
}
