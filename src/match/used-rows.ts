import { addTo } from "../add-to.ts";
import type { Facts } from "./facts.ts";
import type { Group } from "./group.ts";
import type { Member, Tuple } from "./relation.ts";

/** Rows that a match already uses, by stack. */
export class UsedRows {
  readonly #groups = new Map<number, Group[]>();

  /** The part of the group that no earlier role uses; `undefined` when nothing is left. */
  free(facts: Facts, group: Group): Group | undefined {
    const used = this.#groups.get(group.stackIndex);
    if (used === undefined) return group;
    if (used.includes(group)) return undefined;
    const taken = new Set<number>();
    for (const g of used) for (let i = 0; i < g.rows.length; i++) taken.add(g.rows[i]!);
    const rows: number[] = [];
    for (let i = 0; i < group.rows.length; i++) if (!taken.has(group.rows[i]!)) rows.push(group.rows[i]!);
    if (rows.length === group.rows.length) return group;
    return rows.length === 0 ? undefined : facts.groupOf(group.stackIndex, rows);
  }

  /** Goroutines of the tuple that no earlier role uses, at the cost of the stacks in use where those are fewer. */
  freeWeight(facts: Facts, tuple: Tuple): number {
    const { members } = tuple;
    if (members.length <= this.#groups.size) return this.#freeOf(facts, members);
    let weight = tuple.weight;
    const byStack = membersByStack(tuple);
    for (const stackIndex of this.#groups.keys()) {
      const touched = byStack.get(stackIndex);
      if (touched !== undefined) weight += this.#freeOf(facts, touched) - weightOfMembers(touched);
    }
    return weight;
  }

  #freeOf(facts: Facts, members: readonly Member[]): number {
    return members.reduce((n, { group }) => n + (this.free(facts, group)?.weight ?? 0), 0);
  }

  add(group: Group): void {
    addTo(this.#groups, group.stackIndex, group);
  }
}

const indexedMembers = new WeakMap<Tuple, ReadonlyMap<number, readonly Member[]>>();

/** A tuple's members by stack, found once: every match of a rule may ask. */
function membersByStack(tuple: Tuple): ReadonlyMap<number, readonly Member[]> {
  let found = indexedMembers.get(tuple);
  if (found === undefined) {
    const byStack = new Map<number, Member[]>();
    for (const member of tuple.members) {
      addTo(byStack, member.group.stackIndex, member);
    }
    found = byStack;
    indexedMembers.set(tuple, found);
  }
  return found;
}

/** How many goroutines they are. */
export function weightOfMembers(members: readonly Member[]): number {
  return members.reduce((n, { group }) => n + group.weight, 0);
}
