import type { Fact } from "../model/dump.ts";
import type { When } from "../rules/rule.ts";
import { type Condition, isOnCell, onStack, type Solution, settle } from "./condition.ts";
import type { Facts } from "./facts.ts";
import type { Sample } from "./group.ts";
import type { Match, RoleMembers } from "./match.ts";

/** Whether a question about a match is answered with yes; what the dump can't say is no. */
export function whenHolds(when: When, match: Match): boolean {
  return answer(when, match, satisfying);
}

/**
 * What the dump would have to show for a question that is answered with yes to be answered for sure: empty where the answer
 * stays the same if what the dump can't say is so.
 */
export function doubtsOf(when: When, match: Match): ReadonlySet<Fact> {
  const missing = new Set<Fact>();
  const possible: Counting = (of, players, condition) => possiblySatisfying(of, players, condition, missing);
  return answer(when, match, possible) ? new Set() : missing;
}

/** How many of the players satisfy a further condition. */
type Counting = (match: Match, players: RoleMembers, condition: Condition) => number;

function answer(when: When, match: Match, counting: Counting): boolean {
  switch (when.kind) {
    case "confirmed":
      return when.variables.every((v) => match.confirmed.has(v));
    case "joined":
      return match.step !== undefined && match.step <= when.step;
    case "none":
      return match.nobody.has(when.role);
    case "count":
      return when.test(countOf(match, when.role) - when.beyond.reduce((n, r) => n + countOf(match, r), 0));
    case "share":
      return when.test(countOf(match, when.role) / Math.max(1, match.facts.total));
    case "every": {
      const players = playersOf(match, when.role);
      return players !== undefined && counting(match, players, when.condition) === players.count;
    }
    case "some": {
      const players = playersOf(match, when.role);
      return players !== undefined && when.count(counting(match, players, when.condition));
    }
    case "all":
      return when.of.every((w) => answer(w, match, counting));
    case "any":
      return when.of.some((w) => answer(w, match, counting));
    case "not":
      return !when.of.some((w) => answer(w, match, counting));
  }
}

function playersOf(match: Match, role: string): RoleMembers | undefined {
  return match.roles.find((r) => r.role.name === role);
}

function countOf(match: Match, role: string): number {
  return playersOf(match, role)?.count ?? 0;
}

/** Whether it asks for what was not given beside the dump: nobody misses that. */
function isOptional(condition: Condition, facts: Facts): boolean {
  return (
    (condition.needsSource === true && facts.source === undefined) ||
    (condition.needsHistory === true && !facts.hasEarlier)
  );
}

/** How many of the players are known to satisfy a further condition. */
function satisfying(match: Match, players: RoleMembers, condition: Condition): number {
  const { facts } = match;
  if (isOptional(condition, facts)) return 0;
  const known = answersOf(facts, condition);
  let count = 0;
  for (const { group } of players.members) {
    const isStackAlone = condition.attributes === 0;
    if (known !== undefined && (isStackAlone || group.weight === 1)) {
      const key = isStackAlone ? group.stackIndex : facts.kindOf(group.first);
      if (known[key] === 0) known[key] = holds(condition, facts, group) ? 1 : 2;
      if (known[key] === 1) count += group.weight;
      continue;
    }
    const { stackIndex } = group;
    const stack = facts.dump.stacks[stackIndex]!;
    // Most often the stack decides, and nobody needs to ask its goroutines where they are many.
    if (group.weight > 1 && onStack(condition, { facts, stackIndex, stack, group: undefined }).length === 0)
      continue;
    for (const part of facts.kinds(group, condition)) if (holds(condition, facts, part)) count += part.weight;
  }
  return count;
}

/** How many of the players satisfy a further condition if what the dump can't say is so; it is told what that is. */
function possiblySatisfying(
  { facts }: Match,
  players: RoleMembers,
  condition: Condition,
  missing: Set<Fact>,
): number {
  if (isOptional(condition, facts)) return 0;
  let count = 0;
  for (const { group } of players.members) {
    for (const part of facts.kinds(group, condition)) {
      const solutions = solutionsOf(condition, facts, part);
      if (solutions.length === 0) continue;
      count += part.weight;
      if (!solutions.some((s) => s.known))
        for (const s of solutions) for (const m of s.missing) missing.add(m);
    }
  }
  return count;
}

function holds(condition: Condition, facts: Facts, group: Sample): boolean {
  return solutionsOf(condition, facts, group).some((s) => s.known);
}

function solutionsOf(condition: Condition, facts: Facts, group: Sample): readonly Solution[] {
  const { stackIndex } = group;
  return settle(condition.evaluate({ facts, stackIndex, stack: facts.dump.stacks[stackIndex]!, group }));
}

/** What is known of a condition that stacks alone, or kinds of goroutines alone, decide: 1 where it holds, 2 where not. */
const answers = new WeakMap<Facts, Map<Condition, Uint8Array>>();

function answersOf(facts: Facts, condition: Condition): Uint8Array | undefined {
  if (condition.attributes !== 0 && !isOnCell(condition)) return undefined;
  let ofDump = answers.get(facts);
  if (ofDump === undefined) {
    ofDump = new Map();
    answers.set(facts, ofDump);
  }
  let known = ofDump.get(condition);
  if (known === undefined) {
    known = new Uint8Array(condition.attributes === 0 ? facts.dump.stacks.length : facts.kindCount);
    ofDump.set(condition, known);
  }
  return known;
}
