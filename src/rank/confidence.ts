import type { Match } from "../match/match.ts";
import { whenHolds } from "../match/when.ts";
import { type Confidence, confidences, type Severity } from "../report/report.ts";

/** What the evidence of a match supports: the rule's base or its ladder step, raised, then lowered. */
export function confidenceOf(match: Match): Confidence {
  const { rule } = match;
  const step = match.step === undefined ? undefined : rule.joinedBy[match.step]?.confidence;
  let level = confidences.indexOf(step ?? rule.confidence);
  for (const raise of rule.raise) {
    if (confidences.indexOf(raise.to) > level && whenHolds(raise.when, match))
      level = confidences.indexOf(raise.to);
  }
  for (const lower of rule.lower) {
    if (confidences.indexOf(lower.to) < level && whenHolds(lower.when, match))
      level = confidences.indexOf(lower.to);
  }
  return confidences[level]!;
}

/** The rule's severity, or that of the last escalation that holds. */
export function severityOf(match: Match): Severity {
  let severity = match.rule.severity;
  for (const step of match.rule.escalate) if (whenHolds(step.when, match)) severity = step.severity;
  return severity;
}
