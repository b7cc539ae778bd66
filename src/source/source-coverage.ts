import type { Dump } from "../model/dump.ts";
import { entryOf, siteOf } from "../model/places.ts";
import type { Stack } from "../model/stack.ts";
import { isBlocked } from "../model/wait-kind.ts";
import { isLibrary } from "./build-chain.ts";
import type { SourceStatus } from "./frame-source.ts";
import type { DumpSource } from "./open-source.ts";

/** A decisive frame: the line that blocks, the entry function, or the `go` statement of blocked goroutines. */
export interface CoveredFrame {
  readonly part: "site" | "entry" | "created by";
  readonly function: string;
  /** As the dump writes it. */
  readonly file: string;
  readonly line: number;
  readonly goroutines: number;
  readonly status: SourceStatus;
  /** Why it was not found; "" when it was. */
  readonly reason: string;
  /** What stands on the line, in words, when that could be told: `send on m.in (field in of main.Metrics)`. */
  readonly operation: string;
  /** Path in the source root; "" when missing. */
  readonly found: string;
}

/** Which decisive frames of a dump's blocked goroutines have their source at hand, by falling count. Frames of the standard library are left out. */
export function sourceCoverage(dump: Dump, source: DumpSource): readonly CoveredFrame[] {
  const counts = new Array<number>(dump.stacks.length).fill(0);
  for (let row = 0; row < dump.goroutines.length; row++)
    counts[dump.goroutines.stack[row]!]! += dump.goroutines.weight[row]!;
  const frames = new Map<string, CoveredFrame>();
  dump.stacks.forEach((stack, i) => {
    if (!isBlocked(stack.wait) || counts[i] === 0) return;
    for (const [part, index] of decisive(stack)) add(frames, cover(stack, part, index, counts[i]!, source));
  });
  return [...frames.values()].sort((a, b) => b.goroutines - a.goroutines || (keyOf(a) < keyOf(b) ? -1 : 1));
}

function decisive(stack: Stack): [CoveredFrame["part"], number][] {
  const found: [CoveredFrame["part"], number][] = [];
  const site = siteOf(stack);
  const entry = entryOf(stack);
  if (typeof site === "number" && !isLibrary(stack.frames[site]!)) found.push(["site", site]);
  if (typeof entry === "number" && entry !== site && !isLibrary(stack.frames[entry]!))
    found.push(["entry", entry]);
  if (stack.createdBy !== undefined && !isLibrary(stack.createdBy)) found.push(["created by", -1]);
  return found;
}

function cover(
  stack: Stack,
  part: CoveredFrame["part"],
  index: number,
  goroutines: number,
  source: DumpSource,
): CoveredFrame {
  const frame = index < 0 ? stack.createdBy! : stack.frames[index]!;
  const { status, reason } = source.frame(stack, index);
  return {
    part,
    function: frame.symbol.name,
    file: frame.file,
    line: frame.line,
    goroutines,
    status,
    reason,
    operation: part === "site" ? source.describe(stack) : "",
    found: source.pathOf(stack, index) ?? "",
  };
}

function add(frames: Map<string, CoveredFrame>, frame: CoveredFrame): void {
  const key = keyOf(frame);
  const known = frames.get(key);
  frames.set(
    key,
    known === undefined ? frame : { ...known, goroutines: known.goroutines + frame.goroutines },
  );
}

function keyOf(frame: CoveredFrame): string {
  return [frame.part, frame.function, frame.file, String(frame.line), frame.status, frame.operation].join(
    "\u0000",
  );
}
