import { isMachinery } from "../model/origin.ts";
import { siteOf } from "../model/places.ts";
import type { Stack } from "../model/stack.ts";
import { isWrapper } from "../model/symbol.ts";
import { isBlocked } from "../model/wait-kind.ts";
import { buildChain, isLibrary } from "./build-chain.ts";
import { callsOf } from "./call-graph.ts";
import { type Chain, type ChainLink, qualifiedName } from "./chain.ts";
import type { DumpFrames } from "./dump-frames.ts";
import type { ExpressionBase, ExpressionIdentity, Expressions, MakeSite } from "./expression.ts";
import { locksHeldAt } from "./lock-state.ts";
import { capacityOf, type MakeSites, makeSitesOf } from "./make-sites.ts";
import { operationKey } from "./operation-key.ts";
import { type Operation, type OperationKind, operationsOf, type SelectInfo } from "./operations.ts";
import { type Strand, strandOf } from "./strand.ts";
import { childIn, type SyntaxNode } from "./syntax.ts";

/** An operation that a function on the stack (or one it calls) does. */
export interface SourceOperation {
  readonly kind: OperationKind;
  /** Canonical name of the channel, lock or group, parameters followed to the callers; "" when unknown. */
  readonly key: string;
  /** As written: `m.inChannel`. */
  readonly text: string;
  readonly description: string;
  /** Go's name of the function that it stands in. */
  readonly function: string;
  /** Index into the stack's frames; -1 for functions that the dump does not name. */
  readonly frame: number;
  /** Path as reports show it, relative to its root. */
  readonly file: string;
  readonly line: number;
  /** Line of the loop around it; 0 for none. */
  readonly loopLine: number;
  readonly deferred: boolean;
  /** It is the same variable's field (or variable) as the one that the goroutine waits for. */
  readonly sameInstance: boolean | undefined;
  /** The one place where its channel is made, `file:offset`; "" when there are several or they can't all be seen. */
  readonly madeBy: string;
  /** The function further in that does it, called from the stack's function before the wait; "" when it does itself. */
  readonly via: string;
}

/** A lock taken by a function on the stack and not given back where the stack stands. */
export interface SourceHold {
  readonly key: string;
  readonly text: string;
  readonly description: string;
  readonly mode: "lock" | "rlock";
  readonly function: string;
  readonly frame: number;
  readonly file: string;
  readonly line: number;
  /** Held on all paths to here. */
  readonly certain: boolean;
  readonly release: "deferred" | "later" | "never seen";
  readonly sameInstance: boolean | undefined;
}

/** What the goroutine is doing where it blocks. */
export interface SiteFacts {
  readonly kind: OperationKind;
  /** Key, text and words of what it waits for; key "" when unknown, and for select (see its cases). */
  readonly key: string;
  readonly text: string;
  readonly description: string;
  readonly function: string;
  readonly frame: number;
  readonly file: string;
  readonly line: number;
  readonly select: SelectInfo | undefined;
  /** Where the channel is made, and its capacity when it is one constant. */
  readonly madeAt: readonly MakeSite[];
  /** See `SourceOperation.madeBy`. */
  readonly madeBy: string;
  readonly capacity: number | undefined;
}

/** What the source says of one stack. Unknown is undefined, "" or an empty list, never false. */
export interface StackFacts {
  readonly site: SiteFacts | undefined;
  /** Why `site` or its key is not known; "" when it is. */
  readonly reason: string;
  /**
   * Receives (also range and select cases) of the stack's functions from the channel that it is blocked on, in a loop
   * or before the wait: by the same key, or by another field that only ever holds a channel of the same `make`.
   */
  readonly receivesOwn: readonly SourceOperation[];
  /**
   * Whether this goroutine drains the channel that it sends to. True when the same variable's field is received from;
   * false only when every receive of it is from another channel; undefined when `receivesOwn` may be another instance's.
   */
  readonly drainsOwnChannel: boolean | undefined;
  /** Receives of the stack's functions from anything, to join with other stacks' sends. */
  readonly receives: readonly SourceOperation[];
  readonly holds: readonly SourceHold[];
  /** What would still happen had it not blocked: unlock, done, close, send and receive behind the wait, and what is deferred. */
  readonly owes: readonly SourceOperation[];
  /** A channel made by the creator, which left without the other half. */
  readonly strand: Strand | undefined;
}

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

/** Computes what the source says of stacks. */
export class StackFactsReader {
  readonly #frames: DumpFrames;
  readonly #expressions: Expressions;
  readonly #display: (file: string) => string;

  constructor(frames: DumpFrames, expressions: Expressions, display: (file: string) => string) {
    this.#frames = frames;
    this.#expressions = expressions;
    this.#display = display;
  }

  /** The facts of one stack. */
  read(stack: Stack): StackFacts {
    const { operation, reason } = this.#blocking(stack);
    const chain = buildChain(stack, this.#frames, operation, this.#expressions);
    const target =
      operation && chain.links.length > 0 && chain.links[0]!.at === operation.node
        ? operation.target
        : undefined;
    const followed = target && chain.follow(target, 0).identity;
    const reader = new ChainReader(chain, target, followed, this.#expressions, this.#display);
    const site = operation && followed && reader.site(operation, followed);
    const receives = reader.receives();
    const receivesOwn = site === undefined || site.key === "" ? [] : receives.filter((r) => isSame(r, site));
    return {
      site,
      reason:
        site === undefined || (site.key === "" && site.kind !== "select")
          ? reason || followed?.description || ""
          : "",
      receivesOwn,
      drainsOwnChannel:
        site?.kind === "send" ? this.#drains(stack, chain, receivesOwn, reader, followed) : undefined,
      receives,
      holds: reader.holds(),
      owes: reader.owes(),
      strand: followed && operation && strandOf(operation, followed, chain, this.#expressions, this.#display),
    };
  }

  /** The one operation on the blocked line, if the source can tell it. */
  #blocking(stack: Stack): { readonly operation: Operation | undefined; readonly reason: string } {
    const index = siteOf(stack);
    if (typeof index !== "number")
      return { operation: undefined, reason: "the dump does not show the line that blocks" };
    if (isLibrary(stack.frames[index]!) && !isBlocked(stack.wait))
      return { operation: undefined, reason: "it waits inside the standard library" };
    const use = { stack, index };
    const { code, reason } = this.#frames.find(use);
    if (code === undefined) return { operation: undefined, reason };
    const exact = code.operations.filter((o) => o.line === code.line);
    const fitting = exact.length > 0 ? exact : code.operations;
    const first = fitting[0];
    if (first === undefined)
      return { operation: undefined, reason: "no operation of this kind can be told on the line" };
    if (fitting.some((o) => operationKey(o) !== operationKey(first) || o.kind !== first.kind))
      return { operation: undefined, reason: "several operations stand on the line" };
    const all = operationsOf(code.fn.node, code, this.#expressions);
    if (this.#frames.isAmbiguous(use, first, all))
      return {
        operation: undefined,
        reason:
          "several lines of the function fit, and nothing in this dump shows that the source is of the same build",
      };
    return { operation: first, reason: "" };
  }

  #drains(
    stack: Stack,
    chain: Chain,
    own: readonly SourceOperation[],
    reader: ChainReader,
    target: ExpressionIdentity | undefined,
  ): boolean | undefined {
    if (own.some((o) => o.sameInstance === true)) return true;
    // The same field of what may be another instance: a stage that sends to the next one.
    if (own.length > 0) return undefined;
    if (target === undefined || !this.#wholeStackKnown(stack, chain)) return undefined;
    return reader.allReceivesDiffer(target) ? false : undefined;
  }

  /** True when every function of the program on the stack was found, and how they call each other. */
  #wholeStackKnown(stack: Stack, chain: Chain): boolean {
    if (stack.extent !== "full" && stack.extent !== "ends") return false;
    const own = stack.frames
      .map((frame, index) => ({ frame, index }))
      .filter(({ frame }) => !isMachinery(frame.symbol) && !isWrapper(frame.symbol))
      .filter(({ frame }) => !isLibrary(frame));
    return (
      own.every(({ index }) => this.#frames.find({ stack, index }).status === "found") &&
      chain.links.slice(0, -1).every((l) => l.joined)
    );
  }
}

/** Reads operations along one chain. */
class ChainReader {
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
    const own = new Set(makes.sites.map((s) => `${s.file}:${s.offset}`));
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
        if (!other.complete || other.sites.some((s) => own.has(`${s.file}:${s.offset}`))) return false;
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

/** Whether a receive may be from what the goroutine waits for. */
function isSame(receive: SourceOperation, site: SiteFacts): boolean {
  return receive.key === site.key || (receive.madeBy !== "" && receive.madeBy === site.madeBy);
}

function onlyMake(makes: MakeSites, display: (file: string) => string): string {
  const [site, ...others] = makes.sites;
  return site === undefined || others.length > 0 || !makes.complete
    ? ""
    : `${display(site.file)}:${site.offset}`;
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
