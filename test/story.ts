import { expect } from "vitest";
import type { Finding, Report } from "../src/report/report.ts";

/** What a look at the dump without our readers says about the reference story. */
export interface StoryTruth {
  /** Id of the goroutine that drains the channel and is parked sending to it; left out where dumps have no ids. */
  readonly consumer?: number;
  /** Handlers parked on the send. */
  readonly senders: number;
}

/** What a dump's format can know. */
export interface StoryFormat {
  readonly channelAddresses: boolean;
}

export const storyRule = "channel/consumer-sends-to-own-channel";
const symptomRule = "channel/send-pileup";

/** The root cause is first, with exactly its consumer, all its senders, and the pile-up below it. */
export function expectStory(report: Report, truth: StoryTruth, format: StoryFormat): void {
  const [first, ...rest] = report.findings;
  expect(first?.ruleId).toBe(storyRule);
  const finding = first!;
  expect(roleOf(finding, "consumer").count).toBe(1);
  if (truth.consumer !== undefined) expect(roleOf(finding, "consumer").goroutines).toEqual([truth.consumer]);
  expect(roleOf(finding, "senders").count).toBe(truth.senders);
  expect(finding.symptoms.map((symptom) => symptom.ruleId)).toContain(symptomRule);
  expect(rest.map((other) => other.ruleId)).not.toContain(symptomRule);
  expect(report.dumps.map((dump) => dump.complete)).toEqual([true]);
  expect(finding.gated).toBe(true);
  expect(report.gate.exitCode).toBe(1);
  expectConfidence(report, finding, format);
}

/** Nothing is found and the gate is open. */
export function expectQuiet(report: Report): void {
  expect(report.findings.map((finding) => `${finding.ruleId}: ${finding.message}`)).toEqual([]);
  expect(report.gate.exitCode).toBe(0);
}

function expectConfidence(report: Report, finding: Finding, format: StoryFormat): void {
  if (format.channelAddresses) {
    expect(finding.confidence).toBe("high");
    return;
  }
  expect(finding.confidence).toBe("medium");
  expect(report.dumps[0]?.unknown.join("\n")).toMatch(/channel address/);
  expect(finding.collectWith?.command).toBeTruthy();
  expect(finding.evidence.map((evidence) => evidence.certainty)).toContain("unknown");
}

function roleOf(finding: Finding, name: string): Finding["roles"][number] {
  const role = finding.roles.find((role) => role.name === name);
  expect(role, `role ${name}`).toBeDefined();
  return role!;
}
