import type { Address } from "../../model/address.ts";
import { formatAddress } from "../../model/address.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import type { LocationKind } from "./text-lines.ts";

/** A frame while its lines are read. */
export interface TranscriptFrame extends FrameDraft {
  readonly pc: Address;
  file: string;
  line: number;
  readonly args: Address[];
  /** Its arguments are printed: `stack -full`. */
  withArguments: boolean;
}

/** A goroutine of a transcript: what all commands together told of it. */
export interface TranscriptGoroutine {
  /** NaN for a stack of which nobody says whose it is. */
  readonly id: number;
  readonly places: Map<LocationKind, FrameDraft & { readonly pc: Address }>;
  reason: string;
  threadId: number;
  labels: readonly [string, string][];
  frames: TranscriptFrame[];
  /** More frames were there: `(truncated)`. */
  truncated: boolean;
  /** Frames that are not kept, between the innermost and the outermost ones. */
  elided: number;
}

/** Most frames that are kept of one goroutine, as many of them from its outer end. */
export const maxFrames = 2000;
export const maxOutermost = 100;
/** Where those that are not kept were. */
export const gapAt = maxFrames - maxOutermost;

export function newGoroutine(id: number): TranscriptGoroutine {
  return {
    id,
    places: new Map(),
    reason: "",
    threadId: 0,
    labels: [],
    frames: [],
    truncated: false,
    elided: 0,
  };
}

export function addFrame(goroutine: TranscriptGoroutine, frame: TranscriptFrame): void {
  goroutine.frames.push(frame);
  if (goroutine.frames.length <= maxFrames) return;
  goroutine.frames.splice(gapAt, 1);
  goroutine.elided++;
}

/** Identity of a stack by its instructions: to find whose an unnamed stack is. */
export function pcKey({ frames, elided }: TranscriptGoroutine): string {
  return `${elided} ${frames.map((f) => formatAddress(f.pc)).join(" ")}`;
}

/** One stack begins with all that the other has: they can be of one goroutine at one moment. */
export function areAlike(some: TranscriptGoroutine, other: TranscriptGoroutine): boolean {
  const count = alignedFrames(some, other);
  for (let i = 0; i < count; i++) if (!Object.is(some.frames[i]!.pc, other.frames[i]!.pc)) return false;
  return true;
}

/** How many frames stand equally deep in both. */
function alignedFrames(some: TranscriptGoroutine, other: TranscriptGoroutine): number {
  const shown = Math.min(some.frames.length, other.frames.length);
  return some.elided === other.elided ? shown : Math.min(shown, gapAt);
}

/**
 * Gives a goroutine the longer of two stacks, its own and another, with the arguments of both. False when they are not alike,
 * and it keeps its own.
 */
export function joinStack(goroutine: TranscriptGoroutine, other: TranscriptGoroutine): boolean {
  if (!areAlike(goroutine, other)) return false;
  const longer = depth(other) - depth(goroutine);
  const [more, less] = longer > 0 ? [other, goroutine] : [goroutine, other];
  const aligned = alignedFrames(more, less);
  const frames = more.frames.map((frame, index) => {
    const twin = index < aligned ? less.frames[index] : undefined;
    return !frame.withArguments && twin?.withArguments ? twin : frame;
  });
  // Of two that are as long one may say that it ends there.
  const truncated = longer === 0 ? less.truncated && more.truncated : more.truncated;
  Object.assign(goroutine, { frames, truncated, elided: more.elided });
  return true;
}

function depth({ frames, elided }: TranscriptGoroutine): number {
  return frames.length + elided;
}
