/** Testing rules: everything that the command line and the library need, loaded only when asked for. */
export type { Difference } from "./compare.ts";
export { coverageOf, type RuleCoverage } from "./coverage.ts";
export { type Noise, noiseText, quietCorpus } from "./quiet-corpus.ts";
export { loadRuleTests, type RuleTest } from "./rule-test.ts";
export { type RuleTestOptions, runRuleTests, type TestResult } from "./run-tests.ts";
export { testJson } from "./test-json.ts";
export { testJunit } from "./test-junit.ts";
export { coverageText, testText } from "./test-text.ts";
export { type UpdatedFile, updatedFiles } from "./update.ts";
