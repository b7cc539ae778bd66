import type { Operation } from "./operations.ts";

/** What an operation acts on, for comparing: the key of its target, of a select those of its cases; text where unknown. */
export function operationKey(operation: Operation): string {
  if (operation.select === undefined) return operation.target.key || `?${operation.target.text}`;
  const cases = operation.select.cases.map((c) => `${c.direction} ${c.channel.key || `?${c.channel.text}`}`);
  return `${cases.sort().join(",")}${operation.select.default ? ",default" : ""}`;
}
