import {
  attribute,
  type Bindings,
  type Condition,
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
import type { Facts } from "../../match/facts.ts";
import type { FramePlace } from "../../model/places.ts";
import type { Frame, Stack } from "../../model/stack.ts";
import { addressProperties, type ReadText, textProperties } from "./frame-properties.ts";
import type { JsonSchema, Predicate, PredicateContext } from "./predicate.ts";
import { isLenient, numberMatcher, textQuestion } from "./text-matcher.ts";

/** Asks one frame; `index` is its place in the stack, -1 for a creator. A frame that matches is part of the answer. */
interface FrameTest {
  readonly attributes: number;
  test(frame: Frame, index: number, subject: Subject): readonly Solution[];
}

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

/** A creator is no frame of the stack. */
function withoutStarted(properties: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => key !== "started"));
}

function withoutUndefined(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, v]) => v !== undefined));
}

/** A frame, by reference, so that the schema says once what a frame is. */
const frameReference: JsonSchema = { allOf: [{ $ref: "#/definitions/frame" }] };

/** Names of a frame's properties, for the reference page. */
export const framePropertyNames: readonly string[] = [
  ...Object.keys(textProperties),
  ...Object.keys(addressProperties),
  "started",
];

function compileFrame(source: unknown, context: PredicateContext, path: string): FrameTest {
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
  let deciding: readonly Binding[] | undefined;
  return {
    attributes: addresses.length === 0 ? 0 : attribute.arguments,
    test(frame, index, subject) {
      // A method value's `-fm` and a `.gowrap` are the compiler's: no call that anybody wrote.
      if (frame.symbol.wrapper) return truth(false);
      let known = true;
      for (let i = 0; i < tests.length; i++) {
        const answer = tests[i]!(frame, subject);
        if (answer === false) return truth(false);
        if (answer === undefined) known = false;
      }
      deciding ??= variables.filter(({ isShownOnly }) => !isShownOnly());
      const asked = subject.collects === true ? variables : deciding;
      let solutions = asked.length === 0 ? plainly(known, index) : bound(asked, known, frame, index, subject);
      for (let i = 0; i < addresses.length && solutions.length > 0; i++)
        solutions = conjoin(solutions, addresses[i]!(frame, index, subject));
      return solutions;
    },
  };
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

/** Without a group an address is merely unknown, so that the frames alone can already say no. */
function decidedByFrames(attributes: number, evaluate: Condition["evaluate"]): Condition {
  return { attributes, evaluate, onStack: evaluate };
}

/** A predicate on the frame at one place of the stack. */
function placed(
  key: string,
  description: string,
  examples: readonly unknown[],
  place: (s: Subject) => FramePlace,
): Predicate {
  return {
    key,
    schema: { ...frameReference, description, examples },
    needs: ["stacks"],
    compile(value, context, path): Condition {
      const frame = compileFrame(value, context, path);
      return decidedByFrames(frame.attributes, (subject) => {
        const index = place(subject);
        if (index === "none") return truth(false);
        if (index === "unknown") return unknown("stacks");
        return frame.test(subject.stack.frames[index]!, index, subject);
      });
    },
  };
}

export const at: Predicate = placed(
  "at",
  "The innermost frame outside runtime, sync, syscall and internal/…: the line that blocks.",
  [{ type: "$T", line: "$AT" }, "main.(*Pool).put"],
  (s) => s.facts.at(s.stackIndex),
);

export const top: Predicate = placed(
  "top",
  "The innermost frame, whatever it is.",
  ["internal/poll.runtime_pollWait"],
  (s) => (s.stack.frames.length > 0 ? 0 : s.stack.extent === "full" ? "none" : "unknown"),
);

export const entry: Predicate = placed(
  "entry",
  "The outermost frame: the function that was started with `go`; compiler-made wrappers are skipped.",
  [{ type: "$T", method: "$LOOP" }],
  (s) => s.facts.entry(s.stackIndex),
);

export const createdBy: Predicate = {
  key: "created-by",
  schema: {
    ...frameSchema,
    properties: {
      ...withoutStarted(frameSchema.properties as Record<string, JsonSchema>),
      goroutine: {
        type: ["string", "integer"],
        description: "Id of the goroutine that executed the `go` statement (Go 1.21 and later).",
        examples: ["$PARENT?"],
      },
      alive: {
        type: "boolean",
        description: "Whether that goroutine is still in the dump (Go 1.21 and later).",
        examples: [true],
      },
    },
    description: "The `go` statement: the function that contains it, and its goroutine.",
    examples: [{ function: "main.serve", goroutine: "$PARENT" }],
  },
  needs: ["creators"],
  compile(value, context, path): Condition {
    const { goroutine, alive, ...rest } = (typeof value === "string" ? { function: value } : value) as Record<
      string,
      unknown
    >;
    const frame = compileFrame(rest, context, path);
    const creator =
      goroutine === undefined
        ? undefined
        : numberMatcher(goroutine, "id", "creator-ids", context, `${path}/goroutine`, attribute.creator);
    const onStack = (subject: Subject): readonly Solution[] => {
      const created = subject.stack.createdBy;
      if (created !== undefined) return frame.test(created, -1, subject);
      return subject.facts.dump.capabilities.has("creators") ? truth(false) : unknown("creators");
    };
    const still = alive === undefined ? undefined : creatorIsAlive(alive as boolean);
    if (still !== undefined) context.reads(attribute.creator, undefined);
    if (creator === undefined && still === undefined) return { attributes: 0, evaluate: onStack };
    return {
      attributes: attribute.creator,
      onStack,
      evaluate(subject) {
        let solutions = onStack(subject);
        if (subject.stack.createdBy === undefined || solutions.length === 0) return solutions;
        const id = subject.facts.dump.goroutines.creator[subject.group!.first]!;
        if (creator !== undefined) solutions = conjoin(solutions, creator(id));
        if (still !== undefined) solutions = conjoin(solutions, still(id, subject.facts));
        return solutions;
      },
    };
  },
};

/** Tests whether the goroutine with a creator's id is in the dump; one that is cut short does not prove it gone. */
function creatorIsAlive(expected: boolean): (id: number, facts: Facts) => readonly Solution[] {
  return (id, { dump, families }) => {
    if (Number.isNaN(id)) return unknown("creator-ids");
    if (families.parents.has(id)) return truth(expected);
    return dump.complete ? truth(!expected) : unknown("ids");
  };
}

/** Frames may be missing from the stack, so that not finding one proves nothing. */
function isPartial(stack: Stack): boolean {
  return stack.extent !== "full";
}

export const frame: Predicate = {
  key: "frame",
  schema: {
    if: { type: "array" },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { items: { ...frameReference, description: "A frame that the stack has." }, minItems: 1 },
    else: { $ref: "#/definitions/frame" },
    description: "Some frame of the stack; a list: each of them, anywhere.",
    examples: ["net/http.(*conn).serve", [{ type: "database/sql.(*DB)" }, { origin: "own", function: "$F" }]],
  },
  needs: ["stacks"],
  compile(value, context, path): Condition {
    const sources = Array.isArray(value) ? value : [value];
    const tests = sources.map((s, i) =>
      compileFrame(s, context, Array.isArray(value) ? `${path}/${i}` : path),
    );
    const attributes = tests.reduce((bits, t) => bits | t.attributes, 0);
    return decidedByFrames(attributes, (subject) => {
      let solutions = truth(true);
      const { frames } = subject.stack;
      for (const test of tests) {
        let found: Solution[] | undefined;
        for (let i = 0; i < frames.length; i++) {
          const here = test.test(frames[i]!, i, subject);
          if (here.length === 0) continue;
          found ??= [];
          for (let k = 0; k < here.length; k++) addWay(found, here[k]!);
        }
        if (found === undefined && !isPartial(subject.stack)) return truth(false);
        solutions = conjoin(solutions, found === undefined ? unknown("stacks") : knownFirst(found));
      }
      return solutions;
    });
  },
};

/** Frames that match in the same way are one answer: there are many of a package, and each would be joined to all else. */
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
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  for (let i = 0; i < names.length; i++) if (!(names[i]! in b) || a[names[i]!] !== b[names[i]!]) return false;
  return true;
}

/** The known ones; where there is none, all. */
function knownFirst(solutions: readonly Solution[]): readonly Solution[] {
  if (solutions.every((s) => s.known)) return solutions;
  const known = solutions.filter((s) => s.known);
  return known.length > 0 ? known : solutions;
}

export const stack: Predicate = {
  key: "stack",
  schema: {
    type: "array",
    minItems: 1,
    items: { ...frameReference, description: "A frame, or `...` for any number of frames." },
    description:
      "Frames in this order, innermost first. The first stands at the line that blocks, unless `...` comes before it; `...` is any number of frames.",
    examples: [[{ type: "$T" }, "...", { type: "$T", method: "$OUTER" }]],
  },
  needs: ["stacks"],
  compile(value, context, path): Condition {
    const items = (value as readonly unknown[]).map((s, i) =>
      s === "..." ? "..." : compileFrame(s, context, `${path}/${i}`),
    );
    const attributes = items.reduce((bits, t) => (t === "..." ? bits : bits | t.attributes), 0);
    return decidedByFrames(attributes, (subject) => {
      const start = items[0] === "..." ? 0 : subject.facts.at(subject.stackIndex);
      if (start === "none") return truth(false);
      if (start === "unknown") return unknown("stacks");
      const found = sequence(items, 0, start, subject);
      if (found.length > 0) return found;
      return isPartial(subject.stack) ? unknown("stacks") : truth(false);
    });
  },
};

/** Ways in which the items from `item` on match the frames from `from` on. Work is items times frames for each `...`. */
function sequence(
  items: readonly (FrameTest | "...")[],
  item: number,
  from: number,
  subject: Subject,
): readonly Solution[] {
  const wanted = items[item];
  if (wanted === undefined) return [holds];
  const frames = subject.stack.frames;
  if (wanted === "...") {
    const next = items[item + 1];
    if (next === undefined) return [holds];
    const out: Solution[] = [];
    for (let i = from; i < frames.length && out.length < 64; i++) {
      if (next === "..." || next.test(frames[i]!, i, subject).length > 0)
        out.push(...sequence(items, item + 1, i, subject));
    }
    return out;
  }
  const frameHere = frames[from];
  if (frameHere === undefined || subject.stack.gapAt === from) return [];
  const here = wanted.test(frameHere, from, subject);
  return here.length === 0 ? [] : conjoin(here, sequence(items, item + 1, from + 1, subject));
}
