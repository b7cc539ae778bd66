import { dirname, resolve } from "node:path";
import { Readable } from "node:stream";
import { analyze } from "../analyze.ts";
import { RuleError, UsageError } from "../errors.ts";
import { explain } from "../explain/explain.ts";
import type { Explanation } from "../explain/explanation.ts";
import { Facts } from "../match/facts.ts";
import { historyOf } from "../match/history.ts";
import type { Dump } from "../model/dump.ts";
import { readDumps } from "../read/read-dumps.ts";
import { withSymptoms } from "../report/describe.ts";
import type { Finding } from "../report/report.ts";
import type { Rule } from "../rules/rule.ts";
import type { Source } from "../source/open-source.ts";
import { compare, type Difference } from "./compare.ts";
import type { RuleTest } from "./rule-test.ts";

/** What became of one test. */
export interface TestResult {
  readonly test: RuleTest;
  readonly status: "passed" | "failed" | "todo" | "unexpected pass";
  readonly differences: readonly Difference[];
  /** The rule's findings, symptoms included. */
  readonly findings: readonly Finding[];
  /** Why, for tests that failed. */
  readonly explanation: Explanation | undefined;
  /** What the rule was asked about: the last dump, with the earlier ones and the source of the test. */
  readonly facts: Facts;
}

export interface RuleTestOptions {
  /** Rules that run beside those that are tested, as symptoms depend on them; one with the id of a tested rule is left out. */
  readonly others?: readonly Rule[];
  /** Packages that are the program's own. */
  readonly own?: (packagePath: string) => boolean;
}

/**
 * Runs tests: the rule that is tested together with all others.
 * @throws RuleError when a test's dump is missing or holds no dump
 */
export async function runRuleTests(
  tests: readonly RuleTest[],
  rules: readonly Rule[],
  { others = [], ...facts }: RuleTestOptions = {},
): Promise<TestResult[]> {
  const results: TestResult[] = [];
  const ids = new Set(rules.map((r) => r.id));
  const all = [...rules, ...others.filter((r) => !ids.has(r.id))];
  for (const test of tests) results.push(await runTest(test, all, facts));
  return results;
}

async function runTest(
  test: RuleTest,
  rules: readonly Rule[],
  own: Pick<RuleTestOptions, "own">,
): Promise<TestResult> {
  const dumps = await dumpsOf(test);
  const source = await sourceOf(test);
  const series = Array.isArray(test.source.dump);
  const report = analyze(dumps, rules, { ...own, series, ...(source === undefined ? {} : { source }) });
  const last = dumps[dumps.length - 1]!;
  const facts = new Facts(last, {
    ...own,
    ...(series && dumps.length > 1 ? { history: historyOf(dumps.slice(0, -1)) } : {}),
    ...(source === undefined ? {} : { source: source.forDump(last) }),
  });
  const findings = report.findings
    .flatMap((f) => [...withSymptoms(f)])
    .filter((f) => f.ruleId === test.ruleId && f.dump === last.name);
  const { expect, todo = false } = test.source;
  const differences =
    expect === undefined
      ? [{ what: "expect", expected: "an expectation", got: "none is written: run rules test --update" }]
      : compare(expect, findings);
  const passed = differences.length === 0;
  const status = passed ? (todo ? "unexpected pass" : "passed") : todo ? "todo" : "failed";
  const rule = rules.find((r) => r.id === test.ruleId)!;
  const explanation = status === "failed" ? explain(rule, facts) : undefined;
  return { test, status, differences, findings, explanation, facts };
}

async function sourceOf(test: RuleTest): Promise<Source | undefined> {
  const folders = [test.source.source ?? []].flat().map((folder) => resolve(dirname(test.file), folder));
  if (folders.length === 0) return undefined;
  const { openSource } = await import("../source/open-source.ts");
  return openSource({ roots: folders }).catch((error: unknown) => {
    if (!(error instanceof UsageError)) throw error;
    throw new RuleError([test.problem("/source", error.message, error.hint)]);
  });
}

async function dumpsOf(test: RuleTest): Promise<Dump[]> {
  const { source } = test;
  const dumps: Dump[] = [];
  for (const text of [source.dump].flat()) {
    const isInline = text.includes("\n");
    const { dumps: read, failures } = await readDumps([isInline ? "-" : resolve(dirname(test.file), text)], {
      threads: 1,
      ...(isInline ? { stdin: Readable.from([Buffer.from(text)]) } : {}),
      ...(source["go-version"] === undefined ? {} : { goVersion: source["go-version"] }),
    });
    const failure = failures[0]?.error;
    if (failure !== undefined || read.length === 0) {
      const hint = text.includes("\\") && !isInline ? "write paths with / on every system" : failure?.hint;
      const what = isInline ? "the text is no dump" : `the dump ${text} can't be used`;
      throw new RuleError([test.problem("/dump", failure ? `${what}: ${failure.message}` : what, hint)]);
    }
    dumps.push(...read);
  }
  return dumps;
}
