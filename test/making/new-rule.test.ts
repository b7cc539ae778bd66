import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { emptyRule, ruleFrom } from "../../src/making/new-rule.ts";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { loadRuleFiles } from "../../src/rules/load.ts";
import { loadRuleTests, runRuleTests } from "../../src/testing/testing.ts";
import { fixtureEntries, fixturesRoot } from "../rule-fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "new-rule-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Statuses of the tests that the text of a rule file brings with it. */
async function outcome(text: string): Promise<string[]> {
  const file = join(folder, "new.yaml");
  writeFileSync(file, text);
  const { rules, warnings } = await loadRuleFiles([file]);
  // Goroutines that have nothing in common are joined by nothing: the author is told so.
  expect(warnings.filter((w) => !w.message.includes("is never joined"))).toEqual([]);
  const results = await runRuleTests(
    await loadRuleTests(rules, [file]),
    rules.map((r) => r.rule),
  );
  return results.map((r) => r.status);
}

test("a rule without a dump is valid and its test passes", async () => {
  expect(await outcome(emptyRule("team/new"))).toEqual(["passed"]);
});

const withIds = fixtureEntries.filter(
  (e) => e.expect === "fires" && !e.file.endsWith(".gz") && /debug2|sigquit|delve-core-stacks/.test(e.format),
);
const perRule = [...new Set(withIds.map((e) => e.rule))].map((rule) => withIds.find((e) => e.rule === rule)!);

/** The guilty goroutine and the first two others that are not alike. */
function some(dump: Dump): number[] {
  const seen = new Set<number>();
  return Array.from({ length: dump.goroutines.length }, (_, row) => row)
    .filter((row) => {
      const stack = dump.goroutines.stack[row]!;
      const { frames, wait } = dump.stacks[stack]!;
      // Of goroutines that every program has, only errors are told.
      if (wait === "runtime-idle") return false;
      return frames.length > 0 && !seen.has(stack) && seen.add(stack);
    })
    .slice(0, 3);
}

test("roles of one package are joined by it, where they share no type", async () => {
  const at = (id: number, name: string) =>
    `goroutine ${id} [chan send]:\nexample.com/shop.${name}(...)\n\t/src/shop.go:1${id}\n\n`;
  const dumps = await readDumps(["-"], {
    threads: 1,
    stdin: Readable.from([Buffer.from(at(2, "(*Pool).put") + at(3, "send"))]),
  });
  const text = ruleFrom("team/new", dumps.dumps[0]!, [0, 1]);
  expect(text).toContain('at: { package: $P, type: "*.(*Pool)", method: put, line: $AT* }');
  expect(text).toContain("at: { package: $P, method: send, line: $AT2* }");
  const file = join(folder, "joined.yaml");
  writeFileSync(file, text);
  expect((await loadRuleFiles([file])).warnings).toEqual([]);
  expect(await outcome(text)).toEqual(["passed", "passed"]);
});

test.each(perRule.map((e) => [e.file] as const))("%s: a rule made from it matches it", async (file) => {
  const { dumps } = await readDumps([fixturesRoot + file], { threads: 1 });
  const [dump] = dumps;
  expect(await outcome(ruleFrom("team/new", dump!, some(dump!)))).toEqual(["passed", "passed"]);
});
