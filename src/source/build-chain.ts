import { isStandardPackage } from "../model/origin.ts";
import { entryOf, siteOf } from "../model/places.ts";
import type { Frame, Stack } from "../model/stack.ts";
import { Chain, type ChainLink, linksBetween } from "./chain.ts";
import type { DumpFrames } from "./dump-frames.ts";
import type { Expressions } from "./expression.ts";
import type { FrameCode, FunctionIn } from "./frame-source.ts";
import type { Operation } from "./operations.ts";
import { childIn, onLines, type SyntaxNode, walk } from "./syntax.ts";

/** The functions on a stack whose source was found, joined by their calls as far as these can be told. */
export function buildChain(
  stack: Stack,
  frames: DumpFrames,
  blocking: Operation | undefined,
  expressions: Expressions,
): Chain {
  const links: ChainLink[] = [];
  const site = siteOf(stack);
  const start = typeof site === "number" ? site : 0;
  for (let index = start; index < stack.frames.length; index++) {
    const symbol = stack.frames[index]!.symbol;
    if (symbol.wrapper) continue;
    if ((index > start || blocking === undefined) && isLibrary(stack.frames[index]!)) {
      unjoinLast(links);
      continue;
    }
    const code = frames.find({ stack, index }).code;
    if (code === undefined) {
      unjoinLast(links);
      continue;
    }
    if (code.wrapper) continue;
    if (stack.extent === "ends" && index > start) {
      addEntry(links, code, index, expressions);
      continue;
    }
    if (stack.gapAt === index) unjoinLast(links);
    const at = index === site ? blocking?.node : onlyOne(code.calls);
    links.push({ frame: index, fn: code.fn, place: code, at, joined: true });
    if (code.inlinedInto !== undefined) addBetween(links, code.inlinedInto, expressions);
  }
  return new Chain(links, spawnOf(stack, frames, links), expressions);
}

/** Frames of the standard library between those of the program: HTTP servers, sort, test runners. They are not opened. */
export function isLibrary(frame: Frame): boolean {
  return isStandardPackage(frame.symbol.package) || frame.symbol.package === "";
}

function unjoinLast(links: ChainLink[]): void {
  const last = links.at(-1);
  if (last !== undefined) links[links.length - 1] = { ...last, joined: false };
}

/** The start function of Delve's list: what lies between is found by the calls of the package. */
function addEntry(links: ChainLink[], code: FrameCode, index: number, expressions: Expressions): void {
  const inner = links.at(-1);
  if (inner?.fn.node === code.fn.node) return;
  const between = inner && linksBetween(code.fn, inner.fn, code.pkg, expressions);
  if (between === undefined) unjoinLast(links);
  else links.push(...between.links);
  links.push({ frame: index, fn: code.fn, place: code, at: between?.at, joined: true });
}

/** The function that an inlined callee was shown under, and those between. */
function addBetween(links: ChainLink[], outer: FunctionIn, expressions: Expressions): void {
  const { fn, pkg } = outer;
  const between = linksBetween(fn, links.at(-1)!.fn, pkg, expressions);
  if (between === undefined) {
    unjoinLast(links);
    return;
  }
  links.push(...between.links, {
    frame: -1,
    fn,
    place: { file: fn.file, pkg },
    at: between.at,
    joined: true,
  });
}

function onlyOne(calls: readonly SyntaxNode[]): SyntaxNode | undefined {
  return calls.length === 1 ? calls[0] : undefined;
}

/** The call behind the `go` statement that started the goroutine. */
function spawnOf(stack: Stack, frames: DumpFrames, links: readonly ChainLink[]): Chain["spawn"] {
  if (stack.createdBy === undefined || entryOf(stack) !== links.at(-1)?.frame) return undefined;
  const code = frames.find({ stack, index: -1 }).code;
  if (code === undefined) return undefined;
  const line = stack.createdBy.line;
  const calls: SyntaxNode[] = [];
  walk(code.fn.node, (node) => {
    if (!onLines(node, line)) return false;
    if (node.type === "go_statement") {
      const call = node.children.find((c) => c.type === "call_expression");
      if (call !== undefined) calls.push(call);
    }
    return undefined;
  });
  const exact = calls.filter((c) => childIn(c, "function") !== undefined && c.line === line);
  const call = onlyOne(exact.length > 0 ? exact : calls);
  return call && { node: call, place: code };
}
