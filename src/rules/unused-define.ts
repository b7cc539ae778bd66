import { compileRule } from "./compile.ts";
import type { CompileProblem } from "./rule-scope.ts";
import type { RuleFileSource } from "./rule-source.ts";

/**
 * Definitions of a file that none of its rules uses, and the mistakes in them, which no rule would show. Paths are JSON
 * pointers below the file.
 * @param shared definitions from elsewhere
 */
export function unusedDefinitions(
  { define = {}, rules }: RuleFileSource,
  shared: Readonly<Record<string, unknown>>,
): CompileProblem[] {
  const used = usedNames(rules, define);
  return Object.entries(define).flatMap(([name, definition]) => {
    if (used.has(name)) return [];
    const unused: CompileProblem = {
      path: `/define/${name}`,
      message: `no rule of this file uses ${name}`,
      hint: `write is: ${name} for conditions, "@${name}" for a list of names, or leave it out`,
      severity: "warning",
    };
    return [unused, ...mistakes(name, definition, { ...shared, ...define })];
  });
}

/** Names that rules use, by themselves or through other definitions. */
function usedNames(rules: unknown, define: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const used = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value === "string") {
      const name = value.startsWith("@") ? value.slice(1) : value;
      if (!Object.hasOwn(define, name) || used.has(name)) return;
      used.add(name);
      walk(define[name]);
    } else if (typeof value === "object" && value !== null) Object.values(value).forEach(walk);
  };
  walk(rules);
  return used;
}

function mistakes(
  name: string,
  definition: unknown,
  define: Readonly<Record<string, unknown>>,
): CompileProblem[] {
  if (Array.isArray(definition)) return [];
  const role = { id: "", title: "", severity: "info", message: "", roles: { [name]: definition } };
  const { problems } = compileRule(role as Parameters<typeof compileRule>[0], { define, partial: true });
  return problems
    .filter((p) => p.severity === "error")
    .map((p) => ({ ...p, path: p.path.replace("/roles/", "/define/") }));
}
