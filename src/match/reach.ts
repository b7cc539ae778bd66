import type { Role, Rule } from "../rules/rule.ts";
import {
  conjoin,
  maxSolutions,
  onStack,
  type Solution,
  type Subject,
  settle,
  truth,
  type Value,
} from "./condition.ts";
import type { Facts } from "./facts.ts";

/** What a role's conditions say of a stack. */
export interface OnStack {
  /** Ways in which those hold that the stack alone decides. */
  readonly onStack: readonly Solution[];
  /** Ways in which all of them hold as far as the stack tells; a goroutine of it may still fail. */
  readonly possible: readonly Solution[];
}

/** Holds for all that the role asks of the stack. */
const plainly: OnStack = { onStack: truth(true), possible: truth(true) };

/**
 * Stacks that a role's members may have, as far as stacks alone tell. They are asked one after the other, and only as far
 * as somebody wants to know.
 */
export class StackReach {
  readonly #candidates: readonly number[];
  readonly #ask: (stackIndex: number) => OnStack | undefined;
  #asked = 0;
  readonly #found: number[] = [];
  readonly #said: OnStack[] = [];
  #known: ReadonlySet<number> | undefined;

  /**
   * @param candidates indexes of stacks, ascending
   * @param ask what the role says of a stack; `undefined` when none of its goroutines can play it
   */
  constructor(candidates: readonly number[], ask: (stackIndex: number) => OnStack | undefined) {
    this.#candidates = candidates;
    this.#ask = ask;
  }

  /** There are at most so many. */
  get most(): number {
    return this.#candidates.length;
  }

  /** The index of the n-th stack, from 0; `undefined` when there are fewer. */
  at(n: number): number | undefined {
    while (this.#found.length <= n && this.#asked < this.#candidates.length) {
      const stackIndex = this.#candidates[this.#asked++]!;
      const said = this.#ask(stackIndex);
      if (said === undefined) continue;
      this.#found.push(stackIndex);
      this.#said.push(said);
    }
    return this.#found[n];
  }

  /** What was said of the n-th stack. */
  said(n: number): OnStack {
    return this.#said[n]!;
  }

  /** The indexes of all, ascending. */
  get stacks(): readonly number[] {
    this.at(Number.POSITIVE_INFINITY);
    return this.#found;
  }

  has(stackIndex: number): boolean {
    this.#known ??= new Set(this.stacks);
    return this.#known.has(stackIndex);
  }

  /** Those of which `test` is true. */
  filter(test: (said: OnStack) => boolean): StackReach {
    const kept = new StackReach([], this.#ask);
    this.stacks.forEach((stackIndex, n) => {
      if (!test(this.#said[n]!)) return;
      kept.#found.push(stackIndex);
      kept.#said.push(this.#said[n]!);
    });
    return kept;
  }

  /** The first ones, at most so many. */
  first(most: number): StackReach {
    const kept = new StackReach([], this.#ask);
    for (let n = 0; n < most; n++) {
      const stackIndex = this.at(n);
      if (stackIndex === undefined) break;
      kept.#found.push(stackIndex);
      kept.#said.push(this.#said[n]!);
    }
    return kept;
  }

  some(test: (said: OnStack) => boolean): boolean {
    for (let n = 0; this.at(n) !== undefined; n++) if (test(this.#said[n]!)) return true;
    return false;
  }
}

/** The stacks of each role of a rule; those of roles that may be missing are found when they are first asked for. */
export interface Reach {
  get(role: Role): StackReach;
}

/** The stacks of a dump that a role can have. */
export function reachOf(role: Role, facts: Facts, crowded = false): StackReach {
  const { stacks } = facts.dump;
  // One subject for all stacks, as nobody keeps it: there may be a million of them.
  const subject: Writable<Subject> = { facts, stackIndex: 0, stack: stacks[0]!, group: undefined };
  return new StackReach(candidatesOf(role, facts, crowded), (stackIndex) => {
    subject.stackIndex = stackIndex;
    subject.stack = stacks[stackIndex]!;
    return askStack(role, subject);
  });
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** @param crowded without stacks with too few goroutines, all those together that have the same where they block */
function candidatesOf(role: Role, facts: Facts, crowded: boolean): readonly number[] {
  const { waits, names, crowd, minCount } = role;
  if (!facts.index.mayHaveNames(names)) return [];
  const waiting = facts.index.waiting(waits);
  const many =
    crowded && crowd !== undefined && minCount > 1
      ? waiting.filter((i) => facts.crowd(i, crowd) >= minCount)
      : waiting;
  return facts.index.withNames(many, names);
}

function askStack(role: Role, subject: Subject): OnStack | undefined {
  const decided = settle(role.onStack.evaluate(subject));
  if (decided.length === 0) return undefined;
  const possible = conjoin(decided, onStack(role.onGroup, subject));
  if (possible.length === 0) return undefined;
  if (decided === plainly.onStack && possible === plainly.possible) return plainly;
  return { onStack: decided, possible };
}

/**
 * The stacks of the roles that must be played; `undefined` when one of them has none, so that the rule does not hold.
 * @param leaveOut without stacks that too few goroutines have
 */
export function requiredReach(
  rule: Rule,
  facts: Facts,
  leaveOut: boolean,
): Map<Role, StackReach> | undefined {
  const required = rule.roles.filter((role) => role.kind === "required");
  // Of a dump that lacks something they ask for it is said what, even where too few goroutines are alike.
  const crowded = leaveOut && required.every((role) => facts.shows(role.needs));
  const reach = new Map(required.map((role) => [role, reachOf(role, facts, crowded)]));
  // Without one of them nothing else needs to be asked: first those that few stacks can have.
  const cheapestFirst = [...required].sort(
    (a, b) => reach.get(a)!.most - reach.get(b)!.most || b.names.length - a.names.length,
  );
  return cheapestFirst.every((role) => reach.get(role)!.at(0) !== undefined) ? reach : undefined;
}

/**
 * The stacks of all roles; `undefined` when some role that must be played has none left, so that the rule does not hold.
 * Stacks that can't be joined to any of another required role are left out before a single goroutine is looked at.
 * @param leaveOut false when somebody asks why, and wants to be told of the join that failed
 */
export function reachOfRoles(
  rule: Rule,
  facts: Facts,
  required: ReadonlyMap<Role, StackReach>,
  leaveOut: boolean,
): Reach | undefined {
  const reach = new Map(required);
  return leaveOut && !leaveOutStrangers(rule, reach) ? undefined : withOthers(reach, facts);
}

/** The stacks of some roles, and of all others, which are found when they are first asked for. */
export function withOthers(some: ReadonlyMap<Role, StackReach>, facts: Facts): Reach {
  const reach = new Map(some);
  return {
    get(role) {
      let stacks = reach.get(role);
      if (stacks === undefined) {
        stacks = reachOf(role, facts);
        reach.set(role, stacks);
      }
      return stacks;
    },
  };
}

/**
 * A semi-join of roles by the variables that stacks bind. False when a role has no stack left. Of fewer stacks to begin
 * with no more are left.
 */
export function leaveOutStrangers(rule: Rule, reach: Map<Role, StackReach>): boolean {
  const laddered = new Set(rule.joinedBy.flatMap((step) => step.variables));
  for (const name of rule.variables.keys()) {
    const sharing = [...reach.keys()].filter((role) => role.variables.has(name));
    if (laddered.has(name) || sharing.length < 2) continue;
    for (const role of sharing) {
      const values = valuesOf(reach.get(role)!, name);
      if (values === undefined) continue;
      for (const other of sharing) {
        if (other === role) continue;
        const kept = reach.get(other)!.filter(({ possible }) => mayAgree(possible, name, values));
        if (kept.at(0) === undefined) return false;
        reach.set(other, kept);
      }
    }
  }
  return true;
}

/** All values that a variable has on the stacks; `undefined` when some leave it open. */
function valuesOf(stacks: StackReach, name: string): ReadonlySet<Value> | undefined {
  const values = new Set<Value>();
  const isOpen = stacks.some(({ possible }) => {
    if (possible.length >= maxSolutions) return true;
    for (const { bindings } of possible) {
      const value = bindings[name];
      if (value === undefined) return true;
      values.add(value);
    }
    return false;
  });
  return isOpen ? undefined : values;
}

function mayAgree(possible: readonly Solution[], name: string, values: ReadonlySet<Value>): boolean {
  if (possible.length >= maxSolutions) return true;
  return possible.some(({ bindings }) => bindings[name] === undefined || values.has(bindings[name]));
}
