import { allOf, anyOf, noneOf } from "../../match/condition.ts";
import type { Predicate } from "./predicate.ts";

const nested = { $ref: "#/definitions/conditions" };

export const not: Predicate = {
  key: "not",
  schema: {
    if: { type: "array" },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { items: nested, minItems: 1 },
    else: nested,
    description: "None of these hold; a list: not any of them.",
    examples: [{ at: { method: "$LOOP" } }],
  },
  needs: [],
  compile(value, context, path) {
    const sources = Array.isArray(value) ? value : [value];
    const conditions = sources.map((s, i) =>
      allOf(context.conditions(s, Array.isArray(value) ? `${path}/${i}` : path)),
    );
    return allOf(conditions.map(noneOf));
  },
};

export const any: Predicate = {
  key: "any",
  schema: {
    type: "array",
    items: nested,
    minItems: 1,
    description: "At least one of these holds.",
    examples: [[{ at: { type: "$T" } }, { entry: { type: "$T" } }]],
  },
  needs: [],
  compile(value, context, path) {
    return anyOf((value as unknown[]).map((s, i) => allOf(context.conditions(s, `${path}/${i}`))));
  },
};

export const all: Predicate = {
  key: "all",
  schema: {
    type: "array",
    items: nested,
    minItems: 1,
    description: "Each of these holds.",
    examples: [[{ frame: "main.a" }, { frame: "main.b" }]],
  },
  needs: [],
  compile(value, context, path) {
    return allOf((value as unknown[]).flatMap((s, i) => context.conditions(s, `${path}/${i}`)));
  },
};

export const is: Predicate = {
  key: "is",
  schema: {
    type: ["string", "array"],
    minLength: 1,
    items: { type: "string", minLength: 1 },
    minItems: 1,
    description: "A named condition from `define`; a list: each of them.",
    examples: ["http-handler"],
  },
  needs: [],
  compile(value, context, path) {
    const names = Array.isArray(value) ? value : [value];
    return allOf(names.map((n, i) => context.named(String(n), Array.isArray(value) ? `${path}/${i}` : path)));
  },
};
