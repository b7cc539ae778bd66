import type { GoSymbol } from "../model/symbol.ts";
import { baseType, type GoFile, textOf } from "./go-file.ts";
import { closureDepth, declaredName } from "./match-symbol.ts";
import { childIn, onLines, type SyntaxNode, stripped, walk } from "./syntax.ts";

/** A call of a function value: nobody knows from its name what it does. */
export function isOpaqueCall(call: SyntaxNode): boolean {
  const callee = childIn(call, "function");
  return (
    callee !== undefined &&
    stripped(callee).type !== "selector_expression" &&
    stripped(callee).type !== "identifier"
  );
}

/** Calls whose lines hold `line`; those in literals inside belong to the literals. */
export function callsOn(fn: SyntaxNode, line: number): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  walk(fn, (node) => {
    if (!onLines(node, line)) return false;
    if (node !== fn && node.type === "func_literal") return false;
    // `f[T](x)` looks like a conversion to the grammar.
    if (node.type === "call_expression" || node.type === "type_conversion_expression") found.push(node);
    return undefined;
  });
  return found;
}

/** The calls of a line that may lead to the function further in; those of its name before all others. */
export function leadingCalls(
  calls: readonly SyntaxNode[],
  target: GoSymbol,
  file: GoFile,
): readonly SyntaxNode[] {
  const { name } = declaredName(target);
  const named = calls.filter((c) => calledName(c, file) === name);
  return named.length > 0 ? named : calls.filter((c) => mayCall(c, target, file));
}

function calledName(call: SyntaxNode, file: GoFile): string {
  const conversion = childIn(call, "type");
  if (conversion !== undefined) {
    const base = baseType(conversion);
    return textOf(file, childIn(base, "name") ?? base);
  }
  let at = stripped(childIn(call, "function") ?? call);
  if (at.type === "index_expression") at = stripped(childIn(at, "operand") ?? at);
  if (at.type !== "identifier" && at.type !== "selector_expression") return "";
  return textOf(file, childIn(at, "field") ?? at);
}

/** Whether a call may run the function: by the last part of its name, or because it is a function value. */
export function mayCall(call: SyntaxNode, target: GoSymbol, file: GoFile): boolean {
  const callee = childIn(call, "function");
  if (callee === undefined) return false;
  let at = stripped(callee);
  if (at.type === "index_expression") at = stripped(childIn(at, "operand") ?? at);
  if (at.type !== "identifier" && at.type !== "selector_expression") return true;
  const name = calledName(call, file);
  if (name === declaredName(target).name) return true;
  if (at.type === "identifier" && builtins.has(name)) return false;
  // `f(x)` with a variable f, `s.handler(x)` with a field: any function may be behind.
  return closureDepth(target) > 0 || target.wrapper || !isDeclaredLike(at, file, name);
}

const builtins: ReadonlySet<string> = new Set(
  "append cap clear close complex copy delete imag len make max min new panic print println real recover".split(
    " ",
  ),
);

/** Names that the file itself declares as functions stand for these; others may be variables. */
function isDeclaredLike(callee: SyntaxNode, file: GoFile, name: string): boolean {
  // A name without a qualifier is no method.
  const bare = callee.type === "identifier";
  if (file.functions.some((f) => f.name === name && !(bare && f.receiver !== ""))) return true;
  // An exported name behind a qualifier is nearly always a method or function of that name.
  return callee.type === "selector_expression" && name.charAt(0) !== name.charAt(0).toLowerCase();
}

/** Deferred calls run on the line of a return, of the function's end, or where it panics. */
export function runsDeferred(fn: SyntaxNode, line: number): boolean {
  let defers = false;
  let leaves = fn.endLine === line;
  walk(fn, (node) => {
    if (node !== fn && node.type === "func_literal") return false;
    if (node.type === "defer_statement") defers = true;
    if (node.type === "return_statement" && onLines(node, line)) leaves = true;
    return undefined;
  });
  return defers && leaves;
}

/** A `go` or `defer` statement stands on the line. */
export function startsCall(fn: SyntaxNode, line: number): boolean {
  let found = false;
  walk(fn, (node) => {
    if (!onLines(node, line)) return false;
    if (node.type === "go_statement" || node.type === "defer_statement") found = true;
    return undefined;
  });
  return found;
}

/** The line starts a goroutine: `go f(x)`, `wg.Go(f)`. */
export function hasGo(fn: SyntaxNode, line: number, file: GoFile): boolean {
  let found = false;
  walk(fn, (node) => {
    if (!onLines(node, line)) return false;
    // `wg.Go(f)` and the like are inlined into their callers.
    if (node.type === "go_statement") found = true;
    if (node.type === "call_expression") {
      const field = childIn(childIn(node, "function"), "field");
      if (field !== undefined && textOf(file, field) === "Go") found = true;
    }
    return undefined;
  });
  return found;
}
