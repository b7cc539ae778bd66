import type { Address } from "./address.ts";
import { Arena } from "./arena.ts";
import { Tally } from "./tally.ts";
import { resized, shared } from "./typed-array.ts";

/** Bits of `Goroutines.flags`. */
export const goroutineFlags = {
  leaked: 1,
  lockedToThread: 2,
  /** Executing on a thread when the dump was taken. */
  onThread: 4,
  /** Started by the runtime for itself, or a thread's scheduler stack (g0). */
  system: 8,
  /** Durably blocked inside a synctest bubble. */
  durable: 16,
} as const;

/** One goroutine (of an aggregated profile: one group of equal goroutines), as the readers hand it over. */
export interface GoroutineRow {
  readonly stack: number;
  /** NaN where the format has none. */
  readonly id: number;
  /** How many goroutines the row stands for; 1 except in aggregated profiles. */
  readonly weight: number;
  /** Whole minutes waited as the dump says; -1 when it doesn't say (which does not mean short). */
  readonly minutes: number;
  readonly flags: number;
  /** Id of the goroutine that executed the `go` statement; NaN when unknown. */
  readonly creator: number;
  /** Channel, lock, WaitGroup or Cond that it is blocked on; NaN when unknown. */
  readonly resource: Address;
  /** Index into `Dump.labelSets`; 0 is the empty set. */
  readonly labels: number;
}

/** A column in memory that threads share, and how much of it each row fills. */
export interface FilledColumn {
  readonly memory: ArrayBufferLike;
  /** Where it begins, in bytes, and how many it has. */
  readonly start: number;
  readonly bytes: number;
  readonly bytesPerRow: number;
}

/** Room that columns may have for each row in use. */
const slack = 1.1;
/** Bytes of columns beside a row's arguments, and of what else an arena is to hold: tallies of many stacks, batches. */
const bytesPerRow = 64;
const bytesBeside = 128 << 20;
/**
 * So many rows are counted at one go: the tables that count them come into the processor's cache once for all of them. In
 * smaller dumps they wait until somebody asks, so that of thousands of dumps not all have their tallies at the same time.
 */
const manyRows = 1 << 16;
/** Room of larger columns that was never touched takes no memory; to copy them would. */
const largeColumns = 1 << 16;

/**
 * Columns, a row a goroutine. About 60 bytes a goroutine plus 8 for each stored argument,
 * so that a million fit beside everything else.
 */
export class Goroutines {
  length = 0;
  id: Float64Array;
  stack: Uint32Array;
  weight: Uint32Array;
  minutes: Int32Array;
  flags: Uint8Array;
  creator: Float64Array;
  resource: Float64Array;
  labels: Uint32Array;
  /** Where a row's arguments begin in `arguments`; they are as many as its stack has slots. */
  argumentStart: Uint32Array;
  arguments: Float64Array;
  argumentsLength = 0;
  /** Where the columns are, and their tally shall be, when room was reserved for many. */
  arena: Arena | undefined;
  #tally: Tally | undefined;

  constructor(capacity = 64) {
    this.id = new Float64Array(capacity);
    this.stack = new Uint32Array(capacity);
    this.weight = new Uint32Array(capacity);
    this.minutes = new Int32Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.creator = new Float64Array(capacity);
    this.resource = new Float64Array(capacity);
    this.labels = new Uint32Array(capacity);
    this.argumentStart = new Uint32Array(capacity);
    this.arguments = new Float64Array(capacity);
  }

  /** What they say together; good until rows that it has counted are changed. */
  get tally(): Tally {
    return this.#counted();
  }

  #counted(): Tally {
    this.#tally ??= new Tally(this, this.arena);
    this.#tally.follow();
    return this.#tally;
  }

  /** Counts those that are not counted yet, if they are many; in small dumps none are before somebody asks. */
  tallyMany(): void {
    if (this.length - (this.#tally?.length ?? 0) >= manyRows) this.#counted();
  }

  /** They have been counted, so that to ask for the tally costs little. */
  get isTallied(): boolean {
    return this.#tally !== undefined;
  }

  /** Rows that may have been counted are going to be changed. */
  forgetTally(): void {
    this.#tally = undefined;
  }

  /**
   * Appends a row; positional because it is called once a goroutine.
   * The row's arguments, one for each slot of its stack, follow through `pushArgument`.
   * @returns the row's index
   */
  push(
    stack: number,
    id: number,
    weight: number,
    minutes: number,
    flags: number,
    creator: number,
    resource: Address,
    labels: number,
  ): number {
    const row = this.length++;
    if (row === this.id.length) this.#grow(grown(row));
    this.id[row] = id;
    this.stack[row] = stack;
    this.weight[row] = weight;
    this.minutes[row] = minutes;
    this.creator[row] = creator;
    this.resource[row] = resource;
    // Columns are zero where nothing was written.
    if (flags !== 0) this.flags[row] = flags;
    if (labels !== 0) this.labels[row] = labels;
    this.argumentStart[row] = this.argumentsLength;
    return row;
  }

  /**
   * Makes room for so many rows at once, where a reader can tell how many will come, in memory that threads share.
   * @returns the columns that are filled row by row, for who touches their fresh memory ahead
   */
  reserve(rows: number, argumentsPerRow: number): FilledColumn[] {
    if (rows <= this.id.length) return [];
    const values = Math.max(Math.ceil(rows * argumentsPerRow), this.arguments.length);
    const arena = Arena.withRoom(rows * bytesPerRow + values * 8 + bytesBeside);
    this.arena = arena;
    this.forgetTally();
    this.#resize(rows, (column, length) => shared(column, length, arena));
    this.arguments = shared(this.arguments, values, arena);
    const { id, stack, weight, minutes, creator, resource, argumentStart } = this;
    return [
      ...[id, stack, weight, minutes, creator, resource, argumentStart].map((c) =>
        filled(c, c.BYTES_PER_ELEMENT),
      ),
      filled(this.arguments, this.arguments.BYTES_PER_ELEMENT * argumentsPerRow),
    ];
  }

  /** Makes room for so many more rows and arguments, for a reader that fills the columns itself. */
  makeRoom(rows: number, values: number): void {
    const needed = this.length + rows;
    if (needed > this.id.length) this.#grow(Math.max(needed, grown(this.length)));
    const neededValues = this.argumentsLength + values;
    if (neededValues > this.arguments.length) {
      this.arguments = resized(this.arguments, Math.max(neededValues, grown(this.argumentsLength)));
    }
  }

  /** Gives back the room beyond the last row, where that is worth a copy of all columns. */
  trim(): void {
    if (this.length > largeColumns) return;
    // All that is in an arena would live as long as any of it.
    const isInArena = this.arena !== undefined;
    if (isInArena) {
      this.arena = undefined;
      this.forgetTally();
    }
    if (isInArena || this.id.length > this.length * slack) this.#resize(this.length);
    if (isInArena || this.arguments.length > this.argumentsLength * slack)
      this.arguments = this.arguments.slice(0, this.argumentsLength);
  }

  /** Adds the next argument of the last row; NaN when its value is unknown. */
  pushArgument(value: Address): void {
    if (this.argumentsLength === this.arguments.length)
      this.arguments = resized(this.arguments, grown(this.argumentsLength));
    this.arguments[this.argumentsLength++] = value;
  }

  /** Value of the row's argument in its stack's slot `slot`; NaN when unknown. */
  argument(row: number, slot: number): Address {
    return this.arguments[this.argumentStart[row]! + slot]!;
  }

  #grow(capacity: number): void {
    this.#resize(Math.max(capacity, 64));
  }

  #resize(capacity: number, copy = resized): void {
    this.id = copy(this.id, capacity);
    this.stack = copy(this.stack, capacity);
    this.weight = copy(this.weight, capacity);
    this.minutes = copy(this.minutes, capacity);
    this.flags = copy(this.flags, capacity);
    this.creator = copy(this.creator, capacity);
    this.resource = copy(this.resource, capacity);
    this.labels = copy(this.labels, capacity);
    this.argumentStart = copy(this.argumentStart, capacity);
  }
}

function filled(
  { buffer, byteOffset, byteLength }: Float64Array | Uint32Array | Int32Array,
  bytesPerRow: number,
): FilledColumn {
  return { memory: buffer, start: byteOffset, bytes: byteLength, bytesPerRow };
}

/** The next capacity of columns that are full. */
function grown(rows: number): number {
  return Math.max(rows > largeColumns ? Math.ceil(rows * 1.5) : rows * 2, 64);
}
