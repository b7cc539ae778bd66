import { explanationText } from "../explain/explanation-text.ts";
import { plural } from "../report/describe.ts";
import { visible } from "../report/escape.ts";
import { palette } from "../report/palette.ts";
import type { RuleCoverage } from "./coverage.ts";
import type { TestResult } from "./run-tests.ts";

const marks = { passed: "✓", failed: "✗", todo: "…", "unexpected pass": "✗" } as const;

/** Results for people: a line a test; failed ones with expected against got, and why. */
export function testText(results: readonly TestResult[], color: boolean): string {
  const paint = palette(color);
  const lines = results.flatMap((result) => {
    const { test, status } = result;
    const mark = status === "passed" ? paint.good(marks[status]) : paint.bad(marks[status]);
    const note =
      status === "todo" ? " (todo)" : status === "unexpected pass" ? " (passes now: remove todo)" : "";
    const head = `${mark} ${visible(test.ruleId)}: ${visible(test.source.name)}${note}`;
    return status === "failed" ? [head, ...failureLines(result, color)] : [head];
  });
  const count = (status: TestResult["status"]): number => results.filter((r) => r.status === status).length;
  const failed = count("failed") + count("unexpected pass");
  const todo = count("todo") === 0 ? "" : `, ${count("todo")} to do`;
  return `${[...lines, `${count("passed")} passed, ${failed} failed${todo}`].join("\n")}\n`;
}

function failureLines({ test, differences, explanation }: TestResult, color: boolean): string[] {
  const at = test.problem("", "").position;
  const why = explanation === undefined ? [] : explanationText(explanation, color).trimEnd().split("\n");
  return [
    `    at ${visible(test.file)}:${at.line}`,
    ...differences.flatMap((d) => [
      `    ${visible(d.what)}: expected ${visible(d.expected)}`,
      `    ${" ".repeat(d.what.length)}  but got  ${visible(d.got)}`,
    ]),
    ...why.map((line) => (line === "" ? "" : `    │ ${line}`)),
  ];
}

/** What the tests leave open, for people; "" when nothing. */
export function coverageText(coverage: readonly RuleCoverage[]): string {
  const lines = coverage.flatMap(({ ruleId, firing, quiet, undecided }) => {
    const lacks = [firing === 0 ? "no firing test" : "", quiet === 0 ? "no quiet test" : ""].filter(
      (t) => t !== "",
    );
    return [
      ...lacks.map((text) => `${ruleId}: ${text}`),
      ...undecided.map((condition) => `${ruleId}: never decided anything: ${condition}`),
    ];
  });
  const covered = coverage.filter((c) => c.firing > 0 && c.quiet > 0).length;
  lines.push(`${covered} of ${plural(coverage.length, "rule")} with a firing and a quiet test`);
  return `${lines.map(visible).join("\n")}\n`;
}
