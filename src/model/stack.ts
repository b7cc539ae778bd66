import type { GoSymbol } from "./symbol.ts";
import type { WaitKind } from "./wait-kind.ts";

/** One call of a stack. Interned: equal frames of a dump are the same object. */
export interface Frame {
  readonly symbol: GoSymbol;
  /** As the dump writes it: absolute, or relative to the module under `-trimpath`; "" when unknown. */
  readonly file: string;
  /** 1-based; 0 when unknown. */
  readonly line: number;
  /** Inlined into its caller, so it has no arguments of its own. */
  readonly inlined: boolean;
}

/**
 * How much of a stack the dump shows.
 * `full`: all frames. `elided`: frames in the middle are missing. `cut`: the outermost are missing.
 * `ends`: only the innermost frames that the format names and the entry function (Delve's list).
 * `none`: no frame (running on another thread).
 */
export type StackExtent = "full" | "elided" | "cut" | "ends" | "none";

/** A place among a stack's arguments whose value is stored for each goroutine. */
export interface ArgumentSlot {
  /** Index into `frames`. */
  readonly frame: number;
  /** Position among the frame's arguments, braces flattened; 0 is a method's receiver. */
  readonly argument: number;
}

/**
 * A distinct stack: wait reason, frames and creator, without arguments, ids and times.
 * Everything that rules ask without looking at a single goroutine is answered once per distinct stack.
 */
export interface Stack {
  /** Wait reason as the dump writes it, flags removed: `chan send`; "" where the format has none. */
  readonly reason: string;
  readonly wait: WaitKind;
  /** Neither the dump nor a frame says what for: the kind follows from the order of the runtime's code. */
  readonly waitInferred?: true;
  /** Innermost first. With extent `ends`, what lies between the last two is not known. */
  readonly frames: readonly Frame[];
  readonly extent: StackExtent;
  /** Frames are missing before this index of `frames`; with extent `cut`, further out as well. */
  readonly gapAt?: number;
  /** How many frames are missing; 0 when none, -1 when the dump does not say. */
  readonly elided: number;
  /** The `go` statement: the function that contains it, and its line. */
  readonly createdBy: Frame | undefined;
  /** Argument values kept for each goroutine of this stack, in the order of `Goroutines.argument`. */
  readonly slots: readonly ArgumentSlot[];
}

const keys = new WeakMap<object, string>();

/** `stackKey`, worked out once a stack. */
export function keyOfStack(stack: Stack): string {
  let key = keys.get(stack);
  if (key === undefined) {
    key = stackKey(stack);
    keys.set(stack, key);
  }
  return key;
}

/** Identity of a stack, equal over dumps of one build: for merging, snapshots and diffs. */
export function stackKey(
  stack: Pick<Stack, "reason" | "frames" | "createdBy" | "extent" | "elided">,
): string {
  const parts = [stack.reason, stack.extent, String(stack.elided)];
  for (const f of stack.frames) parts.push(f.symbol.name, f.file, String(f.line), f.inlined ? "i" : "");
  if (stack.createdBy)
    parts.push("\u0001", stack.createdBy.symbol.name, stack.createdBy.file, String(stack.createdBy.line));
  return parts.join("\u0000");
}
