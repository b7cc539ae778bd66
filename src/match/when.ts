import type { When } from "../rules/rule.ts";
import { type Condition, onStack, settle } from "./condition.ts";
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
  let count = 0;
  for (const { group } of players.members) {
    const { stackIndex } = group;
    const stack = facts.dump.stacks[stackIndex]!;
    // Most often the stack decides, and nobody needs to ask its goroutines where they are many.
    if (
      group.weight > 1 &&
      condition.attributes !== 0 &&
      onStack(condition, { facts, stackIndex, stack, group: undefined }).length === 0
    )
      continue;
    for (const part of facts.kinds(group, condition)) {
      const solutions = condition.evaluate({ facts, stackIndex, stack, group: part });
      if (solutions.length > 0 && settle(solutions).some((s) => s.known)) count += part.weight;
    }
  }
  return count;
}
