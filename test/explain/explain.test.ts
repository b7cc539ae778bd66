import { describe, expect, test } from "vitest";
import { explain } from "../../src/explain/explain.ts";
import type { Explanation } from "../../src/explain/explanation.ts";
import { explanationText } from "../../src/explain/explanation-text.ts";
import { Facts } from "../../src/match/facts.ts";
import { matchRule } from "../../src/match/match.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { compileRule } from "../../src/rules/compile.ts";
import type { RuleSource } from "../../src/rules/rule-source.ts";
import { bytesSource } from "../read/bytes.ts";

const goroutine = (id: number, wait: string, method: string, line: number): string =>
  `goroutine ${id} [${wait}]:\nmain.(*Pool).${method}(...)\n\t/src/pool.go:${line}\ncreated by main.main in goroutine 1\n\t/src/main.go:5 +0x1d\n\n`;

const dump = [
  goroutine(2, "chan send", "put", 10),
  goroutine(3, "chan send", "put", 10),
  goroutine(4, "chan send", "push", 20),
  goroutine(5, "chan receive", "put", 30),
  goroutine(6, "sleep", "idle", 40),
].join("");

const base: RuleSource = {
  id: "team/rule",
  title: "t",
  severity: "error",
  roles: { senders: { wait: "chan-send", at: { method: "put", line: "$AT" } } },
  message: "at $AT",
};

async function factsOf(text = dump): Promise<Facts> {
  const [read] = await goTracebackReader.read(bytesSource("dump.txt", text), { threads: 1 });
  return new Facts(read!);
}

async function why(source: Partial<RuleSource>, goroutines: number[] = []): Promise<Explanation> {
  const { rule, problems } = compileRule({ ...base, ...source });
  expect(problems.filter((p) => p.severity === "error")).toEqual([]);
  return explain(rule, await factsOf(), { goroutines });
}

describe("why, and why not", () => {
  test("each condition says whom it leaves, and near misses what they lack", async () => {
    const { roles, findings, verdict } = await why({});
    expect(findings).toBe(1);
    expect(verdict).toBe("it holds: 1 match");
    expect(
      roles[0]!.conditions.map((c) => [c.text, c.left.goroutines, c.left.stacks, c.alone.goroutines]),
    ).toEqual([
      ["wait: chan-send", 3, 2, 3],
      ["at: { method: put, line: $AT }", 2, 1, 3],
    ]);
    expect(roles[0]!.nearMisses.map((m) => [m.ids, m.lacks])).toEqual([
      [[4], [{ condition: "at: { method: put, line: $AT }", instead: "main.(*Pool).push /src/pool.go:20" }]],
      [[5], [{ condition: "wait: chan-send", instead: "chan-receive" }]],
    ]);
  });

  test.each<[string, Partial<RuleSource>, string]>([
    [
      "a condition",
      { roles: { s: { wait: "chan-send", at: { method: "gone", line: "$AT" } } } },
      "nobody plays s: the last candidates fail “at: { method: gone, line: $AT }”",
    ],
    [
      "a fact that the dump lacks",
      { roles: { s: { wait: "chan-send", at: { line: "$AT" }, channel: "$C" } } },
      "of 3 the dump does not say whether “channel: $C”",
    ],
    [
      "a join",
      {
        roles: {
          s: { wait: "chan-send", at: { line: "$AT" } },
          r: { wait: "chan-receive", at: { line: "$AT" } },
        },
      },
      "no combination is left after joining r: 1 of its own, joined on $AT, 2 before",
    ],
    [
      "a count",
      {
        params: { min: 7 },
        roles: { s: { wait: "chan-send", at: { line: "$AT" }, count: { gte: "$params.min" } } },
      },
      "s needs { gte: $params.min } (min = 7); the most is 2 with $AT = /src/pool.go:10",
    ],
    [
      "an absent role",
      {
        roles: {
          s: { wait: "chan-send", at: { type: "$T", line: "$AT" } },
          r: { absent: true, wait: "chan-receive", at: { type: "$T" } },
        },
      },
      "r must be nobody, but there are 1 with",
    ],
    ["the event", { dump: { event: "fatal error*" } }, "the dump has no event"],
  ])("%s is named when it removed the last candidate", async (_what, source, verdict) => {
    const explanation = await why(source);
    expect(explanation.findings).toBe(0);
    expect(explanation.verdict).toContain(verdict);
    expect(explanationText(explanation, false)).toContain(verdict);
  });

  test("what was unknown is said, with the command that collects it", async () => {
    const { unknown } = await why({
      roles: { s: { wait: "chan-send", at: { line: "$AT" }, channel: "$C" } },
    });
    expect(unknown).toMatchObject([{ fact: "channel-addresses", goroutines: 3 }]);
    expect(unknown[0]!.collectWith).toContain("GOTRACEBACK=system");
  });

  test("one goroutine is told condition by condition", async () => {
    const text = explanationText(await why({}, [4, 2]), false);
    expect(text).toContain(
      "goroutine 4 does not belong:\n    ✓ wait: chan-send\n    ✗ at: { method: put, line: $AT }  has main.(*Pool).push /src/pool.go:20",
    );
    expect(text).toContain("goroutine 2 belongs:");
    expect(text).toContain("✓ at: { method: put, line: $AT }  $AT = /src/pool.go:10");
  });

  test("a match of benign goroutines alone is said to be set aside", async () => {
    const { rule } = compileRule({
      ...base,
      severity: "warning",
      roles: { s: { entry: "runtime.forcegchelper" } },
      message: "m",
    });
    const text =
      "goroutine 2 [force gc (idle), 1 minutes]:\nruntime.gopark(...)\n\t/go/src/runtime/proc.go:462 +0x1\nruntime.forcegchelper()\n\t/go/src/runtime/proc.go:375 +0x1\ncreated by runtime.init.7 in goroutine 1\n\t/go/src/runtime/proc.go:363 +0x1\n";
    const told = explain(rule, await factsOf(text));
    expect(told).toMatchObject({ findings: 0, setAside: 1 });
    expect(told.verdict).toContain("set aside: whoever plays a needed role belongs to a healthy program");
  });

  test("text has nothing that a terminal would obey", async () => {
    const explanation = await why({});
    const [role] = explanation.roles;
    const hostile = { ...explanation, dump: "\u001b[2J", roles: [{ ...role!, title: "\u001b[31m" }] };
    expect(explanationText(hostile, false)).not.toContain("\u001b");
    for (const hidden of ["\u001b[2J", "\u001b[31m"])
      expect(explanationText(hostile, true)).not.toContain(hidden);
  });
});

test.each(builtinRules().map((rule) => [rule.id, rule] as const))(
  "%s: an explanation finds what the matcher finds",
  async (_id, rule) => {
    const facts = await factsOf();
    expect(explain(rule, facts).findings).toBe(matchRule(rule, facts).matches.length);
  },
);
