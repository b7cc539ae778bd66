import type { When } from "../rules/rule.ts";
import { type Condition, isOnCell, onStack, settle } from "./condition.ts";
import type { Facts } from "./facts.ts";
import type { Sample } from "./group.ts";
import type { Match, RoleMembers } from "./match.ts";

/** Whether a question about a match is answered with yes; what the dump can't say is no. */
export function whenHolds(when: When, match: Match): boolean {
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
      return players !== undefined && satisfying(match, players, when.condition) === players.count;
    }
    case "some": {
      const players = playersOf(match, when.role);
      return players !== undefined && when.count(satisfying(match, players, when.condition));
    }
    case "all":
      return when.of.every((w) => whenHolds(w, match));
    case "any":
      return when.of.some((w) => whenHolds(w, match));
    case "not":
      return !when.of.some((w) => whenHolds(w, match));
  }
}

function playersOf(match: Match, role: string): RoleMembers | undefined {
  return match.roles.find((r) => r.role.name === role);
}

function countOf(match: Match, role: string): number {
  return playersOf(match, role)?.count ?? 0;
}

/** How many of the players are known to satisfy a further condition. */
function satisfying(match: Match, players: RoleMembers, condition: Condition): number {
  const { facts } = match;
  if (condition.needsSource === true && facts.source === undefined) return 0;
  if (condition.needsHistory === true && !facts.hasEarlier) return 0;
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

function holds(condition: Condition, facts: Facts, group: Sample): boolean {
  const { stackIndex } = group;
  const solutions = condition.evaluate({ facts, stackIndex, stack: facts.dump.stacks[stackIndex]!, group });
  return solutions.length > 0 && settle(solutions).some((s) => s.known);
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
