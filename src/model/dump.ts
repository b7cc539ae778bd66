import type { Goroutines } from "./goroutines.ts";
import type { Stack } from "./stack.ts";

/** Input formats, one reader each. */
export const formatIds = [
  "go-traceback",
  "pprof-text",
  "pprof-proto",
  "delve-json",
  "delve-text",
  "gdb",
  "snapshot",
] as const;

export type FormatId = (typeof formatIds)[number];

/** Facts that a dump may know; each format, and sometimes each dump, knows others. */
export const capabilityNames = [
  "ids",
  "wait-reasons",
  "minutes",
  "stacks",
  "arguments",
  "channel-addresses",
  "lock-addresses",
  "creators",
  "creator-ids",
  "labels",
] as const;

export type Capability = (typeof capabilityNames)[number];

/** A fact that decides something: one of the dump, or the Go source beside it. */
export type Fact = Capability | "source";

/** What people call a fact. */
export const capabilityTitles: Readonly<Record<Fact, string>> = {
  ids: "goroutine ids",
  "wait-reasons": "wait reasons",
  minutes: "how long goroutines have waited",
  stacks: "whole stacks",
  arguments: "arguments",
  "channel-addresses": "channel addresses",
  "lock-addresses": "lock addresses",
  creators: "creators of goroutines",
  "creator-ids": "ids of creators",
  labels: "labels",
  source: "Go source",
};

/** Something of the input that could not be understood. */
export interface ReadProblem {
  /** 1-based line of the input; left out where lines mean nothing. */
  readonly line?: number;
  /** Byte offset of the input, for formats without lines. */
  readonly offset?: number;
  /** The offending text, at most 200 characters, unescaped. */
  readonly text?: string;
  /** What is wrong and what it means. */
  readonly message: string;
  /** Goroutines that are missing because of it; 0 when only details are, -1 when some are and nobody knows how many. */
  readonly lost: number;
}

/** What the dump says of the process beside its goroutines. */
export interface DumpEvent {
  readonly kind: "panic" | "fatal-error" | "signal" | "test-timeout" | "race" | "runtime-message";
  /** `all goroutines are asleep - deadlock!`, `SIGQUIT: quit`, `test timed out after 1s`. */
  readonly text: string;
  readonly line?: number;
}

/** One goroutine dump, in memory: columns and distinct stacks, never the input. */
export interface Dump {
  /** What the user calls it: path, URL, with `#2` for the second dump of one input. */
  readonly name: string;
  readonly format: FormatId;
  /** `go1.24`, when the dump says it or its form gives it away. */
  readonly goVersion: string | undefined;
  readonly goroutines: Goroutines;
  /** Indexed by `Goroutines.stack`. */
  readonly stacks: readonly Stack[];
  /** Indexed by `Goroutines.labels`; the first is empty. */
  readonly labelSets: readonly ReadonlyMap<string, string>[];
  readonly capabilities: ReadonlySet<Capability>;
  /** Goroutines that the input announced or began: `goroutines` (by weight) + repeated + lost. */
  readonly headersSeen: number;
  /** Goroutines that the input shows again, as GOTRACEBACK=crash does; counted once in `goroutines`. */
  readonly repeated: number;
  /** False when the input is cut or a goroutine was lost. */
  readonly complete: boolean;
  /** Share of the goroutines that is missing, 0 to 1, where the input lets us know it. */
  readonly missingShare: number | undefined;
  readonly problems: readonly ReadProblem[];
  readonly events: readonly DumpEvent[];
  /** Fields of the format that have no column, kept as they were: profile type, time, build id, comments. */
  readonly extra: Readonly<Record<string, string>>;
}

const countsOf = new WeakMap<Dump, Float64Array>();

/** Goroutines with each distinct stack, groups of aggregated profiles counted in full; counted once a dump. */
export function goroutinesByStack(dump: Dump): Float64Array {
  let counts = countsOf.get(dump);
  if (counts === undefined) {
    counts = new Float64Array(dump.stacks.length);
    if (dump.goroutines.isTallied) {
      counts.set(dump.goroutines.tally.weights);
    } else {
      const { stack, weight, length } = dump.goroutines;
      for (let row = 0; row < length; row++) counts[stack[row]!]! += weight[row]!;
    }
    countsOf.set(dump, counts);
  }
  return counts;
}

/** Number of goroutines of a dump, groups of aggregated profiles counted in full. */
export function goroutineCount(dump: Dump): number {
  return goroutinesByStack(dump).reduce((sum, count) => sum + count, 0);
}
