import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type AnalyzeOptions, analyze } from "../../src/analyze.ts";
import { baselineEntries } from "../../src/gate/baseline.ts";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { allFindings } from "../../src/report/describe.ts";
import type { Report } from "../../src/report/report.ts";
import { builtinRules } from "../../src/rules/builtin.ts";

const rules = builtinRules();
const directory = mkdtempSync(join(tmpdir(), "deadlock-lint-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;

/** A goroutine parked for ever: its function, and the line in it. */
type Parked = readonly [name: string, line: number];

async function dumpOf(parked: readonly Parked[], first = 10): Promise<Dump> {
  const goroutines = parked.map(
    ([name, line], i) =>
      `goroutine ${first + i} [chan send (nil chan), ${first} minutes]:\n${name}(0xc00001${first}00)\n\t/build${first}/shop/run.go:${line} +0x1d\ncreated by main.main in goroutine 1\n\t/build${first}/shop/main.go:5 +0x2a\n`,
  );
  const path = join(directory, `dump-${files++}.txt`);
  writeFileSync(
    path,
    ["goroutine 1 [running]:\nmain.main()\n\t/src/main.go:9 +0x1\n", ...goroutines].join("\n"),
  );
  return (await readDumps([path], { threads: 1 })).dumps[0]!;
}

async function report(
  parked: readonly Parked[],
  options: AnalyzeOptions = {},
  first?: number,
): Promise<Report> {
  return analyze([await dumpOf(parked, first)], rules, options);
}

const all = (r: Report) => allFindings(r.findings);
const fingerprints = (r: Report) => all(r).map((f) => f.fingerprint);

/** Messages of what is new beside a baseline of what was there. */
async function news(before: readonly Parked[], now: readonly Parked[]): Promise<string[]> {
  const baseline = baselineEntries((await report(before)).findings);
  const after = await report(now, { baseline }, 77);
  const gated = all(after).filter((f) => f.gated);
  expect(after.gate.exitCode).toBe(gated.length > 0 ? 1 : 0);
  return gated.map((f) => f.message.replace(/.* at /, ""));
}

const one: Parked = ["main.(*Server).run.func1", 20];
const two: Parked = ["main.(*Server).run.func2", 30];

describe("a fingerprint", () => {
  test("is the same in another run, at other lines, and for a closure with another number", async () => {
    const first = fingerprints(await report([one]));
    expect(first.length).toBeGreaterThan(0);
    expect(fingerprints(await report([one, one, one], {}, 99))).toEqual(first);
    expect(fingerprints(await report([["main.(*Server).run.func3", 87]]))).toEqual(first);
  });

  test("tells functions, methods and depths of closures apart", async () => {
    const names = ["run", "(*Server).run", "run.func1", "run.func1.2", "stop.func1"];
    const found = await Promise.all(names.map(async (n) => fingerprints(await report([[`main.${n}`, 20]]))));
    expect(new Set(found.flat()).size).toBe(found.flat().length);
  });

  test("is another for each of two closures, and for each of two places in one function", async () => {
    for (const parked of [
      [one, two],
      [
        ["main.run", 20],
        ["main.run", 30],
      ],
    ] as const) {
      const found = fingerprints(await report(parked));
      expect(found.length).toBeGreaterThan(1);
      expect(new Set(found).size).toBe(found.length);
    }
  });

  test("does not depend on the order of dumps, nor on which of them shows it", async () => {
    const [a, b] = [await dumpOf([one]), await dumpOf([two])];
    const of = (dumps: Dump[]) => fingerprints(analyze(dumps, rules)).sort();
    expect(of([a, b])).toEqual(of([b, a]));
    expect(of([a, b])).toEqual(of([await dumpOf([one, two])]));
    expect(new Set(of([a, b])).size).toBe(2);
  });
});

describe("a baseline", () => {
  test("knows the same finding, more goroutines of it, and renumbered closures", async () => {
    expect(await news([one], [one])).toEqual([]);
    expect(await news([one], [one, one])).toEqual([]);
    expect(await news([one], [["main.(*Server).run.func2", 25]])).toEqual([]);
    expect(await news([one, two], [two])).toEqual([]);
  });

  test("does not know a second closure of the function, whichever number it has", async () => {
    expect(await news([one], [one, two])).toEqual([expect.stringContaining("run.go:30")]);
    expect(await news([two], [one, two])).toEqual([expect.stringContaining("run.go:20")]);
    expect(await news([one, two], [one, two, ["main.(*Server).run.func10", 50]])).toEqual([
      expect.stringContaining("run.go:50"),
    ]);
  });

  test("does not know a second place in the function", async () => {
    expect(
      await news(
        [["main.run", 30]],
        [
          ["main.run", 30],
          ["main.run", 20],
        ],
      ),
    ).toEqual([expect.stringContaining("run.go:20")]);
  });

  test("is not confused by hostile variants", async () => {
    const baseline = [
      { fingerprint: "0".repeat(16), ruleId: "", message: "", variant: ["__proto__"] },
      ...baselineEntries((await report([one])).findings).map((e) => ({ ...e, variant: [] })),
    ];
    expect((await report([one], { baseline })).gate.exitCode).toBe(0);
    expect((await report([one, two], { baseline })).gate.exitCode).toBe(1);
  });
});

test("in a series a closure that an earlier snapshot shows is not lost behind another", async () => {
  const snapshots = [await dumpOf([one, two]), await dumpOf([two])];
  const lines = all(analyze(snapshots, rules, { series: true })).map((f) => f.bindings.AT);
  expect(lines.map((line) => line?.replace(/.*:/, "")).sort()).toEqual(["20", "30"]);
});
