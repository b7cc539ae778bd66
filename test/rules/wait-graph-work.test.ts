import { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import { Facts } from "../../src/match/facts.ts";
import { matchRule } from "../../src/match/match.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { builtinRules } from "../../src/rules/builtin.ts";

// A rule that did took three seconds more on a million.
test("no built-in rule follows the wait graph from each of thousands of goroutines", async () => {
  const stdin = Readable.from([...generateDump({ goroutines: 20_000 })].map((text) => Buffer.from(text)));
  const { dumps } = await readDumps(["-"], { threads: 1, stdin });
  const facts = new Facts(dumps[0]!);
  const behind = vi.spyOn(facts.blocking, "behind");
  const asked = builtinRules().map((rule) => {
    behind.mockClear();
    matchRule(rule, facts);
    return [rule.id, behind.mock.calls.length] as const;
  });
  expect(asked.filter(([, times]) => times > dumps[0]!.stacks.length)).toEqual([]);
});
