import type { RoleCompiler } from "./role-compiler.ts";
import type { RuleSource } from "./rule-source.ts";

/** What a message may say of a role. */
export const roleProperties = ["count", "waited", "site", "function", "stacks"] as const;

/** `count($role)`, or `.role.count`, `VARIABLE`. */
const named =
  "[.$]?(?:([a-z]+)\\(\\s{0,9}\\$?([\\w-]+)\\s{0,9}\\)|([a-zA-Z][\\w-]*)(?:\\.([a-z][a-z0-9-]*))?)";
const inside = `\\s{0,9}${named}\\s{0,9}`;
const foreign = new RegExp(
  `\\{\\{${inside}\\}\\}|\\$?\\{${inside}\\}|\\$\\(${inside}\\)|\\$(?![A-Z])${named}`,
  "g",
);
const forms = /\{[^{}|]*\|[^{}|]*\}/g;

/**
 * Tells of names of the rule that stand in the message as other tools have them filled in: `{{X}}`, `${X}`, `{X}`,
 * `$count(role)`. Braces around anything else are text, as in `struct{}`.
 */
export function rejectForeign(source: RuleSource, roles: RoleCompiler): void {
  if (roles.scope.checked) return;
  for (const found of source.message.replaceAll(forms, "").matchAll(foreign)) {
    const [, form = "", argument, name, property] = groupsOf(found);
    const isOurs = /^\$[a-z]/.test(found[0]) && property !== undefined;
    const meant = isOurs ? undefined : placeholder(argument ?? name!, property ?? form, source, roles);
    if (meant !== undefined) roles.problem("/message", `${found[0]} is not filled in`, `Write ${meant}.`);
  }
}

/** Each way of writing it has the same groups. */
function groupsOf(found: RegExpMatchArray): readonly (string | undefined)[] {
  for (let at = 1; at < found.length; at += 4) {
    const groups = found.slice(at, at + 4);
    if (groups.some((group) => group !== undefined)) return [found[0], ...groups];
  }
  return [found[0]];
}

/** What stands for a name of the rule; `undefined`: it is none. */
function placeholder(
  name: string,
  property: string,
  source: RuleSource,
  roles: RoleCompiler,
): string | undefined {
  if (name === "params" && Object.hasOwn(source.params ?? {}, property)) return `$params.${property}`;
  if (name === "cycle" && source.cycle !== undefined) return "$cycle.length";
  if (Object.hasOwn(source.roles, name))
    return `$${name}.${roleProperties.find((known) => known === property) ?? "count"}`;
  const variable = [name, name.toUpperCase()].find((known) => roles.variables.has(known));
  return variable === undefined ? undefined : `$${variable}`;
}
