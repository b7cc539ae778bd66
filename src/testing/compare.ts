import type { Finding } from "../report/report.ts";
import { flowText } from "../rules/flow-text.ts";
import { compileText } from "../rules/pattern.ts";
import { rangeTest } from "../rules/range.ts";
import type { Range } from "../rules/rule-source.ts";
import type { Expectation, FindingExpectation } from "../rules/test-source.ts";

/** Something that a test expected and did not get. */
export interface Difference {
  /** `confidence`, `roles.senders`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** What differs between an expectation and the findings of the rule; of several, those of the finding that fits best. */
export function compare(expected: Expectation, findings: readonly Finding[]): Difference[] {
  if (expected === "none") {
    return findings.length === 0
      ? []
      : [{ what: "findings", expected: "none", got: findings.map((f) => f.message).join("; ") }];
  }
  const wanted = expected.findings ?? { gte: 1 };
  if (!countFits(wanted, findings.length))
    return [{ what: "findings", expected: flowText(wanted), got: String(findings.length) }];
  const perFinding = findings.map((finding) => compareFinding(expected, finding));
  perFinding.sort((a, b) => a.length - b.length);
  return perFinding[0] ?? [];
}

function countFits(wanted: number | Range, n: number): boolean {
  if (typeof wanted === "number") return n === wanted;
  return rangeTest(wanted, { number: Number }, "")(n);
}

function compareFinding(expected: FindingExpectation, finding: Finding): Difference[] {
  const out: Difference[] = [];
  const differ = (what: string, want: unknown, got: unknown): void => {
    out.push({ what, expected: flowText(want), got: flowText(got) });
  };
  for (const key of ["severity", "confidence"] as const) {
    if (expected[key] !== undefined && expected[key] !== finding[key])
      differ(key, expected[key], finding[key]);
  }
  if (expected.message !== undefined && !compileText(expected.message)(finding.message))
    differ("message", expected.message, finding.message);
  for (const [name, want] of Object.entries(expected.roles ?? {})) {
    const count = finding.roles.find((r) => r.name === name)?.count ?? 0;
    if (!countFits(want, count)) differ(`roles.${name}`, want, count);
  }
  for (const [name, glob] of Object.entries(expected.bindings ?? {})) {
    const value = Object.hasOwn(finding.bindings, name) ? finding.bindings[name]! : "nothing";
    if (!compileText(glob)(value)) differ(`bindings.${name}`, glob, value);
  }
  const symptoms = finding.symptoms.map((s) => s.ruleId);
  for (const id of expected.symptoms ?? []) if (!symptoms.includes(id)) differ("symptoms", id, symptoms);
  return out;
}

/** The expectation that what was found fulfils, in the keys of an earlier one, or the telling ones. */
export function observed(findings: readonly Finding[], earlier: Expectation | undefined): Expectation {
  const [finding] = findings;
  if (finding === undefined) return "none";
  const all: Required<FindingExpectation> = {
    findings: findings.length,
    severity: finding.severity,
    confidence: finding.confidence,
    message: finding.message,
    roles: Object.fromEntries(finding.roles.map((r) => [r.name, r.count])),
    bindings: { ...finding.bindings },
    symptoms: [...new Set(finding.symptoms.map((s) => s.ruleId))],
  };
  const keys = typeof earlier === "object" ? Object.keys(earlier) : ["findings", "confidence", "roles"];
  return Object.fromEntries(Object.entries(all).filter(([key, v]) => keys.includes(key) && !isEmpty(v)));
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
