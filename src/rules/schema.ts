import { textOf } from "./closed-list.ts";
import { frameSchema } from "./predicates/frame-test.ts";
import type { JsonSchema } from "./predicates/predicate.ts";
import { rangeSchema } from "./range.ts";
import { clean, confidence, severity, text, variable, variables } from "./schema-parts.ts";
import { conditionProperties, roleProperties } from "./schema-role.ts";
import { confidenceStep, whenProperties } from "./schema-when.ts";
import { testProperties } from "./test-schema.ts";

/** Keys of a rule. */
export const ruleProperties: Readonly<Record<string, JsonSchema>> = {
  id: {
    type: "string",
    pattern: "^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$",
    description: "`area/name`; teams use an area of their own.",
    examples: ["channel/send-pileup"],
  },
  title: text("What is wrong, in a line.", "Many goroutines are parked on a send at one line"),
  severity: severity("What it means if it is true; required here or under `defaults`."),
  description: text(
    "What the rule finds and what it leaves alone.",
    "Senders of one line; producers of an idle queue are left alone.",
  ),
  tags: {
    type: "array",
    items: { type: "string", minLength: 1 },
    description: "Words to find it by.",
    examples: [["channel", "leak"]],
  },
  params: {
    type: "object",
    propertyNames: { pattern: "^[a-z][a-z0-9-]*$" },
    additionalProperties: {
      type: ["number", "string", "boolean", "object"],
      required: ["default"],
      additionalProperties: false,
      properties: {
        default: {
          type: ["number", "string", "boolean"],
          description: "The value unless the configuration says another.",
          examples: [100],
        },
        description: text("What it is for.", "Fewest senders worth a finding"),
        min: { type: "number", description: "Smallest value allowed.", examples: [1] },
        max: { type: "number", description: "Largest value allowed.", examples: [1000000] },
      },
    },
    description:
      "Values that a configuration may change, as a default or with description and range; used as `$params.name`.",
    examples: [{ min: 100 }],
  },
  dump: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    properties: {
      event: {
        type: ["string", "array"],
        minLength: 1,
        items: { type: "string", minLength: 1 },
        description:
          "Glob over what the dump says of the process: panics, fatal errors, signals, test timeouts.",
        examples: ["all goroutines are asleep*"],
      },
    },
    description: "Conditions on the dump as a whole.",
    examples: [{ event: "all goroutines are asleep*" }],
  },
  roles: {
    type: "object",
    minProperties: 1,
    propertyNames: { pattern: "^[a-z][a-z0-9-]*$" },
    additionalProperties: { $ref: "#/definitions/role" },
    description:
      "Who plays a part in the finding. A variable that stands in two roles must be equal in both.",
    examples: [{ senders: { wait: "chan-send", at: { line: "$AT" }, count: { gte: 100 } } }],
  },
  "joined-by": {
    type: "array",
    minItems: 1,
    items: {
      type: "object",
      required: ["on"],
      additionalProperties: false,
      properties: {
        on: {
          ...variables,
          description: "Variables that must be known on both sides and equal.",
          examples: ["$C", ["$T", "$R"]],
        },
        confidence: confidence("The rule's base confidence when the roles are joined by this step."),
      },
    },
    description:
      "A ladder: the first step whose variables both sides know decides. Known addresses that differ are different things; names that differ leave it to the next step.",
    examples: [
      [
        { on: "$C", confidence: "high" },
        { on: "$T", confidence: "low" },
      ],
    ],
  },
  cycle: {
    type: "object",
    required: ["role", "edge"],
    additionalProperties: false,
    properties: {
      role: text("The role whose goroutines form the ring.", "g"),
      edge: {
        type: "array",
        items: variable,
        minItems: 2,
        maxItems: 2,
        description: "What a goroutine waits for, and what it may hold.",
        examples: [["$WANT", "$HAVE"]],
      },
      length: {
        ...rangeSchema,
        description: "Goroutines in the ring; 2 to 8 without this.",
        examples: [{ lte: 8 }],
      },
    },
    description: "Goroutines that wait for each other in a ring.",
    examples: [{ role: "g", edge: ["$WANT", "$HAVE"] }],
  },
  confidence: {
    type: ["string", "object"],
    ...textOf(["low", "medium", "high"]),
    required: ["base"],
    additionalProperties: false,
    properties: {
      base: confidence("Without further evidence."),
      raise: confidenceStep("What raises it."),
      lower: confidenceStep("What lowers it, after all raises."),
    },
    description: "What the evidence supports: low, medium or high, and what changes it. Medium without this.",
    examples: ["medium", { base: "low", raise: [{ to: "high", when: { confirmed: "$C" } }] }],
  },
  escalate: {
    type: "array",
    minItems: 1,
    items: {
      type: "object",
      required: ["severity", "when"],
      additionalProperties: false,
      properties: {
        severity: severity("The severity then."),
        when: {
          $ref: "#/definitions/when",
          description: "The condition.",
          examples: [{ count: { role: "senders", gte: 1000 } }],
        },
      },
    },
    description: "Another severity when a condition holds; the last that holds wins.",
    examples: [[{ severity: "error", when: { count: { role: "senders", gte: 1000 } } }]],
  },
  "only-with": {
    type: "string",
    enum: ["source"],
    description:
      "The rule is no part of runs without `--source-root`. Without this, a rule that asks for source is reported as not checked then.",
    examples: ["source"],
  },
  unless: {
    type: "array",
    minItems: 1,
    items: { $ref: "#/definitions/when" },
    description: "There is no finding when one of these is known; what is unknown contradicts nothing.",
    examples: [[{ some: { role: "waiter", source: { select: { timer: true } } } }]],
  },
  explains: {
    type: "array",
    items: { type: "string", minLength: 1 },
    description: "Rules (ids or globs) whose findings are symptoms of this one when they share goroutines.",
    examples: [["channel/send-pileup", "lock/*"]],
  },
  "explained-by": {
    type: "array",
    items: { type: "string", minLength: 1 },
    description:
      "Rules (ids or globs) of whose findings this one's are symptoms, as if each of them named this rule in `explains`.",
    examples: [["channel/*", "lock/*"]],
  },
  picture: {
    type: "array",
    minItems: 1,
    items: {
      type: "object",
      required: ["from", "to", "label"],
      additionalProperties: false,
      properties: {
        from: text("A role, or a thing such as `channel` or `$C`.", "senders"),
        to: text("A role, or a thing such as `channel` or `$C`.", "$C"),
        label: text("What the arrow means.", "parked sending to"),
        certainty: {
          type: "string",
          enum: ["observed", "inferred", "unknown", "not ruled out"],
          description: "How sure it is; observed without this.",
          examples: ["inferred"],
        },
      },
    },
    description:
      "Arrows of the finding's picture. Without any, and for roles from which none leads, it shows what they wait for.",
    examples: [[{ from: "senders", to: "$C", label: "parked sending to" }]],
  },
  message: text(
    "The finding in a sentence: `$VARIABLE`, `$role.count`, `$role.waited`, `$role.site`, `$role.function`, `$role.stacks`, `$params.name`, `$cycle.length` are filled in. `{one|many}` is `one` when the last number before it is 1, else `many`.",
    "$senders.count {goroutine is|goroutines are} parked on a channel send at $AT",
  ),
  why: text(
    "Why this hangs a program, for somebody who sees it first.",
    "A send parks when the buffer is full and nobody receives.",
  ),
  fix: text("What to change.", "Send in a select with ctx.Done()."),
  references: {
    type: "array",
    items: { type: "string", minLength: 1 },
    description: "Links to read on.",
    examples: [["https://go.dev/ref/mem"]],
  },
  tests: {
    type: "array",
    items: {
      type: "object",
      required: ["name", "dump"],
      additionalProperties: false,
      properties: testProperties,
    },
    description: "Dumps, and what the rule must say of them; `deadlock-lint rules test` runs them.",
    examples: [[{ name: "quiet on health", dump: "healthy.txt", expect: "none" }]],
  },
};

/** JSON Schema (draft-07) of rule files; `schemas/rules.schema.json` is this, written out. */
export function ruleFileSchema(): JsonSchema {
  return clean({
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: "urn:deadlock-lint:schema:rules",
    title: "deadlock-lint rules",
    type: "object",
    required: ["schema", "rules"],
    additionalProperties: false,
    properties: {
      $schema: text("The address of this schema, for editors.", "../schemas/rules.schema.json"),
      schema: { type: "integer", enum: [1], description: "Version of the rule language.", examples: [1] },
      defaults: {
        type: "object",
        additionalProperties: false,
        properties: Object.fromEntries(
          ["severity", "confidence", "tags", "references", "why", "fix"].map((k) => [k, ruleProperties[k]]),
        ),
        description: "Values for every rule of the file that doesn't say its own.",
        examples: [{ severity: "warning" }],
      },
      define: {
        type: "object",
        propertyNames: { pattern: "^[a-z][a-z0-9-]*$" },
        additionalProperties: {
          if: { type: "object" },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { $ref: "#/definitions/conditions" },
          else: { type: "array", minItems: 1, items: { type: "string", minLength: 1 } },
        },
        description: "Named conditions (`is: name`) and named lists of names (`@name` in a pattern).",
        examples: [{ "pool-workers": ["main.(*Pool).work"], handler: { frame: "net/http.(*conn).serve" } }],
      },
      rules: {
        type: "array",
        minItems: 1,
        items: { $ref: "#/definitions/rule" },
        description: "The rules.",
        examples: [[]],
      },
    },
    definitions: {
      conditions: {
        type: "object",
        minProperties: 1,
        additionalProperties: false,
        properties: conditionProperties,
      },
      role: {
        type: "object",
        minProperties: 1,
        additionalProperties: false,
        properties: { ...conditionProperties, ...roleProperties },
      },
      when: { type: "object", minProperties: 1, additionalProperties: false, properties: whenProperties },
      frame: frameSchema,
      rule: {
        type: "object",
        required: ["id", "title", "roles", "message"],
        additionalProperties: false,
        properties: ruleProperties,
      },
    },
  });
}
