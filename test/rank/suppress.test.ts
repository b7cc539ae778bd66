import { expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import type { Suppression } from "../../src/rank/suppress.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import type { Report } from "../../src/report/report.ts";
import { compileRule } from "../../src/rules/compile.ts";
import type { RuleSource } from "../../src/rules/rule-source.ts";
import { bytesSource } from "../read/bytes.ts";

const rule = (id: string, more: Partial<RuleSource>): RuleSource => ({
  id,
  title: "t",
  severity: "error",
  roles: { senders: { wait: "chan-send", at: { line: "$AT" } } },
  message: "at $AT",
  ...more,
});

const rules = [
  rule("team/cause", { explains: ["team/symptom"], confidence: "high" }),
  rule("team/symptom", { severity: "warning" }),
].map((source) => compileRule(source).rule);

const text = `goroutine 2 [chan send]:
main.(*Pool[...]).put(...)
	/src/pool.go:10
created by main.main in goroutine 1
	/src/main.go:5 +0x1d
`;

async function run(...suppressions: Omit<Suppression, "at">[]): Promise<Report> {
  const dumps = await goTracebackReader.read(bytesSource("d", text), { threads: 1 });
  const placed = suppressions.map((s, i) => ({ ...s, at: { file: "c.yaml", line: i + 1 } }));
  return analyze(dumps, rules, { suppressions: placed, today: "2026-11-24" });
}

const notesOf = (report: Report): string[] => report.notes.map((n) => n.message);

test("without suppressions the finding fails the gate", async () => {
  expect((await run()).gate.exitCode).toBe(1);
});

test.each<[string, Omit<Suppression, "at">]>([
  ["rule", { rule: "team/cause", reason: "known" }],
  ["glob", { rule: "team/*", reason: "known" }],
  ["function, type arguments ignored", { rule: "team/*", function: "main.(*Pool).*", reason: "known" }],
  ["role and function", { rule: "team/*", role: "senders", function: "main.*", reason: "known" }],
  ["last valid day", { rule: "team/cause", reason: "known", owner: "me", expires: "2026-11-24" }],
])("selected by %s, it is suppressed with its symptoms", async (_how, suppression) => {
  const report = await run(suppression);
  const [finding] = report.findings;
  expect(finding).toMatchObject({ status: "suppressed", gated: false });
  expect(finding!.statusReason).toContain("known");
  expect(finding!.symptoms.map((s) => [s.status, s.gated])).toEqual([["suppressed", false]]);
  expect(report.gate.exitCode).toBe(0);
  expect(report.summary.suppressed).toBe(1);
  expect(notesOf(report)).toEqual([]);
});

test("a witness does not make a finding one that is known: it takes no part, and another may stand there", async () => {
  const busy =
    "\ngoroutine 3 [runnable]:\nmain.busy()\n\t/src/busy.go:7 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:6 +0x1d\n";
  const dumps = await goTracebackReader.read(bytesSource("d", text + busy), { threads: 1 });
  const roles = {
    senders: { wait: "chan-send", at: { line: "$AT", package: "$P" } },
    workers: { witness: true, wait: "runnable", at: { package: "$P" } },
  };
  const watched = compileRule(rule("team/watched", { roles, confidence: "high" })).rule!;
  const at = { file: "c.yaml", line: 1 };
  const suppressions = [{ rule: "team/watched", function: "main.busy", reason: "known", at }];
  const report = analyze(dumps, [watched], { suppressions, today: "2026-11-24" });
  expect(report.findings[0]!.roles.map(({ name, witness }) => [name, witness])).toEqual([
    ["senders", undefined],
    ["workers", true],
  ]);
  expect(report.gate.exitCode).toBe(1);
});

test("an expired one lets the finding return, and says so", async () => {
  const report = await run({ rule: "team/cause", reason: "known", expires: "2026-11-23" });
  expect(report.gate.exitCode).toBe(1);
  expect(notesOf(report)).toEqual([
    "the suppression of team/cause (c.yaml:1) expired on 2026-11-23; its findings are back",
  ]);
});

test("unused ones are named, each by its place", async () => {
  const report = await run(
    { rule: "team/gone", reason: "r" },
    { rule: "team/cause", role: "nobody", reason: "r" },
    { rule: "team/cause", function: "main.other", reason: "r" },
  );
  expect(report.gate.exitCode).toBe(1);
  expect(notesOf(report)).toEqual(
    [1, 2, 3].map((line) => expect.stringContaining(`(c.yaml:${line}) is unused`)),
  );
});
