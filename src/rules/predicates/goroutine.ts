import { attribute, type Condition, conjoin, onCell, truth, unknown } from "../../match/condition.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { rangeSchema, rangeTest } from "../range.ts";
import type { JsonSchema, Predicate } from "./predicate.ts";
import { numberMatcher, textMatcher } from "./text-matcher.ts";

export const goroutine: Predicate = {
  key: "goroutine",
  schema: {
    type: ["string", "integer"],
    description: "Its id.",
    examples: ["$G", 1],
  },
  needs: ["ids"],
  compile(value, context, path): Condition {
    const match = numberMatcher(value, "id", "ids", context, path, attribute.id);
    return {
      attributes: attribute.id,
      evaluate: ({ facts, group }) => match(facts.dump.goroutines.id[group!.first]!),
    };
  },
};

export const siblings: Predicate = {
  key: "siblings",
  schema: {
    ...rangeSchema,
    description:
      "How many goroutines with the very same stack were started by the goroutine that started it, itself included: a pool's workers are, requests are not.",
    examples: [{ gte: 50 }],
  },
  needs: ["creator-ids"],
  compile(value, context, path): Condition {
    const test = rangeTest(value, context, path);
    context.reads(attribute.creator, undefined);
    return {
      attributes: attribute.creator,
      evaluate({ facts, stackIndex, group }) {
        const creator = facts.dump.goroutines.creator[group!.first]!;
        if (Number.isNaN(creator)) return unknown("creator-ids");
        return truth(test(facts.families.siblings(stackIndex, facts.rowsOf(stackIndex)).get(creator) ?? 0));
      },
    };
  },
};

function flag(key: string, bit: number, description: string): Predicate {
  return {
    key,
    schema: { type: "boolean", description, examples: [true] },
    needs: [],
    compile(value): Condition {
      return onCell({
        attributes: attribute.flags,
        evaluate: ({ facts, group }) =>
          truth(((facts.dump.goroutines.flags[group!.first]! & bit) !== 0) === value),
      });
    },
  };
}

export const leaked: Predicate = flag(
  "leaked",
  goroutineFlags.leaked,
  "The runtime has proved that nothing can wake it (Go 1.26 and later).",
);
export const lockedToThread: Predicate = flag(
  "locked-to-thread",
  goroutineFlags.lockedToThread,
  "Locked to its thread.",
);
export const runningOnThread: Predicate = flag(
  "running-on-thread",
  goroutineFlags.onThread,
  "On a thread when the dump was taken.",
);
export const system: Predicate = flag("system", goroutineFlags.system, "Started by the runtime for itself.");

const labelValue: JsonSchema = {
  type: ["string", "array"],
  minLength: 1,
  items: { type: "string" },
  description: "Pattern or capture over the label's value.",
  examples: ["$TENANT"],
};

export const labels: Predicate = {
  key: "labels",
  schema: {
    type: "object",
    minProperties: 1,
    additionalProperties: labelValue,
    description: "pprof labels that it carries, by key.",
    examples: [{ tenant: "$TENANT" }],
  },
  needs: ["labels"],
  compile(value, context, path): Condition {
    const matchers = Object.entries(value as Record<string, unknown>).map(
      ([key, pattern]) => [key, textMatcher(pattern, "text", "labels", context, `${path}/${key}`)] as const,
    );
    return onCell({
      attributes: attribute.labels,
      evaluate({ facts, group }) {
        const set = facts.dump.labelSets[facts.dump.goroutines.labels[group!.first]!];
        let solutions = truth(true);
        for (const [key, match] of matchers) solutions = conjoin(solutions, match(set?.get(key) ?? ""));
        return solutions;
      },
    });
  },
};
