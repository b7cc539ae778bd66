import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import type { Finding, Report } from "../../src/report/report.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { openSource, type Source } from "../../src/source/open-source.ts";
import { type FixtureEntry, readableFixtures, readFixture } from "../rule-fixtures.ts";
import { storyRule } from "../story.ts";
import { programs } from "./dumps.ts";

const rules = builtinRules();

async function dumpsOf(entry: FixtureEntry): Promise<readonly Dump[]> {
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(entry)]) });
  return dumps;
}

const openPrograms = (): Promise<Source> => openSource({ roots: [programs] });

async function lint(entry: FixtureEntry): Promise<Report> {
  return analyze(await dumpsOf(entry), rules, { source: await openPrograms() });
}

function rowsOf(wanted: (entry: FixtureEntry) => boolean): (readonly [string, FixtureEntry])[] {
  return readableFixtures.filter(wanted).map((entry) => [entry.file, entry] as const);
}

const withSymptoms = (findings: readonly Finding[]): Finding[] =>
  findings.flatMap((f) => [f, ...withSymptoms(f.symptoms)]);

function showsGuilty(finding: Finding | undefined, { guilty }: FixtureEntry): boolean {
  const frames = finding?.roles.flatMap((r) => r.stacks.flatMap((s) => s.frames)) ?? [];
  return frames.some((f) => guilty.includes(f.function));
}

/** Which bugs of fixtures/programs the source decides, and with which finding: first, at the gate, high where said. */
const decided: readonly {
  readonly files: RegExp;
  readonly rule: string;
  readonly confidence: readonly string[];
}[] = [
  {
    files: /consumer.*\/fires\.(metrics|method|closure)[-.]/,
    rule: storyRule,
    confidence: ["high"],
  },
  { files: /self-deadlock\/fires\.method/, rule: "lock/self-deadlock", confidence: ["high"] },
  { files: /recursive-read\/fires\.recursive/, rule: "lock/rwmutex-recursive-read", confidence: ["high"] },
  // Where addresses are known they decide already.
  {
    files: /order-cycle\/fires\.rwmutex.*(debug[012])/,
    rule: "lock/order-cycle-by-source",
    confidence: ["high", "medium"],
  },
  {
    files: /fires\.blocked-children/,
    rule: "waitgroup/done-behind-wait",
    confidence: ["high", "medium"],
  },
  // Only where the dump names who started the goroutines.
  {
    files: /send-pileup\/fires\.abandoned.*(go1\.(22|24|26|27)).*(debug2|sigquit)/,
    rule: "channel/send-pileup",
    confidence: ["high"],
  },
];

describe.each(decided)("$rule, decided by the source", ({ files, rule, confidence }) => {
  test.each(rowsOf((e) => files.test(e.file)))("%s", async (_file, entry) => {
    const [first] = (await lint(entry)).findings;
    expect(first?.ruleId).toBe(rule);
    expect(confidence).toContain(first?.confidence);
    expect(first?.gated).toBe(true);
    expect(showsGuilty(first, entry)).toBe(true);
    const lines = first!.roles
      .flatMap((r) => r.stacks.flatMap((s) => s.frames))
      .flatMap((f) => f.source ?? []);
    expect(lines.some((l) => l.note?.includes("parked here"))).toBe(true);
  });
});

describe("with the source of the programs", () => {
  test.each(rowsOf((e) => e.expect === "quiet"))("%s: nothing healthy is raised", async (_file, entry) => {
    const report = await lint(entry);
    expect(report.findings.filter((f) => f.gated).map((f) => f.message)).toEqual([]);
    expect(
      withSymptoms(report.findings).filter((f) => f.confidence === "high" && f.severity === "error"),
    ).toEqual([]);
    expect(report.notes.filter((n) => n.message.includes("does not match"))).toEqual([]);
  });

  test.each(rowsOf((e) => e.expect === "fires" && e.evident))(
    "%s: is found as well as without",
    async (_file, entry) => {
      const dumps = await dumpsOf(entry);
      const [plain] = analyze(dumps, rules).findings;
      const [sourced] = analyze(dumps, rules, { source: await openPrograms() }).findings;
      if (showsGuilty(plain, entry)) expect(showsGuilty(sourced, entry)).toBe(true);
    },
  );
});

test("without source, no finding has anything of it", async () => {
  for (const entry of readableFixtures.filter((e) => e.file.includes("go1.27"))) {
    const report = analyze(await dumpsOf(entry), rules);
    const text = JSON.stringify(report);
    expect(report.rules.map((r) => r.id)).not.toContain("lock/order-cycle-by-source");
    expect(text).not.toContain("Go source");
    expect(text).not.toContain('"source":');
  }
});
