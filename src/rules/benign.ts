import { readFileSync } from "node:fs";
import { packageRoot } from "../package-root.ts";
import { compileRule } from "./compile.ts";
import type { JsonSchema } from "./predicates/predicate.ts";
import { wait } from "./predicates/wait.ts";
import type { Rule } from "./rule.ts";

/** Places in a stack where an entry may ask for a function. */
const places = ["top", "at", "entry", "frame"] as const;

/** Goroutines that belong to a healthy program, as written: a function and a wait and a maximum. */
export type BenignEntry = {
  /** `benign/name`. */
  readonly id: string;
  /** What they are, in words. */
  readonly title: string;
  readonly wait: string | readonly string[];
  /** Most goroutines that are believed to be healthy; with more, none of them is set aside. */
  readonly max: number;
} & Readonly<Partial<Record<(typeof places)[number], string | readonly string[]>>>;

/** A whole function name: with a package or receiver, so that no part of a name ever sets anything aside. */
const functionName: JsonSchema = { type: "string", pattern: "^[A-Za-z][^ ]*\\.[^ ]+$" };

/** JSON Schema (draft-07) of `rules/benign/*.yaml`. */
export function benignFileSchema(): JsonSchema {
  const functions = (place: string): JsonSchema => ({
    type: ["string", "array"],
    pattern: functionName.pattern,
    items: functionName,
    minItems: 1,
    description: `Function, or one of several, as role condition \`${place}\`: whole names, globs allowed.`,
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Goroutines that belong to a healthy program",
    type: "object",
    additionalProperties: false,
    required: ["schema", "benign"],
    properties: {
      schema: { const: 1 },
      benign: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["id", "title", "wait", "max"],
          anyOf: places.map((place) => ({ required: [place] })),
          properties: {
            id: { type: "string", pattern: "^benign/[a-z0-9-]+$" },
            title: { type: "string", minLength: 1 },
            wait: wait.schema,
            max: {
              type: "integer",
              minimum: 1,
              description: "Most goroutines that are believed to be healthy.",
            },
            ...Object.fromEntries(places.map((place) => [place, functions(place)])),
          },
        },
      },
    },
  };
}

/** Compiles an entry to a rule that matches when its goroutines are there and not too many. */
export function compileBenign(entry: BenignEntry): Rule {
  const all = places.flatMap((place) => {
    const names = entry[place];
    return names === undefined ? [] : [{ any: [names].flat().map((name) => ({ [place]: name })) }];
  });
  return compileRule({
    id: entry.id,
    title: entry.title,
    severity: "info",
    message: entry.title,
    roles: { goroutines: { wait: entry.wait, leaked: false, all, count: { lte: entry.max } } },
  }).rule;
}

const built = new URL("dist/rules/benign.json", packageRoot);
let compiled: readonly Rule[] | undefined;

/** The entries that come with the tool, compiled once. */
export function builtinBenign(): readonly Rule[] {
  compiled ??= (JSON.parse(readFileSync(built, "utf8")) as readonly BenignEntry[]).map(compileBenign);
  return compiled;
}
