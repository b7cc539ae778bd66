import type { Capability } from "../model/dump.ts";
import { waitClasses, waitKinds } from "../model/wait-kind.ts";
import type { JsonSchema } from "../rules/predicates/predicate.ts";
import { predicates } from "../rules/predicates/predicates.ts";
import { ruleFileSchema } from "../rules/schema.ts";
import { testProperties } from "../rules/test-schema.ts";
import { code, table } from "./markdown.ts";

/** Which formats can know a fact, in words; a dump of that format may still lack it. */
export const knownFrom: Readonly<Record<Capability, string>> = {
  ids: "tracebacks, debug=2, Delve, gdb",
  "wait-reasons": "tracebacks, debug=2, Delve, gdb",
  minutes: "tracebacks, debug=2 (from one minute on), Delve",
  stacks: "all formats; of Delve's lists only the ends of a stack",
  arguments: "tracebacks, debug=2",
  "channel-addresses": "tracebacks with GOTRACEBACK=system, Delve with stacks",
  "lock-addresses": "tracebacks, where the frames of sync show them; Delve with stacks",
  creators: "tracebacks, debug=2, Delve",
  "creator-ids": "tracebacks and debug=2 of Go 1.21 and later",
  labels: "debug=0, debug=1, Delve, tracebacks of Go 1.26 and later",
};

type Properties = Readonly<Record<string, JsonSchema>>;

function propertiesOf(schema: unknown): Properties {
  return ((schema as JsonSchema | undefined)?.properties ?? {}) as Properties;
}

/** Reference page (markdown) of the rule language, made from the predicates and the schema. */
export function languagePage(): string {
  const schema = ruleFileSchema();
  const definitions = schema.definitions as Readonly<Record<string, JsonSchema>>;
  const conditions = new Set(predicates.map((p) => p.key));
  const role = propertiesOf(definitions.role);
  const ownKeys = Object.fromEntries(Object.entries(role).filter(([key]) => !conditions.has(key)));
  return `${[
    introduction,
    "## A file",
    keyTable(propertiesOf(schema)),
    "## A rule",
    keyTable(propertiesOf(definitions.rule)),
    "## A role",
    "Besides the conditions below, a role says how it takes part:",
    keyTable(ownKeys),
    "## Conditions",
    "All conditions of a role must hold. What the dump cannot say is neither yes nor no: such goroutines are kept apart, and the report says what is missing and how to collect it.",
    conditionTable(),
    "## Frames",
    "A frame is a text, the whole function name, or an object of these:",
    keyTable(propertiesOf(definitions.frame)),
    patterns,
    "## Source",
    "`source` asks what the Go source says of a goroutine, with `--source-root` ([how](source.md)). Names are `package.Type.field`, `package.variable`, or a local variable with its function; equal names are the same field, perhaps of another instance.",
    keyTable(propertiesOf(predicates.find((p) => p.key === "source")?.schema)),
    "## Waits",
    waits(),
    "## Questions about a match: `when`",
    "`confidence`, `escalate` and `unless` ask these. Several keys of one object must all hold.",
    keyTable(propertiesOf(definitions.when)),
    "## A test",
    "Tests stand under `tests` of a rule, or under `tests` of a `*.test.yaml` beside its file, each then with `rule`:",
    keyTable(testProperties),
    "`expect` is `none`, or what one finding of the rule has; what is not named may be anything:",
    keyTable(propertiesOf(testProperties.expect)),
  ].join("\n\n")}\n`;
}

function keyTable(properties: Properties): string {
  return table(
    ["key", "meaning", "for example"],
    Object.entries(properties).map(([key, schema]) => [
      `\`${key}\``,
      String(schema.description ?? ""),
      examples(key, schema),
    ]),
  );
}

function examples(key: string, schema: JsonSchema): string {
  const list = (schema.examples as unknown[] | undefined) ?? [];
  return list.map((value) => `\`${key}: ${code(value).slice(1, -1)}\``).join("<br>");
}

function conditionTable(): string {
  return table(
    ["key", "meaning", "known from", "for example"],
    predicates.map((p) => [
      `\`${p.key}\``,
      String(p.schema.description ?? ""),
      p.needs.length === 0
        ? p.key === "source"
          ? "`--source-root`"
          : ""
        : [...new Set(p.needs.map((n) => knownFrom[n]))].join("; and "),
      examples(p.key, p.schema),
    ]),
  );
}

function waits(): string {
  const classes = table(
    ["class", "kinds"],
    Object.entries(waitClasses).map(([name, kinds]) => [
      `\`${name}\``,
      kinds.map((k) => `\`${k}\``).join(", "),
    ]),
  );
  return `Kinds: ${waitKinds.map((k) => `\`${k}\``).join(", ")}. They are the same for every Go version and format.\n\n${classes}`;
}

const introduction = `# The rule language

<!-- Generated from the predicates and the schema by \`npm run docs\`. -->

A rule is a join of counted relations. Each *role* selects goroutines and names what it wants to know of them with
variables; a variable that stands in two places must be equal in both. [Writing rules](writing-rules.md) is the
tutorial; this page has every key.

1. A role is the relation of its variables over the goroutines that satisfy its conditions. \`count\` holds for each
   combination of values: to group by line, bind the line.
2. A finding is one combination of values for which every role that is neither \`optional\`, \`witness\` nor \`absent\` has enough
   members. One goroutine plays one role in a finding; later roles leave out the members of earlier ones.
3. Unknown is neither false nor equal. \`$X\` needs a known value. \`$X?\` joins an unknown with anything and counts it as
   unconfirmed. \`$X*\` is collected for the message only: it neither groups nor joins.
4. \`joined-by\` is a ladder: the first step whose variables both sides know decides, and sets the confidence.
5. \`severity\` is what a finding means if it is true, \`confidence\` what the evidence supports. The gate needs both.
6. \`explains\`: where goroutines overlap, the other finding becomes a symptom nested below this one; \`explained-by\` says
   the same from the symptom's side.
7. A limit that is hit is said, the other rules still run, and the exit code is 3.`;

const patterns = `### Patterns

A pattern is a glob over Go names, a regular expression between slashes, \`@name\` for a list from \`define\`, \`$params.name\`,
or a list of these, one of which must match.

- \`*\` stands for any characters. The star of \`(*T)\` is always literal: \`main.(*Pool).*\` are the methods of \`*Pool\`.
- Type arguments are ignored: \`main.(*Pool[...]).get\` is \`main.(*Pool).get\`.
- Regular expressions run in linear time (RE2 syntax): no look-around, no back-references. They match anywhere in
  the text unless \`^\` and \`$\` say otherwise.`;
