import { allFindings, participating } from "../report/describe.ts";
import type { Finding } from "../report/report.ts";
import { plural } from "../words.ts";
import type { Judge } from "./judge.ts";

/**
 * Knows what was there before the load: a finding with as many goroutines then as now is not the load's. One that
 * grew is new.
 */
export function beforeJudge(before: readonly Finding[]): Judge {
  const counts = new Map<string, number>();
  for (const finding of allFindings(before))
    counts.set(finding.fingerprint, Math.max(goroutines(finding), counts.get(finding.fingerprint) ?? 0));
  return (finding) => {
    const then = counts.get(finding.fingerprint);
    const now = goroutines(finding);
    if (then === undefined || now > then) return undefined;
    return {
      status: "baseline",
      reason: `there before the load, with ${plural(then, "goroutine")} then and ${now} now`,
    };
  };
}

function goroutines(finding: Finding): number {
  return participating(finding).reduce((sum, role) => sum + role.count, 0);
}
