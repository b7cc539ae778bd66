import type { Facts } from "../match/facts.ts";
import type { Role, Rule } from "../rules/rule.ts";
import { evaluateEach, groupsFor, textOf } from "./explain-role.ts";

/** Every condition of a rule, as `role: condition`. */
export function allConditions(rule: Rule): string[] {
  return rule.roles.flatMap((role) => role.conditions.map((c) => `${role.name}: ${textOf(c)}`));
}

/** Conditions that alone keep somebody out of a role: all others of the role hold there. */
export function decidingConditions(rule: Rule, facts: Facts): Set<string> {
  return new Set(rule.roles.flatMap((role) => decidingOf(role, facts)));
}

function decidingOf(role: Role, facts: Facts): string[] {
  return groupsFor(role, facts).flatMap((group) => {
    const results = evaluateEach(role, facts, group);
    const failed = role.conditions.filter((_, i) => results[i]!.length === 0);
    // Captures hold nearly everywhere: what binds a variable decides by the join.
    const binding = role.conditions.filter((_, i) =>
      results[i]!.some((s) => Object.keys(s.bindings).length > 0),
    );
    const deciding = failed.length === 1 ? [...failed, ...binding] : failed.length === 0 ? binding : [];
    return deciding.map((c) => `${role.name}: ${textOf(c)}`);
  });
}
