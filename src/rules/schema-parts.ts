import type { JsonSchema } from "./predicates/predicate.ts";

/** A text that is not empty. */
export const text = (description: string, ...examples: string[]): JsonSchema => ({
  type: "string",
  minLength: 1,
  description,
  examples,
});

/** One of the severities. */
export const severity = (description: string): JsonSchema => ({
  type: "string",
  enum: ["error", "warning", "info"],
  description,
  examples: ["error"],
});

/** One of the confidences. */
export const confidence = (description: string): JsonSchema => ({
  type: "string",
  enum: ["low", "medium", "high"],
  description,
  examples: ["medium"],
});

/** A variable, `$NAME`. */
export const variable: JsonSchema = { type: "string", pattern: "^\\$[A-Z][A-Z0-9_]*$" };

/** A variable, or several. */
export const variables: JsonSchema = {
  type: ["string", "array"],
  pattern: variable.pattern,
  items: variable,
  minItems: 1,
};

/** Schemas without keys that are `undefined`, which JSON can't say. */
export function clean(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema)) as JsonSchema;
}
