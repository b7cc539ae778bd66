import type { GoSymbol } from "../model/symbol.ts";
import type { GoFunction } from "./go-file.ts";
import type { SyntaxNode } from "./syntax.ts";

/** Receiver and name of the declared function of a symbol: `main.(*Pool).run.func1` → Pool, run. */
export function declaredName(symbol: GoSymbol): { readonly receiver: string; readonly name: string } {
  const prefix = symbol.type === "" ? symbol.package : symbol.type;
  const name = symbol.outer.slice(prefix.length + 1);
  const type = symbol.type.slice(symbol.package.length + 1);
  return { receiver: type.startsWith("(*") ? type.slice(2, -1) : type, name };
}

/** Whether a declared function is the one that a symbol, or the closure that it names, belongs to. */
export function matchesDeclared(fn: GoFunction, symbol: GoSymbol): boolean {
  if (fn.outer !== undefined) return false;
  const { receiver, name } = declaredName(symbol);
  if (fn.name === name && fn.receiver === receiver) return true;
  // `init.0`, `glob..func1`: initialisers have no name to compare.
  if (fn.name === "init" && symbol.method.startsWith("init")) return true;
  if (fn.name === "") return symbol.method.startsWith("init") || symbol.method.startsWith("glob.");
  // A closure of a function that was inlined: `main.run.worker.func1`.
  return closureDepth(symbol) > 0 && symbol.plain.split(".").includes(fn.name);
}

/** How many closures a symbol is in: `f.func1.2` 2; loop bodies (`-range1`) and wrappers are none. */
export function closureDepth(symbol: GoSymbol): number {
  const rest = symbol.plain.slice(symbol.outer.length);
  let depth = 0;
  for (const part of rest.split(".")) {
    const digits = part.startsWith("func") ? part.slice(4) : part;
    const number = Number.parseInt(digits, 10);
    if (part !== "" && !Number.isNaN(number)) depth++;
  }
  return depth;
}

/** The literal at this depth; names of inlined closures count otherwise, so the innermost is next best. */
export function literalAt(named: readonly GoFunction[], depth: number): GoFunction | undefined {
  const literals = named.filter((f) => f.node.type === "func_literal");
  const exact = literals.filter((f) => literalDepth(f) === depth);
  return exact.length === 1 ? exact[0] : literals.at(-1);
}

function literalDepth(fn: GoFunction): number {
  let depth = 0;
  for (let at: GoFunction | undefined = fn; at !== undefined; at = at.outer) if (at.name === "") depth++;
  return depth;
}

/** True for lines between the first and the last of a node. */
export function inside(node: SyntaxNode, line: number): boolean {
  return node.line < line && line < node.endLine;
}
