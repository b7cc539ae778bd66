import { beforeAll, describe, expect, test } from "vitest";
import { builtinRules } from "../../src/rules/builtin.ts";
import { loadRuleFiles, ruleFiles } from "../../src/rules/load.ts";
import {
  coverageOf,
  loadRuleTests,
  type RuleTest,
  runRuleTests,
  type TestResult,
  testText,
} from "../../src/testing/testing.ts";

const rules = builtinRules();
const loaded = await loadRuleFiles(await ruleFiles("rules"));
const tests = await loadRuleTests(loaded.rules, ["rules"]);

/** What `deadlock-lint rules test rules` says; the tests stand in rules/*.test.yaml. */
describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  const own = tests.filter((t: RuleTest) => t.ruleId === id);
  let results: TestResult[];
  beforeAll(async () => {
    results = await runRuleTests(own, rules);
  });

  // After a change that is meant: deadlock-lint rules test rules --update, and read what it wrote.
  test.each(own.map((t) => t.source.name))("%s", (name) => {
    const result = results.find((r) => r.test.source.name === name)!;
    expect(result.status, testText([result], false)).toMatch(/^(passed|todo)$/);
  });

  test("has a firing and a quiet test: npm run rule-tests writes them from fixtures/rules", () => {
    const [coverage] = coverageOf([rule], results);
    expect(coverage).toMatchObject({ firing: expect.any(Number), quiet: expect.any(Number) });
    expect([coverage!.firing > 0, coverage!.quiet > 0]).toEqual([true, true]);
  });
});

test("names of one rule's tests are told apart", () => {
  const names = tests.map((t) => `${t.ruleId}: ${t.source.name}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
