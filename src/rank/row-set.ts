import type { Facts, Group } from "../match/facts.ts";

/** Goroutines of one stack that take part in something: the groups that they come in, and their rows when asked. */
class StackRows {
  readonly groups: Group[];
  #rows: ReadonlySet<number> | undefined;

  constructor(group: Group) {
    this.groups = [group];
  }

  /** Distinct rows. */
  get rows(): ReadonlySet<number> {
    if (this.#rows === undefined) {
      const rows = new Set<number>();
      for (const group of this.groups) for (let i = 0; i < group.rows.length; i++) rows.add(group.rows[i]!);
      this.#rows = rows;
    }
    return this.#rows;
  }
}

/** Goroutines that take part in something, kept by stack: most often all goroutines of a stack do, or one group. */
export class RowSet {
  readonly #byStack = new Map<number, StackRows>();
  readonly #facts: Facts;
  /** Goroutines, groups of aggregated profiles counted in full. */
  readonly size: number;

  constructor(facts: Facts, groups: ReadonlySet<Group>) {
    this.#facts = facts;
    for (const group of groups) {
      const known = this.#byStack.get(group.stackIndex);
      if (known === undefined || this.#isWhole(group))
        this.#byStack.set(group.stackIndex, new StackRows(group));
      else if (!this.#isWhole(known.groups[0]!)) known.groups.push(group);
    }
    const { weight } = facts.dump.goroutines;
    let size = 0;
    for (const known of this.#byStack.values()) {
      if (known.groups.length === 1) size += known.groups[0]!.weight;
      else for (const row of known.rows) size += weight[row]!;
    }
    this.size = size;
  }

  /** The stacks that they have. */
  stacks(): Iterable<number> {
    return this.#byStack.keys();
  }

  /** Whether a goroutine is in both. */
  overlaps(other: RowSet): boolean {
    const [few, many] =
      this.#byStack.size < other.#byStack.size
        ? [this.#byStack, other.#byStack]
        : [other.#byStack, this.#byStack];
    for (const [stackIndex, a] of few) {
      const b = many.get(stackIndex);
      if (b !== undefined && this.#overlap(a, b)) return true;
    }
    return false;
  }

  #overlap(a: StackRows, b: StackRows): boolean {
    // A whole stack is the only group of its stack.
    const [one, other] = [a.groups[0]!, b.groups[0]!];
    return one === other || this.#isWhole(one) || this.#isWhole(other) || sharesOne(a.rows, b.rows);
  }

  #isWhole(group: Group): boolean {
    return group === this.#facts.whole(group.stackIndex);
  }
}

/** Whether two sets share a value. */
export function sharesOne(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const value of small) if (large.has(value)) return true;
  return false;
}
