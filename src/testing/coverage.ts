import { allConditions, decidingConditions } from "../explain/deciding.ts";
import type { Rule } from "../rules/rule.ts";
import type { TestResult } from "./run-tests.ts";

/** What the tests of one rule leave open. */
export interface RuleCoverage {
  readonly ruleId: string;
  /** Tests that pass, with a finding of the rule and without. */
  readonly firing: number;
  readonly quiet: number;
  /** Conditions, as `role: condition`, that alone keep nobody out in any test; questions about matches that none answers with yes. */
  readonly undecided: readonly string[];
}

/** Which rules lack a firing or a quiet test, and which conditions never decided anything. */
export function coverageOf(rules: readonly Rule[], results: readonly TestResult[]): RuleCoverage[] {
  return rules.map((rule) => {
    const own = results.filter((r) => r.test.ruleId === rule.id);
    const decided = new Set<string>();
    for (const { facts } of own) for (const c of decidingConditions(rule, facts)) decided.add(c);
    const passed = own.filter((r) => r.status === "passed");
    const firing = passed.filter((r) => r.findings.length > 0).length;
    return {
      ruleId: rule.id,
      firing,
      quiet: passed.length - firing,
      undecided: allConditions(rule).filter((c) => !decided.has(c)),
    };
  });
}
