import type { Finding } from "../report/report.ts";

/** Findings and, right behind each, its symptoms of all levels. */
export function withSymptoms(findings: readonly Finding[]): Finding[] {
  return findings.flatMap((f) => [f, ...withSymptoms(f.symptoms)]);
}
