import { type Solution, solution, truth, unknown, type Value } from "../../match/condition.ts";
import type { Fact } from "../../model/dump.ts";
import { type Capture, parseCapture } from "../pattern.ts";
import type { PredicateContext, VariableKind } from "./predicate.ts";

/**
 * Asks one property of a frame or goroutine.
 * `undefined`: the dump does not know the property. `""`: it is known that there is none (a function without receiver).
 */
export type ValueMatcher = (value: Value | undefined) => readonly Solution[];

const no = truth(false);
const yes = truth(true);

/** Answers that a capture keeps: packages and types come again and again. */
const mostKept = 1_000;

/**
 * A matcher for a capture (`$X`, `$X?`, `$X*`).
 * @param keeps false for what hardly comes again: addresses, ids, lines
 */
function captureMatcher(name: string, lenient: boolean, missing: Fact, keeps: boolean): ValueMatcher {
  const kept = new Map<Value, readonly Solution[]>();
  const open = [solution({ [name]: undefined })];
  return (value) => {
    if (value === undefined || value === "") {
      if (lenient) return open;
      return value === "" ? no : unknown(missing);
    }
    const known = keeps ? kept.get(value) : undefined;
    if (known !== undefined) return known;
    // Not as a literal: those with computed names are made slowly.
    const bindings: Record<string, Value> = {};
    bindings[name] = value;
    const answer = [solution(bindings)];
    if (keeps && kept.size < mostKept) kept.set(value, answer);
    return answer;
  };
}

/** What is asked of a text: a variable is bound to it, or it must match. */
export type TextQuestion =
  | { readonly capture: Capture; readonly isShownOnly: () => boolean; readonly test?: undefined }
  | {
      readonly test: (text: string) => boolean;
      readonly capture?: undefined;
      readonly isShownOnly?: undefined;
    };

/** Compiles a pattern, a capture or a list of patterns. */
export function textQuestion(
  pattern: unknown,
  kind: VariableKind,
  context: PredicateContext,
  path: string,
): TextQuestion {
  const patterns = (Array.isArray(pattern) ? pattern : [pattern]).map(String);
  const capture = patterns.length === 1 ? parseCapture(patterns[0]!) : undefined;
  if (capture !== undefined) {
    return { capture, isShownOnly: context.binds(capture, kind, path) };
  }
  const tests = patterns.map((p, i) => context.text(p, Array.isArray(pattern) ? `${path}/${i}` : path));
  return {
    test(text) {
      for (let i = 0; i < tests.length; i++) if (tests[i]!(text)) return true;
      return false;
    },
  };
}

/** A matcher for a pattern, a capture or a list of patterns over one text property. */
export function textMatcher(
  pattern: unknown,
  kind: VariableKind,
  missing: Fact,
  context: PredicateContext,
  path: string,
): ValueMatcher {
  const { capture, test } = textQuestion(pattern, kind, context, path);
  if (capture !== undefined)
    return captureMatcher(capture.name, isLenient(capture), missing, kind === "text");
  return (value) => (value === undefined ? unknown(missing) : truth(test(String(value))));
}

/** Whether the place of a capture matches where nothing is known to bind it to. */
export function isLenient({ optional, collected }: Capture): boolean {
  return optional || collected;
}

/**
 * Compiles a capture or a number over one numeric property (an address or an id); NaN is unknown.
 * @param column the column that it reads, for those that the matcher may fold
 */
export function numberMatcher(
  pattern: unknown,
  kind: VariableKind,
  missing: Fact,
  context: PredicateContext,
  path: string,
  column = 0,
): (value: number) => readonly Solution[] {
  const capture = typeof pattern === "string" ? parseCapture(pattern) : undefined;
  if (column !== 0) context.reads(column, capture?.name);
  if (capture !== undefined) {
    context.binds(capture, kind, path);
    const match = captureMatcher(capture.name, isLenient(capture), missing, false);
    return (value) => match(Number.isNaN(value) ? undefined : value);
  }
  const wanted = context.number(pattern, path);
  return (value) => {
    if (Number.isNaN(value)) return unknown(missing);
    return value === wanted ? yes : no;
  };
}
