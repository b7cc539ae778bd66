import type { Fact } from "../model/dump.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import type { RoleKind } from "../rules/rule.ts";

/** Goroutines and the distinct stacks that they have. */
export interface Tally {
  readonly goroutines: number;
  readonly stacks: number;
}

/** What one condition of a role did. */
export interface ConditionExplanation {
  readonly key: string;
  /** As written, on one line. */
  readonly text: string;
  /** Who satisfies it, whatever the others say. */
  readonly alone: Tally;
  /** Who satisfies it and all conditions above it. */
  readonly left: Tally;
  /** Of those who are not known to, who might: the dump does not say. */
  readonly undecided: Tally;
}

/** Goroutines that only just do not play a role. */
export interface NearMiss {
  readonly goroutines: number;
  /** First ids, at most 5; empty in formats without ids. */
  readonly ids: readonly number[];
  readonly wait: WaitKind;
  /** The line that blocks, or the innermost frame. */
  readonly function: string;
  readonly at: string;
  /** Conditions that fail, with what is there instead. */
  readonly lacks: readonly { readonly condition: string; readonly instead: string }[];
}

/** What one condition says of one goroutine. */
export interface GoroutineVerdict {
  readonly condition: string;
  readonly verdict: "yes" | "no" | "unknown";
  readonly instead: string;
  readonly bindings: Readonly<Record<string, string>>;
}

export interface GoroutineExplanation {
  readonly goroutine: number;
  readonly conditions: readonly GoroutineVerdict[];
  /** It satisfies all of them together. */
  readonly belongs: "yes" | "no" | "unknown";
}

export interface RoleExplanation {
  readonly name: string;
  readonly title: string;
  readonly part: RoleKind;
  readonly conditions: readonly ConditionExplanation[];
  /** Distinct values of its variables among those who are left. */
  readonly combinations: number;
  readonly variables: readonly string[];
  /** `count`, as written; left out when one is enough. */
  readonly count?: string;
  /** Its largest combination. */
  readonly largest: number;
  /** What the Go source says of its goroutines, with `--source-root`; left out without. */
  readonly source?: readonly string[];
  readonly nearMisses: readonly NearMiss[];
  readonly asked: readonly GoroutineExplanation[];
}

/** A step after the roles: what was there before, and what was left. */
export interface StepExplanation {
  readonly kind: "join" | "count" | "absent" | "cycle" | "unless";
  readonly role: string;
  readonly text: string;
  readonly before: number;
  readonly after: number;
  /** The combination that came closest, for steps that leave nothing. */
  readonly closest?: string;
}

/** Why a rule holds on a dump, or why not. */
export interface Explanation {
  readonly rule: string;
  readonly dump: string;
  readonly goroutines: number;
  readonly stacks: number;
  readonly findings: number;
  /** Matches that are no findings: nobody but goroutines of a healthy program plays a needed role. */
  readonly setAside: number;
  /** The step that removed the last candidate, or how it came to hold: one sentence. */
  readonly verdict: string;
  readonly roles: readonly RoleExplanation[];
  readonly steps: readonly StepExplanation[];
  /** Facts that this dump lacks, whom they would decide, and how to collect them. */
  readonly unknown: readonly {
    readonly fact: Fact;
    readonly title: string;
    readonly goroutines: number;
    readonly collectWith: string;
  }[];
  /** Set when a limit was hit. */
  readonly limit?: string;
}
