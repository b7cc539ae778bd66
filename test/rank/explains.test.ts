import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import type { Confidence } from "../../src/report/report.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { compileRule } from "../../src/rules/compile.ts";
import type { RuleSource } from "../../src/rules/rule-source.ts";

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

async function oneSender() {
  const text = "goroutine 7 [chan send]:\nmain.f(0x1)\n\t/src/main.go:1 +0x1\n";
  return (await readDumps(["-"], { threads: 1, stdin: Readable.from([Buffer.from(text)]) })).dumps;
}

function sendRule(
  id: string,
  confidence: Confidence,
  others: Pick<RuleSource, "explains" | "explained-by"> = {},
) {
  return compileRule({
    id,
    title: "Somebody sends",
    severity: "error",
    roles: { sender: { wait: "chan-send" } },
    confidence,
    message: "$sender.count wait",
    why: "W.",
    fix: "F.",
    ...others,
  }).rule;
}

test("an information does not take an error for its symptom: it would keep it out of sight", async () => {
  // Go 1.19 does not say whose children they are: the finding about the group is an information only.
  const findings = await lint(dump("go1.19"));
  expect(findings.map((f) => [f.ruleId, f.severity])).toEqual([
    ["channel/stuck-send", "error"],
    ["errgroup/stuck-children", "info"],
  ]);
});

test("a guess does not take for its symptom what is an error, and surer", async () => {
  const dumps = await oneSender();
  const foundBy = (cause: Confidence, symptom: Confidence) =>
    analyze(dumps, [
      sendRule("team/cause", cause, { explains: ["team/symptom"] }),
      sendRule("team/symptom", symptom),
    ]).findings.map((f) => f.ruleId);
  expect(foundBy("low", "medium")).toEqual(["team/symptom", "team/cause"]);
  expect(foundBy("low", "low")).toEqual(["team/cause"]);
  expect(foundBy("medium", "high")).toEqual(["team/cause"]);
});

test("a rule says itself whose symptom its findings are", async () => {
  const rules = [
    sendRule("team/symptom", "high", { "explained-by": ["team/c*", "team/symptom"] }),
    sendRule("team/cause", "medium"),
    sendRule("team/other", "medium"),
  ];
  const found = analyze(await oneSender(), rules).findings;
  expect(found.map((f) => [f.ruleId, f.symptoms.map((s) => s.ruleId)])).toEqual([
    ["team/cause", ["team/symptom"]],
    ["team/other", []],
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

test("senders whose starter has returned stand below the consumer that sends to its own channel", async () => {
  const put = (id: number, caller: string, creator: string) =>
    `goroutine ${id} [chan send, 6 minutes]:\nexample.com/shop/pool.(*Pool).put(0xc0000b2000, 0x1)\n\t/src/pool.go:41 +0x2d\n` +
    `${caller}(0xc0000b2000)\n\t/src/shop.go:27 +0x65\ncreated by ${creator}\n\t/src/shop.go:19 +0x9a\n`;
  const text = [
    put(18, "example.com/shop/pool.(*Pool).run", "example.com/shop/pool.New in goroutine 1"),
    put(33, "main.handle", "main.accept in goroutine 7"),
    put(34, "main.handle", "main.accept in goroutine 7"),
  ].join("\n");
  const findings = await lint(Buffer.from(text));
  expect(findings.map((f) => f.ruleId)).toEqual(["channel/consumer-sends-to-own-channel"]);
  expect(findings[0]!.symptoms.map((f) => f.ruleId)).toContain("channel/senders-left-behind");
});

test("of two findings of one rule the surer explains the other", async () => {
  const { rule } = compileRule({
    id: "team/held",
    title: "Somebody waits",
    severity: "error",
    roles: {
      holder: { wait: "chan-send", at: { line: "$AT" } },
      waiters: { wait: "lock" },
    },
    confidence: { base: "low", raise: [{ to: "high", when: { every: { role: "holder", at: "main.f" } } }] },
    explains: ["team/held"],
    message: "held at $AT",
    why: "W.",
    fix: "F.",
  });
  const text = [
    "goroutine 7 [chan send]:\nmain.f(0x1)\n\t/src/main.go:1 +0x1\n",
    "goroutine 8 [chan send]:\nmain.g(0x1)\n\t/src/main.go:2 +0x1\n",
    "goroutine 9 [sync.Mutex.Lock]:\nsync.(*Mutex).Lock(...)\n\t/go/src/sync/mutex.go:46\nmain.h(0x1)\n\t/src/main.go:3 +0x1\n",
  ].join("\n");
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([Buffer.from(text)]) });
  const { findings } = analyze(dumps, [rule!]);
  expect(findings.map((f) => [f.message, ...f.symptoms.map((s) => s.message)])).toEqual([
    ["held at /src/main.go:1", "held at /src/main.go:2"],
  ]);
});
