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

/** Stacks that a role's members may have, as far as stacks alone tell. */
export class StackReach {
  /** Their indexes, ascending. */
  readonly stacks: number[] = [];
  readonly #onStack: OnStack[] = [];
  #known: ReadonlySet<number> | undefined;

  /** Stacks are added in ascending order. */
  add(stackIndex: number, said: OnStack): void {
    this.stacks.push(stackIndex);
    this.#onStack.push(said);
  }

  has(stackIndex: number): boolean {
    this.#known ??= new Set(this.stacks);
    return this.#known.has(stackIndex);
  }

  forEach(visit: (stackIndex: number, said: OnStack) => void): void {
    this.stacks.forEach((stackIndex, i) => {
      visit(stackIndex, this.#onStack[i]!);
    });
  }

  /** Those of which `test` is true. */
  filter(test: (said: OnStack) => boolean): StackReach {
    const kept = new StackReach();
    this.forEach((stackIndex, said) => {
      if (test(said)) kept.add(stackIndex, said);
    });
    return kept;
  }

  some(test: (said: OnStack) => boolean): boolean {
    return this.#onStack.some(test);
  }
}

/** The stacks of each role of a rule; those of roles that may be missing are found when they are first asked for. */
export interface Reach {
  get(role: Role): StackReach;
}

/** Asks the stacks of a dump for a role. */
export function reachOf(role: Role, facts: Facts): StackReach {
  const reach = new StackReach();
  const { stacks } = facts.dump;
  for (const stackIndex of facts.index.find(role.waits, role.names)) {
    const stack = stacks[stackIndex]!;
    const subject: Subject = { facts, stackIndex, stack, group: undefined };
    const decided = settle(role.onStack.evaluate(subject));
    if (decided.length === 0) continue;
    const possible = conjoin(decided, onStack(role.onGroup, subject));
    if (possible.length === 0) continue;
    const plain = decided === plainly.onStack && possible === plainly.possible;
    reach.add(stackIndex, plain ? plainly : { onStack: decided, possible });
  }
  return reach;
}

/**
 * The stacks of all roles; `undefined` when some role that must be played has none, so that the rule does not hold. Stacks
 * that can't be joined to any of another required role are left out before a single goroutine is looked at.
 * @param leaveOut false when somebody asks why, and wants to be told of the join that failed
 */
export function reachOfRoles(rule: Rule, facts: Facts, leaveOut: boolean): Reach | undefined {
  const required = rule.roles.filter((role) => role.kind === "required");
  const found = new Map<Role, StackReach>();
  // Without one of them nothing else needs to be asked: first those that few stacks can have.
  const candidates = new Map(required.map((r) => [r, facts.index.find(r.waits, r.names).length]));
  const cheapestFirst = [...required].sort(
    (a, b) => candidates.get(a)! - candidates.get(b)! || b.names.length - a.names.length,
  );
  for (const role of cheapestFirst) {
    const stacks = reachOf(role, facts);
    if (stacks.stacks.length === 0) return undefined;
    found.set(role, stacks);
  }
  const reach = new Map(required.map((role) => [role, found.get(role)!]));
  if (leaveOut && !leaveOutStrangers(rule, reach)) return undefined;
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

/** A semi-join of the required roles by the variables that stacks bind. False when a role has no stack left. */
function leaveOutStrangers(rule: Rule, reach: Map<Role, StackReach>): boolean {
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
        if (kept.stacks.length === 0) return false;
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
