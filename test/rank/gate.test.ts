import { expect, test } from "vitest";
import { applyGate, gateOf } from "../../src/rank/gate.ts";
import type { Finding } from "../../src/report/report.ts";
import { lockCycle } from "../report/html/samples.ts";

const options = { failOn: "error", minConfidence: "medium", allowPartial: false } as const;

/** Reasons for findings of these severities, each with symptoms of these. */
function reasons(...tree: readonly (readonly [Finding["severity"], readonly Finding["severity"][]])[]) {
  const [one] = lockCycle().findings;
  const of = (severity: Finding["severity"], symptoms: readonly Finding[] = []): Finding => ({
    ...one!,
    severity,
    symptoms,
  });
  const findings = tree.map(([severity, symptoms]) =>
    of(
      severity,
      symptoms.map((s) => of(s)),
    ),
  );
  return gateOf(applyGate(findings, options), [], [], options);
}

test("the verdict counts findings as the summary does, symptoms apart", () => {
  const gate = "at severity error and confidence medium or above";
  expect(reasons(["error", []]).reasons).toEqual([`1 new finding ${gate}`]);
  expect(reasons(["error", ["error", "warning"]], ["error", []], ["warning", ["error"]]).reasons).toEqual([
    `2 new findings ${gate}, and 1 symptom of causes below it`,
  ]);
});

test("a symptom alone fails the gate, too", () => {
  const { failed, exitCode, reasons: said } = reasons(["warning", ["error", "error"]]);
  expect({ failed, exitCode, said }).toEqual({
    failed: true,
    exitCode: 1,
    said: ["2 new symptoms at severity error and confidence medium or above"],
  });
});
