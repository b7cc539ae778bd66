/** Reading dumps, rules, analysis, explanations, rule tests and reports: what the command line can do. */
export { type AnalyzeOptions, analyze } from "./analyze.ts";
export type { Config } from "./config/config.ts";
export { type ConfiguredRule, configuredRules } from "./config/configured-rules.ts";
export { findConfig } from "./config/find-config.ts";
export { loadConfig } from "./config/load-config.ts";
export { InputError, KnownError, RuleError, type RuleProblem, UsageError } from "./errors.ts";
export { type ExplainOptions, explainDump as explain } from "./explain/explain.ts";
export type { Explanation } from "./explain/explanation.ts";
export { explanationText } from "./explain/explanation-text.ts";
export { type Address, formatAddress } from "./model/address.ts";
export {
  type Capability,
  type Dump,
  type DumpEvent,
  type FormatId,
  goroutineCount,
  type ReadProblem,
} from "./model/dump.ts";
export type { Frame, Stack } from "./model/stack.ts";
export { type WaitClass, type WaitKind, waitClasses, waitKinds } from "./model/wait-kind.ts";
export type { Suppression } from "./rank/suppress.ts";
export { type ReadDumpsOptions, type ReadResult, readDumps } from "./read/read-dumps.ts";
export type {
  Confidence,
  Finding,
  Report,
  Reporter,
  ReporterOptions,
  Severity,
} from "./report/report.ts";
export { loadReporter, reporterIds } from "./report/reporters.ts";
export { builtinRules } from "./rules/builtin.ts";
export { compileRule } from "./rules/compile.ts";
export { type LoadedRule, type LoadedRules, loadRuleFiles, ruleFiles } from "./rules/load.ts";
export type { Rule } from "./rules/rule.ts";
export type { CompileProblem, CompileScope } from "./rules/rule-scope.ts";
export type { RuleSource } from "./rules/rule-source.ts";
export type { Expectation, TestSource } from "./rules/test-source.ts";
export { type DumpSource, openSource, type Source, type SourceOptions } from "./source/open-source.ts";
export type { SiteFacts, SourceHold, SourceOperation, StackFacts } from "./source/source-facts.ts";
export {
  coverageOf,
  loadRuleTests,
  type RuleCoverage,
  type RuleTest,
  type RuleTestOptions,
  runRuleTests,
  type TestResult,
  testJson,
  testJunit,
  testText,
} from "./testing/testing.ts";
