import { callsOf } from "./call-graph.ts";
import { type Chain, type ChainLink, qualifiedName } from "./chain.ts";
import type { ExpressionBase, ExpressionIdentity, Expressions } from "./expression.ts";
import { locksHeldAt } from "./lock-state.ts";
import { capacityOf, type MakeSites, makeSitesOf } from "./make-sites.ts";
import { type Operation, type OperationKind, operationsOf } from "./operations.ts";
import type { SiteFacts, SourceHold, SourceOperation } from "./source-facts.ts";
import { childIn, type SyntaxNode } from "./syntax.ts";

/** Operations that release somebody else. */
const releasing: ReadonlySet<OperationKind> = new Set([
  "unlock",
  "runlock",
  "done",
  "close",
  "send",
  "receive",
  "range",
  "signal",
]);

/** Reads operations along one chain. */
export class ChainReader {
  readonly #chain: Chain;
  readonly #target: ExpressionIdentity | undefined;
  readonly #followed: ExpressionIdentity | undefined;
  readonly #expressions: Expressions;
  readonly #display: (file: string) => string;

  constructor(
    chain: Chain,
    target: ExpressionIdentity | undefined,
    followed: ExpressionIdentity | undefined,
    expressions: Expressions,
    display: (file: string) => string,
  ) {
    this.#chain = chain;
    this.#target = target;
    this.#followed = followed;
    this.#expressions = expressions;
    this.#display = display;
  }

  site(operation: Operation, target: ExpressionIdentity): SiteFacts {
    const link = this.#chain.links[0]!;
    const makes = makeSitesOf(target, this.#expressions);
    return {
      kind: operation.kind,
      key: operation.kind === "select" ? "" : target.key,
      text: operation.target.text,
      description: target.description,
      function: qualifiedName(link.fn, link.place.pkg),
      frame: link.frame,
      file: this.#display(link.fn.file.path),
      line: operation.line,
      select: operation.select,
      timer: operation.select === undefined ? operation.timer : operation.select.timer,
      madeAt: makes.sites.map((s) => ({ ...s, file: this.#display(s.file) })),
      madeBy: onlyMake(makes, this.#display),
      capacity: capacityOf(makes),
    };
  }

  /** Receives that the stack's functions do, before the wait or in a loop around it. */
  receives(): readonly SourceOperation[] {
    return this.#chain.links.flatMap((link, index) => [
      ...this.#operations(link)
        .filter((o) => isReceive(o) && !o.deferred && isReached(o, link))
        .map((o) => this.#describe(o, index)),
      ...this.#calledReceives(link, index),
    ]);
  }

  /** Receives one call away: `v := m.next()` in the loop that leads to the wait. */
  #calledReceives(link: ChainLink, index: number): readonly SourceOperation[] {
    const { at } = link;
    if (at === undefined) return [];
    const loop = loopAround(at);
    return callsOf(link.fn, link.place, this.#expressions)
      .filter((c) => c.node !== at && (c.node.from < at.from || (loop !== undefined && isIn(c.node, loop))))
      .flatMap((c) => {
        const place = { file: c.fn.file, pkg: c.pkg };
        const operand = childIn(childIn(c.node, "function"), "operand");
        const receiver = operand && this.#expressions.identify(operand, link.place).base;
        return operationsOf(c.fn.node, place, this.#expressions)
          .filter((o) => isReceive(o) && !o.deferred)
          .filter((o) => o.target.kind === "field" || o.target.kind === "package-variable")
          .map((o) => ({
            ...this.#describe({ ...o, target: seenFrom(o.target, receiver) }, index),
            file: this.#display(c.fn.file.path),
            loopLine: loop !== undefined && isIn(c.node, loop) ? loop.line : 0,
            via: qualifiedName(c.fn, c.pkg),
          }));
      });
  }

  holds(): readonly SourceHold[] {
    return this.#chain.links.flatMap((link, index) => {
      if (link.at === undefined) return [];
      return locksHeldAt(link.fn.node, link.at, link.place, this.#expressions).map((held) => {
        const identity = this.#chain.follow(held.target, index).identity;
        return {
          ...this.#where(link),
          key: identity.key,
          text: held.target.text,
          description: identity.description,
          mode: held.mode,
          line: held.line,
          certain: held.certain,
          release: held.release,
          sameInstance: this.#sameAsTarget(held.target, index, identity.key),
        };
      });
    });
  }

  owes(): readonly SourceOperation[] {
    const found = this.#chain.links.flatMap((link, index) =>
      this.#operations(link)
        .filter((o) => releasing.has(o.kind) && link.at !== undefined && isBehind(o, link.at))
        .map((o) => this.#describe(o, index)),
    );
    return [...found, ...this.#groupGo()];
  }

  /** `wg.Go(func() {…})`: Done is called when the function returns. */
  #groupGo(): readonly SourceOperation[] {
    const index = this.#chain.links.length - 1;
    const link = this.#chain.links[index];
    const call = link?.fn.node.parent?.parent;
    const callee = call?.type === "call_expression" ? childIn(call, "function") : undefined;
    const field = childIn(callee, "field");
    const operand = childIn(callee, "operand");
    if (link === undefined || field === undefined || operand === undefined) return [];
    if (link.fn.file.text.slice(field.from, field.to) !== "Go") return [];
    const target = this.#expressions.receiverOf(operand, "Go", link.place);
    if (target === undefined) return [];
    return [
      {
        ...this.#where(link),
        kind: "done",
        key: target.key,
        text: target.text,
        description: target.description,
        line: call!.line,
        loopLine: 0,
        deferred: true,
        sameInstance: undefined,
        madeBy: "",
        via: "",
      },
    ];
  }

  /** True when no receive that the goroutine can reach is from the target, provably. */
  allReceivesDiffer(target: ExpressionIdentity): boolean {
    const makes = makeSitesOf(target, this.#expressions);
    if (!makes.complete || target.kind === "package-variable" || isExported(target.key)) return false;
    const own = new Set(makes.sites.map((s) => `${s.file}:${s.line}:${s.column}`));
    const seen = new Set<SyntaxNode>();
    const queue = this.#chain.links.map((l) => ({ fn: l.fn, pkg: l.place.pkg }));
    for (let i = 0; i < queue.length; i++) {
      const { fn, pkg } = queue[i]!;
      if (seen.has(fn.node)) continue;
      seen.add(fn.node);
      if (seen.size > 200) return false;
      const place = { file: fn.file, pkg };
      for (const o of operationsOf(fn.node, place, this.#expressions)) {
        if (!isReceive(o) || o.foreign) continue;
        const other = makeSitesOf(o.target, this.#expressions);
        if (!other.complete || other.sites.some((s) => own.has(`${s.file}:${s.line}:${s.column}`)))
          return false;
      }
      queue.push(...callsOf(fn, place, this.#expressions));
    }
    return true;
  }

  #operations(link: ChainLink): readonly Operation[] {
    return operationsOf(link.fn.node, link.place, this.#expressions);
  }

  #describe(o: Operation, index: number): SourceOperation {
    const link = this.#chain.links[index]!;
    const identity = this.#chain.follow(o.target, index).identity;
    return {
      ...this.#where(link),
      kind: o.kind,
      key: identity.key,
      text: o.target.text,
      description: identity.description,
      line: o.line,
      loopLine: o.loop?.line ?? 0,
      deferred: o.deferred,
      sameInstance: this.#sameAsTarget(o.target, index, identity.key),
      madeBy: isReceive(o) ? onlyMake(makeSitesOf(identity, this.#expressions), this.#display) : "",
      via: "",
    };
  }

  #where(link: ChainLink): { readonly function: string; readonly frame: number; readonly file: string } {
    return {
      function: qualifiedName(link.fn, link.place.pkg),
      frame: link.frame,
      file: this.#display(link.fn.file.path),
    };
  }

  #sameAsTarget(identity: ExpressionIdentity, index: number, key: string): boolean | undefined {
    if (this.#target === undefined || key === "" || key !== this.#followed?.key) return undefined;
    return this.#chain.sameInstance(this.#target, 0, identity, index);
  }
}

function onlyMake(makes: MakeSites, display: (file: string) => string): string {
  const [site, ...others] = makes.sites;
  return site === undefined || others.length > 0 || !makes.complete
    ? ""
    : `${display(site.file)}:${site.line}:${site.column}`;
}

/** A method's `m.jobs` in terms of its caller, where `m` is the call's `p`. */
function seenFrom(target: ExpressionIdentity, receiver: ExpressionBase | undefined): ExpressionIdentity {
  const { base } = target;
  if (base?.binding?.kind !== "receiver") return { ...target, base: undefined };
  if (receiver === undefined) return { ...target, base: undefined };
  const path = receiver.path === "" ? base.path : `${receiver.path}.${base.path}`;
  return { ...target, base: { binding: receiver.binding, path } };
}

function isReceive(o: Operation): boolean {
  return o.kind === "receive" || o.kind === "range";
}

/** Done before the wait, or done again because one loop holds both. */
function isReached(o: Operation, link: ChainLink): boolean {
  const { at } = link;
  if (at === undefined) return true;
  if (o.node === at) return false;
  return o.node.from < at.from || (o.loop !== undefined && isIn(at, o.loop));
}

function isBehind(o: Operation, at: SyntaxNode): boolean {
  if (o.node === at) return false;
  if (o.deferred) return o.node.from < at.from;
  return o.node.from > at.from || (o.loop !== undefined && isIn(at, o.loop));
}

function isIn(node: SyntaxNode, outer: SyntaxNode): boolean {
  return outer.from <= node.from && node.to <= outer.to;
}

function loopAround(node: SyntaxNode): SyntaxNode | undefined {
  for (let at = node.parent; at !== undefined && at.type !== "func_literal"; at = at.parent)
    if (at.type === "for_statement") return at;
  return undefined;
}

function isExported(key: string): boolean {
  const first = key.slice(key.lastIndexOf(".") + 1).charAt(0);
  return first !== first.toLowerCase() && !key.includes("#");
}
