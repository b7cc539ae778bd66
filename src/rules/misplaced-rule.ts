import { type PositionedYaml, pointer } from "./positions.ts";
import { ruleProperties } from "./schema.ts";
import type { LocatedProblem } from "./validate.ts";

const where = "the rules of a file stand in a list under rules";

/** What is to be said of a file that is a rule itself, or a list of rules; `undefined`: it is neither. */
export function misplacedRule(yaml: PositionedYaml): LocatedProblem | undefined {
  const { value } = yaml;
  if (typeof value !== "object" || value === null || "rules" in value) return undefined;
  const lacks = "schema" in value ? '"rules:"' : '"schema: 1" and "rules:"';
  if (Array.isArray(value)) {
    if (!value.some((entry) => firstKey(entry) !== undefined)) return undefined;
    const hint = `Write ${lacks} before the list.`;
    return { pointer: "", problem: yaml.problem("", `the file is a list, and ${where}`, { hint }) };
  }
  const key = firstKey(value);
  if (key === undefined) return undefined;
  const hint = `Write ${lacks} before it, and the rule as an item of the list: "- id: …", its other keys below id.`;
  const at = pointer("", key);
  const message = `${JSON.stringify(key)} is a key of a rule, and ${where}`;
  return { pointer: at, problem: yaml.problem(at, message, { hint, onKey: true }) };
}

function firstKey(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.keys(value).find((key) => Object.hasOwn(ruleProperties, key));
}
