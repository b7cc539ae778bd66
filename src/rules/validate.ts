import type { ErrorObject, ValidateFunction } from "ajv";
import type { RuleProblem } from "../errors.ts";
import type { PositionedYaml } from "./positions.ts";
import type { JsonSchema } from "./predicates/predicate.ts";
import { nearest } from "./spelling.ts";

const compiled = new Map<() => JsonSchema, Promise<ValidateFunction>>();

/** Compiles a schema, once; ajv is loaded only when a user's file has to be checked. */
export function compileSchema(schema: () => JsonSchema): Promise<ValidateFunction> {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = import("ajv").then(({ Ajv }) =>
      new Ajv({
        allErrors: true,
        verbose: true,
        strict: false,
        allowUnionTypes: true,
        // Compiling the schema takes longer than checking a file with it: five times less without these.
        code: { optimize: false },
        inlineRefs: false,
        validateSchema: false,
      }).compile(schema()),
    );
    compiled.set(schema, validate);
  }
  return validate;
}

/** All mistakes that the schema finds, one a place, with the nearest valid spelling. */
export function schemaProblems(validate: ValidateFunction, yaml: PositionedYaml): RuleProblem[] {
  return locatedProblems(validate, yaml).map(({ problem }) => problem);
}

/** A mistake and the JSON pointer of its place. */
export interface LocatedProblem {
  readonly pointer: string;
  readonly problem: RuleProblem;
}

/** As `schemaProblems`, with JSON pointers, for files of which some parts may be broken. */
export function locatedProblems(validate: ValidateFunction, yaml: PositionedYaml): LocatedProblem[] {
  if (validate(yaml.value)) return [];
  const problems: LocatedProblem[] = [];
  const seen = new Set<string>();
  for (const error of validate.errors ?? []) {
    if (error.keyword === "if" || error.propertyName !== undefined) continue;
    const found = describe(error);
    // A wrong type makes every other keyword of that place fail too: the first message says it all. Each missing key is
    // a mistake of its own.
    const mistake = error.keyword === "required" ? `${found.pointer} ${found.message}` : found.pointer;
    if (seen.has(mistake)) continue;
    seen.add(mistake);
    problems.push({
      pointer: found.pointer,
      problem: yaml.problem(found.pointer, found.message, {
        hint: found.hint,
        onKey: found.onKey ?? false,
      }),
    });
  }
  return problems.sort(
    ({ problem: { position: a } }, { problem: { position: b } }) => a.line - b.line || a.column - b.column,
  );
}

interface Described {
  readonly pointer: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly onKey?: boolean;
}

function describe(error: ErrorObject): Described {
  const at = error.instancePath;
  const name =
    at === ""
      ? "the file"
      : at
          .slice(at.lastIndexOf("/") + 1)
          .replaceAll("~1", "/")
          .replaceAll("~0", "~");
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(params.additionalProperty);
      const allowed = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      if (key === "<<")
        return {
          pointer: `${at}/<<`,
          message: "merge keys (<<) are not read",
          hint: "say what rules share under defaults, and conditions under define",
          onKey: true,
        };
      const hint = nearest(key, allowed);
      const pointer = `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      return {
        pointer,
        message: `unknown key ${JSON.stringify(key)}`,
        hint:
          hint === undefined
            ? `expected one of: ${allowed.join(", ")}`
            : `did you mean ${JSON.stringify(hint)}?`,
        onKey: true,
      };
    }
    case "propertyNames":
      return {
        pointer: `${at}/${String(params.propertyName)}`,
        message: `${JSON.stringify(params.propertyName)} is no valid name here`,
        hint: "names are small letters, digits and -, beginning with a letter",
        onKey: true,
      };
    case "required":
      return {
        pointer: at,
        message: `missing key ${JSON.stringify(params.missingProperty)}`,
        hint: describedBy(error, String(params.missingProperty)),
      };
    case "enum": {
      const allowed = (params.allowedValues as unknown[]).map(String);
      const hint = typeof error.data === "string" ? nearest(error.data, allowed) : undefined;
      return {
        pointer: at,
        message: `${JSON.stringify(error.data)} is not allowed here`,
        hint:
          hint === undefined
            ? `expected one of: ${allowed.join(", ")}`
            : `did you mean ${JSON.stringify(hint)}?`,
      };
    }
    case "type":
      return {
        pointer: at,
        message: `${name} must be ${typeWords(params.type)}, not ${valueWords(error.data)}`,
        hint: exampleOf(error),
      };
    case "pattern":
      return {
        pointer: at,
        message: `${JSON.stringify(error.data)} has not the form that is expected here`,
        hint: exampleOf(error),
      };
    case "minProperties":
    case "minItems":
    case "minLength":
      return { pointer: at, message: `${name} must not be empty`, hint: exampleOf(error) };
    default:
      return { pointer: at, message: `${name} ${error.message ?? "is not valid"}`, hint: exampleOf(error) };
  }
}

function describedBy(error: ErrorObject, key: string): string | undefined {
  type Described = { description?: string; examples?: readonly unknown[] };
  const properties = error.parentSchema?.properties as Record<string, Described> | undefined;
  const { description, examples: [example] = [] } = properties?.[key] ?? {};
  // What is long is no example for one line.
  const isShort = example !== undefined && typeof example !== "object";
  return description === undefined || !isShort
    ? description
    : `${description} For example: ${key}: ${example}`;
}

function exampleOf(error: ErrorObject): string | undefined {
  const [example] = (error.parentSchema?.examples as unknown[] | undefined) ?? [];
  return example === undefined ? undefined : `for example: ${JSON.stringify(example)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

function typeWords(type: unknown): string {
  return [type]
    .flat()
    .flatMap((t) => String(t).split(","))
    .map((t) => typeNames[t] ?? t)
    .join(" or ");
}

function valueWords(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a mapping" : JSON.stringify(value);
}
