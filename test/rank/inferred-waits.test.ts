import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { describeWait } from "../../src/report/describe.ts";
import type { Finding } from "../../src/report/report.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { readableFixtures, readFixture } from "../rule-fixtures.ts";

const rule = "channel/consumer-sends-to-own-channel";

/** The finding on one program, in the format. */
async function story(format: string): Promise<Finding> {
  const entry = readableFixtures.find(
    (e) =>
      e.rule === rule &&
      e.expect === "fires" &&
      e.go === "go1.27" &&
      e.format === format &&
      e.variant === "method" &&
      e.aged,
  );
  if (entry === undefined) throw new Error(`no fixture of ${rule} in ${format}`);
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([readFixture(entry)]) });
  const found = analyze(dumps, builtinRules()).findings.find((f) => f.ruleId === rule);
  if (found === undefined) throw new Error(`${rule} found nothing in ${format}`);
  return found;
}

const consumerOf = (finding: Finding) => finding.roles.find((r) => r.name === "consumer")!.stacks[0]!;
const evidenceOf = (finding: Finding, role: string) =>
  finding.evidence.find(({ text }) => text.startsWith(`${role}: `))!;

describe("what a goroutine waits for", () => {
  test("is marked as inferred in debug=1: in the evidence, the stack and the picture", async () => {
    const finding = await story("debug1");
    expect(evidenceOf(finding, "consumer")).toEqual({
      text: expect.stringContaining("it follows from the order of the runtime's code"),
      certainty: "inferred",
    });
    expect(consumerOf(finding).waitInferred).toBe(true);
    expect(describeWait(consumerOf(finding))).toBe("parked sending to a channel (inferred)");
    const sends = finding.graph.edges.filter(({ label }) => label === "parked sending to");
    expect(sends.map(({ certainty }) => certainty)).toEqual(["inferred", "inferred"]);
  });

  test.each(["debug2", "debug0", "sigquit"])("is observed in %s", async (format) => {
    const finding = await story(format);
    expect(evidenceOf(finding, "consumer").certainty).toBe("observed");
    expect(consumerOf(finding).waitInferred).toBeUndefined();
    expect(describeWait(consumerOf(finding))).not.toContain("inferred");
    const sends = finding.graph.edges.filter(({ label }) => label === "parked sending to");
    expect(sends.map(({ certainty }) => certainty)).toEqual(["observed", "observed"]);
  });
});
