import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import type { Finding, Report } from "../../src/report/report.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { openSource } from "../../src/source/open-source.ts";
import {
  type FixtureEntry,
  isKnownMiss,
  readableFixtures,
  readFixture,
  snapshotsOf,
} from "../rule-fixtures.ts";
import { expectStory, storyRule } from "../story.ts";

const rules = builtinRules();
/** For rules that run with source only. */
const source = await openSource({
  roots: [fileURLToPath(new URL("../../fixtures/programs", import.meta.url))],
});

test("messages say one and many right: each number has its forms", () => {
  const unformed = builtinRules().filter(({ message }) =>
    message.some(
      (part, i) =>
        part.kind === "count" &&
        part.of !== "cycle" &&
        message.find((p, j) => j > i && (p.kind === "form" || p.kind === "count"))?.kind !== "form",
    ),
  );
  expect(unformed.map((rule) => rule.id)).toEqual([]);
});

describe.each([...new Set(readableFixtures.map((entry) => entry.rule))])("%s", (rule) => {
  const entries = readableFixtures.filter((entry) => entry.rule === rule);
  const pick = (wanted: (entry: FixtureEntry) => boolean) =>
    entries.filter(wanted).map((entry) => [entry.file, entry] as const);

  // The first finding may be of another rule that says more; it must show the guilty goroutine, and ours must fire.
  const namesRootCauseFirst = async (_file: string, entry: FixtureEntry) => {
    const { findings } = await lint(entry);
    const showsGuilty = (finding: Finding) => entry.guilty.some((name) => functionsOf(finding).has(name));
    expect(
      withSymptoms(findings)
        .filter(showsGuilty)
        .map((finding) => finding.ruleId),
    ).toContain(rule);
    expect(findings.slice(0, 1).map(showsGuilty)).toEqual([true]);
  };
  const evident = pick((entry) => entry.expect === "fires" && entry.evident);
  test.each(evident.filter(([, entry]) => !isKnownMiss(entry)))(
    "%s: the root cause is first",
    namesRootCauseFirst,
  );
  test.fails.each(evident.filter(([, entry]) => isKnownMiss(entry)))("%s: a known miss", namesRootCauseFirst);

  test.each(pick((entry) => entry.expect === "quiet"))("%s: passes the gate", async (_file, entry) => {
    const report = await lint(entry);
    expect(report.findings.filter((finding) => finding.gated).map((finding) => finding.message)).toEqual([]);
    expect(report.gate.exitCode).toBe(0);
  });
});

describe("the reference story, from committed dumps", () => {
  const hung = readableFixtures.filter((entry) => entry.variant === "metrics");
  const tellsStory = async (_file: string, entry: FixtureEntry) => {
    const truth = { senders: entry.groups.senders!.count };
    expectStory(await lint(entry), truth, { channelAddresses: /sigquit|stacks/.test(entry.format) });
  };
  test.each(hung.map((entry) => [entry.file, entry] as const))("%s", tellsStory);

  const healthy = readableFixtures.filter((entry) => /^metrics-(idle|light)$/.test(entry.variant));
  test.each(healthy.map((entry) => [entry.file, entry] as const))("%s: no finding", async (_file, entry) => {
    expect((await lint(entry)).findings.map((finding) => finding.message)).toEqual([]);
  });

  const fixed = readableFixtures.filter((entry) => entry.variant === "metrics-fixed-loaded");
  test.each(fixed.map((entry) => [entry.file, entry] as const))("%s: not this", async (_file, entry) => {
    expect((await lint(entry)).findings.map((finding) => finding.ruleId)).not.toContain(storyRule);
  });
});

async function lint(entry: FixtureEntry): Promise<Report> {
  const dumps: Dump[] = [];
  for (const snapshot of snapshotsOf(entry)) {
    const read = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(snapshot)]) });
    expect(read.failures).toEqual([]);
    dumps.push(...read.dumps);
  }
  const { onlyWithSource } = rules.find((r) => r.id === entry.rule)!;
  return analyze(dumps, rules, { series: true, ...(onlyWithSource ? { source } : {}) });
}

function withSymptoms(findings: readonly Finding[]): Finding[] {
  return findings.flatMap((finding) => [finding, ...withSymptoms(finding.symptoms)]);
}

function functionsOf(finding: Finding): Set<string> {
  const stacks = finding.roles.flatMap((role) => role.stacks);
  return new Set(stacks.flatMap((stack) => stack.frames.map((frame) => frame.function)));
}
