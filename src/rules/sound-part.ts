import type { RuleSource } from "./rule-source.ts";

/** What a rule must have, so that the rest of it can be looked at while something is missing. */
const placeholders = { id: "", title: "", severity: "info", message: "" } as const;

/**
 * What is left of a rule without the places that the schema refuses, so that all its other mistakes are found in the
 * same run. `undefined` when nothing is left that could be looked at.
 * @param pointers JSON pointers below the rule; the empty one says that a key is missing
 */
export function soundPart(rule: unknown, pointers: readonly string[]): RuleSource | undefined {
  if (!isMapping(rule)) return undefined;
  const copy = structuredClone(rule);
  for (const pointer of pointers) removePlace(copy, pointer.split("/").slice(1).map(unescaped));
  if (!isMapping(copy.roles)) return undefined;
  return { ...placeholders, ...copy } as unknown as RuleSource;
}

function removePlace(from: Record<string, unknown>, keys: readonly string[]): void {
  let holder = from;
  for (const [i, key] of keys.entries()) {
    const value = holder[key];
    // Without one of its elements a list would give the others wrong places.
    if (i === keys.length - 1 || Array.isArray(value) || !isMapping(value)) {
      delete holder[key];
      return;
    }
    holder = value;
  }
}

function unescaped(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
