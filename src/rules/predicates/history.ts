import { attribute, type Condition, type Subject, truth, unknown } from "../../match/condition.ts";
import type { History } from "../../match/history.ts";
import { waitKinds } from "../../model/wait-kind.ts";
import { rangeSchema, rangeTest } from "../range.ts";
import type { JsonSchema, Predicate } from "./predicate.ts";
import { waitKindsOf } from "./wait.ts";

function historyOf(subject: Subject): History | undefined {
  return subject.facts.hasEarlier ? subject.facts.history : undefined;
}

function idOf(subject: Subject): number {
  return subject.facts.dump.goroutines.id[subject.group!.first]!;
}

export const persists: Predicate = {
  key: "persists",
  schema: {
    type: ["boolean", "object"],
    additionalProperties: false,
    minProperties: 1,
    properties: rangeSchema.properties,
    description:
      "The same goroutine had the very same stack in every earlier snapshot; a range: in so many of them. Needs several dumps of one process.",
    examples: [true, { gte: 2 }],
  },
  needs: ["ids"],
  compile(value, context, path): Condition {
    const test = typeof value === "object" ? rangeTest(value, context, path) : undefined;
    return {
      attributes: attribute.history,
      needsHistory: true,
      evaluate(subject) {
        const history = historyOf(subject);
        const id = idOf(subject);
        if (history === undefined || Number.isNaN(id)) return unknown("ids");
        const times = history.persisted(id, subject.stack);
        return truth(test === undefined ? (times === history.earlier.length) === value : test(times));
      },
    };
  },
};

export const growth: Predicate = {
  key: "growth",
  schema: {
    ...rangeSchema,
    properties: {
      ...(rangeSchema.properties as Record<string, JsonSchema>),
      snapshots: {
        type: ["integer", "string"],
        minimum: 2,
        pattern: "^\\$params\\.[a-z][a-z0-9-]*$",
        description:
          "There are at least so many snapshots, this one included, and each has more than the one before it.",
        examples: [3],
      },
    },
    description:
      "How many goroutines more have this stack than in the first snapshot, when no snapshot in between had fewer than the one before it. Needs several dumps.",
    examples: [{ gte: 10 }, { gte: 10, snapshots: 3 }],
  },
  needs: [],
  compile(value, context, path): Condition {
    const { snapshots, ...range } = value as Record<string, unknown>;
    const test = rangeTest(range, context, path);
    const atLeast = snapshots === undefined ? 0 : context.number(snapshots, `${path}/snapshots`);
    return {
      attributes: 0,
      needsHistory: true,
      evaluate(subject) {
        const history = historyOf(subject);
        if (history === undefined) return unknown("ids");
        const now = subject.facts.groups(subject.stackIndex, 0)[0]?.weight ?? 0;
        const series = [...history.counts(subject.stack), now];
        const least = snapshots === undefined ? 0 : 1;
        const rises = series.every((n, i) => i === 0 || n - series[i - 1]! >= least);
        return truth(series.length >= atLeast && rises && test(now - series[0]!));
      },
    };
  },
};

export const before: Predicate = {
  key: "before",
  schema: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    properties: {
      wait: {
        type: ["string", "array"],
        items: { type: "string", enum: [...waitKinds] },
        description: "Kind of wait that it was in.",
        examples: ["chan-receive"],
      },
      "same-resource": {
        type: "boolean",
        description: "It waited for the same channel or lock then, by address.",
        examples: [true],
      },
    },
    description: "What the same goroutine did in an earlier snapshot.",
    examples: [{ wait: "chan-receive" }],
  },
  needs: ["ids"],
  compile(value): Condition {
    const source = value as { wait?: string | string[]; "same-resource"?: boolean };
    const kinds = source.wait && new Set([source.wait].flat().flatMap((n) => [...waitKindsOf(n)]));
    return {
      attributes: attribute.history | attribute.resource,
      needsHistory: true,
      evaluate(subject) {
        const history = historyOf(subject);
        const id = idOf(subject);
        if (history === undefined || Number.isNaN(id)) return unknown("ids");
        const resource = subject.facts.dump.goroutines.resource[subject.group!.first]!;
        const states = history.before(id).filter((s) => !kinds || kinds.has(s.wait));
        if (source["same-resource"] !== true) return truth(states.length > 0);
        if (Number.isNaN(resource) || states.some((s) => Number.isNaN(s.resource)))
          return unknown("channel-addresses");
        return truth(states.some((s) => s.resource === resource));
      },
    };
  },
};
