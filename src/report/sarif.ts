import { describeGate, describeMissing, describeProblem, newFindings, verdictOf } from "./describe.ts";
import { json, sarifMessage, visibleReport, webAddress } from "./escape.ts";
import { namesOf, placesOf } from "./paths.ts";
import type { Confidence, Finding, Report, Reporter, ReporterOptions, ReportRule } from "./report.ts";
import { confidences } from "./report.ts";
import { resultOf, type SarifPage, sarifLevels } from "./sarif-result.ts";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** GitHub refuses a run with more. */
const mostResults = 25_000;
const mostNotifications = 100;

/**
 * SARIF 2.1.0 for code scanning. Suppressed findings are left out, since GitHub shows them as open, unless
 * `extra.sarifSuppressed` is set; symptoms are told by the finding that explains them.
 */
export const reporter: Reporter = {
  id: "sarif",
  title: "SARIF 2.1.0, for code scanning",
  report: (hostile, options) => {
    const report = visibleReport(hostile);
    return `${json({ $schema: schema, version: "2.1.0", runs: [runOf(report, options)] }, 2)}\n`;
  },
};

function runOf(report: Report, options: ReporterOptions): object {
  const suppressed = (options.extra.sarifSuppressed ?? "") !== "";
  const findings = report.findings.filter(({ status }) => suppressed || status !== "suppressed");
  const rules = rulesOf(report, findings);
  const page: SarifPage = {
    report,
    placeOf: placesOf(report, options),
    names: namesOf(report, { ...options, verbose: true }),
    ruleIndex: new Map(rules.map(({ id }, i) => [id, i])),
  };
  const shown = findings.slice(0, mostResults);
  const seen = new Map<string, number>();
  return {
    tool: {
      driver: {
        name: report.tool.name,
        version: report.tool.version,
        rules: rules.map((rule) => ruleOf(rule, findings)),
      },
    },
    automationDetails: { id: "deadlock-lint/" },
    columnKind: "unicodeCodePoints",
    originalUriBaseIds: {
      "%SRCROOT%": { description: { text: "The root of the repository." } },
      GOROOT: { description: { text: "The src directory of the Go installation." } },
      GOMODCACHE: { description: { text: "The pkg/mod directory of the module cache." } },
    },
    invocations: [invocationOf(report, findings.length - shown.length)],
    results: shown.map((finding) => {
      const n = (seen.get(finding.fingerprint) ?? 0) + 1;
      seen.set(finding.fingerprint, n);
      return resultOf(finding, n, page);
    }),
  };
}

/** Rules that ran, and those that only a finding names. */
function rulesOf(report: Report, findings: readonly Finding[]): ReportRule[] {
  const rules = new Map(report.rules.map((rule) => [rule.id, rule]));
  for (const { ruleId, title, severity, why, fix, references } of findings)
    if (!rules.has(ruleId)) rules.set(ruleId, { id: ruleId, title, severity, why, fix, references });
  return [...rules.values()];
}

function ruleOf(rule: ReportRule, findings: readonly Finding[]): object {
  const parts = [rule.why, rule.fix === "" ? "" : `Fix: ${rule.fix}`].filter((part) => part !== "");
  const links = rule.references.flatMap((reference) => webAddress(reference) ?? []);
  const text = sarifMessage(parts.length === 0 ? [rule.title] : parts);
  return {
    id: rule.id,
    shortDescription: { text: sarifMessage([rule.title]) },
    fullDescription: { text: sarifMessage([rule.why === "" ? rule.title : rule.why]) },
    help: {
      text,
      markdown: [text.replaceAll("\n", "\n\n"), ...links.map((link) => `<${link}>`)].join("\n\n"),
    },
    ...(links[0] === undefined ? {} : { helpUri: links[0] }),
    defaultConfiguration: { level: sarifLevels[rule.severity] },
    properties: {
      tags: ["concurrency", "deadlock", "go"],
      precision: precisionOf(rule, findings),
      "problem.severity": rule.severity === "info" ? "recommendation" : rule.severity,
    },
  };
}

/** The best confidence that the rule's findings have here; medium when it found nothing. */
function precisionOf(rule: ReportRule, findings: readonly Finding[]): Confidence {
  const found = findings
    .filter(({ ruleId }) => ruleId === rule.id)
    .map(({ confidence }) => confidences.indexOf(confidence));
  return found.length === 0 ? "medium" : confidences[Math.max(...found)]!;
}

function invocationOf(report: Report, omitted: number): object {
  const { gate } = report;
  const notifications = notificationsOf(report);
  if (omitted > 0)
    notifications.unshift(
      notification("warning", `${omitted} results are left out: GitHub takes ${mostResults}`),
    );
  const rest = notifications.length - mostNotifications;
  const shown = notifications.slice(0, mostNotifications);
  if (rest > 0) shown.push(notification("warning", `and ${rest} more notifications`));
  return {
    executionSuccessful: gate.exitCode < 2,
    exitCode: gate.exitCode,
    exitCodeDescription: sarifMessage([`${verdictOf(report)} (gate: ${describeGate(gate)})`]),
    toolExecutionNotifications: shown,
    properties: { newFindings: newFindings(report).length, goroutines: report.summary.goroutines },
  };
}

type Notification = { level: "error" | "warning" | "note"; message: { text: string } };

function notification(level: Notification["level"], text: string): Notification {
  return { level, message: { text: sarifMessage([text]) } };
}

/** Partial input, rules that could not decide, and notes: what makes an empty list of results worth less. */
function notificationsOf(report: Report): Notification[] {
  const level = report.gate.exitCode === 3 ? "error" : "warning";
  return [
    ...report.dumps
      .filter(({ complete }) => !complete)
      .map((dump) => notification(level, `${dump.name}: ${describeMissing(dump)}`)),
    ...report.notes.map((note) => notification(sarifLevels[note.level], note.message)),
    ...report.notEvaluable.map(({ ruleId, dump, reason, collectWith }) =>
      notification(
        "note",
        `${dump}: rule ${ruleId} could not decide: ${reason}; collect with: ${collectWith}`,
      ),
    ),
    ...report.dumps.flatMap((dump) =>
      dump.problems.map((problem) => notification("warning", `${dump.name}: ${describeProblem(problem)}`)),
    ),
  ];
}
