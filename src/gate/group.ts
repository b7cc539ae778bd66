import { entryOf } from "../model/places.ts";
import type { Stack } from "../model/stack.ts";
import { compileText } from "../rules/pattern.ts";
import type { Group } from "./budgets.ts";

/** Which goroutines a group holds; all that is given must fit. */
export interface GroupSource {
  /** What messages call it; the patterns when left out. */
  readonly name?: string;
  /** Pattern of the function that the goroutine was started with. */
  readonly entry?: string;
  /** Pattern of a function somewhere in its stack. */
  readonly function?: string;
}

/**
 * The group of some patterns; undefined when there is none.
 * @throws PatternError for a pattern that is none
 */
export function groupOf(source: GroupSource): Group | undefined {
  const { entry, function: anywhere } = source;
  if (entry === undefined && anywhere === undefined) return undefined;
  const tests: ((stack: Stack) => boolean | undefined)[] = [];
  if (entry !== undefined) tests.push(entryTest(entry));
  if (anywhere !== undefined) tests.push(functionTest(anywhere));
  return {
    name: source.name ?? [entry, anywhere].filter((p) => p !== undefined).join(" with "),
    includes(stack) {
      const answers = tests.map((test) => test(stack));
      return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
    },
  };
}

function entryTest(pattern: string): (stack: Stack) => boolean | undefined {
  const test = compileText(pattern);
  return (stack) => {
    const place = entryOf(stack);
    if (typeof place !== "number") return place === "none" ? false : undefined;
    const { symbol } = stack.frames[place]!;
    return test(symbol.plain) || test(symbol.outer);
  };
}

function functionTest(pattern: string): (stack: Stack) => boolean | undefined {
  const test = compileText(pattern);
  return (stack) => {
    if (stack.frames.some(({ symbol }) => test(symbol.plain) || test(symbol.outer))) return true;
    return stack.extent === "full" ? false : undefined;
  };
}
