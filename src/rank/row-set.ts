import type { Facts } from "../match/facts.ts";
import type { Group } from "../match/group.ts";
import { goroutinesByStack } from "../model/dump.ts";

/** Goroutines of one stack that take part in something: the groups that they come in, and their rows when asked. */
class StackRows {
  readonly #groups: Set<Group>;
  #rows: ReadonlySet<number> | undefined;

  constructor(one: Group, other: Group) {
    this.#groups = new Set([one, other]);
  }

  add(group: Group): void {
    this.#groups.add(group);
  }

  /** Distinct rows. */
  get rows(): ReadonlySet<number> {
    this.#rows ??= rowsOf(this.#groups);
    return this.#rows;
  }

  /** Goroutines, groups of aggregated profiles counted in full. */
  weight(facts: Facts): number {
    const ofCells = facts.cells.weightOf(this.#groups);
    if (ofCells !== undefined) return ofCells;
    const { weight } = facts.dump.goroutines;
    let sum = 0;
    for (const row of this.rows) sum += weight[row]!;
    return sum;
  }
}

function rowsOf(groups: Iterable<Group>): ReadonlySet<number> {
  const rows = new Set<number>();
  for (const group of groups) for (let i = 0; i < group.rows.length; i++) rows.add(group.rows[i]!);
  return rows;
}

/**
 * Makes sets of goroutines of one dump. Most have one group, many have one of each stack; what the stack of a group was
 * met as is told by a table that all of them share.
 */
export class RowSets {
  readonly #facts: Facts;
  readonly #ofStack: Float64Array;
  /** Of each stack its place in the set that is made, plus one; all 0 in between. */
  readonly #places: Uint32Array;
  /** Rows of groups that were compared. */
  readonly #rows = new Map<Group, ReadonlySet<number>>();

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#ofStack = goroutinesByStack(facts.dump);
    this.#places = new Uint32Array(this.#ofStack.length);
  }

  /** How many stacks the dump has. */
  get stacks(): number {
    return this.#ofStack.length;
  }

  /** The set of all goroutines of some groups. */
  of(groups: readonly Group[]): RowSet {
    if (groups.length === 1) return { stacks: [groups[0]!.stackIndex], met: groups, size: groups[0]!.weight };
    const stacks: number[] = [];
    const met: (Group | StackRows)[] = [];
    const places = this.#places;
    for (const group of groups) {
      const { stackIndex } = group;
      const place = places[stackIndex]! - 1;
      if (place < 0) {
        places[stackIndex] = stacks.push(stackIndex);
        met.push(group);
        continue;
      }
      const known = met[place]!;
      if (known instanceof StackRows) {
        if (this.#isWhole(group)) met[place] = group;
        else known.add(group);
      } else if (known !== group && !this.#isWhole(known))
        met[place] = this.#isWhole(group) ? group : new StackRows(known, group);
    }
    let size = 0;
    for (let i = 0; i < stacks.length; i++) {
      places[stacks[i]!] = 0;
      const known = met[i]!;
      size += known instanceof StackRows ? known.weight(this.#facts) : known.weight;
    }
    return { stacks, met, size };
  }

  /** Whether a goroutine is in both of two sets, asked for one stack, at its places in them. */
  overlap(one: RowSet, place: number, other: RowSet, otherPlace: number): boolean {
    const [a, b] = [one.met[place]!, other.met[otherPlace]!];
    if (a === b || this.#isWhole(a) || this.#isWhole(b)) return true;
    return sharesOne(this.#rowsOf(a), this.#rowsOf(b));
  }

  #rowsOf(known: Group | StackRows): ReadonlySet<number> {
    if (known instanceof StackRows) return known.rows;
    let rows = this.#rows.get(known);
    if (rows === undefined) {
      rows = rowsOf([known]);
      this.#rows.set(known, rows);
    }
    return rows;
  }

  /** A whole stack is the only group of its stack. */
  #isWhole(known: Group | StackRows): boolean {
    return !(known instanceof StackRows) && known.weight === this.#ofStack[known.stackIndex];
  }
}

/** Goroutines that take part in something, kept by stack: most often all goroutines of a stack do, or one group. */
export interface RowSet {
  /** The stacks that they have, and of each those who take part. */
  readonly stacks: readonly number[];
  readonly met: readonly (Group | StackRows)[];
  /** Goroutines, groups of aggregated profiles counted in full. */
  readonly size: number;
}

/** Whether two sets share a value. */
function sharesOne(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const value of small) if (large.has(value)) return true;
  return false;
}
