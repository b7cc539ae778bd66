import type { Facts } from "../match/facts.ts";
import { matchRule } from "../match/match.ts";
import { whenHolds } from "../match/when.ts";
import type { Role, Rule, When } from "../rules/rule.ts";
import { evaluateEach, groupsFor, textOf } from "./explain-role.ts";

/** Every condition of a rule: `role: condition`, and the questions about its matches as `raise: question`. */
export function allConditions(rule: Rule): string[] {
  const ofRoles = rule.roles.flatMap((role) => role.conditions.map((c) => `${role.name}: ${textOf(c)}`));
  return [...ofRoles, ...questionsOf(rule).map((q) => q.name)];
}

/**
 * Conditions that alone keep somebody out of a role (all others of the role hold there), and questions that some match
 * answers with yes.
 */
export function decidingConditions(rule: Rule, facts: Facts): Set<string> {
  const { matches } = matchRule({ ...rule, unless: [] }, facts);
  const answered = questionsOf(rule).filter((q) => matches.some((match) => whenHolds(q.when, match)));
  return new Set([...rule.roles.flatMap((role) => decidingOf(role, facts)), ...answered.map((q) => q.name)]);
}

/** What a rule asks of its matches, for confidence, severity, and whether they stand. */
function questionsOf(rule: Rule): { readonly name: string; readonly when: When }[] {
  const named = (kind: string, questions: readonly { readonly when: When; readonly text: string }[]) =>
    questions.map(({ when, text }) => ({ name: `${kind}: ${text}`, when }));
  return [
    ...named("confidence raised", rule.raise),
    ...named("confidence lowered", rule.lower),
    ...named("severity escalated", rule.escalate),
    ...named("unless", rule.unless),
  ];
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
