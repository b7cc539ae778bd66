import { textOf } from "../rules/closed-list.ts";
import type { JsonSchema } from "../rules/predicates/predicate.ts";
import { ruleFileSchema } from "../rules/schema.ts";

const text = (description: string, ...examples: string[]): JsonSchema => ({
  type: "string",
  minLength: 1,
  description,
  examples,
});

const settings: JsonSchema = {
  type: ["string", "object"],
  ...textOf(["off", "error", "warning", "info"]),
  additionalProperties: false,
  minProperties: 1,
  properties: {
    severity: {
      type: "string",
      enum: ["off", "error", "warning", "info"],
      description: "Severity of the rule's findings, whatever the rule says; `off` leaves the rule out.",
      examples: ["warning"],
    },
    params: {
      type: "object",
      minProperties: 1,
      additionalProperties: { type: ["number", "string", "boolean"] },
      description: "Values of the rule's parameters; `rules show ID` lists them.",
      examples: [{ min: 500 }],
    },
  },
  examples: ["off", { severity: "warning", params: { min: 500 } }],
};

const suppression: JsonSchema = {
  type: "object",
  required: ["rule", "reason"],
  additionalProperties: false,
  properties: {
    rule: text("Id of the rule, or a glob.", "lock/convoy"),
    role: text("Only findings in which this role is played by `function`.", "waiters"),
    function: text(
      "Only findings that show this function (a glob over Go names) in a stack, of `role` if that is given.",
      "example.com/shop/cache.(*Cache).*",
    ),
    reason: text("Why it is fine for now.", "Known: the cache is rewritten in Q3, TICKET-7"),
    owner: text("Who takes care of it.", "team-storage"),
    expires: {
      type: "string",
      pattern: "^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])$",
      description: "Last day on which it applies; the finding returns the day after.",
      examples: ["2027-03-31"],
    },
  },
};

const limit = (description: string): JsonSchema => ({
  type: "integer",
  minimum: 0,
  description,
  examples: [500],
});

const budget: JsonSchema = {
  type: "object",
  additionalProperties: false,
  anyOf: [{ required: ["max-goroutines"] }, { required: ["max-blocked"] }, { required: ["max-growth"] }],
  properties: {
    name: text("What messages call the group; its patterns without this.", "handlers"),
    entry: text(
      "Only goroutines that were started with this function (a glob over Go names, or a /regexp/).",
      "net/http.(*conn).serve",
    ),
    function: text(
      "Only goroutines with this function somewhere in their stack.",
      "example.com/shop/cache.*",
    ),
    "max-goroutines": limit("Most goroutines of one dump."),
    "max-blocked": limit("Most goroutines of one dump that wait for others."),
    "max-growth": {
      type: ["integer", "string"],
      minimum: 0,
      pattern: "^\\d{1,12}(?:\\.\\d{1,6})?\\s?%?$",
      description:
        "Most goroutines more, or percent, from the first to the last snapshot; asked of runs that compare snapshots.",
      examples: ["20%", 500],
    },
  },
};

/** JSON Schema (draft-07) of `.deadlock-lint.yaml`; `schemas/config.schema.json` is this, written out. */
export function configSchema(): JsonSchema {
  const rules = ruleFileSchema();
  const { conditions, frame } = rules.definitions as Record<string, JsonSchema>;
  const { define } = rules.properties as Record<string, JsonSchema>;
  return JSON.parse(
    JSON.stringify({
      $schema: "http://json-schema.org/draft-07/schema#",
      $id: "urn:deadlock-lint:schema:config",
      title: "deadlock-lint configuration",
      type: "object",
      required: ["schema"],
      additionalProperties: false,
      properties: {
        $schema: text("The address of this schema, for editors.", "./schemas/config.schema.json"),
        schema: { type: "integer", enum: [1], description: "Version of the configuration.", examples: [1] },
        extends: {
          type: "array",
          minItems: 1,
          items: { type: "string", minLength: 1 },
          description:
            "What it builds on, the later wins: `builtin` (all built-in rules), `builtin:AREA` (those of one area), rule files and folders, other configurations; paths start at this file. `[builtin]` without this.",
          examples: [["builtin", "./deadlock-rules", "../shared/deadlock-lint.yaml"]],
        },
        rules: {
          type: "object",
          additionalProperties: settings,
          description: "Settings of rules, by id or glob; the later wins.",
          examples: [{ "channel/send-pileup": { params: { min: 500 } }, "runtime/*": "off" }],
        },
        own: {
          type: "array",
          minItems: 1,
          items: { type: "string", minLength: 1 },
          description: "Packages that are the program's own, as globs; packages below them count, too.",
          examples: [["example.com/shop"]],
        },
        define,
        suppressions: {
          type: "array",
          items: suppression,
          description: "Findings that are known and fine for now. A reason is required.",
          examples: [[{ rule: "lock/convoy", reason: "Known, TICKET-7", expires: "2027-03-31" }]],
        },
        gate: {
          type: "object",
          additionalProperties: false,
          minProperties: 1,
          properties: gateProperties,
          description: "What makes a run fail; options of the command line win.",
          examples: [{ "fail-on": "error", "min-confidence": "medium" }],
        },
        budgets: {
          type: "array",
          items: budget,
          description: "How many goroutines a process may have: all, or those of a group.",
          examples: [[{ name: "handlers", entry: "net/http.(*conn).serve", "max-goroutines": 500 }]],
        },
      },
      definitions: { conditions, frame },
    }),
  ) as JsonSchema;
}

/** Keys of `gate`. */
const gateProperties: Readonly<Record<string, JsonSchema>> = {
  "fail-on": {
    type: "string",
    enum: ["error", "warning", "info", "never"],
    description: "Lowest severity that fails the run.",
    examples: ["warning"],
  },
  "min-confidence": {
    type: "string",
    enum: ["low", "medium", "high"],
    description: "Lowest confidence that fails the run.",
    examples: ["medium"],
  },
  "allow-partial": {
    type: "boolean",
    description: "Incomplete input is a warning, not exit code 3.",
    examples: [true],
  },
};
