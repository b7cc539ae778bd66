import type { JsonSchema } from "./predicates/predicate.ts";
import { rangeSchema } from "./range.ts";
import { confidence, text, variables } from "./schema-parts.ts";
import { conditionProperties } from "./schema-role.ts";

const everyRole = (description: string): JsonSchema => ({
  type: "object",
  required: ["role"],
  additionalProperties: false,
  minProperties: 2,
  properties: {
    role: text("Name of the role.", "senders"),
    ...conditionProperties,
  },
  description,
  examples: [{ role: "senders", waited: { gte: 3 } }],
});

/** Questions about a match, by their keys. */
export const whenProperties: Readonly<Record<string, JsonSchema>> = {
  confirmed: {
    ...variables,
    description: "The variables are known and equal in every role that has them.",
    examples: ["$C"],
  },
  joined: {
    ...variables,
    description: "The roles are joined by this step of `joined-by`, or a stronger one.",
    examples: ["$T"],
  },
  none: text("Nobody plays this optional, witness or absent role.", "receiver"),
  count: {
    ...rangeSchema,
    properties: {
      ...(rangeSchema.properties as object),
      role: text("Name of the role.", "senders"),
      beyond: {
        type: ["string", "array"],
        items: { type: "string" },
        minItems: 1,
        description: "Other roles, whose goroutines are subtracted.",
        examples: ["clients", ["clients", "readers"]],
      },
    },
    required: ["role"],
    minProperties: 2,
    description: "How many goroutines play a role; with `beyond`, how many more than play others.",
    examples: [
      { role: "senders", gte: 1000 },
      { role: "handlers", beyond: "clients", gte: 100 },
    ],
  },
  share: {
    ...rangeSchema,
    properties: { ...(rangeSchema.properties as object), role: text("Name of the role.", "senders") },
    required: ["role"],
    minProperties: 2,
    description: "Which fraction of all goroutines plays a role.",
    examples: [{ role: "senders", gte: 0.5 }],
  },
  every: everyRole("Each goroutine of a role is known to satisfy further conditions."),
  some: {
    ...everyRole(
      "Goroutines of a role, at least one or as many as `count` says, are known to satisfy further conditions.",
    ),
    properties: {
      ...(everyRole("").properties as object),
      count: { ...rangeSchema, description: "How many of them.", examples: [{ gte: 100 }] },
    },
  },
  all: {
    type: "array",
    minItems: 1,
    items: { $ref: "#/definitions/when" },
    description: "Each of these.",
    examples: [[{ none: "receiver" }, { confirmed: "$C" }]],
  },
  any: {
    type: "array",
    minItems: 1,
    items: { $ref: "#/definitions/when" },
    description: "At least one of these.",
    examples: [[{ none: "receiver" }, { confirmed: "$C" }]],
  },
  not: { $ref: "#/definitions/when", description: "Not this.", examples: [{ none: "receiver" }] },
};

/** Steps by which a confidence is raised or lowered. */
export const confidenceStep = (description: string): JsonSchema => ({
  type: "array",
  minItems: 1,
  items: {
    type: "object",
    additionalProperties: false,
    required: ["to", "when"],
    properties: {
      to: confidence("The confidence then."),
      when: { $ref: "#/definitions/when", description: "The condition.", examples: [{ confirmed: "$C" }] },
    },
  },
  description,
  examples: [[{ to: "high", when: { confirmed: "$C" } }]],
});
