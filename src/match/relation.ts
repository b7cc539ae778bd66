import type { Fact } from "../model/dump.ts";
import type { Role } from "../rules/rule.ts";
import {
  type Bindings,
  conjoin,
  type Solution,
  type Subject,
  settle,
  union,
  type Value,
} from "./condition.ts";
import type { Facts, Group } from "./facts.ts";
import { bindingsKey } from "./keys.ts";
import { reachOf, type StackReach } from "./reach.ts";

/** Goroutines that play a role in one way. */
export interface Member {
  readonly group: Group;
  /** Decisive frames, indexes into the stack's frames. */
  readonly frames: readonly number[];
  /** Values of the role's `$X*` variables. */
  readonly collected: Bindings;
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
): Relation {
  const known = new Map<string, Tuple>();
  const undecided = new Map<string, Tuple>();
  const missing = new Set<Fact>();
  let open = false;
  reach.forEach((stackIndex, { onStack }) => {
    const subject: Subject = { facts, stackIndex, stack: facts.dump.stacks[stackIndex]!, group: undefined };
    const groups = groupsOf(stackIndex);
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!;
      const solutions =
        role.onGroup.attributes === 0
          ? onStack
          : settle(conjoin(onStack, role.onGroup.evaluate({ ...subject, group })));
      let sure = false;
      for (let k = 0; k < solutions.length; k++) {
        if (!solutions[k]!.known) continue;
        sure = true;
        add(known, role, solutions[k]!, group);
      }
      if (sure) continue;
      for (const s of solutions) {
        open = true;
        if (keepUndecided) add(undecided, role, s, group);
        for (const m of s.missing) missing.add(m);
      }
    }
  });
  return { role, tuples: [...known.values()], undecided: [...undecided.values()], open, missing };
}

/** The relation of a role that asks for earlier snapshots where there are none: nobody needs to ask any goroutine. */
export function withoutHistory(role: Role, facts: Facts): Relation | undefined {
  if (role.onGroup.needsHistory !== true || facts.hasEarlier) return undefined;
  return { role, tuples: [], undecided: [], open: true, missing: new Set(["ids"]) };
}

function add(tuples: Map<string, Tuple>, role: Role, solution: Solution, group: Group): void {
  const { bindings, collected } = partsOf(role, solution.bindings);
  let key = bindingsKey(bindings);
  for (let i = 0; i < solution.forbidden.length; i++) key += `!${bindingsKey(solution.forbidden[i]!)}`;
  let tuple = tuples.get(key);
  if (tuple === undefined) {
    tuple = { bindings, forbidden: solution.forbidden, members: [], weight: 0 };
    tuples.set(key, tuple);
  }
  const last = tuple.members[tuple.members.length - 1];
  if (last !== undefined && last.group === group) {
    // One group in several ways: the frames of all of them are evidence.
    const frames = union(last.frames, solution.frames);
    if (frames === last.frames && collected === nothing) return;
    tuple.members[tuple.members.length - 1] = {
      group,
      frames,
      collected: collected === nothing ? last.collected : { ...collected, ...last.collected },
    };
    return;
  }
  tuple.members.push({ group, frames: solution.frames, collected });
  tuple.weight += group.weight;
}

const nothing: Bindings = Object.freeze({});

/** The values that join a role to others, and those that are only gathered. */
function partsOf(role: Role, all: Bindings): { bindings: Bindings; collected: Bindings } {
  const names = Object.keys(all);
  if (names.every((name) => role.variables.has(name))) return { bindings: all, collected: nothing };
  const bindings: Record<string, Value | undefined> = {};
  const collected: Record<string, Value | undefined> = {};
  for (const name of names) {
    if (role.variables.has(name)) bindings[name] = all[name];
    else collected[name] = all[name];
  }
  return { bindings, collected };
}
