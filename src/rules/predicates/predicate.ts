import type { Condition } from "../../match/condition.ts";
import type { Capability } from "../../model/dump.ts";
import type { Capture, TextTest } from "../pattern.ts";

/** JSON Schema (draft-07) as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a variable's values are: how they are shown and compared. `expression`: a field or variable of the source; `made`: where a channel is made. */
export type VariableKind = "text" | "line" | "file" | "address" | "id" | "expression" | "made";

/** Kinds of which unequal known values are two different things; names that differ may still mean one. */
export const thingKinds: ReadonlySet<VariableKind | undefined> = new Set(["address", "made"]);

/** Kinds whose values only the source shows. */
export const sourceKinds: ReadonlySet<VariableKind | undefined> = new Set(["expression", "made"]);

/** What a predicate may ask the compiler. */
export interface PredicateContext {
  /** A number, or the value of `$params.name`. */
  number(value: unknown, path: string): number;
  /** A glob, `/regexp/` or `@list`. Problems are reported at `path`, and the test is then never true. */
  text(pattern: string, path: string): TextTest;
  /** A named condition from `define`. */
  named(name: string, path: string): Condition;
  /** Conditions of a nested object, as in `not: {…}`. */
  conditions(source: unknown, path: string): Condition[];
  /**
   * Says that a place of the rule binds a variable.
   * @returns whether it decides nothing, only messages show it; known when the role is compiled
   */
  binds(capture: Capture, kind: VariableKind, path: string): () => boolean;
  /** Says that a column of ids is compared with a variable, or asked for something else when there is none. */
  reads(column: number, variable: string | undefined): void;
  /** Reports a mistake that the schema can't see. */
  problem(path: string, message: string, hint?: string): void;
}

/** One key of a role: its schema and its meaning. The list of predicates makes the schema and the reference page. */
export interface Predicate {
  readonly key: string;
  /** With `description` and `examples`. */
  readonly schema: JsonSchema;
  /** Facts that a dump must know for it to be decided. */
  readonly needs: readonly Capability[];
  compile(value: unknown, context: PredicateContext, path: string): Condition;
}
