import type { Stack } from "./stack.ts";
import type { GoSymbol } from "./symbol.ts";

/** The words of a function name: `net/http.(*conn).serve` has net, http, conn and serve. */
export function namesIn(symbol: string): string[] {
  return symbol.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== "");
}

/** All words in the function names of stacks; `open` where a stack may have functions that are not shown. */
export function namesOf(stacks: readonly Stack[]): ReadonlySet<string> | "open" {
  const seen = new Set<GoSymbol>();
  const names = new Set<string>();
  for (const { extent, frames } of stacks) {
    if (extent !== "full") return "open";
    for (const { symbol } of frames) {
      if (seen.has(symbol)) continue;
      seen.add(symbol);
      if (symbol.plain === "") return "open";
      for (const name of namesIn(symbol.plain)) names.add(name);
    }
  }
  return names;
}
