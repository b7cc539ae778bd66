import type { JsonSchema, PredicateContext } from "./predicates/predicate.ts";

const bound: JsonSchema = {
  type: ["number", "string"],
  pattern: "^\\$params\\.[a-z][a-z0-9-]*$",
};

/** Schema of `{gte, gt, lte, lt, eq}`. */
export const rangeSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  minProperties: 1,
  properties: {
    gte: { ...bound, description: "At least.", examples: [5, "$params.min"] },
    gt: { ...bound, description: "More than.", examples: [0] },
    lte: { ...bound, description: "At most.", examples: [8] },
    lt: { ...bound, description: "Less than.", examples: [100] },
    eq: { ...bound, description: "Exactly.", examples: [1] },
  },
};

/** Compiles `{gte: 5, lt: $params.max}`. */
export function rangeTest(
  source: unknown,
  context: Pick<PredicateContext, "number"> & Partial<Pick<PredicateContext, "problem">>,
  path: string,
): (value: number) => boolean {
  const range = source as Record<string, unknown>;
  const bounds = Object.entries(range).map(
    ([key, value]) => [key, context.number(value, `${path}/${key}`)] as const,
  );
  const test = withinBounds(bounds);
  const limits = bounds.map(([, limit]) => limit).filter((limit) => !Number.isNaN(limit));
  // Between two neighbouring limits every number is alike, so that a few of them stand for all.
  const tried = limits.flatMap((limit) => [limit - 1e-6, limit, limit + 1e-6]);
  // Limits that are wrong are told and left out before.
  if (limits.length > 0 && limits.length === bounds.length && !tried.some(test))
    context.problem?.(path, "no number is in this range", "the lower limit is above the upper one");
  return test;
}

function withinBounds(bounds: readonly (readonly [string, number])[]): (value: number) => boolean {
  return (value) =>
    bounds.every(([key, limit]) => {
      if (key === "gte") return value >= limit;
      if (key === "gt") return value > limit;
      if (key === "lte") return value <= limit;
      if (key === "lt") return value < limit;
      return value === limit;
    });
}
