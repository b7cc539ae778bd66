import type { JsonSchema } from "./predicates/predicate.ts";
import { predicates } from "./predicates/predicates.ts";
import { rangeSchema } from "./range.ts";
import { clean, text } from "./schema-parts.ts";

/** Conditions by their keys. */
export const conditionProperties: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  predicates.map((p) => [p.key, clean(p.schema)]),
);

/** Keys of a role that are no conditions. */
export const roleProperties: Readonly<Record<string, JsonSchema>> = {
  title: text(
    "What its goroutines are, in words that continue “nobody is …”.",
    "parked sending to the channel",
  ),
  count: {
    ...rangeSchema,
    description: "How many goroutines it needs; at least one without this.",
    examples: [{ gte: 100 }],
  },
  share: {
    ...rangeSchema,
    description: "Fraction of all goroutines that it needs, 0 to 1.",
    examples: [{ gte: 0.5 }],
  },
  optional: {
    type: "boolean",
    description: "Evidence only: the rule holds without it, too.",
    examples: [true],
  },
  witness: {
    type: "boolean",
    description:
      "Evidence only, like optional, and of interest only whether somebody plays it: the first that is found is shown, others are not looked for, and it does not count as one of those who take part.",
    examples: [true],
  },
  absent: { type: "boolean", description: "The rule holds only when nobody plays it.", examples: [true] },
};
