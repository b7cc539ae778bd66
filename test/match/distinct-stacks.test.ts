import { expect, test, vi } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import { analyze } from "../../src/analyze.ts";
import { Facts } from "../../src/match/facts.ts";
import { matchRule } from "../../src/match/match.ts";
import { StackReach } from "../../src/match/reach.ts";
import { StackIndex } from "../../src/match/stack-index.ts";
import { UsedRows } from "../../src/match/used-rows.ts";
import type { Dump } from "../../src/model/dump.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { pprofTextReader } from "../../src/read/pprof-text.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { compileRule } from "../../src/rules/compile.ts";
import type { Rule } from "../../src/rules/rule.ts";
import type { RoleSource, RuleSource } from "../../src/rules/rule-source.ts";
import { bytesSource } from "../read/bytes.ts";

/** Senders that are stuck for good, each in a function of its own. */
function senders(count: number, firstId = 1): Buffer {
  const text = Array.from(
    { length: count },
    (_, i) =>
      `goroutine ${i + firstId} [chan send, 90 minutes]:\nmain.send${i}(0xc000010000)\n\t/src/app/send.go:${i + 1} +0x1d\n` +
      `created by main.start${i} in goroutine 99999\n\t/src/app/start.go:${i + 1} +0x2e\n`,
  );
  return Buffer.from(`${text.join("\n")}\n`);
}

test("a rule that holds on ten thousands of distinct stacks is evaluated whole, and nothing is lost", async () => {
  const count = 10_500;
  const dumps = await goTracebackReader.read(bytesSource("senders", senders(count)), { threads: 1 });
  expect(dumps[0]!.stacks.length).toBe(count);
  const rules = builtinRules().filter(({ id }) => id === "channel/stuck-send");
  const report = analyze(dumps, rules, {});
  expect(report.findings.length).toBe(count);
  expect(new Set(report.findings.map((f) => f.fingerprint)).size).toBe(count);
  expect(report.gate).toMatchObject({ failed: true, exitCode: 1 });
  expect(report.notes).toEqual([]);
});

/** Waiters for a WaitGroup, each in a function of its own, before Go 1.21: the ids of their creators are not known. */
function waiters(count: number): Buffer {
  const text = Array.from(
    { length: count },
    (_, i) =>
      `goroutine ${i + 1} [semacquire, 90 minutes]:\nsync.runtime_Semacquire(0xc000010000)\n\t/usr/local/go/src/runtime/sema.go:62 +0x25\n` +
      `sync.(*WaitGroup).Wait(0xc000010000)\n\t/usr/local/go/src/sync/waitgroup.go:139 +0x52\n` +
      `main.wait${i}(0xc000010000)\n\t/src/app/wait.go:${i + 1} +0x1d\n` +
      `created by main.start\n\t/src/app/start.go:9 +0x2e\n`,
  );
  return Buffer.from(`${text.join("\n")}\n`);
}

test("each of thousands of matches counts all others as those whose creator is not known", async () => {
  const count = 4_000;
  const dumps = await goTracebackReader.read(bytesSource("waiters", waiters(count)), { threads: 1 });
  const rule = builtinRules().find(({ id }) => id === "waitgroup/never-done")!;
  const { matches, limit } = matchRule(rule, new Facts(dumps[0]!));
  expect(limit).toBeUndefined();
  expect(matches.length).toBe(count);
  for (const { notRuledOut } of matches) {
    // The waiter itself is in use; any of the others may be its child.
    expect(notRuledOut.map((n) => [n.role.name, n.count])).toEqual([["child", count - 1]]);
  }
});

test("the first goroutine that may do what nobody may do decides: the others are not looked at", async () => {
  const count = 1_000;
  const text = Buffer.concat([waiters(count), senders(count, count + 1)]);
  const [dump] = await goTracebackReader.read(bytesSource("both", text), { threads: 1 });
  const rule = builtinRules().find(({ id }) => id === "waitgroup/nobody-left")!;
  const free = vi.spyOn(UsedRows.prototype, "free");
  try {
    expect(matchRule(rule, new Facts(dump!)).matches).toEqual([]);
    expect(free.mock.calls.length).toBeLessThan(20 * count);
  } finally {
    free.mockRestore();
  }
});

/** Goroutines at work, each in a function of its own. */
function working(count: number): Buffer {
  const text = Array.from(
    { length: count },
    (_, i) => `goroutine ${i + 1} [runnable]:\nmain.work${i}(0x1)\n\t/src/app/work.go:${i + 1} +0x1d\n`,
  );
  return Buffer.from(`\n${text.join("\n")}\n`);
}

test("thousands at work beside thousands of matches are not listed for each of them", async () => {
  const count = 1_000;
  const text = Buffer.concat([senders(count, count + 1), working(count)]);
  const [dump] = await goTracebackReader.read(bytesSource("both", text), { threads: 1 });
  const rule = builtinRules().find(({ id }) => id === "channel/stuck-send")!;
  const { matches } = matchRule(rule, new Facts(dump!));
  expect(matches.length).toBe(count);
  const members = matches.flatMap(({ roles }) => roles.flatMap((role) => role.members));
  expect(members.length).toBe(2 * count);
});

test("a rule that lists too many for each of its matches is told to be evaluated in part", async () => {
  const count = 2_000;
  const text = Buffer.concat([senders(count, count + 1), working(count)]);
  const [dump] = await goTracebackReader.read(bytesSource("both", text), { threads: 1 });
  const { rule } = compileRule({
    id: "team/listed",
    title: "Senders, and all who work",
    severity: "warning",
    roles: {
      senders: { wait: "chan-send", at: { function: "$F", package: "$P" } },
      workers: { optional: true, wait: "runnable", at: { package: "$P" } },
    },
    message: "$F",
  });
  const { matches, limit } = matchRule(rule!, new Facts(dump!));
  expect(limit).toBe("more than 2,000,000 comparisons");
  expect(matches.length).toBeGreaterThan(900);
  expect(matches.length).toBeLessThan(1_000);
});

test("a rule on what goroutines did before asks none of them where there is no earlier snapshot", async () => {
  const [dump] = await goTracebackReader.read(bytesSource("senders", senders(10)), { threads: 1 });
  const { rule } = compileRule({
    id: "team/still",
    title: "Senders that stand still",
    severity: "warning",
    roles: { senders: { wait: "chan-send", waited: { gte: 1 }, persists: true, at: { line: "$AT" } } },
    message: "$AT",
  });
  const whole = vi.spyOn(Facts.prototype, "whole");
  try {
    const { matches, missing } = matchRule(rule!, new Facts(dump!));
    expect(matches).toEqual([]);
    expect([...missing]).toEqual(["ids"]);
    expect(whole).not.toHaveBeenCalled();
  } finally {
    whole.mockRestore();
  }
});

test("a pile-up at one line is seen over as many distinct stacks as it has goroutines, and one line after another is none", async () => {
  const sender = (i: number, line: number): string =>
    `goroutine ${i + 1} [chan send, 90 minutes]:\nmain.send(0xc000010000)\n\t/src/app/send.go:${line} +0x1d\n` +
    `main.caller${i}(0xc000010000)\n\t/src/app/caller.go:${i + 1} +0x1d\n` +
    `created by main.start in goroutine 99999\n\t/src/app/start.go:9 +0x2e\n`;
  const text = Array.from({ length: 219 }, (_, i) => sender(i, i < 120 ? 7 : i));
  const [dump] = await goTracebackReader.read(bytesSource("pile-up", Buffer.from(`${text.join("\n")}\n`)), {
    threads: 1,
  });
  const rule = builtinRules().find(({ id }) => id === "channel/send-pileup")!;
  const ask = vi.spyOn(rule.roles[0]!.onStack, "evaluate");
  const { matches } = matchRule(rule, new Facts(dump!));
  expect(matches.map(({ roles, bindings }) => [roles[0]!.count, bindings.AT])).toEqual([
    [120, "/src/app/send.go:7"],
  ]);
  expect(ask.mock.calls.length).toBe(120);
});

/** A goroutine of a profile (debug=1), which shows no wait. */
interface Profiled {
  readonly type: string;
  readonly method: string;
  readonly labels?: string;
  /** It waits for a mutex, as its frames show. */
  readonly locks?: boolean;
}

async function profile(goroutines: readonly Profiled[]): Promise<Dump> {
  const text = goroutines.map(({ type, method, labels, locks }, i) => {
    const lock =
      locks === true ? "#\t0x2\tsync.(*Mutex).Lock+0x1d\t/usr/local/go/src/sync/mutex.go:46\n" : "";
    const own = `#\t0x1\tmain.(*${type}).${method}+0x1d\t/src/app/work.go:${i + 1}\n`;
    return `1 @ 0x1\n${labels === undefined ? "" : `# labels: ${labels}\n`}${lock}${own}\n`;
  });
  const source = bytesSource(
    "profile",
    Buffer.from(`goroutine profile: total ${goroutines.length}\n${text.join("")}`),
  );
  return (await pprofTextReader.read(source, { threads: 1 }))[0]!;
}

function ruleOf(roles: RuleSource["roles"], define: Record<string, unknown> = {}): Rule {
  const source: RuleSource = {
    id: "team/rule",
    title: "A rule of a team",
    severity: "warning",
    roles,
    message: "it holds",
  };
  const { rule, problems } = compileRule(source, { define });
  expect(problems.filter((p) => p.severity === "error")).toEqual([]);
  return rule;
}

const sender = { wait: "chan-send", at: { type: "$T", method: "send*" } };
const receiver = { wait: "chan-receive", at: { type: "$T", method: "recv*" } };

/** What rules find in a dump, and what it lacks, when all stacks are asked. */
function byAll<T>(ask: () => T): T {
  // As if somebody could be known to wait as each role asks; and where a few stacks are asked in any case, all of them.
  const waits = vi.spyOn(StackIndex.prototype, "hasWaiting").mockReturnValue(true);
  const few = vi.spyOn(StackReach.prototype, "first").mockImplementation(function (this: StackReach) {
    return this;
  });
  try {
    return ask();
  } finally {
    waits.mockRestore();
    few.mockRestore();
  }
}

const numbered = (count: number, make: (i: number) => Profiled) =>
  Array.from({ length: count }, (_, i) => make(i));

test("a rule that a dump can't show to hold is told to lack it after a look at a few stacks", async () => {
  const dump = await profile(
    numbered(3_000, (i) => ({ type: "Pool", method: `${i % 2 ? "send" : "recv"}${i}` })),
  );
  const ask = vi.spyOn(Facts.prototype, "wait");
  try {
    const { matches, missing } = matchRule(ruleOf({ sender, receiver }), new Facts(dump));
    expect(matches).toEqual([]);
    expect([...missing]).toEqual(["wait-reasons"]);
    expect(ask.mock.calls.length).toBeLessThan(500);
  } finally {
    ask.mockRestore();
  }
});

test("a rule lacks nothing where no two stacks fit together, and something where two of thousands do", async () => {
  const goroutines = numbered(3_000, (i) =>
    i % 2 ? { type: "Pool", method: `send${i}` } : { type: "Queue", method: `recv${i}` },
  );
  const rule = ruleOf({ sender, receiver });
  expect(matchRule(rule, new Facts(await profile(goroutines))).missing.size).toBe(0);
  const together = await profile([...goroutines, { type: "Pool", method: "recv" }]);
  expect([...matchRule(rule, new Facts(together)).missing]).toEqual(["wait-reasons"]);
});

test("a rule lacks nothing where those whose stacks fit together are not meant", async () => {
  const senders = numbered(100, (i) => ({ type: "Pool", method: `send${i}` }));
  const others = [
    { type: "Pool", method: "recv1" },
    { type: "Queue", method: "recv2", labels: '{"k":"v"}' },
  ];
  const dump = await profile([...senders, ...others]);
  const rule = ruleOf({ sender, receiver: { ...receiver, labels: { k: "v" } } });
  expect(matchRule(rule, new Facts(dump)).missing.size).toBe(0);
});

test.each<[string, RoleSource]>([
  ["a wait", { wait: "lock", at: { type: "*" } }],
  ["one of two waits", { any: [{ wait: "chan-send" }, { wait: "lock" }] }],
  ["a wait or a name", { any: [{ wait: "chan-send" }, { at: { method: "locks" } }] }],
  ["not a wait", { at: { type: "main.(*Pool)" }, not: { wait: "chan-send" } }],
  ["all of", { all: [{ wait: "lock" }, { at: { method: "locks" } }] }],
  ["a definition", { is: "locking" }],
  ["another kind, too", { wait: ["chan-send", "mutex-lock"] }],
  ["no wait at all", { at: { method: "locks" } }],
])("who is the only one known to play a role among thousands is found: %s", async (_, role) => {
  const dump = await profile([
    ...numbered(2_000, (i) => ({ type: "Pool", method: `work${i}` })),
    { type: "Pool", method: "locks", locks: true },
  ]);
  const rule = ruleOf({ role }, { locking: { wait: "lock" } });
  const told = () => {
    const { matches, missing } = matchRule(rule, new Facts(dump));
    return {
      stacks: matches.flatMap((m) => m.roles.flatMap((r) => r.members.map((x) => x.group.stackIndex))),
      missing,
    };
  };
  expect(told()).toEqual(byAll(told));
  expect(told().stacks).toContain(2_000);
});

test("what a few stacks tell that a dump lacks is what all of them tell", async () => {
  const text = [...generateDump({ goroutines: 2_000, stacks: 2_000 }, "debug1")].join("");
  const [dump] = await pprofTextReader.read(bytesSource("distinct", Buffer.from(text)), { threads: 1 });
  const told = (): (readonly [string, ...string[]])[] =>
    builtinRules().map((rule) => [rule.id, ...matchRule(rule, new Facts(dump!)).missing]);
  expect(told()).toEqual(byAll(told));
});
