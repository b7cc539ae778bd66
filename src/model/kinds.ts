import type { Arena } from "./arena.ts";
import { Keys } from "./keys.ts";
import { widened, zeros } from "./typed-array.ts";

/** Longer waits, in minutes, are hashed. */
const maxTable = 1 << 16;

/** Numbers from 0 what goroutines have in flags, labels and minutes waited, in the order in which it first occurs. */
export class Kinds {
  /** Of each kind its first row, and what its goroutines have. */
  readonly first: number[] = [];
  readonly minutes: number[] = [];
  readonly labels: number[] = [];
  /** The kind of each row. */
  ofRow: Uint32Array;
  /** Kinds without flags and labels, plus one, by minutes plus one. */
  ofMinutes: Uint32Array;
  readonly #keys = new Keys();
  /** Of the keys of all others. */
  readonly #ofKey: number[] = [];

  constructor(arena: Arena | undefined) {
    this.ofRow = zeros(Uint32Array, 0, arena);
    this.ofMinutes = zeros(Uint32Array, 64, arena);
  }

  /**
   * Makes room for the rows that come.
   * @param most how many there will be at last, as far as that is known
   */
  makeRoom(rows: number, most: number): void {
    this.ofRow = widened(this.ofRow, rows, most);
  }

  /** Takes a further row; returns its kind. */
  take(row: number, flags: number, labels: number, minutes: number): number {
    const isPlain = flags === 0 && labels === 0 && minutes >= -1 && minutes < maxTable;
    let kind = isPlain && minutes + 1 < this.ofMinutes.length ? this.ofMinutes[minutes + 1]! - 1 : -1;
    if (kind < 0) kind = this.#meet(row, isPlain, labels, minutes, flags);
    this.ofRow[row] = kind;
    return kind;
  }

  #meet(row: number, isPlain: boolean, labels: number, minutes: number, flags: number): number {
    const next = this.first.length;
    if (isPlain) {
      this.ofMinutes = widened(this.ofMinutes, minutes + 2);
      this.ofMinutes[minutes + 1] = next + 1;
    } else {
      const key = this.#keys.numberOf(labels, minutes, flags);
      if (key < this.#ofKey.length) return this.#ofKey[key]!;
      this.#ofKey.push(next);
    }
    this.first.push(row);
    this.minutes.push(minutes);
    this.labels.push(labels);
    return next;
  }
}
