import { expect, test, vi } from "vitest";
import { analyze } from "../../src/analyze.ts";
import * as graph from "../../src/rank/graph.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { allFindings } from "../../src/report/describe.ts";
import { defaultReporterOptions } from "../../src/report/report.ts";
import { reporter as text } from "../../src/report/text.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { bytesSource } from "../read/bytes.ts";

/** Stuck senders in functions of their own, and waiters for a lock of the same type. */
function stuck(count: number): Buffer {
  const goroutines = Array.from({ length: count }, (_, i) => {
    const [reason, top] =
      i % 3 === 0
        ? ["sync.Mutex.Lock", "sync.(*Mutex).Lock(0x0)\n\t/go/src/sync/mutex.go:1 +0x1\n"]
        : ["chan send", ""];
    return (
      `goroutine ${i + 1} [${reason}, 90 minutes]:\n${top}main.(*Pool).put${i}(0xc000010000)\n\t/src/app/pool.go:${i + 1} +0x1d\n` +
      `created by main.start in goroutine 99999\n\t/src/app/start.go:9 +0x2e\n`
    );
  });
  return Buffer.from(`${goroutines.join("\n")}\n`);
}

const rules = builtinRules();

test("findings that are worked out when they are read say the same, in the same order", async () => {
  const dumps = await goTracebackReader.read(bytesSource("stuck", stuck(60)), { threads: 1 });
  const baseline = analyze(dumps, rules).findings.slice(0, 3);
  const options = {
    minConfidence: "low" as const,
    baseline,
    suppressions: [
      { rule: "lock/*", function: "main.*put3", reason: "known", at: { file: "c.yaml", line: 1 } },
    ],
    today: "2026-11-24",
  };
  const lazy = JSON.stringify(analyze(dumps, rules, { ...options, lazy: true }), null, 1);
  expect(lazy).toBe(JSON.stringify(analyze(dumps, rules, options), null, 1));
  expect(lazy).toContain('"status": "baseline"');
  expect(lazy).toContain('"status": "suppressed"');
});

test("a report for people works out no more findings than it prints", async () => {
  const dumps = await goTracebackReader.read(bytesSource("stuck", stuck(200)), { threads: 1 });
  const draw = vi.spyOn(graph, "graphOf");
  const report = analyze(dumps, rules, { lazy: true });
  expect(allFindings(report.findings).length).toBeGreaterThan(100);
  text.report(report, { ...defaultReporterOptions, maxFindings: 2 });
  expect(draw.mock.calls.length).toBeLessThan(60);
});
