import type { RoleCompiler } from "./role-compiler.ts";
import type { MessagePart } from "./rule.ts";
import type { RuleSource } from "./rule-source.ts";
import { nearest } from "./spelling.ts";

/** Compiles a message: text, and what is filled in. */
export function compileMessage(source: RuleSource, roles: RoleCompiler): MessagePart[] {
  const text = source.message;
  const parts: MessagePart[] = [];
  let last = 0;
  for (const m of text.matchAll(/\$([A-Z][A-Z0-9_]*)|\$([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)/g)) {
    if (m.index > last) parts.push({ kind: "text", text: text.slice(last, m.index) });
    last = m.index + m[0].length;
    parts.push(
      m[1] === undefined
        ? messageProperty(m[2]!, m[3]!, source, roles)
        : { kind: "variable", name: roles.variable(m[1], "/message") },
    );
  }
  if (last < text.length) parts.push({ kind: "text", text: text.slice(last) });
  return parts;
}

function messageProperty(
  object: string,
  property: string,
  source: RuleSource,
  roles: RoleCompiler,
): MessagePart {
  if (object === "params")
    return { kind: "text", text: String(roles.scope.param(`$params.${property}`, "/message") ?? "") };
  if (object === "cycle" && source.cycle !== undefined && property === "length") return { kind: "cycle" };
  const role = roles.roleNamed(object, "/message");
  const properties = ["count", "waited", "site", "function", "stacks"] as const;
  const known = properties.find((p) => p === property);
  if (known === undefined) {
    const hint = nearest(property, properties);
    roles.problem(
      "/message",
      `$${object}.${property} is nothing that a role has`,
      hint ? `did you mean $${object}.${hint}?` : `a role has ${properties.join(", ")}`,
    );
  }
  return { kind: "role", role, property: known ?? "count" };
}
