import { count } from "../describe.ts";

/** Label sets with their goroutines; what is left of `all` has rarer labels, or none. */
export function describeLabels(sets: readonly (readonly [string, number])[], all: number): string {
  const only = sets.length === 1 && sets[0]![1] === all ? sets[0]![0] : undefined;
  if (only !== undefined || sets.length === 0) return only ?? "";
  const rest = all - sets.reduce((sum, [, held]) => sum + held, 0);
  const texts = sets.map(([text, held]) => `${text} ×${count(held)}`);
  return [...texts, ...(rest > 0 ? [`others ×${count(rest)}`] : [])].join(", ");
}
