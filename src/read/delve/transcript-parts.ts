import { unknownAddress } from "../../model/address.ts";
import type { ReadProblem } from "../../model/dump.ts";
import { areAlike, joinStack, type TranscriptGoroutine } from "./transcript-goroutine.ts";

/** What a transcript tells of one moment, or a part of it: at most one list, and the stacks behind it. */
export interface Transcript {
  /** Nothing lets the program go on before its list: it may be of the same moment as what is before it. */
  readonly again: boolean;
  readonly goroutines: Map<number, TranscriptGoroutine>;
  /** Stacks of goroutines unknown. */
  readonly strays: TranscriptGoroutine[];
  readonly problems: ReadProblem[];
  goVersion: string | undefined;
  headers: number;
  repeated: number;
  /** What lists left out: members of groups, goroutines after an early end. Another list may have them. */
  readonly gaps: ReadProblem[];
  /** Goroutines of the longest list that is whole. */
  whole: number;
  /** A list was asked for some goroutines only: `goroutines -with …`. */
  selection: boolean;
  cut: boolean;
}

export function newTranscript(again: boolean, goVersion: string | undefined): Transcript {
  return {
    again,
    goroutines: new Map(),
    strays: [],
    problems: [],
    goVersion,
    headers: 0,
    repeated: 0,
    gaps: [],
    whole: 0,
    selection: false,
    cut: false,
  };
}

export function isEmpty({ headers, strays }: Transcript): boolean {
  return headers === 0 && strays.length === 0;
}

/** Joins what is of one moment. */
export function joinParts(parts: readonly Transcript[]): Transcript[] {
  const moments: Transcript[] = [];
  for (const part of parts) {
    const before = moments.at(-1);
    const joins = before !== undefined && (isEmpty(part) || (part.again && isSameMoment(before, part)));
    if (joins) join(before, part);
    else moments.push(part);
  }
  return moments;
}

/**
 * Nobody has moved. Sessions with commands from a pipe don't show what lets a program go on, and a goroutine of another
 * process was started elsewhere.
 */
function isSameMoment(before: Transcript, part: Transcript): boolean {
  for (const goroutine of part.goroutines.values()) {
    const known = before.goroutines.get(goroutine.id);
    if (known !== undefined && !(isThere(known, goroutine) && areAlike(known, goroutine))) return false;
  }
  return true;
}

/** Every place that both name is the same one; an address may be lost. */
function isThere(known: TranscriptGoroutine, goroutine: TranscriptGoroutine): boolean {
  for (const [kind, { pc }] of goroutine.places) {
    const other = known.places.get(kind)?.pc ?? unknownAddress;
    if (other !== pc && !Number.isNaN(other) && !Number.isNaN(pc)) return false;
  }
  return true;
}

function join(transcript: Transcript, part: Transcript): void {
  for (const goroutine of part.goroutines.values()) {
    const known = transcript.goroutines.get(goroutine.id);
    if (known === undefined) transcript.goroutines.set(goroutine.id, goroutine);
    else {
      transcript.repeated++;
      joinGoroutine(known, goroutine);
    }
  }
  for (const stray of part.strays) transcript.strays.push(stray);
  for (const problem of part.problems) transcript.problems.push(problem);
  for (const gap of part.gaps) transcript.gaps.push(gap);
  transcript.goVersion ??= part.goVersion;
  transcript.headers += part.headers;
  transcript.repeated += part.repeated;
  transcript.whole = Math.max(transcript.whole, part.whole);
  transcript.selection ||= part.selection;
  transcript.cut ||= part.cut;
}

function joinGoroutine(known: TranscriptGoroutine, goroutine: TranscriptGoroutine): void {
  known.reason ||= goroutine.reason;
  known.threadId ||= goroutine.threadId;
  if (known.labels.length === 0) known.labels = goroutine.labels;
  for (const [kind, place] of goroutine.places) if (!known.places.has(kind)) known.places.set(kind, place);
  joinStack(known, goroutine);
}
