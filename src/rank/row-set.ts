import type { Facts, Group } from "../match/facts.ts";

/** Goroutines that take part in something, kept by stack: most often all goroutines of a stack do. */
export class RowSet {
  readonly #byStack = new Map<number, "all" | Set<number>>();
  /** Distinct rows. */
  readonly size: number;

  constructor(facts: Facts, groups: Iterable<Group>) {
    for (const group of groups) {
      const known = this.#byStack.get(group.stackIndex);
      if (known === "all") continue;
      if (group.rows.length === facts.whole(group.stackIndex).rows.length) {
        this.#byStack.set(group.stackIndex, "all");
        continue;
      }
      const rows = known ?? new Set<number>();
      for (let i = 0; i < group.rows.length; i++) rows.add(group.rows[i]!);
      if (known === undefined) this.#byStack.set(group.stackIndex, rows);
    }
    let size = 0;
    for (const [stackIndex, rows] of this.#byStack)
      size += rows === "all" ? facts.whole(stackIndex).rows.length : rows.size;
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
      if (b === undefined) continue;
      if (a === "all" || b === "all" || sharesOne(a, b)) return true;
    }
    return false;
  }
}

/** Whether two sets share a value. */
export function sharesOne(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const value of small) if (large.has(value)) return true;
  return false;
}
