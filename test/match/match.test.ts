import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze.ts";
import type { Capability, Dump } from "../../src/model/dump.ts";
import { DumpBuilder, type FrameDraft } from "../../src/model/dump-builder.ts";
import type { Report } from "../../src/report/report.ts";
import { compileRule } from "../../src/rules/compile.ts";
import type { RuleSource } from "../../src/rules/rule-source.ts";

interface Given {
  readonly id?: number;
  readonly reason: string;
  /** `function file:line`, innermost first. */
  readonly stack: readonly string[];
  readonly by?: string;
  readonly creator?: number;
  readonly minutes?: number;
  readonly on?: number;
  readonly times?: number;
  readonly flags?: number;
  readonly extent?: "full" | "ends" | "cut";
  readonly args?: readonly (readonly number[])[];
  readonly labels?: Readonly<Record<string, string>>;
}

function frame(text: string, args?: readonly number[]): FrameDraft {
  const [name = "", place = "/src/main.go:1"] = text.split(" ");
  const colon = place.lastIndexOf(":");
  return {
    function: name,
    file: place.slice(0, colon),
    line: Number(place.slice(colon + 1)),
    ...(args ? { args } : {}),
  };
}

const all: readonly Capability[] = [
  "ids",
  "wait-reasons",
  "minutes",
  "stacks",
  "creators",
  "creator-ids",
  "arguments",
  "lock-addresses",
  "channel-addresses",
];

function dumpOf(given: readonly Given[], hidden: readonly Capability[] = []): Dump {
  const shown = all.filter((c) => !hidden.includes(c));
  const builder = new DumpBuilder("test", "go-traceback", shown);
  let next = 1;
  for (const g of given) {
    const frames = g.stack.map((s, i) => frame(s, g.args?.[i]));
    const { index, stack } = builder.stack({
      reason: g.reason,
      frames,
      extent: g.extent ?? "full",
      createdBy: g.by === undefined ? undefined : frame(g.by),
    });
    for (let n = 0; n < (g.times ?? 1); n++) {
      builder.goroutines.push(
        index,
        g.id ?? next++,
        1,
        g.minutes ?? -1,
        g.flags ?? 0,
        g.creator ?? Number.NaN,
        g.on ?? Number.NaN,
        builder.labels(Object.entries(g.labels ?? {})),
      );
      for (const slot of stack.slots)
        builder.goroutines.pushArgument(g.args?.[slot.frame]?.[slot.argument] ?? Number.NaN);
      builder.headersSeen++;
    }
  }
  return builder.build();
}

function run(
  yaml: string,
  given: readonly Given[],
  earlier: readonly Given[][] = [],
  hidden: readonly Capability[] = [],
): Report {
  const source = load(yaml) as Partial<RuleSource>;
  const { rule, problems } = compileRule({
    id: "test/rule",
    title: "t",
    severity: "error",
    message: "m",
    ...source,
  } as RuleSource);
  expect(problems.filter((p) => p.severity === "error")).toEqual([]);
  return analyze([...earlier.map((g) => dumpOf(g)), dumpOf(given, hidden)], [rule], {
    series: earlier.length > 0,
  });
}

function roleCounts(report: Report, index = 0): Record<string, number> {
  return Object.fromEntries(report.findings[index]?.roles.map((r) => [r.name, r.count]) ?? []);
}

const send = (line: number, extra: Partial<Given> = {}): Given => ({
  reason: "chan send",
  stack: [`main.f /src/a.go:${line}`],
  ...extra,
});

describe("a role", () => {
  it("groups by what its variables bind, and counts each group", () => {
    const report = run(
      "{roles: {s: {wait: chan-send, at: {line: $AT}, count: {gte: 3}}}, message: '$s.count at $AT'}",
      [send(1, { times: 3 }), send(2, { times: 2 }), send(3, { times: 5 })],
    );
    expect(report.findings.map((f) => f.message).sort()).toEqual(["3 at /src/a.go:1", "5 at /src/a.go:3"]);
  });

  it("is one or many in the message, by the last number before", () => {
    const report = run(
      "{roles: {s: {wait: chan-send, at: {line: $AT}}}, message: '$s.count {sender is|senders are} at $AT in $s.stacks {stack|stacks}'}",
      [send(1, { times: 1 }), send(2, { times: 1200 })],
    );
    expect(report.findings.map((f) => f.message).sort()).toEqual([
      "1 sender is at /src/a.go:1 in 1 stack",
      "1,200 senders are at /src/a.go:2 in 1 stack",
    ]);
  });

  it("does not group by a collected variable", () => {
    const report = run(
      "{roles: {s: {wait: chan-send, at: {line: $AT*}, count: {gte: 5}}}, message: '$s.count at $AT'}",
      [send(1, { times: 3 }), send(2, { times: 2 })],
    );
    expect(report.findings.map((f) => f.message)).toEqual(["5 at /src/a.go:1 (and 1 more)"]);
  });

  it("takes wait classes", () => {
    const given: Given[] = [
      { reason: "sync.Mutex.Lock", stack: ["sync.(*Mutex).Lock", "main.a"] },
      { reason: "select", stack: ["main.b"] },
      { reason: "sleep", stack: ["time.Sleep", "main.c"] },
    ];
    expect(roleCounts(run("{roles: {g: {wait: blocked}}}", given))).toEqual({ g: 2 });
    expect(roleCounts(run("{roles: {g: {wait: lock}}}", given))).toEqual({ g: 1 });
  });

  it("matches stack sequences from the line that blocks on", () => {
    const given: Given[] = [
      { reason: "semacquire", stack: ["sync.(*Mutex).Lock", "main.(*T).in", "main.mid", "main.(*T).out"] },
    ];
    expect(run("{roles: {g: {stack: [{type: $T}, '...', {type: $T}]}}}", given).findings).toHaveLength(1);
    expect(run("{roles: {g: {stack: [{type: $T}, {type: $T}]}}}", given).findings).toHaveLength(0);
    expect(run("{roles: {g: {stack: ['...', 'main.mid', 'main.(*T).out']}}}", given).findings).toHaveLength(
      1,
    );
  });

  it("combines with any, all and not", () => {
    const given = [send(1), send(2), send(3)];
    const lines = (yaml: string): number => roleCounts(run(yaml, given)).g ?? 0;
    expect(lines("{roles: {g: {any: [{at: {line: '*:1'}}, {at: {line: '*:2'}}]}}}")).toBe(2);
    expect(lines("{roles: {g: {wait: chan-send, not: {at: {line: '*:1'}}}}}")).toBe(2);
    expect(lines("{roles: {g: {wait: chan-send, not: [{at: {line: '*:1'}}, {at: {line: '*:2'}}]}}}")).toBe(1);
    expect(lines("{roles: {g: {all: [{at: {line: '*:1'}}, {at: {line: '*:2'}}]}}}")).toBe(0);
  });

  it("counts a share of all goroutines", () => {
    const given = [send(1, { times: 6 }), { reason: "select", stack: ["main.b"], times: 4 }];
    expect(run("{roles: {g: {wait: chan-send, share: {gte: 0.6}}}}", given).findings).toHaveLength(1);
    expect(run("{roles: {g: {wait: chan-send, share: {gt: 0.6}}}}", given).findings).toHaveLength(0);
  });

  it("reads labels, flags and creators", () => {
    const given: Given[] = [
      send(1, { labels: { tenant: "a" }, flags: 1, by: "main.start", creator: 7 }),
      send(1, { labels: { tenant: "b" } }),
    ];
    expect(
      run("{roles: {g: {labels: {tenant: $T}}}, message: $T}", given)
        .findings.map((f) => f.message)
        .sort(),
    ).toEqual(["a", "b"]);
    expect(roleCounts(run("{roles: {g: {leaked: true}}}", given))).toEqual({ g: 1 });
    expect(
      run("{roles: {g: {created-by: {function: main.start, goroutine: $P}}}, message: $P}", given).findings[0]
        ?.message,
    ).toBe("7");
  });
});

describe("a join", () => {
  const rule = `{roles: {a: {wait: chan-send, at: main.f, channel: $C}, b: {wait: chan-receive, channel: $C}}, message: '$a.count $b.count'}`;

  it("needs equal values", () => {
    const receive = (on?: number): Given => ({
      reason: "chan receive",
      stack: ["main.r"],
      ...(on === undefined ? {} : { on }),
    });
    expect(run(rule, [send(1, { on: 16 }), receive(16)]).findings[0]?.message).toBe("1 1");
    expect(run(rule, [send(1, { on: 16 }), receive(32)]).findings).toHaveLength(0);
    expect(run(rule, [send(1, { on: 16 }), receive()]).findings).toHaveLength(0);
  });

  it("lets an optional value join with anything, unconfirmed", () => {
    const optional = rule.replaceAll("$C", "$C?");
    const report = run(optional, [send(1), { reason: "chan receive", stack: ["main.r"], on: 32 }]);
    expect(roleCounts(report)).toEqual({ a: 1, b: 1 });
    expect(report.findings[0]?.roles[0]?.confirmed).toBe(false);
    const sure = run(optional, [send(1, { on: 32 }), { reason: "chan receive", stack: ["main.r"], on: 32 }]);
    expect(sure.findings[0]?.roles.every((r) => r.confirmed)).toBe(true);
  });

  it("lets a later role bind more than what joins it", () => {
    const later =
      "{roles: {a: {wait: chan-send, channel: $C}, b: {wait: chan-receive, channel: $C, at: {line: $AT}}}, message: $AT}";
    const given: Given[] = [
      send(1, { on: 16 }),
      { reason: "chan receive", stack: ["main.r /src/r.go:7"], on: 16 },
    ];
    expect(run(later, given).findings.map((f) => f.message)).toEqual(["/src/r.go:7"]);
  });

  it("gives one goroutine one role", () => {
    expect(run("{roles: {a: {wait: chan-send}, b: {wait: chan-send}}}", [send(1)]).findings).toHaveLength(0);
    const two = run("{roles: {a: {wait: chan-send, at: {line: '*:1'}}, b: {wait: chan-send}}}", [
      send(1),
      send(2),
    ]);
    expect(roleCounts(two)).toEqual({ a: 1, b: 1 });
  });

  it("is forbidden by absent roles whose key is known, and not ruled out by unknown ones", () => {
    const absent =
      "{roles: {a: {wait: chan-send, channel: $C?}, r: {absent: true, wait: chan-receive, channel: $C}}}";
    const receive = (on?: number): Given => ({
      reason: "chan receive",
      stack: ["main.r"],
      ...(on === undefined ? {} : { on }),
    });
    expect(run(absent, [send(1, { on: 16 }), receive(16)]).findings).toHaveLength(0);
    expect(run(absent, [send(1, { on: 16 }), receive(32)]).findings).toHaveLength(1);
    const unknown = run(absent, [send(1, { on: 16 }), receive()]).findings[0];
    expect(unknown?.evidence.some((e) => e.certainty === "not ruled out")).toBe(true);
  });

  it("asks each goroutine whether who started it is there, also where nobody is joined by that", () => {
    const child = (creator: number): Given => ({ ...send(1), by: "main.start", creator });
    const given = [send(1, { id: 90 }), child(90), child(91)];
    const counted = (role: string) => run(`{roles: {s: {${role}}}, message: "$G"}`, given).findings;
    const gone = counted("wait: chan-send, created-by: {goroutine: $G, alive: false}");
    expect(gone.map((f) => f.message)).toEqual(["91"]);
    expect(counted("wait: chan-send, created-by: {goroutine: $G, alive: true}")).toHaveLength(1);
    const many = [child(90), child(91), child(91), send(1, { id: 90 }), send(1, { id: 91 })];
    const rule = `{roles: {s: {wait: chan-send, created-by: {goroutine: $G}, siblings: {gte: 2}}}, message: "$G"}`;
    expect(run(rule, many).findings.map((f) => f.message)).toEqual(["91"]);
  });

  it("takes one witness, who does not count as one of those who take part", () => {
    const witness =
      "{roles: {a: {wait: chan-send, frame: {package: $P}}, w: {witness: true, wait: sleep, frame: {package: $P}}}, confidence: {base: low, raise: [{to: high, when: {none: w}}]}}";
    const asleep = { reason: "sleep", stack: ["main.tick"] };
    const alone = run(witness, [send(1)]).findings[0]!;
    expect(alone.confidence).toBe("high");
    const seen = run(witness, [send(1), asleep, { ...asleep, stack: ["main.tock"] }]).findings[0]!;
    expect(seen.confidence).toBe("low");
    expect(seen.roles.map((r) => [r.name, r.count])).toEqual([
      ["a", 1],
      ["w", 1],
    ]);
    expect(seen.rank).toBeLessThan(alone.rank);
    const stranger = { reason: "sleep", stack: ["cron.tick"] };
    expect(run(witness, [send(1), stranger]).findings[0]?.confidence).toBe("high");
  });

  it("adds optional roles as evidence only", () => {
    const optional =
      "{roles: {a: {wait: chan-send}, r: {optional: true, wait: chan-receive}}, confidence: {base: low, raise: [{to: high, when: {none: r}}]}}";
    expect(run(optional, [send(1)]).findings[0]?.confidence).toBe("high");
    const both = run(optional, [send(1), { reason: "chan receive", stack: ["main.r"] }]);
    expect(both.findings[0]?.confidence).toBe("low");
    expect(roleCounts(both)).toEqual({ a: 1, r: 1 });
  });
});

describe("a ladder of joins", () => {
  const rule = `
roles:
  a: { wait: chan-send, at: { function: main.a, file: $F? }, channel: $C? }
  b: { wait: chan-send, at: { function: main.b, file: $F? }, channel: $C? }
joined-by: [{ on: $C, confidence: high }, { on: $F, confidence: low }]
`;
  const at = (name: string, file: string, on?: number): Given => ({
    reason: "chan send",
    stack: [`main.${name} ${file}:1`],
    ...(on === undefined ? {} : { on }),
  });

  it("takes the first step that both know", () => {
    expect(run(rule, [at("a", "/x.go", 16), at("b", "/y.go", 16)]).findings[0]?.confidence).toBe("high");
    expect(run(rule, [at("a", "/x.go"), at("b", "/x.go", 16)]).findings[0]?.confidence).toBe("low");
  });

  it("holds known addresses that differ for different things", () => {
    expect(run(rule, [at("a", "/x.go", 16), at("b", "/x.go", 32)]).findings).toHaveLength(0);
  });

  it("fails when no step is left", () => {
    expect(run(rule, [at("a", "/x.go"), at("b", "/y.go")]).findings).toHaveLength(0);
  });
});

describe("a cycle", () => {
  const rule =
    "{roles: {g: {wait: lock, lock: $WANT, holds: $HAVE}}, cycle: {role: g, edge: [$WANT, $HAVE]}, message: '$cycle.length'}";
  const waiter = (want: number, object: number): Given => ({
    reason: "sync.Mutex.Lock",
    stack: ["sync.(*Mutex).lockSlow", "main.in", "main.out"],
    args: [[want], [], [object]],
    on: want,
  });

  it("is a ring of goroutines that want what the next may hold", () => {
    const report = run(rule, [waiter(0x20000, 0x10000), waiter(0x10000, 0x20000)]);
    expect(report.findings.map((f) => f.message)).toEqual(["2"]);
    expect(roleCounts(report)).toEqual({ g: 2 });
    const three = run(rule, [waiter(0x20000, 0x10000), waiter(0x30000, 0x20000), waiter(0x10000, 0x30000)]);
    expect(three.findings.map((f) => f.message)).toEqual(["3"]);
  });

  it("is not two goroutines that wait for one lock", () => {
    expect(run(rule, [waiter(0x10000, 0x10000), waiter(0x10000, 0x10000)]).findings).toHaveLength(0);
  });

  it("is not a chain", () => {
    expect(run(rule, [waiter(0x20000, 0x10000), waiter(0x30000, 0x20000)]).findings).toHaveLength(0);
  });
});

describe("a series of snapshots", () => {
  it("knows persistence, growth and what a goroutine did before", () => {
    const before: Given[][] = [
      [send(1, { id: 5 }), { reason: "chan receive", stack: ["main.f /src/a.go:9"], id: 6 }],
    ];
    const now = [send(1, { id: 5 }), send(1, { id: 6 }), send(1, { id: 7 })];
    const last = (r: Report): number => r.findings.filter((f) => f.dump === "test").length;
    expect(last(run("{roles: {g: {goroutine: $G, persists: true}}, message: $G}", now, before))).toBe(1);
    expect(run("{roles: {g: {wait: chan-send, growth: {gte: 2}}}}", now, before).findings).toHaveLength(1);
    expect(
      run(
        "{roles: {g: {goroutine: $G, before: {wait: chan-receive}}}, message: $G}",
        now,
        before,
      ).findings.map((f) => f.message),
    ).toEqual(["6"]);
  });
});

describe("what a dump can't say", () => {
  it("makes a rule not evaluable instead of quiet", () => {
    const builder = new DumpBuilder("aggregated", "pprof-text", ["stacks"]);
    const { index } = builder.stack({
      reason: "",
      wait: "parked",
      frames: [frame("main.f")],
      extent: "full",
    });
    builder.goroutines.push(index, Number.NaN, 500, -1, 0, Number.NaN, Number.NaN, 0);
    builder.headersSeen = 500;
    const { rule } = compileRule({
      id: "t/r",
      title: "t",
      severity: "error",
      roles: { s: { wait: "chan-send" } },
      message: "m",
    });
    const report = analyze([builder.build()], [rule]);
    expect(report.findings).toEqual([]);
    expect(report.notEvaluable).toMatchObject([
      { ruleId: "t/r", reason: "this dump does not show wait reasons" },
    ]);
  });

  it("makes a rule not evaluable where it alone takes the matches away", () => {
    const rule =
      "{roles: {s: {wait: chan-send}}, unless: [{not: {every: {role: s, waited: {gte: 1}}}}], message: m}";
    const without = run(rule, [send(1)], [], ["minutes"]);
    expect(without.findings).toEqual([]);
    expect(without.notEvaluable).toMatchObject([
      { reason: "this dump does not show how long goroutines have waited" },
    ]);
    expect(run(rule, [send(1)]).notEvaluable).toEqual([]);
    // What no minutes would change is decided.
    const other = "{roles: {s: {wait: chan-send}}, unless: [{every: {role: s, at: main.f}}], message: m}";
    expect(run(other, [send(1)], [], ["minutes"]).notEvaluable).toEqual([]);
  });
});
