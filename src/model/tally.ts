import { CellCounts, type SortedCells } from "./cell-counts.ts";
import { Creators } from "./creators.ts";
import type { Goroutines } from "./goroutines.ts";
import { Kinds } from "./kinds.ts";
import { SmallestIds } from "./smallest-ids.ts";
import { widened } from "./typed-array.ts";

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
 * What the goroutines of a dump say together, stack by stack. A reader that brings a million of them lets it follow while
 * their columns are still in the processor's cache: that costs a fraction of a look at all of them afterwards.
 */
export class Tally {
  readonly kinds = new Kinds();
  readonly creators: Creators;
  /** Every goroutine has an id. */
  idsKnown = true;
  readonly #goroutines: Goroutines;
  /** Rows that are counted. */
  #length = 0;
  /** Stacks that they have. */
  #stacks = 0;
  readonly #cells = new CellCounts();
  #sorted: SortedCells | undefined;
  #rows = new Uint32Array(0);
  readonly #ids: SmallestIds[] = [];
  #bounds = new Float64Array(0);
  /** Of each stack two addresses, as far as there are any. */
  #addresses = new Float64Array(0);
  #unknown = new Uint8Array(0);

  constructor(goroutines: Goroutines) {
    this.#goroutines = goroutines;
    this.creators = new Creators(goroutines);
  }

  /** Takes the rows that are new. */
  follow(): void {
    const { length } = this.#goroutines;
    const from = this.#length;
    if (from === length) return;
    this.#length = length;
    this.#sorted = undefined;
    this.#meetStacks(from, length);
    this.kinds.take(this.#goroutines, from, length);
    this.#cells.take(this.#goroutines, this.kinds.ofRow, from, this.#stacks, this.kinds.first.length);
    this.#takeIds(from, length);
    this.#takeAddresses(from, length);
    this.creators.take(this.#stacks);
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

  /** The stack's goroutines with the smallest ids, `keptIds` at most. */
  smallestIds(stack: number): Pick<SmallestIds, "ids" | "rows"> {
    return this.#ids[stack] ?? { ids: [], rows: [] };
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

  #meetStacks(from: number, to: number): void {
    const { stack } = this.#goroutines;
    let last = this.#stacks - 1;
    for (let row = from; row < to; row++) if (stack[row]! > last) last = stack[row]!;
    const known = this.#stacks;
    this.#stacks = last + 1;
    this.#rows = widened(this.#rows, this.#stacks);
    this.#unknown = widened(this.#unknown, this.#stacks);
    this.#bounds = widened(this.#bounds, this.#stacks, 0, Number.POSITIVE_INFINITY);
    this.#addresses = widened(this.#addresses, this.#stacks * 2, 0, Number.NaN);
    for (let i = known; i < this.#stacks; i++) this.#ids.push(new SmallestIds(keptIds));
  }

  #takeIds(from: number, to: number): void {
    const { id, stack } = this.#goroutines;
    const rows = this.#rows;
    const bounds = this.#bounds;
    for (let row = from; row < to; row++) {
      const at = stack[row]!;
      rows[at]!++;
      if (id[row]! < bounds[at]!) {
        this.#ids[at]!.add(id[row]!, row);
        bounds[at] = this.#ids[at]!.bound;
      } else if (Number.isNaN(id[row]!)) this.idsKnown = false;
    }
  }

  #takeAddresses(from: number, to: number): void {
    const { resource, stack } = this.#goroutines;
    const addresses = this.#addresses;
    const unknown = this.#unknown;
    for (let row = from; row < to; row++) {
      const address = resource[row]!;
      const at = stack[row]! * 2;
      if (Number.isNaN(address)) unknown[stack[row]!] = 1;
      else if (addresses[at] !== address && addresses[at + 1] !== address) {
        if (Number.isNaN(addresses[at]!)) addresses[at] = address;
        else if (Number.isNaN(addresses[at + 1]!)) addresses[at + 1] = address;
      }
    }
  }
}
