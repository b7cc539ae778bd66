import type { RuleProblem } from "../errors.ts";
import type { Budget } from "../gate/budgets.ts";
import type { GateOptions } from "../rank/gate.ts";
import type { Suppression } from "../rank/suppress.ts";
import type { Severity } from "../report/report.ts";

/** Where a value was written; `line` 0: nowhere, it is the default. */
export interface Written {
  readonly file: string;
  readonly line: number;
}

/** A value with the place that it comes from. */
export interface Setting<T> {
  readonly value: T;
  readonly at: Written;
}

/** A place of a configuration that names rules. */
export interface RulePattern {
  /** Id or glob. */
  readonly pattern: string;
  problem(message: string, hint?: string): RuleProblem;
}

/** Settings of the rules that a pattern matches. */
export interface RuleSetting {
  /** Id or glob. */
  readonly pattern: string;
  readonly severity: Severity | "off" | undefined;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly at: Written;
  /** A problem at the key, or at one of the params. */
  problem(param: string | undefined, message: string, hint?: string): RuleProblem;
}

/** A pack that rules come from. */
export interface Pack {
  /** `builtin`, `builtin:lock`, or the path of a rule file or folder. */
  readonly name: string;
  /** Area of built-in rules, `*` for all; `undefined` for files. */
  readonly builtin: string | undefined;
  readonly at: Written;
}

/** What is in force, in the order in which it was said: the later wins. */
export interface Config {
  /** The files that were read, the one that was asked for last. */
  readonly files: readonly string[];
  readonly packs: readonly Pack[];
  readonly rules: readonly RuleSetting[];
  readonly own: readonly Setting<string>[];
  readonly define: Readonly<Record<string, Setting<unknown>>>;
  readonly suppressions: readonly Suppression[];
  /** The rules that suppressions name, each with its place. */
  readonly suppressed: readonly RulePattern[];
  readonly gate: { readonly [K in keyof GateOptions]?: Setting<GateOptions[K]> };
  /** What processes and groups of goroutines may use. */
  readonly budgets: readonly Setting<Budget>[];
  /** Suppressions that can't be used; everything else of the files is in force. */
  readonly problems: readonly RuleProblem[];
}
