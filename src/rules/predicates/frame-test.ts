import {
  attribute,
  type Bindings,
  conjoin,
  holds,
  maxSolutions,
  type Solution,
  type Subject,
  solution,
  truth,
  unknown,
  type Value,
} from "../../match/condition.ts";
import type { Frame } from "../../model/stack.ts";
import { addressProperties, type ReadText, textProperties } from "./frame-properties.ts";
import type { JsonSchema, PredicateContext } from "./predicate.ts";
import { isLenient, numberMatcher, textQuestion } from "./text-matcher.ts";

/** Asks one frame; `index` is its place in the stack, -1 for a creator. A frame that matches is part of the answer. */
export interface FrameTest {
  readonly attributes: number;
  test(frame: Frame, index: number, subject: Subject): readonly Solution[];
  /** Asks all frames of a stack. Those that match in the same way are one answer: there are many of a package. */
  some(frames: readonly Frame[], subject: Subject): readonly Solution[];
}

/** Whether a frame is what is asked for, variables and addresses aside; `undefined` where the dump does not say. */
type Matches = (frame: Frame, subject: Subject) => boolean | undefined;

/** A variable that is bound to a property. */
interface Binding {
  readonly name: string;
  readonly lenient: boolean;
  /** It decides nothing: only messages show it. */
  readonly isShownOnly: () => boolean;
  readonly read: ReadText;
}

const startedSchema: JsonSchema = {
  type: "boolean",
  description: "It is the function that was started with `go`: a worker's own loop, or no call below it.",
  examples: [true],
};

/** Schema of a frame: a text is the whole function name. */
export const frameSchema: JsonSchema = {
  type: ["string", "object"],
  minLength: 1,
  minProperties: 1,
  additionalProperties: false,
  properties: Object.fromEntries([
    ...Object.entries(textProperties).map(([key, p]) => [key, withoutUndefined(p.schema)] as const),
    ...Object.entries(addressProperties).map(([key, p]) => [key, p.schema] as const),
    ["started", startedSchema] as const,
  ]),
};

function withoutUndefined(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, v]) => v !== undefined));
}

/** A frame of a rule, compiled. */
export function compileFrame(source: unknown, context: PredicateContext, path: string): FrameTest {
  if (typeof source === "string") return compileFrame({ function: source }, context, path);
  /** Answers `undefined` where the dump does not say. */
  const tests: ((frame: Frame, subject: Subject) => boolean | undefined)[] = [];
  const variables: Binding[] = [];
  const addresses: FrameTest["test"][] = [];
  for (const [key, value] of Object.entries(source as Record<string, unknown>)) {
    const at = `${path}/${key}`;
    if (Object.hasOwn(addressProperties, key)) {
      addresses.push(addressTest(addressProperties[key]!.read, value, context, at));
    } else if (key === "started") {
      tests.push((frame, subject) => isStarted(frame, value === true, subject));
    } else if (Object.hasOwn(textProperties, key)) {
      const { read, kind } = textProperties[key]!;
      const { capture, isShownOnly, test } = textQuestion(value, kind, context, at);
      if (capture === undefined)
        tests.push((frame, subject) => {
          const text = read(frame, subject);
          return text === undefined ? undefined : test(text);
        });
      else variables.push({ name: capture.name, lenient: isLenient(capture), isShownOnly, read });
    }
  }
  const matches: Matches = (frame, subject) => {
    // A method value's `-fm` and a `.gowrap` are the compiler's: no call that anybody wrote.
    if (frame.symbol.wrapper) return false;
    let known = true;
    for (let i = 0; i < tests.length; i++) {
      const answer = tests[i]!(frame, subject);
      if (answer === false) return false;
      if (answer === undefined) known = false;
    }
    return known || undefined;
  };
  let deciding: readonly Binding[] | undefined;
  const askedOf = ({ collects }: Subject): readonly Binding[] => {
    deciding ??= variables.filter(({ isShownOnly }) => !isShownOnly());
    return collects === true ? variables : deciding;
  };
  const test: FrameTest["test"] = (frame, index, subject) => {
    const answer = matches(frame, subject);
    if (answer === false) return truth(false);
    const known = answer === true;
    const asked = askedOf(subject);
    let solutions = asked.length === 0 ? plainly(known, index) : bound(asked, known, frame, index, subject);
    for (let i = 0; i < addresses.length && solutions.length > 0; i++)
      solutions = conjoin(solutions, addresses[i]!(frame, index, subject));
    return solutions;
  };
  return {
    attributes: addresses.length === 0 ? 0 : attribute.arguments,
    test,
    some(frames, subject) {
      const asked = askedOf(subject);
      return asked.length < 2 && addresses.length === 0
        ? waysByValue(frames, matches, test, asked[0], subject)
        : waysOf(frames, test, subject);
    },
  };
}

/** The known ways in which frames match; where there is none, all. */
function waysOf(frames: readonly Frame[], test: FrameTest["test"], subject: Subject): readonly Solution[] {
  const ways: Solution[] = [];
  for (let i = 0; i < frames.length; i++) for (const way of test(frames[i]!, i, subject)) addWay(ways, way);
  const known = ways.filter((way) => way.known);
  return known.length > 0 ? known : ways;
}

function addWay(ways: Solution[], way: Solution): void {
  for (let i = 0; way.known && i < ways.length; i++) {
    const { known, bindings, forbidden, frames, missing } = ways[i]!;
    if (!known || !isSame(bindings, way.bindings)) continue;
    if (frames.length < maxSolutions)
      ways[i] = { known, bindings, forbidden, frames: [...frames, ...way.frames], missing };
    return;
  }
  ways.push(way);
}

function isSame(a: Bindings, b: Bindings): boolean {
  if (a === b) return true;
  let left = 0;
  for (const _ in b) left++;
  for (const name in a) {
    if (!(name in b) || a[name] !== b[name]) return false;
    left--;
  }
  return left === 0;
}

/** `waysOf` frames that bind one variable at most: told apart by its value, before any is made. */
function waysByValue(
  frames: readonly Frame[],
  matches: Matches,
  test: FrameTest["test"],
  variable: Binding | undefined,
  subject: Subject,
): readonly Solution[] {
  const values: (string | undefined)[] = [];
  const places: (readonly number[])[] = [];
  const unknowns: Solution[] = [];
  for (let i = 0; i < frames.length; i++) {
    const frame = frames[i]!;
    const known = matches(frame, subject);
    if (known === false) continue;
    const value = variable?.read(frame, subject) || undefined;
    if (known === undefined || (value === undefined && variable?.lenient === false)) {
      unknowns.push(...test(frame, i, subject));
      continue;
    }
    const way = values.indexOf(value);
    if (way < 0) {
      values.push(value);
      places.push(only(i));
    } else if (places[way]!.length < maxSolutions) places[way] = [...places[way]!, i];
  }
  if (values.length === 0) return unknowns;
  return values.map((value, way) => {
    if (variable === undefined) return solution(holds.bindings, places[way]);
    const bindings: Record<string, Value | undefined> = {};
    bindings[variable.name] = value;
    return solution(bindings, places[way]);
  });
}

/** The variables of a frame that matches, all bound in one go: frames are asked more often than anything else. */
function bound(
  variables: readonly Binding[],
  sure: boolean,
  frame: Frame,
  index: number,
  subject: Subject,
): readonly Solution[] {
  // Not as a literal: those with computed names are made slowly.
  const bindings: Record<string, Value | undefined> = {};
  let known = sure;
  for (let i = 0; i < variables.length; i++) {
    const { name, lenient, read } = variables[i]!;
    const value = read(frame, subject);
    const other = bindings[name];
    if (value === undefined || value === "") {
      if (lenient) bindings[name] = other;
      else if (value === "") return truth(false);
      else known = false;
    } else if (other === undefined) bindings[name] = value;
    else if (other !== value) return truth(false);
  }
  return [answerAt(known, index, bindings)];
}

function answerAt(known: boolean, index: number, bindings: Bindings): Solution {
  const answer = solution(bindings, only(index));
  return known ? answer : { ...answer, known, missing: unknownFrame.missing };
}

const unknownFrame: Solution = unknown("stacks")[0]!;

/** Answers that bind nothing, by the frame that matches. */
const plain = new Map<number, readonly Solution[]>();
const plainUnknown = new Map<number, readonly Solution[]>();

function plainly(known: boolean, index: number): readonly Solution[] {
  const answers = known ? plain : plainUnknown;
  let answer = answers.get(index);
  if (answer === undefined) {
    answer = [answerAt(known, index, holds.bindings)];
    answers.set(index, answer);
  }
  return answer;
}

function isStarted(frame: Frame, wanted: boolean, subject: Subject): boolean | undefined {
  const index = subject.facts.entry(subject.stackIndex);
  if (index === "unknown") return undefined;
  const started = index !== "none" && subject.stack.frames[index]!.symbol.plain === frame.symbol.plain;
  return started === wanted;
}

function addressTest(
  read: (typeof addressProperties)[string]["read"],
  value: unknown,
  context: PredicateContext,
  path: string,
): FrameTest["test"] {
  const match = numberMatcher(value, "address", "arguments", context, path);
  return (frame, index, subject) => read(frame, index, subject, match);
}

const noFrame = holds.frames;
const single: (readonly number[])[] = [];

/** A list of one frame, made once; a creator is no frame of the stack. */
function only(frame: number): readonly number[] {
  if (frame < 0) return noFrame;
  single[frame] ??= [frame];
  return single[frame];
}
