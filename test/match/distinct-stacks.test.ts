import { expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { bytesSource } from "../read/bytes.ts";

/** Senders that are stuck for good, each in a function of its own. */
function senders(count: number): Buffer {
  const text = Array.from(
    { length: count },
    (_, i) =>
      `goroutine ${i + 1} [chan send, 90 minutes]:\nmain.send${i}(0xc000010000)\n\t/src/app/send.go:${i + 1} +0x1d\n` +
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
