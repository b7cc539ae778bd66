import { plural } from "../report/describe.ts";
import { changed, changedAll } from "../report/later.ts";
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

/**
 * Marks the findings that are new and at or above the gate. A symptom is one of them only where nothing that explains it
 * is: who waits behind a cause is no second cause, but fails a run by itself when the cause does not.
 */
export function applyGate(findings: readonly Finding[], options: GateOptions): readonly Finding[] {
  return marked(findings, options, false);
}

function marked(findings: readonly Finding[], options: GateOptions, explained: boolean): readonly Finding[] {
  return changedAll(findings, (finding) => {
    const gated = !explained && isGated(finding, options);
    return changed(finding, { gated, symptoms: marked(finding.symptoms, options, explained || gated) });
  });
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
  return findings.filter((f) => f.gated).length;
}

function countGatedSymptoms(findings: readonly Finding[]): number {
  return findings.reduce((n, f) => n + countGated(f.symptoms) + countGatedSymptoms(f.symptoms), 0);
}

/** What failed the gate, in the numbers that the summary has: symptoms of causes that did not are told apart. */
function gatedReason(findings: number, symptoms: number, options: GateOptions): string {
  const gate = `at severity ${options.failOn} and confidence ${options.minConfidence} or above`;
  if (findings === 0) return `${plural(symptoms, "new symptom")} ${gate}`;
  const also = symptoms === 0 ? "" : `, and ${plural(symptoms, "symptom")} of causes below it`;
  return `${plural(findings, "new finding")} ${gate}${also}`;
}

/**
 * The verdict. Precedence of the exit codes is 2, 3, 1, 0; 2 is decided before, as nothing is analysed then.
 * @param incomplete why the input was not fully analysed, a sentence each
 * @param exceeded budgets that were exceeded, a sentence each
 * @param nothing nothing was analysed, which is no part of anything
 */
export function gateOf(
  findings: readonly Finding[],
  incomplete: readonly string[],
  exceeded: readonly string[],
  options: GateOptions,
  nothing = false,
): Report["gate"] {
  const [gated, symptoms] = [countGated(findings), countGatedSymptoms(findings)];
  const failed = gated + symptoms > 0 || exceeded.length > 0;
  const partial = incomplete.length > 0 && (nothing || !options.allowPartial);
  const reasons = [...incomplete];
  if (gated + symptoms > 0) reasons.push(gatedReason(gated, symptoms, options));
  reasons.push(...exceeded);
  return {
    failOn: options.failOn,
    minConfidence: options.minConfidence,
    failed,
    exitCode: partial ? 3 : failed ? 1 : 0,
    reasons,
  };
}
