import type { RuleCoverage } from "./coverage.ts";
import type { Noise } from "./quiet-corpus.ts";
import type { TestResult } from "./run-tests.ts";

/** Results as plain data, for scripts and editors. */
export function testJson(
  results: readonly TestResult[],
  coverage: readonly RuleCoverage[],
  noise: readonly Noise[],
): Readonly<Record<string, unknown>> {
  return {
    schemaVersion: 1,
    tests: results.map(({ test, status, differences, explanation }) => ({
      rule: test.ruleId,
      name: test.source.name,
      file: test.file,
      position: test.problem("", "").position,
      status,
      differences,
      ...(explanation === undefined ? {} : { explanation }),
    })),
    coverage,
    quietCorpus: noise,
  };
}
