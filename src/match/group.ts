import { maxIds } from "../model/smallest-ids.ts";
import type { WaitedFor } from "../model/tally.ts";
import type { Facts } from "./facts.ts";
import { noLabels, rowsWithout, smallestIds, type Waits, waitedFor } from "./rows.ts";

/** One of some goroutines of a distinct stack that are alike in all that was asked, and how many they are. */
export interface Sample {
  readonly stackIndex: number;
  /** The row of the dump's columns that speaks for all: the first of them. */
  readonly first: number;
  /** Goroutines, groups of aggregated profiles counted in full. */
  readonly weight: number;
}

/** Goroutines of one distinct stack that are alike in all that was asked. */
export interface Group extends Sample {
  /** Their rows, ascending; of a large group they are gathered when somebody asks for them. */
  readonly rows: ArrayLike<number>;
}

/** Many goroutines of one stack, whose rows are gathered when somebody asks for them. */
export class LazyGroup implements Group {
  readonly stackIndex: number;
  readonly first: number;
  readonly weight: number;
  readonly #gather: () => ArrayLike<number>;
  #rows: ArrayLike<number> | undefined;

  constructor(stackIndex: number, first: number, weight: number, gather: () => ArrayLike<number>) {
    this.stackIndex = stackIndex;
    this.first = first;
    this.weight = weight;
    this.#gather = gather;
  }

  get rows(): ArrayLike<number> {
    this.#rows ??= this.#gather();
    return this.#rows;
  }
}

/** The goroutines of one stack without some. */
export class RestGroup extends LazyGroup {
  /** Rows of those that are left out, ascending. */
  readonly without: ArrayLike<number>;

  /** @param stack the stack of each row */
  constructor(whole: Group, without: ArrayLike<number>, weight: number, stack: ArrayLike<number>) {
    const { stackIndex } = whole;
    // Most often the first or the second: not worth gathering all rows.
    let first = whole.first;
    for (let left = 0; first === without[left]; left++) {
      do first++;
      while (stack[first] !== stackIndex);
    }
    super(stackIndex, first, weight, () => rowsWithout(whole.rows, without));
    this.without = without;
  }
}

/** What the goroutines of a group say together, each worked out when it is asked for. */
export class GroupSummary {
  readonly #facts: Facts;
  readonly #group: Group;
  #ids: readonly number[] | undefined;
  #waits: Waits | undefined;
  #waitedFor: WaitedFor | undefined;

  constructor(facts: Facts, group: Group) {
    this.#facts = facts;
    this.#group = group;
  }

  /** The smallest ids, ascending. */
  get ids(): readonly number[] {
    this.#ids ??= this.#smallestIds();
    return this.#ids;
  }

  /** How long they wait, and their labels. */
  get waits(): Waits {
    this.#waits ??= this.#waitsOf();
    return this.#waits;
  }

  /** What they wait for. */
  get waitedFor(): WaitedFor {
    this.#waitedFor ??= this.#waitedForOf();
    return this.#waitedFor;
  }

  #smallestIds(): readonly number[] {
    const group = this.#group;
    const { goroutines } = this.#facts.dump;
    if (this.#facts.isWhole(group))
      return goroutines.tally.smallestIds(group.stackIndex).ids.slice(0, maxIds);
    return this.#facts.cells.smallestIds(group) ?? smallestIds(goroutines, group.rows);
  }

  #waitsOf(): Waits {
    const { first, weight } = this.#group;
    if (weight > 1) return this.#facts.cells.waits(this.#group);
    const { minutes, labels } = this.#facts.dump.goroutines;
    const waited = minutes[first]!;
    const set = labels[first]!;
    return { minMinutes: waited, maxMinutes: waited, labels: set === 0 ? noLabels : new Map([[set, 1]]) };
  }

  #waitedForOf(): WaitedFor {
    const group = this.#group;
    const { goroutines } = this.#facts.dump;
    const ofStack = goroutines.tally.waitedFor(group.stackIndex);
    // Where all of a stack agree, nobody needs to know which of them are in the group.
    const agree = ofStack.addresses.length + (ofStack.unknown ? 1 : 0) < 2;
    return agree || this.#facts.isWhole(group) ? ofStack : waitedFor(goroutines, group.rows);
  }
}
