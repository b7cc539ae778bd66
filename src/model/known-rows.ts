import type { Arena } from "./arena.ts";
import type { CellCounts } from "./cell-counts.ts";
import type { Creators } from "./creators.ts";
import type { Goroutines } from "./goroutines.ts";
import type { Kinds } from "./kinds.ts";
import { knownRowsKernel } from "./known-rows-kernel.ts";

/** What a tally counts, and where. */
export interface TallyTables {
  readonly goroutines: Goroutines;
  readonly kinds: Kinds;
  readonly cells: CellCounts;
  readonly creators: Creators;
  /** How many stacks are known; of each of them, as in the tally: */
  readonly stacks: number;
  readonly rows: Uint32Array;
  readonly weights: Float64Array;
  readonly bounds: Float64Array;
  readonly addresses: Float64Array;
  readonly unknown: Uint8Array;
}

/** As wasm/known-rows.ts explains. */
interface Kernel {
  readonly follow: (from: number, to: number, tables: number) => number;
}

/** As there, of doubles: behind addresses and numbers. */
const lastCreator = 17;
/** Of the numbers that the kernel changes. */
const cellCount = 31;
const candidateCount = 32;
/** Rows whose ids may be among the smallest of their stacks, at one go. */
const mostCandidates = 1 << 12;

/** Of the first rows too much is new. */
const firstRows = 1 << 12;
/** It is of no use where it stops at every fourth row, once it has stopped so often. */
const manyStops = 1 << 13;
const usefulRun = 4;

/** Counts rows of a tally of which nothing is new, in WebAssembly: columns and tables are in one arena. */
export class KnownRows {
  readonly #arena: Arena;
  readonly #kernel: Kernel;
  readonly #tables: Int32Array;
  readonly #doubles: Float64Array;
  readonly #candidates: Uint32Array;
  #rows = 0;
  #stops = 0;
  /** Some table has left the arena. */
  #isOver = false;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#kernel = arena.instantiate<Kernel>(knownRowsKernel);
    this.#doubles = arena.column(Float64Array, lastCreator + 1);
    this.#tables = new Int32Array(this.#doubles.buffer, this.#doubles.byteOffset, lastCreator * 2);
    this.#candidates = arena.column(Uint32Array, mostCandidates);
  }

  /** Whether it takes long runs of rows, or has not had many yet. */
  get isUseful(): boolean {
    return !this.#isOver && (this.#stops < manyStops || this.#rows > this.#stops * usefulRun);
  }

  /**
   * Counts rows from `from` on, and has `candidate` look at those whose ids may be among the smallest of their stack.
   * @returns the first row that it did not count: something of it is new, or the tables are not in the arena
   */
  follow(from: number, counted: TallyTables, candidate: (row: number) => void): number {
    if (from < firstRows) return from;
    const columns = this.#columns(counted);
    this.#isOver = columns.some((column) => column === undefined || this.#arena.addressOf(column) === 0);
    if (this.#isOver) return from;
    const { stacks, kinds, cells, creators } = counted;
    const tables = this.#tables;
    columns.forEach((column, i) => {
      tables[i] = column!.byteOffset;
    });
    const room = Math.min(cells.stacks.length, cells.kinds.length, cells.first.length);
    const sizes = [stacks, kinds.ofMinutes.length, cells.width, room, creators.small.length, creators.width];
    const known = [creators.unknown, creators.ofLast, mostCandidates, cells.count, 0];
    tables.set([...sizes, ...known], columns.length);
    this.#doubles[lastCreator] = creators.last;
    const end = this.#kernel.follow(from, counted.goroutines.length, tables.byteOffset);
    cells.count = tables[cellCount]!;
    for (let i = 0; i < tables[candidateCount]!; i++) candidate(this.#candidates[i]!);
    this.#rows += end - from;
    this.#stops++;
    return end;
  }

  /** In the order of wasm/known-rows.ts. */
  #columns(counted: TallyTables): (Float64Array | Uint32Array | Int32Array | Uint8Array | undefined)[] {
    const { goroutines, kinds, cells, creators } = counted;
    const { stack, id, weight, minutes, flags, labels, creator, resource } = goroutines;
    const { rows, weights, bounds, addresses, unknown } = counted;
    return [
      ...[stack, id, weight, minutes, flags, labels, creator, resource, kinds.ofRow, kinds.ofMinutes],
      ...[rows, weights, bounds, addresses, unknown, cells.pairs, cells.stacks, cells.kinds, cells.first],
      ...[creators.small, creators.marks, this.#candidates],
    ];
  }
}
