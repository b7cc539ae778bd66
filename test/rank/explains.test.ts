import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { builtinRules } from "../../src/rules/builtin.ts";

const dump = (go: string) =>
  readFileSync(
    new URL(
      `../../fixtures/rules/errgroup/stuck-children/fires.children-parked-aged.${go}.debug2.txt`,
      import.meta.url,
    ),
  );

async function lint(text: Buffer) {
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([text]) });
  return analyze(dumps, builtinRules()).findings;
}

test("an information does not take an error for its symptom: it would keep it out of sight", async () => {
  // Go 1.19 does not say whose children they are: the finding about the group is an information only.
  const findings = await lint(dump("go1.19"));
  expect(findings.map((f) => [f.ruleId, f.severity])).toEqual([
    ["channel/stuck-send", "error"],
    ["errgroup/stuck-children", "info"],
  ]);
});

test("a warning explains the sends of the goroutines that it holds", async () => {
  const [first, ...others] = await lint(dump("go1.27"));
  expect(others).toEqual([]);
  expect([first!.ruleId, ...first!.symptoms.map((s) => s.ruleId)]).toEqual([
    "errgroup/stuck-children",
    "channel/stuck-send",
  ]);
});
