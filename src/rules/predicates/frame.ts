import {
  type Condition,
  conjoin,
  holds,
  type Solution,
  type Subject,
  truth,
  unknown,
} from "../../match/condition.ts";
import type { FramePlace } from "../../model/places.ts";
import type { Stack } from "../../model/stack.ts";
import { compileFrame, type FrameTest } from "./frame-test.ts";
import type { JsonSchema, Predicate } from "./predicate.ts";

/** A frame, by reference, so that the schema says once what a frame is. */
const frameReference: JsonSchema = { allOf: [{ $ref: "#/definitions/frame" }] };

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
        const found = test.some(frames, subject);
        if (found.length === 0 && !isPartial(subject.stack)) return truth(false);
        solutions = conjoin(solutions, found.length === 0 ? unknown("stacks") : found);
      }
      return solutions;
    });
  },
};

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
