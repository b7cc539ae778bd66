import type { JsonSchema } from "./predicates/predicate.ts";
import { rangeSchema } from "./range.ts";

const counted: JsonSchema = { ...rangeSchema, type: ["integer", "object"], minimum: 0 };

const text = (description: string, ...examples: string[]): JsonSchema => ({
  type: "string",
  minLength: 1,
  description,
  examples,
});

/** Keys of one test of a rule. */
export const testProperties: Readonly<Record<string, JsonSchema>> = {
  name: text("What the test shows, in a few words.", "quiet while the queue drains"),
  dump: {
    type: ["string", "array"],
    minLength: 1,
    minItems: 1,
    items: { type: "string", minLength: 1 },
    description:
      "A dump: a file beside this one, or the text itself (`dump: |`). A list: snapshots of one process, oldest first.",
    examples: ["incident.txt", ["before.txt", "after.txt"]],
  },
  source: {
    type: ["string", "array"],
    minLength: 1,
    minItems: 1,
    items: { type: "string", minLength: 1 },
    description:
      "Folder with the Go source of the dumped program, beside this file, for rules that ask it; as `--source-root`.",
    examples: ["../shop"],
  },
  "go-version": text("Go version of the dumped program, where the dump does not say it.", "go1.24"),
  expect: {
    type: ["string", "object"],
    pattern: "^none$",
    additionalProperties: false,
    minProperties: 1,
    properties: {
      findings: {
        ...counted,
        description: "How many findings of the rule there are, as symptoms too; at least one without this.",
        examples: [1, { gte: 1 }],
      },
      severity: {
        type: "string",
        enum: ["error", "warning", "info"],
        description: "Severity of the finding.",
        examples: ["error"],
      },
      confidence: {
        type: "string",
        enum: ["low", "medium", "high"],
        description: "Confidence of the finding.",
        examples: ["medium"],
      },
      message: text("Glob over the finding's message.", "*senders wait behind it*"),
      roles: {
        type: "object",
        minProperties: 1,
        additionalProperties: counted,
        description: "How many goroutines play a role; 0 for nobody.",
        examples: [{ consumer: 1, senders: { gte: 2 } }],
      },
      bindings: {
        type: "object",
        minProperties: 1,
        propertyNames: { pattern: "^[A-Z][A-Z0-9_]*$" },
        additionalProperties: { type: "string", minLength: 1 },
        description: "Globs over the values of variables, without the `$`.",
        examples: [{ AT: "*/pool.go:95" }],
      },
      symptoms: {
        type: "array",
        minItems: 1,
        items: { type: "string", minLength: 1 },
        description: "Rules whose findings are nested below this one.",
        examples: [["channel/send-pileup"]],
      },
    },
    description:
      "What the rule must say: `none`, or what holds for one finding. `rules test --update` writes it.",
    examples: ["none", { findings: 1, confidence: "high", roles: { senders: 7 } }],
  },
  todo: {
    type: "boolean",
    description: "Known to fail: it is shown, but fails the run only once it passes.",
    examples: [true],
  },
};

/** JSON Schema (draft-07) of `*.test.yaml`; `schemas/tests.schema.json` is this, written out. */
export function testFileSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: "urn:deadlock-lint:schema:tests",
    title: "deadlock-lint rule tests",
    type: "object",
    required: ["schema", "tests"],
    additionalProperties: false,
    properties: {
      $schema: text("The address of this schema, for editors.", "../schemas/tests.schema.json"),
      schema: { type: "integer", enum: [1], description: "Version of the rule language.", examples: [1] },
      tests: {
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          required: ["rule", "name", "dump"],
          additionalProperties: false,
          properties: {
            rule: text("Id of the rule that is tested.", "team/pool-exhausted"),
            ...testProperties,
          },
        },
        description: "Dumps, and what a rule must say of them.",
        examples: [[{ rule: "team/pool-exhausted", name: "quiet", dump: "healthy.txt", expect: "none" }]],
      },
    },
  };
}
