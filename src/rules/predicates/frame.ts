import {
  attribute,
  type Condition,
  conjoin,
  holds,
  type Solution,
  type Subject,
  truth,
  unknown,
} from "../../match/condition.ts";
import type { Facts } from "../../match/facts.ts";
import type { FramePlace } from "../../model/places.ts";
import type { Frame, Stack } from "../../model/stack.ts";
import { addressProperties, textProperties } from "./frame-properties.ts";
import type { JsonSchema, Predicate, PredicateContext } from "./predicate.ts";
import { numberMatcher, textMatcher } from "./text-matcher.ts";

/** Asks one frame; `index` is its place in the stack, -1 for a creator. */
interface FrameTest {
  readonly attributes: number;
  test(frame: Frame, index: number, subject: Subject): readonly Solution[];
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
  const tests: FrameTest["test"][] = [];
  let attributes = 0;
  for (const [key, value] of Object.entries(source as Record<string, unknown>)) {
    const at = `${path}/${key}`;
    if (Object.hasOwn(addressProperties, key)) {
      attributes |= attribute.arguments;
      tests.push(addressTest(addressProperties[key]!.read, value, context, at));
    } else if (key === "started") {
      tests.push((frame, _index, subject) => startedTest(frame, value === true, subject));
    } else if (Object.hasOwn(textProperties, key)) {
      const property = textProperties[key]!;
      const match = textMatcher(value, property.kind, "stacks", context, at);
      tests.push((frame, _index, subject) => match(property.read(frame, subject)));
    }
  }
  return {
    attributes,
    test(frame, index, subject) {
      // A method value's `-fm` and a `.gowrap` are the compiler's: no call that anybody wrote.
      if (frame.symbol.wrapper) return truth(false);
      let solutions = truth(true);
      for (let i = 0; i < tests.length && solutions.length > 0; i++)
        solutions = conjoin(solutions, tests[i]!(frame, index, subject));
      return solutions;
    },
  };
}

function startedTest(frame: Frame, wanted: boolean, subject: Subject): readonly Solution[] {
  const index = subject.facts.entry(subject.stackIndex);
  if (index === "unknown") return unknown("stacks");
  const started = index !== "none" && subject.stack.frames[index]!.symbol.plain === frame.symbol.plain;
  return truth(started === wanted);
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

function decisive(solutions: readonly Solution[], frame: number): readonly Solution[] {
  if (solutions.length === 0) return solutions;
  return solutions.map((s) => {
    const { known, bindings, forbidden, frames, missing } = s;
    if (frames.includes(frame)) return s;
    return {
      known,
      bindings,
      forbidden,
      frames: frames.length === 0 ? only(frame) : [...frames, frame],
      missing,
    };
  });
}

const single: (readonly number[])[] = [];

/** A list of one frame, made once. */
function only(frame: number): readonly number[] {
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
        return decisive(frame.test(subject.stack.frames[index]!, index, subject), index);
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
          found.push(...decisive(here, i));
        }
        if (found === undefined && !isPartial(subject.stack)) return truth(false);
        solutions = conjoin(solutions, found === undefined ? unknown("stacks") : knownFirst(found));
      }
      return solutions;
    });
  },
};

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
  const here = decisive(wanted.test(frameHere, from, subject), from);
  return here.length === 0 ? [] : conjoin(here, sequence(items, item + 1, from + 1, subject));
}
