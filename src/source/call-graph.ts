import { isFunctionNode } from "./binding.ts";
import type { Expressions } from "./expression.ts";
import type { GoFunction } from "./go-file.ts";
import type { PackageView } from "./source-code.ts";
import { childIn, type SyntaxNode, stripped, walk } from "./syntax.ts";
import type { Place } from "./types.ts";

/** A call in a function, and the declared function (or literal called on the spot) that it runs. */
export interface Call {
  readonly node: SyntaxNode;
  readonly fn: GoFunction;
  readonly pkg: PackageView;
}

const callsOfNode = new WeakMap<SyntaxNode, readonly Call[]>();

/** Functions looked at for one path. */
const searchLimit = 300;

/** Calls that a function itself makes, whose targets are declared in the roots; not those behind `go`. */
export function callsOf(fn: GoFunction, place: Place, expressions: Expressions): readonly Call[] {
  let found = callsOfNode.get(fn.node);
  if (found === undefined) {
    found = collect(fn, place, expressions);
    callsOfNode.set(fn.node, found);
  }
  return found;
}

function collect(fn: GoFunction, place: Place, expressions: Expressions): readonly Call[] {
  const calls: Call[] = [];
  const visit = (node: SyntaxNode, spawned: boolean): void => {
    if (node.type === "call_expression" && !spawned) addCall(node, fn, place, expressions, calls);
    if (isFunctionNode(node) && node !== fn.node) return;
    for (const child of node.children)
      visit(child, node.type === "go_statement" && child.type === "call_expression");
  };
  visit(fn.node, false);
  return calls;
}

function addCall(
  node: SyntaxNode,
  fn: GoFunction,
  place: Place,
  expressions: Expressions,
  calls: Call[],
): void {
  const target = expressions.types.callee(node, place);
  if (target !== undefined) calls.push({ node, ...target });
  // A literal that is passed on is taken to be called by the one who gets it.
  for (const candidate of childIn(node, "arguments")?.children ?? []) {
    const literal = stripped(candidate);
    if (literal.type !== "func_literal" || isSpawner(node, place)) continue;
    const found = fn.file.functions.find((f) => f.node === literal);
    if (found !== undefined) calls.push({ node, fn: found, pkg: place.pkg });
  }
}

/** `wg.Go(func…)`, `time.AfterFunc(d, func…)`: the literal runs in another goroutine. */
function isSpawner(call: SyntaxNode, place: Place): boolean {
  const field = childIn(childIn(call, "function"), "field");
  if (field === undefined) return false;
  const name = place.file.text.slice(field.from, field.to);
  return name === "Go" || name === "AfterFunc" || name === "TryGo";
}

/** Functions that a function starts with `go`, where they are declared in the roots. */
export function spawnedBy(
  fn: GoFunction,
  place: Place,
  expressions: Expressions,
): readonly { readonly fn: GoFunction; readonly pkg: PackageView }[] {
  const found: { fn: GoFunction; pkg: PackageView }[] = [];
  walk(fn.node, (node) => {
    if (node !== fn.node && isFunctionNode(node)) return false;
    if (node.type !== "go_statement") return undefined;
    const call = node.children.find((c) => c.type === "call_expression");
    const target = call && expressions.types.callee(call, place);
    if (target !== undefined) found.push(target);
    return undefined;
  });
  return found;
}

/** One call on a way through the program. */
export interface CallStep {
  readonly caller: GoFunction;
  readonly callerPkg: PackageView;
  readonly call: SyntaxNode;
  readonly pkg: PackageView;
}

/** The shortest way from one function to another by calls that the source shows; outermost first. */
export function callPath(
  from: GoFunction,
  to: GoFunction,
  pkg: PackageView,
  expressions: Expressions,
): readonly CallStep[] | undefined {
  if (from.node === to.node) return [];
  const reached = new Map<SyntaxNode, CallStep>();
  const queue: { readonly fn: GoFunction; readonly pkg: PackageView }[] = [{ fn: from, pkg }];
  for (let at = 0; at < queue.length && at < searchLimit; at++) {
    const caller = queue[at]!;
    for (const call of callsOf(caller.fn, { file: caller.fn.file, pkg: caller.pkg }, expressions)) {
      if (reached.has(call.fn.node) || call.fn.node === from.node) continue;
      reached.set(call.fn.node, { caller: caller.fn, callerPkg: caller.pkg, call: call.node, pkg: call.pkg });
      if (call.fn.node === to.node) return pathTo(to, from, reached);
      queue.push(call);
    }
  }
  return undefined;
}

function pathTo(
  to: GoFunction,
  from: GoFunction,
  reached: ReadonlyMap<SyntaxNode, CallStep>,
): readonly CallStep[] {
  const path: CallStep[] = [];
  for (let at = to; at.node !== from.node; ) {
    const step = reached.get(at.node)!;
    path.push(step);
    at = step.caller;
  }
  return path.reverse();
}
