import { lookup } from "./binding.ts";
import { callPath } from "./call-graph.ts";
import type { ExpressionIdentity, Expressions } from "./expression.ts";
import { functionName, type GoFunction, textOf } from "./go-file.ts";
import type { PackageView } from "./source-code.ts";
import { childIn, type SyntaxNode, stripped } from "./syntax.ts";
import type { Place } from "./types.ts";

/** A function that the goroutine is in. */
export interface ChainLink {
  /** Index into the stack's frames; -1 for functions between the ends of Delve's list and inlined ones, which it does not name. */
  readonly frame: number;
  readonly fn: GoFunction;
  readonly place: Place;
  /** Where control is in it: the blocking operation, or the call that leads on inwards; undefined when several could be. */
  readonly at: SyntaxNode | undefined;
  /** The link further out is the caller of this one, as far as the source shows. */
  readonly joined: boolean;
}

/** An expression, seen from the outermost function in which it can be followed. */
export interface FollowedExpression {
  readonly identity: ExpressionIdentity;
  /** Index of the link in whose terms it is; the number of links for the creator. */
  readonly link: number;
}

/** The functions on a goroutine's stack, innermost first, and the `go` statement behind them. */
export class Chain {
  readonly links: readonly ChainLink[];
  /** The call behind `go`, in the creator. */
  readonly spawn: { readonly node: SyntaxNode; readonly place: Place } | undefined;
  readonly #expressions: Expressions;

  constructor(links: readonly ChainLink[], spawn: Chain["spawn"], expressions: Expressions) {
    this.links = links;
    this.spawn = spawn;
    this.#expressions = expressions;
  }

  /**
   * Follows an expression of link `from` outwards: parameters become arguments, receivers the callers' variables.
   * @param until stop in terms of this link
   */
  follow(identity: ExpressionIdentity, from: number, until = this.links.length): FollowedExpression {
    let current = identity;
    let link = from;
    while (link < until) {
      const binding = current.base?.binding;
      if (binding === undefined) break;
      const here = this.links[link]!;
      if (binding.functionNode !== here.fn.node) {
        // A captured variable is in terms of the function that declares it.
        const owner = this.links.findIndex((l, i) => i > link && l.fn.node === binding.functionNode);
        if (owner < 0 || owner > until) break;
        link = owner;
        continue;
      }
      const outer = this.#outwards(current, link);
      if (outer === undefined) break;
      current = outer;
      link++;
    }
    return { identity: current, link };
  }

  /** Whether two expressions of different links are the same variable's same field; undefined when it can't be followed. */
  sameInstance(
    a: ExpressionIdentity,
    aLink: number,
    b: ExpressionIdentity,
    bLink: number,
  ): boolean | undefined {
    if (a.kind === "package-variable" && a.key === b.key) return true;
    const [inner, innerLink, outer, outerLink] = aLink <= bLink ? [a, aLink, b, bLink] : [b, bLink, a, aLink];
    const left = this.follow(inner, innerLink, outerLink).identity.base;
    const right = outer.base;
    if (left?.binding === undefined || right?.binding === undefined) return undefined;
    if (left.binding.node === right.binding.node && left.path === right.path) return true;
    return undefined;
  }

  /** One step: the expression in terms of the caller of link `link`. */
  #outwards(identity: ExpressionIdentity, link: number): ExpressionIdentity | undefined {
    const here = this.links[link]!;
    const last = link + 1 >= this.links.length;
    const caller = last ? undefined : this.links[link + 1]!;
    if (!last && !here.joined) return undefined;
    const call = last ? this.spawn?.node : caller?.at;
    const place = last ? this.spawn?.place : caller?.place;
    if (call?.type !== "call_expression" || place === undefined) return undefined;
    const base = identity.base!;
    const binding = base.binding!;
    const argument = argumentFor(call, binding.kind, binding.position, here.fn, place);
    if (argument === undefined) return undefined;
    const value = this.#expressions.identify(argument, place);
    if (base.path === "") return value.kind === "unknown" ? undefined : { ...value, text: identity.text };
    // The field keeps its own key; only the variable that it hangs on is the caller's.
    const outer = value.base;
    if (outer === undefined) return undefined;
    const path = outer.path === "" ? base.path : `${outer.path}.${base.path}`;
    return { ...identity, base: { binding: outer.binding, path } };
  }
}

/** The expression that a call passes for a parameter or receiver. */
function argumentFor(
  call: SyntaxNode,
  kind: string,
  position: number,
  fn: GoFunction,
  place: Place,
): SyntaxNode | undefined {
  const callee = childIn(call, "function");
  if (callee === undefined) return undefined;
  const name = textOf(place.file, childIn(callee, "field") ?? callee);
  const literal = stripped(callee) === fn.node;
  if (fn.outer !== undefined && !literal) return undefined;
  if (fn.outer === undefined && fn.name !== "" && name !== fn.name) return undefined;
  if (callee.type === "identifier" && lookup(place.file, callee, name) !== undefined) return undefined;
  if (kind === "receiver") return childIn(callee, "operand");
  if (kind !== "parameter") return undefined;
  const parameters = childIn(fn.node, "parameters")?.children ?? [];
  if (parameters.some((p) => p.type === "variadic_parameter_declaration")) return undefined;
  return (childIn(call, "arguments")?.children ?? []).filter((c) => c.type !== "comment")[position];
}

/** Functions between two that the dump names: the calls of the shortest way, innermost first; `pkg` is the outer one's. */
export function linksBetween(
  outer: GoFunction,
  inner: GoFunction,
  pkg: PackageView,
  expressions: Expressions,
): { readonly links: readonly ChainLink[]; readonly at: SyntaxNode } | undefined {
  const path = callPath(outer, inner, pkg, expressions);
  if (path === undefined || path.length === 0) return undefined;
  const links = path.slice(1).map(({ caller, callerPkg, call }) => ({
    frame: -1,
    fn: caller,
    place: { file: caller.file, pkg: callerPkg },
    at: call,
    joined: true,
  }));
  return { links: links.reverse(), at: path[0]!.call };
}

/** Go's name of a function with its package, as symbols write it: `main.(*Metrics).SetM`. */
export function qualifiedName(fn: GoFunction, pkg: PackageView): string {
  return `${pkg.path}.${functionName(fn)}`;
}
