import { explanationText } from "../explain/explanation-text.ts";
import { markup, markupLines } from "../report/escape.ts";
import type { Noise } from "./quiet-corpus.ts";
import type { TestResult } from "./run-tests.ts";

/** Results as JUnit XML: a suite a rule, a case a test, and a suite of what was found in the quiet corpus. */
export function testJunit(results: readonly TestResult[], noise: readonly Noise[]): string {
  const ids = [...new Set(results.map((r) => r.test.ruleId))];
  const suites = ids.map((id) =>
    suite(
      id,
      results.filter((r) => r.test.ruleId === id),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("")}${noiseSuite(noise)}</testsuites>\n`;
}

function suite(id: string, results: readonly TestResult[]): string {
  const failures = results.filter((r) => r.status === "failed" || r.status === "unexpected pass").length;
  const skipped = results.filter((r) => r.status === "todo").length;
  const head = `<testsuite name="${markup(id)}" tests="${results.length}" failures="${failures}" errors="0" skipped="${skipped}">`;
  return `  ${head}\n${results.map(testCase).join("")}  </testsuite>\n`;
}

function testCase({ test, status, differences, explanation }: TestResult): string {
  const head = `    <testcase classname="${markup(test.ruleId)}" name="${markup(test.source.name)}" time="0"`;
  if (status === "passed") return `${head}/>\n`;
  if (status === "todo") return `${head}><skipped/></testcase>\n`;
  const said = differences.map((d) => `${d.what}: expected ${d.expected}, got ${d.got}`);
  const message = status === "failed" ? said.join("; ") : "passes now: remove todo";
  const why = explanation === undefined ? "" : explanationText(explanation, false);
  return `${head}><failure message="${markup(message)}">${markupLines(why.split("\n"))}</failure></testcase>\n`;
}

function noiseSuite(noise: readonly Noise[]): string {
  if (noise.length === 0) return "";
  const cases = noise.map(
    (n) =>
      `    <testcase classname="quiet corpus" name="${markup(`${n.dump}: ${n.ruleId}`)}" time="0"><failure message="${markup(n.message)}"/></testcase>\n`,
  );
  return `  <testsuite name="quiet corpus" tests="${noise.length}" failures="${noise.length}" errors="0" skipped="0">\n${cases.join("")}  </testsuite>\n`;
}
