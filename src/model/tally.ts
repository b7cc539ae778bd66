import type { Arena } from "./arena.ts";
import { CellCounts, type SortedCells } from "./cell-counts.ts";
import { Creators } from "./creators.ts";
import type { Goroutines } from "./goroutines.ts";
import { Kinds } from "./kinds.ts";
import { KnownRows } from "./known-rows.ts";
import { SmallestIds } from "./smallest-ids.ts";
import { widened, zeros } from "./typed-array.ts";

/** Of each stack so many smallest ids are kept: of most of its parts they show the smallest, too. */
const keptIds = 32;

/** What some goroutines wait for. */
export interface WaitedFor {
  /** The first two distinct addresses. */
  readonly addresses: readonly number[];
  /** Some of them don't say what they wait for. */
  readonly unknown: boolean;
}

/**
 * What the goroutines of a dump say together, stack by stack. A reader that brings a million of them lets it follow now and
 * then: that costs a fraction of a look at all of them for each question.
 */
export class Tally {
  readonly kinds: Kinds;
  readonly creators: Creators;
  /** Every goroutine has an id. */
  idsKnown = true;
  readonly #goroutines: Goroutines;
  /** Rows that are counted. */
  length = 0;
  /** Stacks and kinds that they have. */
  #stacks = 0;
  #kinds = 0;
  readonly #cells: CellCounts;
  #sorted: SortedCells | undefined;
  #rows: Uint32Array;
  #weights: Float64Array;
  /** Of stacks with several goroutines; where every stack is distinct, a list for each would be a third of the dump. */
  readonly #ids: (SmallestIds | undefined)[] = [];
  /** The first row of each stack that says its id, plus one. */
  #first = new Uint32Array(0);
  #bounds: Float64Array;
  /** Of each stack two addresses, as far as there are any. */
  #addresses: Float64Array;
  #unknown: Uint8Array;
  #known: KnownRows | undefined;

  /** @param arena where the columns are, so that most rows can be counted faster */
  constructor(goroutines: Goroutines, arena: Arena | undefined) {
    this.#goroutines = goroutines;
    this.kinds = new Kinds(arena);
    this.creators = new Creators(goroutines, arena);
    this.#cells = new CellCounts(arena);
    this.#rows = zeros(Uint32Array, 0, arena);
    this.#weights = zeros(Float64Array, 0, arena);
    this.#bounds = zeros(Float64Array, 0, arena);
    this.#addresses = zeros(Float64Array, 0, arena);
    this.#unknown = zeros(Uint8Array, 0, arena);
    this.#known = arena && new KnownRows(arena);
  }

  /**
   * Takes the rows that are new. One loop does it all: V8 compiles it sooner for speed than several, and in a file of
   * seconds that counts.
   */
  follow(): void {
    const { stack, flags, labels, minutes, weight, id, resource, creator, length } = this.#goroutines;
    const from = this.length;
    if (from === length) return;
    this.length = length;
    this.#sorted = undefined;
    const { kinds, creators } = this;
    const cells = this.#cells;
    kinds.makeRoom(length, id.length);
    creators.forget();
    for (let row = this.#behindKnown(from); row < length; row = this.#behindKnown(row + 1)) {
      const at = stack[row]!;
      if (at >= this.#stacks) this.#meetStacks(at + 1);
      const kind = kinds.take(row, flags[row]!, labels[row]!, minutes[row]!);
      if (kind >= this.#kinds) this.#meetKinds(kind + 1);
      cells.take(row, at, kind, weight[row]!);
      this.#rows[at]!++;
      this.#weights[at]! += weight[row]!;
      this.#takeId(row, at, id[row]!);
      this.#takeAddress(at, resource[row]!);
      creators.take(creator[row]!, at);
    }
  }

  /** The first row from `from` on that is not counted at once. */
  #behindKnown(from: number): number {
    const known = this.#known;
    if (known === undefined || from === this.length) return from;
    if (!known.isUseful) {
      this.#known = undefined;
      return from;
    }
    const goroutines = this.#goroutines;
    const tables = {
      goroutines,
      kinds: this.kinds,
      cells: this.#cells,
      creators: this.creators,
      stacks: this.#stacks,
      rows: this.#rows,
      weights: this.#weights,
      bounds: this.#bounds,
      addresses: this.#addresses,
      unknown: this.#unknown,
    };
    return known.follow(from, tables, (row) =>
      this.#takeId(row, goroutines.stack[row]!, goroutines.id[row]!),
    );
  }

  /**
   * The goroutines of each stack by kind.
   * @param stacks how many stacks the dump has
   */
  cells(stacks: number): SortedCells {
    this.#sorted ??= this.#cells.sorted(stacks);
    return this.#sorted;
  }

  /** How many rows have the stack. */
  rows(stack: number): number {
    return this.#rows[stack] ?? 0;
  }

  /** How many goroutines have each stack, groups of aggregated profiles counted in full. */
  get weights(): Float64Array {
    return this.#weights.subarray(0, this.#stacks);
  }

  /** The stack's goroutines with the smallest ids, `keptIds` at most. */
  smallestIds(stack: number): Pick<SmallestIds, "ids" | "rows"> {
    return this.#ids[stack] ?? this.#firstAlone(stack);
  }

  /** Some goroutine of the stack says the address of what it waits for. */
  hasAddress(stack: number): boolean {
    return !Number.isNaN(this.#addresses[stack * 2] ?? Number.NaN);
  }

  /** What the stack's goroutines wait for. */
  waitedFor(stack: number): WaitedFor {
    const addresses = [...this.#addresses.subarray(stack * 2, stack * 2 + 2)];
    return { addresses: addresses.filter((a) => !Number.isNaN(a)), unknown: this.#unknown[stack] === 1 };
  }

  #meetStacks(stacks: number): void {
    for (let i = this.#stacks; i < stacks; i++) this.#ids.push(undefined);
    this.#stacks = stacks;
    this.#first = widened(this.#first, stacks);
    this.#rows = widened(this.#rows, stacks);
    this.#weights = widened(this.#weights, stacks);
    this.#unknown = widened(this.#unknown, stacks);
    this.#bounds = widened(this.#bounds, stacks, 0, Number.POSITIVE_INFINITY);
    this.#addresses = widened(this.#addresses, stacks * 2, 0, Number.NaN);
    this.#cells.makeRoom(stacks, this.#kinds);
    this.creators.makeRoom(stacks);
  }

  #meetKinds(kinds: number): void {
    this.#kinds = kinds;
    this.#cells.makeRoom(this.#stacks, kinds);
  }

  #takeId(row: number, stack: number, id: number): void {
    if (id < this.#bounds[stack]!) {
      if (this.#first[stack] === 0) this.#first[stack] = row + 1;
      else {
        let ids = this.#ids[stack];
        if (ids === undefined) {
          ids = this.#firstAlone(stack);
          this.#ids[stack] = ids;
        }
        ids.add(id, row);
        this.#bounds[stack] = ids.bound;
      }
    } else if (Number.isNaN(id)) this.idsKnown = false;
  }

  /** A list of the first row that says its id; empty when none does. */
  #firstAlone(stack: number): SmallestIds {
    const ids = new SmallestIds(keptIds);
    const row = (this.#first[stack] ?? 0) - 1;
    if (row >= 0) ids.add(this.#goroutines.id[row]!, row);
    return ids;
  }

  #takeAddress(stack: number, address: number): void {
    const addresses = this.#addresses;
    const at = stack * 2;
    if (Number.isNaN(address)) this.#unknown[stack] = 1;
    else if (addresses[at] !== address && addresses[at + 1] !== address) {
      if (Number.isNaN(addresses[at]!)) addresses[at] = address;
      else if (Number.isNaN(addresses[at + 1]!)) addresses[at + 1] = address;
    }
  }
}
