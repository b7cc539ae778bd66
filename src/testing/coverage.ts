import { allConditions, decidingConditions } from "../explain/deciding.ts";
import { Facts } from "../match/facts.ts";
import type { Rule } from "../rules/rule.ts";
import type { TestResult } from "./run-tests.ts";

/** What the tests of one rule leave open. */
export interface RuleCoverage {
  readonly ruleId: string;
  readonly firing: number;
  readonly quiet: number;
  /** Conditions, as `role: condition`, that alone keep nobody out in any test. */
  readonly undecided: readonly string[];
}

/** Which rules lack a firing or a quiet test, and which conditions never decided anything. */
export function coverageOf(rules: readonly Rule[], results: readonly TestResult[]): RuleCoverage[] {
  return rules.map((rule) => {
    const own = results.filter((r) => r.test.ruleId === rule.id);
    const decided = new Set<string>();
    for (const { dumps } of own)
      for (const dump of dumps) for (const c of decidingConditions(rule, new Facts(dump))) decided.add(c);
    const firing = own.filter((r) => r.test.source.expect !== "none").length;
    return {
      ruleId: rule.id,
      firing,
      quiet: own.length - firing,
      undecided: allConditions(rule).filter((c) => !decided.has(c)),
    };
  });
}
