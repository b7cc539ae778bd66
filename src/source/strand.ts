import { type Binding, isFunctionNode, lookup } from "./binding.ts";
import { type Chain, qualifiedName } from "./chain.ts";
import type { ExpressionIdentity, Expressions } from "./expression.ts";
import { type GoFunction, textOf } from "./go-file.ts";
import { returnBetween } from "./lock-state.ts";
import { capacityOf, makeSitesOf } from "./make-sites.ts";
import { type Operation, type OperationKind, operationsOf } from "./operations.ts";
import { childIn, childrenIn, enclosing, type SyntaxNode, stripped, walk } from "./syntax.ts";
import type { Place } from "./types.ts";

/** A local channel between a goroutine and the function that made it. */
export interface Strand {
  /** Go's name of the function that made the channel; of a closure without its number: `main.serve.func`. */
  readonly maker: string;
  /** Line on which that function begins: tells it from other closures of the same function. */
  readonly makerLine: number;
  /** Path as reports show it, relative to its root. */
  readonly file: string;
  readonly madeLine: number;
  readonly capacity: number | undefined;
  /** Lines of the maker's receives (for a stuck sender), or sends and closes (for a stuck receiver). */
  readonly counterparts: readonly number[];
  /** A return between the `go` statement and the counterpart; 0 for none. */
  readonly earlyReturnLine: number;
  /** The counterpart is one case of a select with others, which may win. */
  readonly inSelect: boolean;
  /** The maker can leave without its half, and then nobody else can do it. */
  readonly strands: boolean;
}

/** What releases a send or receive. */
const counterpartsOf: Partial<Readonly<Record<OperationKind, readonly OperationKind[]>>> = {
  send: ["receive", "range"],
  receive: ["send", "close"],
  range: ["close"],
};

/** How a channel that another function made can strand the goroutine; undefined when it escapes or nothing is known. */
export function strandOf(
  operation: Operation,
  target: ExpressionIdentity,
  chain: Chain,
  expressions: Expressions,
  display: (file: string) => string,
): Strand | undefined {
  const wanted = counterpartsOf[operation.kind];
  const { binding } = target;
  if (wanted === undefined || target.kind !== "local" || binding === undefined) return undefined;
  if (chain.links.some((l) => l.fn.node === binding.functionNode)) return undefined;
  const maker = target.place.file.functions.find((f) => f.node === binding.functionNode);
  if (maker === undefined || escapes(binding, target.place, wanted, expressions)) return undefined;
  const makes = makeSitesOf(target, expressions);
  const made = makes.sites[0];
  if (made === undefined || !makes.complete) return undefined;
  const ends = endsOf(maker, target, wanted, expressions);
  // Another goroutine of the maker's does the other half: not the maker's return that strands.
  if (ends.elsewhere) return undefined;
  const first = ends.own[0];
  const start = spawnNode(maker, operation, binding) ?? binding.node;
  const early =
    returnBetween(maker.node, start.to, first?.node.from ?? start.to) ??
    leavesLoop(maker, first, start, operation);
  const inSelect =
    first?.inSelect !== undefined && (first.inSelect.cases.length > 1 || first.inSelect.default);
  const capacity = capacityOf(makes);
  return {
    maker: qualifiedName(maker, target.place.pkg),
    makerLine: maker.node.line,
    file: display(made.file),
    madeLine: made.line,
    capacity,
    counterparts: [...new Set(ends.own.map((o) => o.line))],
    earlyReturnLine: early?.line ?? 0,
    inSelect,
    strands:
      (capacity === 0 || operation.kind !== "send") &&
      (first === undefined || early !== undefined || inSelect),
  };
}

/** Many senders, or one that sends again, and a loop of receives that can be left before it has all. */
function leavesLoop(
  maker: GoFunction,
  counterpart: Operation | undefined,
  start: SyntaxNode,
  operation: Operation,
): SyntaxNode | undefined {
  const loop = counterpart?.loop;
  if (loop === undefined) return undefined;
  const many = operation.loop !== undefined || enclosing(start, loops) !== undefined;
  return many ? returnBetween(maker.node, loop.from, loop.to) : undefined;
}

const loops: ReadonlySet<string> = new Set(["for_statement"]);

function endsOf(
  maker: GoFunction,
  target: ExpressionIdentity,
  wanted: readonly OperationKind[],
  expressions: Expressions,
): { readonly own: readonly Operation[]; readonly elsewhere: boolean } {
  const fits = (o: Operation) => wanted.includes(o.kind) && o.target.key === target.key;
  const own = operationsOf(maker.node, target.place, expressions).filter(fits);
  const literals = maker.file.functions.filter((f) => f.node !== maker.node && within(f.node, maker.node));
  const elsewhere = literals.some((f) =>
    operationsOf(f.node, target.place, expressions).some(
      (o) => fits(o) && !own.some((p) => p.node === o.node),
    ),
  );
  return { own, elsewhere };
}

/** The `go` statement (or literal) that holds the operation. */
function spawnNode(maker: GoFunction, operation: Operation, binding: Binding): SyntaxNode | undefined {
  let at: SyntaxNode | undefined = operation.node;
  let spawn: SyntaxNode | undefined;
  while (at !== undefined && at !== maker.node) {
    if (at.type === "go_statement" || isFunctionNode(at)) spawn = at;
    at = at.parent;
  }
  if (at !== undefined) return spawn;
  return goWith(maker, binding);
}

/** The first `go f(ch)` of the maker that passes the channel on. */
function goWith(maker: GoFunction, binding: Binding): SyntaxNode | undefined {
  let found: SyntaxNode | undefined;
  walk(maker.node, (node) => {
    if (node.type !== "go_statement" || found !== undefined) return undefined;
    const args = childIn(
      node.children.find((c) => c.type === "call_expression"),
      "arguments",
    );
    if (args?.children.some((a) => isUse(a, binding, maker)) === true) found = node;
    return undefined;
  });
  return found;
}

function isUse(node: SyntaxNode, binding: Binding, maker: GoFunction): boolean {
  const at = stripped(node);
  return (
    at.type === "identifier" &&
    textOf(maker.file, at) === binding.name &&
    lookup(maker.file, at, binding.name)?.node === binding.node
  );
}

/** True when the channel goes where we can't follow, or to others who do the other half: returned, stored, passed on. */
function escapes(
  binding: Binding,
  place: Place,
  wanted: readonly OperationKind[],
  expressions: Expressions,
): boolean {
  let escaped = false;
  walk(binding.functionNode, (node) => {
    if (escaped || node.type !== "identifier" || node === binding.node) return undefined;
    if (node.to - node.from !== binding.name.length || textOf(place.file, node) !== binding.name)
      return undefined;
    if (lookup(place.file, node, binding.name)?.node !== binding.node) return undefined;
    if (!isHarmless(node, place, wanted, expressions)) escaped = true;
    return undefined;
  });
  return escaped;
}

/** Uses that keep a channel in sight: operations, `len`, `close`, comparisons, and `go f(ch)` of a function that we can read. */
function isHarmless(
  use: SyntaxNode,
  place: Place,
  wanted: readonly OperationKind[],
  expressions: Expressions,
): boolean {
  let parent = use.parent;
  while (parent?.type === "parenthesized_expression") parent = parent.parent;
  if (parent === undefined) return false;
  if (parent.type === "send_statement") return use.field === "channel";
  if (parent.type === "range_clause") return use.field === "right";
  if (parent.type === "unary_expression") return childIn(parent, "operator")?.type === "<-";
  if (parent.type === "binary_expression" || (parent.type === "expression_list" && isOwnAssignment(parent)))
    return true;
  if (parent.type !== "argument_list") return false;
  const call = parent.parent;
  const callee = childIn(call, "function");
  if (callee === undefined || call === undefined) return false;
  const name = textOf(place.file, callee);
  if (name === "close" || name === "len" || name === "cap") return true;
  if (call.parent?.type !== "go_statement") return false;
  return keepsParameter(call, parent, use, place, wanted, expressions);
}

function isOwnAssignment(list: SyntaxNode): boolean {
  return list.field === "left";
}

/** Whether the function that `go` runs only does the goroutine's own half with the channel. */
function keepsParameter(
  call: SyntaxNode,
  args: SyntaxNode,
  use: SyntaxNode,
  place: Place,
  wanted: readonly OperationKind[],
  expressions: Expressions,
): boolean {
  const target = expressions.types.callee(call, place);
  if (target === undefined) return false;
  const position = args.children
    .filter((c) => c.type !== "comment")
    .findIndex((c) => c === use || c === use.parent);
  const names = (childIn(target.fn.node, "parameters")?.children ?? []).flatMap((p) => childrenIn(p, "name"));
  const parameter = names[position];
  if (parameter === undefined) return false;
  const { file } = target.fn;
  const name = textOf(file, parameter);
  const operations = operationsOf(target.fn.node, { file, pkg: target.pkg }, expressions);
  const own = operations.filter((o) => o.target.binding?.node === parameter);
  if (own.some((o) => wanted.includes(o.kind))) return false;
  let uses = 0;
  walk(target.fn.node, (node) => {
    if (node.type === "identifier" && node !== parameter && textOf(file, node) === name) uses++;
    return undefined;
  });
  // Every use is one of the operations.
  return uses === own.length;
}

function within(node: SyntaxNode, outer: SyntaxNode): boolean {
  return outer.from <= node.from && node.to <= outer.to;
}
