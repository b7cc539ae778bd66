import { isMachinery } from "../model/origin.ts";
import { siteOf } from "../model/places.ts";
import type { Stack } from "../model/stack.ts";
import { isBlocked } from "../model/wait-kind.ts";
import { buildChain, isLibrary } from "./build-chain.ts";
import type { Chain } from "./chain.ts";
import { ChainReader } from "./chain-reader.ts";
import type { DumpFrames } from "./dump-frames.ts";
import type { ExpressionIdentity, Expressions } from "./expression.ts";
import { operationKey } from "./operation-key.ts";
import { type Operation, operationsOf } from "./operations.ts";
import type { SiteFacts, SourceOperation, StackFacts } from "./source-facts.ts";
import { strandOf } from "./strand.ts";

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
      .filter(({ frame }) => !isMachinery(frame.symbol) && !frame.symbol.wrapper)
      .filter(({ frame }) => !isLibrary(frame));
    return (
      own.every(({ index }) => this.#frames.find({ stack, index }).status === "found") &&
      chain.links.slice(0, -1).every((l) => l.joined)
    );
  }
}

/** Whether a receive may be from what the goroutine waits for. */
function isSame(receive: SourceOperation, site: SiteFacts): boolean {
  return receive.key === site.key || (receive.madeBy !== "" && receive.madeBy === site.madeBy);
}
