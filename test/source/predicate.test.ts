import { beforeAll, describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { explain } from "../../src/explain/explain.ts";
import { Facts } from "../../src/match/facts.ts";
import { matchRule } from "../../src/match/match.ts";
import type { Dump } from "../../src/model/dump.ts";
import { compileRule } from "../../src/rules/compile.ts";
import type { RuleSource } from "../../src/rules/rule-source.ts";
import { type DumpSource, openSource, type Source } from "../../src/source/open-source.ts";
import { dumpOf, fixtureDump, programs, withFolder } from "./dumps.ts";

/** A rule with one role of these conditions. */
function ruleOf(role: object, more: Partial<RuleSource> = {}): RuleSource {
  return {
    id: "test/rule",
    title: "t",
    severity: "error",
    roles: { g: role as never },
    message: "m",
    ...more,
  };
}

function compiled(source: RuleSource) {
  const { rule, problems } = compileRule(source);
  expect(problems.filter((p) => p.severity === "error")).toEqual([]);
  return rule;
}

let dump: Dump;
let whole: Source;
let source: DumpSource;
beforeAll(async () => {
  dump = await fixtureDump("fixtures/source/source-cases.go1.26.debug2.txt");
  whole = await openSource({ roots: [programs] });
  source = whole.forDump(dump);
});

/** Last parts of the functions on whose lines the role's goroutines are parked. */
function players(condition: object): string[] {
  const facts = new Facts(dump, { source });
  const { matches } = matchRule(
    compiled(ruleOf({ at: { function: "*source-cases*" }, source: condition })),
    facts,
  );
  const names = matches.flatMap((m) =>
    m.roles[0]!.members.map(({ group }) => {
      const at = facts.at(group.stackIndex);
      return dump.stacks[group.stackIndex]!.frames[at as number]!.symbol.plain.split("source-cases/")[1]!;
    }),
  );
  return [...new Set(names)].sort();
}

describe("source: what the goroutines of source-cases do", () => {
  test("drains-own-channel: yes, no, and what nobody knows", () => {
    const yes = players({ "drains-own-channel": true });
    expect(yes).toContain("pipeline.(*direct).run");
    expect(yes).toContain("pipeline.(*deep).report");
    expect(players({ "drains-own-channel": false }).filter((f) => yes.includes(f))).toEqual([]);
  });

  test("relocks, holds-lock", () => {
    expect(players({ relocks: true })).toEqual(["locks.(*account).total", "locks.(*guarded).replace"]);
    expect(players({ "holds-lock": "*broadcaster.mu" })).toEqual([
      "locks.(*broadcaster).blocked",
      "locks.(*broadcaster).publish",
    ]);
  });

  test("stranded: the maker is gone; not while it may still receive", () => {
    expect(players({ stranded: true })).toEqual(["stranded.produce", "stranded.timeout.func1"]);
    expect(players({ stranded: false })).toContain("stranded.slow.func1");
  });

  test("operation, channel, group, capacity, made-at, owes-…", () => {
    expect(players({ operation: "wait" })).toContain("waits.(*fan).collect");
    expect(players({ channel: "*pipeline.direct.in" })).toEqual(["pipeline.(*direct).run"]);
    expect(players({ group: "*waits.fan.wg", "owes-receive": "*waits.fan.results" })).toEqual([
      "waits.(*fan).collect",
    ]);
    expect(players({ "owes-done": "*waits.fan.wg", channel: "*waits.fan.results" })).toEqual([
      "waits.(*fan).work",
    ]);
    expect(players({ operation: "send", capacity: { eq: 0 } })).toContain("stranded.produce");
    expect(players({ operation: "send", "made-at": "*stranded/stranded.go:*" })).toContain(
      "stranded.produce",
    );
  });

  test("select: its ways out", () => {
    const timers = players({ select: { timer: true } });
    const withoutAny = players({ select: { timer: false, default: false, done: false } });
    const done = players({ select: { done: true } });
    expect(timers.length).toBeGreaterThan(0);
    expect(done.length).toBeGreaterThan(0);
    expect(timers.filter((f) => withoutAny.includes(f))).toEqual([]);
    // Who does not select has no such way out: known, not open.
    expect(timers).not.toContain("stranded.produce");
  });
});

describe("stranded", () => {
  const program = `package main

import "time"

func start(fail bool) {
	go func() {
		ch := make(chan int)
		go func() {
			ch <- 1
		}()
		if fail {
			return
		}
		work()
		<-ch
	}()
}

func work() {
	time.Sleep(time.Hour)
}
`;
  const sender = `goroutine 7 [chan send, 3 minutes]:
main.start.func1.1()
	/app/main.go:9 +0x1f
created by main.start.func1 in goroutine 6
	/app/main.go:8 +0x2f
`;
  const maker = `
goroutine 6 [sleep]:
time.Sleep(0x1)
	/usr/local/go/src/runtime/time.go:315 +0x1
main.work()
	/app/main.go:20 +0x1
main.start.func1()
	/app/main.go:14 +0x1
created by main.start in goroutine 1
	/app/main.go:6 +0x1
`;
  const withoutIds = (text: string) => text.replaceAll(/ in goroutine \d+/g, "");
  const strandedIn = (text: string) =>
    withFolder({ "app/main.go": program }, async (folder) => {
      const one = await dumpOf(text);
      const opened = await openSource({ roots: [folder] });
      const rule = compiled(ruleOf({ wait: "chan-send", source: { stranded: true } }));
      return analyze([one], [rule], { source: opened }).findings.length > 0;
    });

  test.each([
    ["its maker, a closure, is still there", sender + maker, false],
    ["its maker is gone", sender, true],
    ["no ids, and some goroutine is in the maker", withoutIds(sender + maker), false],
    ["no ids, and nobody is in the maker", withoutIds(sender), true],
    [
      "the goroutine of its maker does something else",
      sender + maker.replace(/main\.start\.func1\(\)\n.*\n/, ""),
      true,
    ],
    [
      "stacks are cut, so nobody knows who is in the maker",
      sender + maker.replace(/main\.start\.func1\(\)\n.*\n/, "...additional frames elided...\n"),
      false,
    ],
  ])("%s", async (_, text, expected) => {
    expect(await strandedIn(text)).toBe(expected);
  });
});

describe("three values", () => {
  const asks = ruleOf({ wait: "chan-send", source: { operation: "send" } });

  test("without source nothing is known, and the report says what to give", () => {
    const report = analyze([dump], [compiled(asks)]);
    expect(report.findings).toEqual([]);
    expect(report.notEvaluable).toMatchObject([{ ruleId: "test/rule", reason: "no Go source shows it" }]);
    expect(report.notEvaluable[0]!.collectWith).toContain("--source-root");
    expect(analyze([dump], [compiled(asks)], { source: whole }).findings.length).toBeGreaterThan(0);
  });

  test("only-with: source leaves a rule out of runs without", () => {
    const rule = compiled({ ...asks, "only-with": "source" });
    const report = analyze([dump], [rule]);
    expect(report.rules).toEqual([]);
    expect(analyze([dump], [rule], { source: whole }).rules).toHaveLength(1);
  });

  test("variables that may stay unknown ask nothing; among ways of any, source is an extra", () => {
    const plain = analyze([dump], [compiled(ruleOf({ wait: "lock" }))]);
    const lenient = analyze([dump], [compiled(ruleOf({ wait: "lock", source: { lock: "$X?" } }))]);
    expect(lenient.findings.map((f) => f.roles[0]!.count)).toEqual(
      plain.findings.map((f) => f.roles[0]!.count),
    );
    const either = ruleOf({ any: [{ at: "nothing.here" }, { source: { relocks: true } }] });
    const without = analyze([dump], [compiled(either)]);
    expect([without.findings, without.notEvaluable]).toEqual([[], []]);
    expect(analyze([dump], [compiled(either)], { source: whole }).findings).toHaveLength(1);
  });

  test("unless drops a match when it is known, and only then; explain says so", () => {
    const rule = compiled({
      ...ruleOf({ wait: "select" }),
      unless: [{ some: { role: "g", source: { select: { timer: true } } } }],
    } as RuleSource);
    expect(analyze([dump], [rule]).findings).toHaveLength(1);
    expect(analyze([dump], [rule], { source: whole }).findings).toEqual([]);
    const said = explain(rule, new Facts(dump, { source }));
    expect(said.verdict).toMatch(/^refuted: “unless .*timer/);
    expect(said.roles[0]!.source!.join("\n")).toContain("select of");
  });

  test("channels made at two places are two, whatever their types are called", async () => {
    const program = `package main

type A struct{ in chan int }

func newA() *A { return &A{in: make(chan int)} }

type B struct{ in chan int }

func newB() *B { return &B{in: make(chan int)} }

func (a *A) run() {
	a.in <- 1
}

func (b *B) run() {
	b.in <- 1
}
`;
    const text = ["A", "B"]
      .map(
        (t, i) =>
          `goroutine ${7 + i} [chan send]:\nmain.(*${t}).run(0xc00001234${i}0)\n\t/app/main.go:${i === 0 ? 12 : 16} +0x1f\n`,
      )
      .join("\n");
    await withFolder({ "app/main.go": program }, async (folder) => {
      const two = await dumpOf(text);
      const opened = await openSource({ roots: [folder] });
      const rule = compiled({
        ...ruleOf({}),
        roles: {
          a: { at: { function: "main.(*A).run", file: "$F" }, source: { "made-at": "$M?" } },
          b: { at: { function: "main.(*B).run", file: "$F" }, source: { "made-at": "$M?" } },
        },
        "joined-by": [{ on: "$M" }, { on: "$F" }],
      } as unknown as RuleSource);
      expect(analyze([two], [rule]).findings).toHaveLength(1);
      expect(analyze([two], [rule], { source: opened }).findings).toEqual([]);
    });
  });
});
