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
}

export function newGoroutine(id: number): TranscriptGoroutine {
  return { id, places: new Map(), reason: "", threadId: 0, labels: [], frames: [], truncated: false };
}

/** Identity of a stack by its instructions: to find whose an unnamed stack is. */
export function pcKey(frames: readonly TranscriptFrame[]): string {
  return frames.map((f) => formatAddress(f.pc)).join(" ");
}

/** One stack begins with all that the other has: they can be of one goroutine at one moment. */
export function areAlike(some: readonly TranscriptFrame[], others: readonly TranscriptFrame[]): boolean {
  const length = Math.min(some.length, others.length);
  for (let i = 0; i < length; i++) if (!Object.is(some[i]!.pc, others[i]!.pc)) return false;
  return true;
}

/**
 * Gives a goroutine the longer of two stacks, its own and another, with the arguments of both. False when they are not alike,
 * and it keeps its own.
 */
export function joinStack(goroutine: TranscriptGoroutine, other: TranscriptGoroutine): boolean {
  const own = goroutine.frames;
  if (!areAlike(own, other.frames)) return false;
  const [more, less] = other.frames.length > own.length ? [other, goroutine] : [goroutine, other];
  // Of two that are as long one may say that it ends there.
  goroutine.truncated =
    less.frames.length === more.frames.length ? less.truncated && more.truncated : more.truncated;
  goroutine.frames = more.frames.map((frame, index) => {
    const twin = less.frames[index];
    return !frame.withArguments && twin?.withArguments ? twin : frame;
  });
  return true;
}
