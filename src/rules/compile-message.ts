import { rejectForeign, roleProperties } from "./foreign-placeholders.ts";
import type { RoleCompiler } from "./role-compiler.ts";
import type { MessagePart } from "./rule.ts";
import type { RuleSource } from "./rule-source.ts";
import { nearest } from "./spelling.ts";

/** What a message is made of: `{one|many}`, `$VARIABLE`, `$role.property`; anything else is text. */
const filled = /\{([^{}|]*)\|([^{}|]*)\}|\$([A-Z][A-Z0-9_]*)|\$([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)/g;

/** Compiles a message: text, and what is filled in. */
export function compileMessage(source: RuleSource, roles: RoleCompiler): MessagePart[] {
  const text = source.message;
  rejectForeign(source, roles);
  const parts: MessagePart[] = [];
  let last = 0;
  for (const m of text.matchAll(filled)) {
    if (m.index > last) parts.push({ kind: "text", text: text.slice(last, m.index) });
    last = m.index + m[0].length;
    const [, one, many, variable, object, property] = m;
    if (one !== undefined) parts.push(messageForm(one, many!, parts, roles));
    else if (variable !== undefined)
      parts.push({ kind: "variable", name: roles.variable(variable, "/message") });
    else parts.push(messageProperty(object!, property!, source, roles));
  }
  if (last < text.length) parts.push({ kind: "text", text: text.slice(last) });
  return parts;
}

/** `{one|many}` goes by the number before it. */
function messageForm(
  one: string,
  many: string,
  before: readonly MessagePart[],
  roles: RoleCompiler,
): MessagePart {
  const form = `{${one}|${many}}`;
  if (form.includes("$"))
    roles.problem("/message", `${form} holds text only`, "Put the $ before or behind the braces.");
  const number = before.findLast((part) => part.kind === "count");
  if (number === undefined)
    roles.problem(
      "/message",
      `${form} has no number before it`,
      "It says the first when the last $role.count, $role.stacks or $cycle.length before it is 1, else the second.",
    );
  return number === undefined ? { kind: "text", text: many } : { kind: "form", number, one, many };
}

function messageProperty(
  object: string,
  property: string,
  source: RuleSource,
  roles: RoleCompiler,
): MessagePart {
  if (object === "params")
    return { kind: "text", text: String(roles.scope.param(`$params.${property}`, "/message") ?? "") };
  if (object === "cycle" && source.cycle !== undefined && property === "length")
    return { kind: "count", of: "cycle" };
  const role = roles.roleNamed(object, "/message");
  const known = roleProperties.find((p) => p === property);
  if (known === undefined) {
    const hint = nearest(property, roleProperties);
    roles.problem(
      "/message",
      `$${object}.${property} is nothing that a role has`,
      hint ? `did you mean $${object}.${hint}?` : `a role has ${roleProperties.join(", ")}`,
    );
  }
  if (known === undefined || known === "count" || known === "stacks")
    return { kind: "count", of: known ?? "count", role };
  return { kind: "role", role, property: known };
}
