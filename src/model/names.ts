import type { GoSymbol } from "./symbol.ts";

/** The words of a function name: `net/http.(*conn).serve` has net, http, conn and serve. */
export function namesIn(symbol: string): string[] {
  return symbol.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== "");
}

/** All words in function names. */
export function wordsOf(symbols: readonly GoSymbol[]): ReadonlySet<string> {
  const words = new Set<string>();
  /** Packages and types: many functions share them. */
  const seen = new Set<string>();
  for (const symbol of symbols) {
    const before = symbol.type === "" ? symbol.package : symbol.type;
    if (!seen.has(before)) {
      seen.add(before);
      for (const word of namesIn(before)) words.add(word);
    }
    if (isWord.test(symbol.method)) words.add(symbol.method);
    else for (const word of namesIn(symbol.method)) words.add(word);
  }
  return words;
}

const isWord = /^\w+$/;
