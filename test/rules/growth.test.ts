import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { builtinRules } from "../../src/rules/builtin.ts";

const goroutine = (id: number, reason: string, line: number) =>
  `goroutine ${id} [${reason}]:\nmain.work()\n\t/src/main.go:${line} +0x1\ncreated by main.main in goroutine 1\n\t/src/main.go:4 +0x1\n`;

async function series(reason: string, counts: readonly number[]) {
  const dumps = [];
  for (const count of counts) {
    const text = [
      goroutine(1, "IO wait", 5),
      ...Array.from({ length: count }, (_, i) => goroutine(i + 2, reason, 9)),
    ];
    const read = await readDumps(["-"], { threads: 1, stdin: Readable.from([Buffer.from(text.join("\n"))]) });
    dumps.push(...read.dumps);
  }
  const { findings } = analyze(dumps, builtinRules(), { series: true });
  return findings.filter((f) => f.ruleId === "leak/growth").map((f) => [f.severity, f.confidence, f.gated]);
}

describe("growth over snapshots", () => {
  test("a place with more goroutines in each of three snapshots is a warning", async () => {
    expect(await series("select", [5, 40, 90])).toEqual([["warning", "medium", false]]);
  });

  test("a growing queue before a send or a lock is an error once it is long", async () => {
    expect(await series("chan send", [20, 90, 180])).toEqual([["error", "medium", true]]);
    expect(await series("chan send", [20, 50, 80])).toEqual([["warning", "medium", false]]);
  });

  test.each([
    ["two snapshots", [5, 90]],
    ["a count that stood still once", [5, 90, 90]],
    ["a count that fell", [5, 90, 60, 120]],
    ["a handful more", [5, 8, 12]],
    ["a steady pool", [90, 90, 90]],
  ])("%s: nothing", async (_, counts) => {
    expect(await series("chan send", counts)).toEqual([]);
  });
});
