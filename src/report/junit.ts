import { count, describeMissing, describeProblem, describeVerdict, plural } from "./describe.ts";
import { markup, markupLines } from "./escape.ts";
import type { Report, ReportDump, Reporter } from "./report.ts";
import { findingLines } from "./text-finding.ts";
import { type TextPage, type ToldFinding, textPage } from "./text-page.ts";

/**
 * A suite a dump and a test case a rule, passes too. The elements and attributes are those that both the Jenkins schema
 * (junit-10.xsd) and the stricter Ant schema allow and ask for; a report has no clock, so times are zero.
 */
export const reporter: Reporter = {
  id: "junit",
  title: "JUnit XML, a test case a rule",
  report: (report, options) => {
    const page = textPage(report, { ...options, color: false, width: 100 });
    const suites = page.report.dumps.map((dump) => ({ name: dump.name, cases: casesOf(dump, page) }));
    if (suites.length === 0) suites.push({ name: "deadlock-lint", cases: [noInput(page.report)] });
    const failing = suites.some(({ cases }) =>
      cases.some((c) => c.outcome === "failure" || c.outcome === "error"),
    );
    if (!failing && page.report.gate.exitCode !== 0)
      suites.push({ name: "deadlock-lint", cases: [gateCase(page.report)] });
    const lines = suites.flatMap((suite, id) => suiteLines(suite.name, suite.cases, id));
    return `${['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", ...lines, "</testsuites>"].join("\n")}\n`;
  },
};

interface TestCase {
  readonly name: string;
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  /** One line; "" for a pass. */
  readonly message: string;
  readonly detail: readonly string[];
  /** What a pass has to say: findings below the gate. */
  readonly output: readonly string[];
}

const passed: Omit<TestCase, "name"> = { outcome: "passed", message: "", detail: [], output: [] };

function noInput(report: Report): TestCase {
  return {
    ...passed,
    name: "input",
    outcome: "error",
    message: "no dump was read",
    detail: describeVerdict(report),
  };
}

/** What fails a run and belongs to no rule or dump: a budget, a limit that a rule hit, an input that could not be read. */
function gateCase({ gate: { exitCode, reasons } }: Report): TestCase {
  const [message = `exit code ${exitCode}`] = reasons;
  return { ...passed, name: "gate", outcome: exitCode === 1 ? "failure" : "error", message, detail: reasons };
}

function casesOf(dump: ReportDump, page: TextPage): TestCase[] {
  const { report } = page;
  const findings = report.findings.filter((finding) => finding.dump === dump.name);
  const ids = new Set([...report.rules.map(({ id }) => id), ...findings.map(({ ruleId }) => ruleId)]);
  return [
    inputCase(dump, report),
    ...[...ids].map((id) =>
      ruleCase(
        id,
        dump,
        findings.filter((f) => f.ruleId === id),
        page,
      ),
    ),
  ];
}

function inputCase(dump: ReportDump, report: Report): TestCase {
  const name = "input is complete";
  if (dump.complete) return { ...passed, name };
  const detail = dump.problems.slice(0, 100).map(describeProblem);
  const message = describeMissing(dump);
  return report.gate.exitCode === 3
    ? { ...passed, name, outcome: "error", message, detail }
    : { ...passed, name, output: [message, ...detail] };
}

function ruleCase(
  name: string,
  dump: ReportDump,
  findings: readonly ToldFinding[],
  page: TextPage,
): TestCase {
  const gated = findings.filter(({ gated }) => gated);
  const details = (some: readonly ToldFinding[]): string[] =>
    some.flatMap((finding) => [...findingLines(finding, page), ""]);
  if (gated.length > 0) {
    const more = gated.length > 1 ? ` (and ${plural(gated.length - 1, "more finding")})` : "";
    return { ...passed, name, outcome: "failure", message: gated[0]!.message + more, detail: details(gated) };
  }
  const fresh = findings.filter(({ status }) => status === "new");
  if (fresh.length > 0) return { ...passed, name, output: details(fresh) };
  if (findings.length > 0) {
    const [first] = findings;
    const reason = first!.statusReason === undefined ? "" : `: ${first!.statusReason}`;
    const word = first!.status === "baseline" ? "known from the baseline" : "suppressed";
    return { ...passed, name, outcome: "skipped", message: `${count(findings.length)} ${word}${reason}` };
  }
  const lack = page.report.notEvaluable.find((each) => each.ruleId === name && each.dump === dump.name);
  if (!lack) return { ...passed, name };
  const message = lack.collectWith === "" ? lack.reason : `${lack.reason}; collect with: ${lack.collectWith}`;
  return { ...passed, name, outcome: "skipped", message };
}

function suiteLines(name: string, cases: readonly TestCase[], id: number): string[] {
  const number = (outcome: TestCase["outcome"]): number =>
    cases.filter((each) => each.outcome === outcome).length;
  const attributes = {
    name,
    package: "deadlock-lint",
    id: String(id),
    timestamp: "1970-01-01T00:00:00",
    hostname: "localhost",
    tests: String(cases.length),
    failures: String(number("failure")),
    errors: String(number("error")),
    skipped: String(number("skipped")),
    time: "0",
  };
  // What passing and skipped cases have to say goes to the suite: no schema allows it in all places of a single case.
  const output = cases.flatMap((each) => {
    const said = each.outcome === "skipped" ? [`skipped: ${each.message}`] : each.output;
    return said.length > 0 ? [`${each.name}:`, ...said] : [];
  });
  return [
    `  <testsuite${attributeText(attributes)}>`,
    `    <properties><property${attributeText({ name: "tool", value: "deadlock-lint" })}/></properties>`,
    ...cases.flatMap((each) => caseLines(each, name)),
    `    <system-out>${markupLines(output)}</system-out>`,
    "    <system-err/>",
    "  </testsuite>",
  ];
}

function caseLines({ name, outcome, message, detail }: TestCase, suite: string): string[] {
  const open = `    <testcase${attributeText({ name, classname: suite, time: "0" })}`;
  if (outcome === "passed") return [`${open}/>`];
  if (outcome === "skipped") return [`${open}><skipped/></testcase>`];
  const type = { type: outcome === "error" ? "incomplete-input" : name, message };
  const body = detail.length === 0 ? "/>" : `>${markupLines(detail).trimEnd()}</${outcome}>`;
  return [`${open}>`, `      <${outcome}${attributeText(type)}${body}`, "    </testcase>"];
}

function attributeText(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${markup(value)}"`)
    .join("");
}
