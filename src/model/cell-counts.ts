import type { Goroutines } from "./goroutines.ts";
import { Keys } from "./keys.ts";
import { widened } from "./typed-array.ts";

/** Most pairs of stack and kind of which each has an entry of its own in a table; with more, they are hashed. */
const maxPairs = 1 << 22;

/**
 * Cells, that is goroutines of one stack and of one kind: of each its kind, its first row and its goroutines, in lists of
 * equal length.
 */
export interface Cells {
  readonly kinds: ArrayLike<number>;
  readonly first: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/** All cells, stack by stack; those of stack `i` begin at `start[i]`, in the order in which they first occur. */
export interface SortedCells extends Cells {
  readonly start: Uint32Array;
  readonly kinds: Uint32Array;
  readonly first: Uint32Array;
  readonly weights: Float64Array;
}

/** Counts the goroutines of each stack by kind. */
export class CellCounts {
  #count = 0;
  #stacks = new Uint32Array(16);
  #kinds = new Uint32Array(16);
  #first = new Uint32Array(16);
  #weights = new Float64Array(16);
  /** Numbers of cells, plus one, by stack and kind: a row of `#width` for each stack. */
  #table: Uint32Array<ArrayBuffer> | undefined = new Uint32Array(16);
  #width = 4;
  readonly #keys = new Keys();

  /**
   * Takes further rows.
   * @param ofRow the kind of each row
   * @param stacks how many stacks they have at most
   * @param kinds how many kinds
   */
  take(
    { stack, weight }: Goroutines,
    ofRow: Uint32Array,
    from: number,
    to: number,
    stacks: number,
    kinds: number,
  ): void {
    this.#makeRoom(stacks, kinds);
    const table = this.#table;
    const width = this.#width;
    for (let row = from; row < to; row++) {
      const ofStack = stack[row]!;
      const kind = ofRow[row]!;
      let cell =
        table === undefined ? this.#keys.numberOf(ofStack, kind, 0) : table[ofStack * width + kind]! - 1;
      if (cell < 0 || cell === this.#count) {
        cell = this.#count;
        if (table !== undefined) table[ofStack * width + kind] = cell + 1;
        this.#add(ofStack, kind, row);
      }
      this.#weights[cell]! += weight[row]!;
    }
  }

  /** The cells counted so far. */
  sorted(stacks: number): SortedCells {
    const count = this.#count;
    const start = new Uint32Array(stacks + 1);
    for (let cell = 0; cell < count; cell++) start[this.#stacks[cell]! + 1]!++;
    for (let i = 0; i < stacks; i++) start[i + 1]! += start[i]!;
    const next = start.slice();
    const kinds = new Uint32Array(count);
    const first = new Uint32Array(count);
    const weights = new Float64Array(count);
    for (let cell = 0; cell < count; cell++) {
      const place = next[this.#stacks[cell]!]!++;
      kinds[place] = this.#kinds[cell]!;
      first[place] = this.#first[cell]!;
      weights[place] = this.#weights[cell]!;
    }
    return { start, kinds, first, weights };
  }

  #add(stack: number, kind: number, row: number): void {
    const cell = this.#count++;
    this.#stacks = widened(this.#stacks, this.#count);
    this.#kinds = widened(this.#kinds, this.#count);
    this.#first = widened(this.#first, this.#count);
    this.#weights = widened(this.#weights, this.#count);
    this.#stacks[cell] = stack;
    this.#kinds[cell] = kind;
    this.#first[cell] = row;
  }

  #makeRoom(stacks: number, kinds: number): void {
    if (this.#table === undefined) return;
    const isWide = kinds <= this.#width;
    if (isWide && stacks * this.#width <= this.#table.length) return;
    while (this.#width < kinds) this.#width *= 2;
    const pairs = stacks * this.#width;
    if (pairs > maxPairs) {
      this.#table = undefined;
      for (let cell = 0; cell < this.#count; cell++)
        this.#keys.numberOf(this.#stacks[cell]!, this.#kinds[cell]!, 0);
    } else if (isWide) this.#table = widened(this.#table, pairs);
    else {
      this.#table = new Uint32Array(Math.min(pairs * 2, maxPairs));
      for (let cell = 0; cell < this.#count; cell++)
        this.#table[this.#stacks[cell]! * this.#width + this.#kinds[cell]!] = cell + 1;
    }
  }
}
