import type { Confidence, Severity } from "../report/report.ts";

/** What the rank of a finding is made of. */
export interface ScoreInput {
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** Goroutines in the finding, those of its symptoms included. */
  readonly goroutines: number;
  /** Longest wait in minutes; -1 when unknown. */
  readonly minutes: number;
  /** A line that blocks lies in the program's own code. */
  readonly own: boolean;
}

const severityPoints: Readonly<Record<Severity, number>> = { error: 60, warning: 30, info: 10 };
const confidencePoints: Readonly<Record<Confidence, number>> = { high: 20, medium: 10, low: 0 };

/**
 * Rank of a finding, 0 to 100: severity (60, 30, 10) + confidence (20, 10, 0) + up to 12 for the goroutines behind it
 * (4 for each power of ten) + up to 4 for the wait (1, 3, 10, 60 minutes) + 4 when own code blocks.
 */
export function scoreOf(input: ScoreInput): number {
  const size = Math.min(12, 4 * Math.log10(Math.max(1, input.goroutines)));
  const wait = [1, 3, 10, 60].filter((m) => input.minutes >= m).length;
  const sum =
    severityPoints[input.severity] + confidencePoints[input.confidence] + size + wait + (input.own ? 4 : 0);
  return Math.round(Math.min(100, sum));
}
