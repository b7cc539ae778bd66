import type { Fact } from "../model/dump.ts";
import type { Role, Rule } from "../rules/rule.ts";
import type { Facts } from "./facts.ts";
import { mayShare, type OnStack, plainVariables, type StackReach } from "./reach.ts";
import { relationOf, withoutHistory } from "./relation.ts";

/** Stacks of each role that are looked at. */
const fewStacks = 64;
/** Combinations of them that are tried. */
const maxTried = 10_000;

/**
 * What a dump lacks to decide a rule, where that can be told without asking every stack: nobody can be known to play one
 * of the roles that must be played, and a few stacks show that somebody might. `undefined`: all stacks have to be asked.
 */
export function lackingFacts(
  rule: Rule,
  facts: Facts,
  required: ReadonlyMap<Role, StackReach>,
): ReadonlySet<Fact> | undefined {
  const roles = [...required.keys()];
  if (!roles.some((role) => isNeverKnown(role, facts))) return undefined;
  // All of a few stacks are soon asked.
  if ([...required.values()].every(({ most }) => most <= fewStacks)) return undefined;
  const missing = new Set<Fact>();
  const few: StackReach[] = [];
  for (const [role, stacks] of required) {
    const some = stacks.first(fewStacks);
    const relation = withoutHistory(role, facts) ?? relationOf(role, facts, some, undefined, false);
    if (relation.tuples.length === 0) {
      if (!relation.open) return undefined;
      for (const fact of relation.missing) missing.add(fact);
    }
    few.push(some);
  }
  return someAgree(rule, roles, few) ? missing : undefined;
}

/** Whether the dump can't show of anybody that they play a role. */
function isNeverKnown(role: Role, facts: Facts): boolean {
  if (!facts.hasEarlier && (role.onStack.needsHistory === true || role.onGroup.needsHistory === true))
    return true;
  return facts.source === undefined && !facts.index.hasWaiting(role.knownWaits);
}

/** Whether there are stacks, one for each role, of which each two may agree in every variable that joins their roles. */
function someAgree(rule: Rule, roles: readonly Role[], stacks: readonly StackReach[]): boolean {
  const names = plainVariables(rule);
  let left = maxTried;
  const shared = roles.map(({ variables }) =>
    roles.map((other) => names.filter((name) => variables.has(name) && other.variables.has(name))),
  );
  const chosen: OnStack[] = [];
  const choose = (i: number): boolean => {
    if (i === roles.length) return true;
    for (let n = 0; stacks[i]!.at(n) !== undefined && left-- > 0; n++) {
      const said = stacks[i]!.said(n);
      if (!chosen.every((other, k) => shared[i]![k]!.every((name) => mayShare(said, other, name)))) continue;
      chosen[i] = said;
      if (choose(i + 1)) return true;
      chosen.length = i;
    }
    return false;
  };
  return choose(0);
}
