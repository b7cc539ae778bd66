import type { Fact } from "../model/dump.ts";
import type { Role, Rule } from "../rules/rule.ts";
import type { Facts } from "./facts.ts";
import { roleGroups } from "./fold.ts";
import { leaveOutStrangers, type StackReach, withOthers } from "./reach.ts";
import { relationOf, withoutHistory } from "./relation.ts";

/** Stacks of each role that are looked at. */
const fewStacks = 64;

/**
 * What a dump lacks to decide a rule, where that can be told without asking every stack: nobody can be known to play one
 * of the roles that must be played, and among a few stacks are some that can be joined and whose goroutines might. That
 * holds for all stacks, then; only what is lacking is named as far as these few show it.
 * @returns `undefined` where all stacks have to be asked
 */
export function lackingFacts(
  rule: Rule,
  facts: Facts,
  required: ReadonlyMap<Role, StackReach>,
): ReadonlySet<Fact> | undefined {
  if (![...required.keys()].some((role) => isNeverKnown(role, facts))) return undefined;
  // All of a few stacks are soon asked.
  if ([...required.values()].every(({ most }) => most <= fewStacks)) return undefined;
  const few = new Map([...required].map(([role, stacks]) => [role, stacks.first(fewStacks)]));
  if (!leaveOutStrangers(rule, few)) return undefined;
  const reach = withOthers(required, facts);
  const missing = new Set<Fact>();
  for (const [role, stacks] of few) {
    const relation =
      withoutHistory(role, facts) ??
      relationOf(role, facts, stacks, roleGroups(rule, role, facts, reach), false);
    if (relation.tuples.length > 0) continue;
    if (!relation.open) return undefined;
    for (const fact of relation.missing) missing.add(fact);
  }
  return missing;
}

/** Whether the dump can't show of anybody that they play a role. */
function isNeverKnown(role: Role, facts: Facts): boolean {
  if (!facts.hasEarlier && (role.onStack.needsHistory === true || role.onGroup.needsHistory === true))
    return true;
  return facts.source === undefined && !facts.index.hasWaiting(role.knownWaits);
}
