import { changed, changedAll } from "../report/later.ts";
import type { Finding } from "../report/report.ts";

/** Why a finding does not count. */
export interface Judgement {
  readonly status: "baseline" | "suppressed";
  readonly reason?: string;
}

/** Looks at a finding; undefined when it knows nothing of it. */
export type Judge = (finding: Finding) => Judgement | undefined;

/**
 * Findings with the status that the first judge with an opinion gives them. Symptoms are judged like any finding; one
 * that nobody knows has the status of the finding that explains it, since it goes away with it.
 */
export function judgeFindings(findings: readonly Finding[], judges: readonly Judge[]): readonly Finding[] {
  return changedAll(findings, (finding) => judged(finding, judges, undefined));
}

function judged(finding: Finding, judges: readonly Judge[], inherited: Judgement | undefined): Finding {
  const own = judgementOf(finding, judges);
  const effective = own ?? inherited;
  const passedOn =
    effective === undefined
      ? undefined
      : { status: effective.status, reason: `explained by ${finding.ruleId}` };
  const symptoms = changedAll(finding.symptoms, (s) =>
    judged(s, judges, own === undefined ? inherited : passedOn),
  );
  if (effective === undefined) return changed(finding, { symptoms });
  const { status, reason } = effective;
  return changed(finding, { status, ...(reason === undefined ? {} : { statusReason: reason }), symptoms });
}

function judgementOf(finding: Finding, judges: readonly Judge[]): Judgement | undefined {
  for (const judge of judges) {
    const judgement = judge(finding);
    if (judgement !== undefined) return judgement;
  }
  return undefined;
}
