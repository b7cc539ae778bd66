import type { Arena } from "./arena.ts";
import { Keys } from "./keys.ts";
import { widened, zeros } from "./typed-array.ts";

/** Most pairs of stack and kind of which each has an entry of its own in a table; with more, they are hashed. */
const maxPairs = 1 << 21;

/**
 * Cells, that is goroutines of one stack and of one kind: of each its kind, its first row and its goroutines, in lists of
 * equal length.
 */
export interface Cells {
  readonly kinds: Uint32Array;
  readonly first: Uint32Array;
  readonly weights: Float64Array;
}

/** All cells, stack by stack; those of stack `i` begin at `start[i]`, in the order in which they first occur. */
export interface SortedCells extends Cells {
  readonly start: Uint32Array;
}

/** Counts the goroutines of each stack by kind. */
export class CellCounts {
  /** How many cells there are; who counts goroutines in the tables adds what is new. */
  count = 0;
  stacks: Uint32Array;
  kinds: Uint32Array;
  first: Uint32Array;
  /** Rows by stack and kind, `width` in a row, while each of them is one goroutine. */
  pairs: Uint32Array | undefined;
  width = 4;
  readonly #arena: Arena | undefined;
  /** Where there are other rows, or too many pairs for a table: numbers of cells, and their goroutines. */
  readonly #keys = new Keys();
  #weights = new Float64Array(0);

  constructor(arena: Arena | undefined) {
    this.#arena = arena;
    this.stacks = zeros(Uint32Array, 16, arena);
    this.kinds = zeros(Uint32Array, 16, arena);
    this.first = zeros(Uint32Array, 16, arena);
    this.pairs = zeros(Uint32Array, 16, arena);
  }

  /** Makes room for so many stacks and kinds. */
  makeRoom(stacks: number, kinds: number): void {
    const table = this.pairs;
    if (table === undefined) return;
    let width = this.width;
    while (width < kinds) width *= 2;
    const pairs = stacks * width;
    if (width === this.width && pairs <= table.length) return;
    if (pairs > maxPairs) {
      this.#leaveTable();
      return;
    }
    const larger = zeros(Uint32Array, Math.min(pairs * 2, maxPairs), this.#arena);
    for (let cell = 0; cell < this.count; cell++)
      larger[this.stacks[cell]! * width + this.kinds[cell]!] = this.#weightOf(cell);
    this.pairs = larger;
    this.width = width;
  }

  /** Takes a further row. */
  take(row: number, stack: number, kind: number, weight: number): void {
    if (weight !== 1 && this.pairs !== undefined) this.#leaveTable();
    const table = this.pairs;
    if (table === undefined) {
      const cell = this.#keys.numberOf(stack, kind, 0);
      if (cell === this.count) this.#add(stack, kind, row);
      this.#weights = widened(this.#weights, this.count);
      this.#weights[cell]! += weight;
      return;
    }
    const pair = stack * this.width + kind;
    if (table[pair] === 0) this.#add(stack, kind, row);
    table[pair]!++;
  }

  #leaveTable(): void {
    this.#weights = Float64Array.from({ length: this.count }, (_, cell) => this.#weightOf(cell));
    this.pairs = undefined;
    for (let cell = 0; cell < this.count; cell++)
      this.#keys.numberOf(this.stacks[cell]!, this.kinds[cell]!, 0);
  }

  /** The cells counted so far. */
  sorted(stacks: number): SortedCells {
    const count = this.count;
    const start = new Uint32Array(stacks + 1);
    for (let cell = 0; cell < count; cell++) start[this.stacks[cell]! + 1]!++;
    for (let i = 0; i < stacks; i++) start[i + 1]! += start[i]!;
    const next = start.slice();
    const cells = {
      kinds: new Uint32Array(count),
      first: new Uint32Array(count),
      weights: new Float64Array(count),
    };
    for (let cell = 0; cell < count; cell++) {
      const place = next[this.stacks[cell]!]!++;
      cells.kinds[place] = this.kinds[cell]!;
      cells.first[place] = this.first[cell]!;
      cells.weights[place] = this.#weightOf(cell);
    }
    return { start, ...cells };
  }

  #weightOf(cell: number): number {
    return this.pairs === undefined ? this.#weights[cell]! : this.pairs[this.#pairOf(cell)]!;
  }

  #pairOf(cell: number): number {
    return this.stacks[cell]! * this.width + this.kinds[cell]!;
  }

  #add(stack: number, kind: number, row: number): void {
    const cell = this.count++;
    this.stacks = widened(this.stacks, this.count);
    this.kinds = widened(this.kinds, this.count);
    this.first = widened(this.first, this.count);
    this.stacks[cell] = stack;
    this.kinds[cell] = kind;
    this.first[cell] = row;
  }
}
