import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Facts } from "../../src/match/facts.ts";
import { matchRule } from "../../src/match/match.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { compileRule } from "../../src/rules/compile.ts";
import { requiredNames } from "../../src/rules/required-names.ts";
import type { RoleSource } from "../../src/rules/rule-source.ts";
import { readableFixtures, readFixture } from "../rule-fixtures.ts";

const dump = (more = ""): string => `goroutine 2 [chan send]:
gopkg.in/yaml%2ev3.(*Pool[...]).put.func1(...)
\t/src/pool.go:10 +0x1d
${more}created by main.main in goroutine 1
\t/src/main.go:5 +0x1d
`;

async function factsOf(text: string | Buffer): Promise<Facts> {
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([Buffer.from(text)]) });
  return new Facts(dumps[0]!);
}

function matches(
  role: RoleSource,
  facts: Facts,
): { names: readonly string[]; findings: number; open: number } {
  const { rule, problems } = compileRule({
    id: "team/rule",
    title: "t",
    severity: "error",
    roles: { s: role },
    message: "m",
  });
  expect(problems.filter((p) => p.severity === "error")).toEqual([]);
  const { matches: found, missing } = matchRule(rule, facts);
  return { names: requiredNames(role), findings: found.length, open: missing.size };
}

describe("whole words of globs must stand in some function of the dump", () => {
  test.each<[RoleSource, string[], number]>([
    [{ at: { type: "*.(*Pool)" } }, ["Pool"], 1],
    [{ at: { type: "*.(*Pol)" } }, ["Pol"], 0],
    [{ at: "gopkg.in/yaml.v3.(*Pool).put.func1" }, ["gopkg", "in", "yaml", "v3", "Pool", "put", "func1"], 1],
    [{ at: { package: "gopkg.in/yaml.v3" } }, ["gopkg", "in", "yaml", "v3"], 1],
    [{ at: { method: "pu*" } }, [], 1],
    [{ at: { method: "*ut.func*" } }, [], 1],
    [{ frame: ["*.(*Pool).*", { method: "*.gone" }] }, ["Pool", "gone"], 0],
    [{ frame: { method: ["put.func1", "gone"] } }, [], 1],
    [{ frame: { method: "/gone/" } }, [], 0],
    [{ stack: ["...", { method: "put.func1" }, "..."] }, ["put", "func1"], 1],
    [{ wait: "chan-send", not: { at: { method: "gone" } } }, [], 1],
  ])("%j", async (role, names, findings) => {
    expect(matches(role, await factsOf(dump()))).toEqual({ names, findings, open: 0 });
  });

  test("a stack that is cut may have it", async () => {
    const facts = await factsOf(dump("...additional frames elided...\n"));
    expect(matches({ frame: "main.gone" }, facts)).toMatchObject({ findings: 0, open: 1 });
  });
});

test("the built-in rules find the same without it", async () => {
  for (const entry of readableFixtures.filter((e) => e.go === "go1.27" && /debug2|debug1/.test(e.format))) {
    const facts = await factsOf(readFixture(entry));
    for (const rule of builtinRules()) {
      const open = { ...rule, roles: rule.roles.map((role) => ({ ...role, names: [] })) };
      expect(matchRule(rule, facts).matches.length, `${rule.id}: ${entry.file}`).toBe(
        matchRule(open, facts).matches.length,
      );
    }
  }
}, 120_000);
