import type { JsonSchema } from "./predicates/predicate.ts";

/**
 * Schema keywords for a value that may be a text: which texts are allowed. Put beside `type: ["string", …]`, since an
 * `enum` there would refuse the other types.
 */
export function textOf(names: readonly string[]): JsonSchema {
  return {
    if: { type: "string" },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { enum: names },
  };
}

/** Schema of one of some names, or a list of several. */
export function oneOrList(names: readonly string[]): JsonSchema {
  return {
    type: ["string", "array"],
    ...textOf(names),
    else: { minItems: 1, uniqueItems: true, items: { type: "string", enum: names } },
  };
}
