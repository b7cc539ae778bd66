import {
  type Confidence,
  confidences,
  type Finding,
  type Report,
  type Severity,
  severities,
} from "../report/report.ts";

/** What makes a run fail. */
export interface GateOptions {
  readonly failOn: Severity | "never";
  readonly minConfidence: Confidence;
  /** Incomplete input is a warning only. */
  readonly allowPartial: boolean;
}

/** Marks the findings, symptoms too, that are new and at or above the gate. */
export function applyGate(findings: readonly Finding[], options: GateOptions): Finding[] {
  return findings.map((finding) => ({
    ...finding,
    gated: isGated(finding, options),
    symptoms: applyGate(finding.symptoms, options),
  }));
}

function isGated(finding: Finding, { failOn, minConfidence }: GateOptions): boolean {
  return (
    finding.status === "new" &&
    failOn !== "never" &&
    severities.indexOf(finding.severity) >= severities.indexOf(failOn) &&
    confidences.indexOf(finding.confidence) >= confidences.indexOf(minConfidence)
  );
}

function countGated(findings: readonly Finding[]): number {
  return findings.reduce((n, f) => n + (f.gated ? 1 : 0) + countGated(f.symptoms), 0);
}

/**
 * The verdict. Precedence of the exit codes is 2, 3, 1, 0; 2 is decided before, as nothing is analysed then.
 * @param incomplete why the input was not fully analysed, a sentence each
 * @param exceeded budgets that were exceeded, a sentence each
 */
export function gateOf(
  findings: readonly Finding[],
  incomplete: readonly string[],
  exceeded: readonly string[],
  options: GateOptions,
): Report["gate"] {
  const gated = countGated(findings);
  const failed = gated > 0 || exceeded.length > 0;
  const partial = incomplete.length > 0 && !options.allowPartial;
  const reasons = [...incomplete];
  if (gated > 0) {
    reasons.push(
      `${gated} new ${gated === 1 ? "finding" : "findings"} at severity ${options.failOn} and confidence ${options.minConfidence} or above`,
    );
  }
  reasons.push(...exceeded);
  return {
    failOn: options.failOn,
    minConfidence: options.minConfidence,
    failed,
    exitCode: partial ? 3 : failed ? 1 : 0,
    reasons,
  };
}
