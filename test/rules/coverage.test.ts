import { expect, test } from "vitest";
import { builtinRules } from "../../src/rules/builtin.ts";
import { loadRuleFiles, ruleFiles } from "../../src/rules/load.ts";
import { loadRuleTests } from "../../src/testing/testing.ts";
import { fixtureEntries, isKnownMiss } from "../rule-fixtures.ts";

/** Go releases of real dumps in which a rule must be shown to fire. */
const fewest = 3;

/** Rules that fewer releases can show, and why. */
const exceptions: Readonly<Record<string, string>> = {
  "runtime/proved-leak": "the goroutineleak profile exists since Go 1.26, as an experiment",
};

/**
 * By rule, the Go releases of the committed dumps in which it fires: those of its fixtures, of which `built-in.test.ts`
 * asks that it does, and those of its tests in rules/*.test.yaml.
 */
async function releasesByRule(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const releases = new Map(builtinRules().map(({ id }) => [id, new Set<string>()]));
  for (const entry of fixtureEntries)
    if (entry.expect === "fires" && entry.evident && !isKnownMiss(entry))
      releases.get(entry.rule)?.add(entry.go);
  const { rules } = await loadRuleFiles(await ruleFiles("rules"));
  for (const { ruleId, source } of await loadRuleTests(rules, ["rules"])) {
    if (source.expect === "none" || source.todo === true) continue;
    for (const [, release] of JSON.stringify(source.dump).matchAll(/\.(go1\.\d+)\./g))
      releases.get(ruleId)?.add(release!);
  }
  return releases;
}

test("every built-in rule fires in real dumps of three Go releases", async () => {
  const releases = await releasesByRule();
  const lacking = [...releases].filter(
    ([id, found]) => found.size < fewest && !Object.hasOwn(exceptions, id),
  );
  expect(lacking.map(([id, found]) => `${id}: ${[...found].join(", ")}`)).toEqual([]);
});

test("every exception is needed", async () => {
  const releases = await releasesByRule();
  expect(Object.keys(exceptions).filter((id) => (releases.get(id)?.size ?? fewest) >= fewest)).toEqual([]);
});

test("every fixture is of a rule that exists", () => {
  const ids = new Set(builtinRules().map(({ id }) => id));
  expect([...new Set(fixtureEntries.map(({ rule }) => rule))].filter((rule) => !ids.has(rule))).toEqual([]);
});
