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
import { hasLeft } from "../../match/creator-gone.ts";
import type { SelectInfo } from "../../source/operations.ts";
import type { SiteFacts, SourceOperation, StackFacts } from "../../source/source-facts.ts";
import { oneOrList } from "../closed-list.ts";
import { parseCapture } from "../pattern.ts";
import { rangeSchema, rangeTest } from "../range.ts";
import type { JsonSchema, Predicate, PredicateContext, VariableKind } from "./predicate.ts";
import { textMatcher } from "./text-matcher.ts";

/** Asks what the source says of a stack. */
type SourceTest = (facts: StackFacts, subject: Subject) => readonly Solution[];

interface SourceProperty {
  readonly schema: JsonSchema;
  /** Columns that it reads beside the stack. */
  readonly attributes?: number;
  compile(value: unknown, context: PredicateContext, path: string): SourceTest;
}

const open = unknown("source");

const nameSchema: JsonSchema = {
  type: ["string", "array"],
  minLength: 1,
  items: { type: "string", minLength: 1 },
  minItems: 1,
};

const flag = (description: string): JsonSchema => ({ type: "boolean", description, examples: [true] });

/** Known ways before unknown ones; none at all is unknown, since functions may do more than the source shows. */
function orOpen(ways: readonly Solution[]): readonly Solution[] {
  const known = ways.filter((s) => s.known);
  return known.length > 0 ? known : open;
}

function withFrame(solutions: readonly Solution[], frame: number): readonly Solution[] {
  return frame < 0 ? solutions : solutions.map((s) => ({ ...s, frames: [...s.frames, frame] }));
}

/** A value of the blocking operation; "" and `undefined` are unknown. */
function ofSite(
  description: string,
  examples: readonly string[],
  kind: VariableKind,
  read: (site: SiteFacts) => string,
): SourceProperty {
  return {
    schema: { ...nameSchema, description, examples },
    compile(value, context, path) {
      const match = textMatcher(value, kind, "source", context, path);
      return ({ site }) => {
        const found = site === undefined ? "" : read(site);
        return withFrame(match(found === "" ? undefined : found), site?.frame ?? -1);
      };
    },
  };
}

function keyFor(...kinds: readonly SiteFacts["kind"][]): (site: SiteFacts) => string {
  return (site) => (kinds.includes(site.kind) ? site.key : "");
}

/** One of several operations of the stack's functions; a capture takes each in turn. */
function amongOperations(
  description: string,
  read: (facts: StackFacts) => readonly { readonly key: string; readonly frame: number }[],
): SourceProperty {
  return {
    schema: { ...nameSchema, description, examples: ["$X", "main.Metrics.inChannel"] },
    compile(value, context, path) {
      const match = textMatcher(value, "expression", "source", context, path);
      const lenient = isLenient(value);
      return (facts) => {
        const found = read(facts).filter((o) => o.key !== "");
        if (found.length === 0) return lenient ? match(undefined) : open;
        return orOpen(found.flatMap((o) => [...withFrame(match(o.key), o.frame)]));
      };
    },
  };
}

/** Yes or no, or not known. */
function ofFact(
  description: string,
  read: (facts: StackFacts, subject: Subject) => boolean | undefined,
  attributes = 0,
): SourceProperty {
  return {
    schema: flag(description),
    attributes,
    compile(value) {
      return (facts, subject) => {
        const found = read(facts, subject);
        return found === undefined ? open : truth(found === value);
      };
    },
  };
}

const owing =
  (...kinds: readonly SourceOperation["kind"][]) =>
  (facts: StackFacts) =>
    facts.owes.filter((o) => kinds.includes(o.kind));

const selectProperties: Readonly<Record<string, (select: SelectInfo) => boolean | undefined>> = {
  default: (s) => s.default,
  timer: (s) => s.timer,
  done: (s) => s.done,
};

const selectProperty: SourceProperty = {
  schema: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    properties: {
      default: flag("It has a default."),
      timer: flag("One case fires after some time: it is not stuck."),
      done: flag("One case waits for a context to end."),
    },
    description: "It waits in a select with, or without, these ways out.",
    examples: [{ default: false, timer: false }],
  },
  compile(value) {
    const wanted = Object.entries(value as Record<string, boolean>);
    return ({ site }) => {
      if (site === undefined) return open;
      const { select } = site;
      if (select === undefined) return truth(false);
      const answers = wanted.map(([key, want]) => {
        const has = selectProperties[key]!(select);
        return has === undefined ? undefined : has === want;
      });
      if (answers.includes(false)) return truth(false);
      return answers.includes(undefined) ? open : withFrame([holds], site.frame);
    };
  },
};

const operationProperty: SourceProperty = {
  schema: {
    ...oneOrList(["send", "receive", "range", "select", "lock", "rlock", "wait", "once-do"]),
    description: "What stands on the line that blocks.",
    examples: ["send", ["receive", "range"]],
  },
  compile(value) {
    const wanted = new Set([value].flat());
    return ({ site }) =>
      site === undefined ? open : wanted.has(site.kind) ? withFrame([holds], site.frame) : truth(false);
  },
};

const capacityProperty: SourceProperty = {
  schema: {
    ...rangeSchema,
    description:
      "Capacity of the channel, when every place that makes it gives the same constant; 0: unbuffered.",
    examples: [{ eq: 0 }],
  },
  compile(value, context, path) {
    const test = rangeTest(value, context, path);
    return ({ site }) => (site?.capacity === undefined ? open : truth(test(site.capacity)));
  },
};

const channelKinds = ["send", "receive", "range"] as const;

/** What a rule can ask of the source. */
const properties: Readonly<Record<string, SourceProperty>> = {
  operation: operationProperty,
  channel: ofSite(
    "The channel that it is blocked on, as field of a type, package variable or local variable.",
    ["$X?", "main.Metrics.inChannel"],
    "expression",
    keyFor(...channelKinds),
  ),
  lock: ofSite("The lock that it waits for.", ["$X?"], "expression", keyFor("lock", "rlock")),
  group: ofSite("The WaitGroup or Cond that it waits for.", ["$X?"], "expression", keyFor("wait")),
  "made-at": ofSite(
    "The one place where its channel is made. Channels made at two places are two channels.",
    ["$M?"],
    "made",
    (site) => site.madeBy,
  ),
  capacity: capacityProperty,
  select: selectProperty,
  timer: ofFact(
    "It receives from a timer's or ticker's channel, or selects on one: it goes on by itself.",
    ({ site }) => site?.timer,
  ),
  "receives-from": amongOperations(
    "A channel that a function on the stack receives from, before the line that blocks or in a loop around it.",
    (facts) => facts.receives,
  ),
  "drains-own-channel": ofFact(
    "It is parked sending to a channel that it receives from itself.",
    (facts) => facts.drainsOwnChannel,
  ),
  "holds-lock": amongOperations(
    "A lock that a function on the stack has taken on every path to where it stands.",
    (facts) => facts.holds.filter((h) => h.certain),
  ),
  relocks: ofFact("It waits for a lock that it holds: the same variable, taken further out.", relocks),
  "owes-done": amongOperations(
    "A WaitGroup whose Done comes behind the line that blocks, or is deferred.",
    owing("done"),
  ),
  "owes-send": amongOperations(
    "A channel that it would send to, or close, behind the line.",
    owing("send", "close"),
  ),
  "owes-receive": amongOperations(
    "A channel that it would receive from behind the line.",
    owing("receive", "range"),
  ),
  stranded: ofFact(
    "Its channel is known to the function that made it only, and that one has left without its half.",
    ({ strand }, { facts, group }) => {
      if (strand === undefined) return undefined;
      return strand.strands ? hasLeft(strand, group!, facts) : false;
    },
    attribute.creator,
  ),
};

function relocks({ site, holds: held }: StackFacts): boolean | undefined {
  if (site === undefined || (site.kind !== "lock" && site.kind !== "rlock") || site.key === "")
    return undefined;
  return held.some((h) => h.certain && h.key === site.key && h.sameInstance === true) ? true : undefined;
}

/** `$X?` and `$X*` hold for what is not known as well. */
function isLenient(value: unknown): boolean {
  const capture = typeof value === "string" ? parseCapture(value) : undefined;
  return capture !== undefined && (capture.optional || capture.collected);
}

export const source: Predicate = {
  key: "source",
  schema: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, p]) => [
        key,
        Object.fromEntries(Object.entries(p.schema).filter(([, v]) => v !== undefined)),
      ]),
    ),
    description:
      "What the Go source says of it, with `--source-root`. What the source does not show is unknown, and so is everything without the option. Among the ways of `any`, one that asks the source is an extra.",
    examples: [{ operation: "send", channel: "$X?" }, { "drains-own-channel": true }],
  },
  needs: [],
  compile(value, context, path): Condition {
    const asked = Object.entries(value as Record<string, unknown>).filter(([key]) =>
      Object.hasOwn(properties, key),
    );
    const tests = asked.map(([key, v]) => properties[key]!.compile(v, context, `${path}/${key}`));
    // Without source, variables that may stay unknown ask nothing: the rule is what it would be without them.
    const needsSource = !asked.every(([, v]) => isLenient(v));
    const without = needsSource ? open : truth(true);
    return {
      needsSource,
      attributes: asked.reduce((bits, [key]) => bits | (properties[key]!.attributes ?? 0), 0),
      evaluate(subject) {
        const facts = subject.facts.inSource(subject.stackIndex);
        if (facts === undefined) return without;
        let solutions = truth(true);
        for (const test of tests) {
          solutions = conjoin(solutions, test(facts, subject));
          if (solutions.length === 0) break;
        }
        return solutions;
      },
    };
  },
};
