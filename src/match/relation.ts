import type { Fact } from "../model/dump.ts";
import type { Role } from "../rules/rule.ts";
import {
  type Bindings,
  conjoin,
  maxSolutions,
  type Solution,
  type Subject,
  settle,
  union,
  type Value,
} from "./condition.ts";
import type { Facts } from "./facts.ts";
import type { Group } from "./group.ts";
import { BindingNumbers } from "./keys.ts";
import { reachOf, type StackReach } from "./reach.ts";

/** Goroutines that play a role in one way. */
export interface Member {
  readonly group: Group;
  /** Decisive frames, indexes into the stack's frames. */
  readonly frames: readonly number[];
  /** The goroutine that was asked, and the values of the role's variables that it gave. */
  readonly asked: number;
  readonly bindings: Bindings;
}

/** One row of a role's relation: values of its variables, and all goroutines that have them. */
export interface Tuple {
  readonly bindings: Bindings;
  readonly forbidden: readonly Bindings[];
  readonly members: Member[];
  weight: number;
}

/** The goroutines that satisfy a role's conditions, by the values of its variables. */
export interface Relation {
  readonly role: Role;
  readonly tuples: readonly Tuple[];
  /** Goroutines of which the dump doesn't say whether they belong; none where nobody asks for more than `open`. */
  readonly undecided: readonly Tuple[];
  /** There are such goroutines. */
  readonly open: boolean;
  /** What the dump would have to know to decide them. */
  readonly missing: ReadonlySet<Fact>;
}

/**
 * Evaluates a role over the distinct stacks of a dump.
 * @param groupsOf goroutines of a stack that are alike in all that the role asks
 * @param keepUndecided false when it is enough to know that there are some, as for a role that must be played
 */
export function relationOf(
  role: Role,
  facts: Facts,
  reach: StackReach = reachOf(role, facts),
  groupsOf: (stackIndex: number) => readonly Group[] = (i) => facts.groups(i, role.onGroup.attributes),
  keepUndecided = true,
): GrowingRelation {
  return new GrowingRelation(role, facts, reach, groupsOf, keepUndecided);
}

/** Values of variables, the only ones that are of any use. */
export type Wanted = ReadonlyMap<string, ReadonlySet<Value>>;

/** A relation that is found stack by stack: whoever asks for less than all of it has no more found. */
export class GrowingRelation implements Relation {
  readonly role: Role;
  /** Tuples found so far; more of them and of their members may come. */
  readonly found: Tuple[] = [];
  readonly #facts: Facts;
  readonly #reach: StackReach;
  readonly #groupsOf: (stackIndex: number) => readonly Group[];
  readonly #keepUndecided: boolean;
  readonly #keys: BindingNumbers;
  readonly #known = new Map<number, Tuple>();
  readonly #undecided = new Map<number, Tuple>();
  readonly #open: Tuple[] = [];
  readonly #missing = new Set<Fact>();
  #isOpen = false;
  #next = 0;
  #wanted: readonly (readonly [name: string, values: ReadonlySet<Value>])[] = [];

  constructor(
    role: Role,
    facts: Facts,
    reach: StackReach,
    groupsOf: (stackIndex: number) => readonly Group[],
    keepUndecided: boolean,
  ) {
    this.role = role;
    this.#facts = facts;
    this.#reach = reach;
    this.#groupsOf = groupsOf;
    this.#keepUndecided = keepUndecided;
    this.#keys = new BindingNumbers(facts.values, [...role.variables.keys()]);
  }

  /** Leaves out what binds a variable to no value that is wanted; said before anything is found. */
  restrict(wanted: Wanted): void {
    this.#wanted = [...wanted];
  }

  get tuples(): readonly Tuple[] {
    this.grow(Number.POSITIVE_INFINITY);
    return this.found;
  }

  get undecided(): readonly Tuple[] {
    this.grow(Number.POSITIVE_INFINITY);
    return this.#open;
  }

  get open(): boolean {
    this.grow(Number.POSITIVE_INFINITY);
    return this.#isOpen;
  }

  get missing(): ReadonlySet<Fact> {
    this.grow(Number.POSITIVE_INFINITY);
    return this.#missing;
  }

  /** Asks some more stacks; false when there is none. */
  grow(stacks: number): boolean {
    const end = this.#next + stacks;
    while (this.#next < end) {
      const stackIndex = this.#reach.at(this.#next);
      if (stackIndex === undefined) break;
      const { onStack, possible } = this.#reach.said(this.#next++);
      if (this.#wanted.length === 0 || possible.length >= maxSolutions || possible.some(this.#isWanted))
        this.#ask(stackIndex, onStack);
    }
    return this.#reach.at(this.#next) !== undefined;
  }

  #ask(stackIndex: number, onStack: readonly Solution[]): void {
    const { role } = this;
    const facts = this.#facts;
    const stack = facts.dump.stacks[stackIndex]!;
    const groups = this.#groupsOf(stackIndex);
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!;
      const solutions =
        role.onGroup.attributes === 0
          ? onStack
          : settle(conjoin(onStack, role.onGroup.evaluate({ facts, stackIndex, stack, group })));
      let sure = false;
      for (let k = 0; k < solutions.length; k++) {
        if (!solutions[k]!.known) continue;
        sure = true;
        if (this.#isWanted(solutions[k]!)) this.#add(this.#known, this.found, solutions[k]!, group);
      }
      if (sure) continue;
      for (let k = 0; k < solutions.length; k++) {
        this.#isOpen = true;
        if (this.#keepUndecided && this.#isWanted(solutions[k]!))
          this.#add(this.#undecided, this.#open, solutions[k]!, group);
        for (const m of solutions[k]!.missing) this.#missing.add(m);
      }
    }
  }

  readonly #isWanted = ({ bindings }: Solution): boolean => {
    for (let i = 0; i < this.#wanted.length; i++) {
      const wanted = this.#wanted[i]!;
      const value = bindings[wanted[0]];
      if (value !== undefined && !wanted[1].has(value)) return false;
    }
    return true;
  };

  #add(tuples: Map<number, Tuple>, list: Tuple[], solution: Solution, group: Group): void {
    const bindings = joining(this.role, solution.bindings);
    const key = this.#keys.ofAll(bindings, solution.forbidden);
    let tuple = tuples.get(key);
    if (tuple === undefined) {
      tuple = { bindings, forbidden: solution.forbidden, members: [], weight: 0 };
      tuples.set(key, tuple);
      list.push(tuple);
    }
    const last = tuple.members[tuple.members.length - 1];
    if (last !== undefined && last.group === group) {
      // One group in several ways: the frames of all of them are evidence.
      const frames = union(last.frames, solution.frames);
      if (frames !== last.frames) tuple.members[tuple.members.length - 1] = { ...last, frames };
      return;
    }
    tuple.members.push({ group, frames: solution.frames, asked: group.first, bindings: tuple.bindings });
    tuple.weight += group.weight;
  }
}

/** The relation of a role that asks for earlier snapshots where there are none: nobody needs to ask any goroutine. */
export function withoutHistory(role: Role, facts: Facts): Relation | undefined {
  if (facts.hasEarlier) return undefined;
  // Stacks are asked where the dump lacks something else, too.
  const onStack = role.onStack.needsHistory === true && facts.shows(role.needs);
  if (!onStack && role.onGroup.needsHistory !== true) return undefined;
  return { role, tuples: [], undecided: [], open: true, missing: new Set(["ids"]) };
}

/** The values that join a role to others, without those that are only gathered. */
function joining(role: Role, all: Bindings): Bindings {
  let isJoining = true;
  for (const name in all) isJoining &&= role.variables.has(name);
  if (isJoining) return all;
  const bindings: Record<string, Value | undefined> = {};
  for (const name in all) if (role.variables.has(name)) bindings[name] = all[name];
  return bindings;
}

/** Values of the role's `$X*` variables, by the first way in which it plays the role: asked again, for messages only. */
export function collectedOf(
  role: Role,
  facts: Facts,
  { group: { stackIndex }, asked, bindings }: Member,
): Bindings {
  const stack = facts.dump.stacks[stackIndex]!;
  const group = { stackIndex, first: asked, weight: facts.dump.goroutines.weight[asked]! };
  const subject: Subject = { facts, stackIndex, stack, group, collects: true };
  const onStack = role.onStack.evaluate(subject);
  const ways =
    role.onGroup.attributes === 0
      ? settle(onStack)
      : settle(conjoin(onStack, role.onGroup.evaluate(subject)));
  const collected: Record<string, Value | undefined> = {};
  for (const way of ways) {
    if (!way.known || !binds(way, role, bindings)) continue;
    for (const name of role.collected) collected[name] ??= way.bindings[name];
  }
  return collected;
}

function binds(way: Solution, role: Role, bindings: Bindings): boolean {
  for (const name of role.variables.keys()) if (way.bindings[name] !== bindings[name]) return false;
  return true;
}
