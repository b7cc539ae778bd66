import type { Rule } from "../rules/rule.ts";
import type { RoleExplanation, StepExplanation } from "./explanation.ts";

/** In one sentence, the step that removed the last candidate, or that the rule holds. */
export function verdictOf(
  rule: Rule,
  roles: readonly RoleExplanation[],
  steps: readonly StepExplanation[],
  findings: number,
  eventMet: boolean,
): string {
  if (findings > 0) return `it holds: ${findings} ${findings === 1 ? "match" : "matches"}`;
  if (!eventMet) return "the dump has no event (panic, fatal error, signal) that the rule asks for";
  for (const role of roles) {
    const why = role.part === "required" ? emptyRole(role) : undefined;
    if (why !== undefined) return why;
  }
  const params = Object.entries(rule.params).map(([name, value]) => `${name} = ${value}`);
  for (const step of steps) {
    if (step.kind !== "absent" && step.after > 0) continue;
    if (step.kind === "join") {
      return `no combination is left after joining ${step.role}: ${step.text}, ${step.before} before`;
    }
    if (step.kind === "unless") return `refuted: “unless ${step.text}”`;
    if (step.kind === "cycle") return `no ring among the goroutines of ${step.role}`;
    if (step.kind === "count") {
      const by = step.text.includes("$params") ? ` (${params.join(", ")})` : "";
      return `${step.role} ${step.text}${by}; the most is ${step.closest ?? "none"}`;
    }
    return `${step.role} must be nobody, but there are ${step.closest ?? "some"}`;
  }
  return "no combination of the roles is left";
}

/** Which condition of a role removed its last goroutine. */
function emptyRole(role: RoleExplanation): string | undefined {
  if (role.combinations > 0) return undefined;
  const last = role.conditions.find((c) => c.left.goroutines === 0);
  if (last === undefined) return `nobody plays ${role.name}: its variables want different values`;
  if (last.undecided.goroutines > 0) {
    return `nobody is known to play ${role.name}: of ${last.undecided.goroutines} the dump does not say whether “${last.text}”`;
  }
  return `nobody plays ${role.name}: the last candidates fail “${last.text}”`;
}
