import type { Dump, FormatId, ReadProblem } from "../../model/dump.ts";
import { DumpBuilder, type FrameDraft } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { type WaitKind, waitKindOfFrames } from "../../model/wait-kind.ts";
import { plural } from "../../words.ts";
import { operationsOf } from "./park-operations.ts";

/** A group of equal goroutines, as a profile lists it. Program counters only tell each other apart. */
export interface ProfileEntry {
  readonly count: number;
  /** Innermost first. */
  readonly frames: readonly FrameDraft[];
  readonly labels: readonly (readonly [string, string])[];
  /** Program counters of the stack, inlined functions not counted. */
  readonly depth: number;
  /**
   * Program counters of the functions of the runtime that are hidden above the frames, innermost first. Of all parked
   * goroutines the first is the same, in `gopark`; the next is that of the function that parks.
   */
  readonly hidden: readonly string[];
  /** The outermost program counter: in `goexit` when the stack is whole. */
  readonly entryPc: string | undefined;
}

/** So many entries are looked at before anything is decided about `gopark` and `goexit`. */
const lookAhead = 4096;
/** Frames that the runtime records: 32 up to Go 1.22, 128 from 1.23. */
const depthLimits: readonly number[] = [32, 128];

/** Go before 1.9 left it to `go tool pprof` to name functions. */
export const noSymbols: ReadProblem = {
  message: "functions have no names in this profile, only addresses: collect it with debug=2",
  lost: 0,
};

/** Turns the entries of an aggregated profile into a dump. */
export class ProfileAssembler {
  readonly builder: DumpBuilder;
  readonly #leaked: boolean;
  #waiting: ProfileEntry[] | undefined = [];
  #parkPc: string | undefined;
  #exitPc: string | undefined;
  #operations: ReadonlyMap<string, WaitKind> = new Map();

  constructor(name: string, format: FormatId, leaked: boolean) {
    this.builder = new DumpBuilder(name, format, ["stacks"]);
    this.#leaked = leaked;
    this.builder.keep("profile", leaked ? "goroutineleak" : "goroutine");
  }

  add(entry: ProfileEntry): void {
    if (this.#waiting === undefined) {
      this.#push(entry);
      return;
    }
    this.#waiting.push(entry);
    if (this.#waiting.length === lookAhead) this.#decide();
  }

  /** @param total goroutines that the profile says it has @param counted goroutines of its entries */
  finish(total: number, counted: number): Dump {
    this.#decide();
    this.builder.headersSeen = Math.max(total, counted);
    if (counted < total) {
      this.builder.missingShare = (total - counted) / total;
      this.builder.cut({
        message: `the profile has ${plural(total, "goroutine")}, but only ${counted} of them are in it: it is cut`,
        lost: total - counted,
      });
    }
    return this.builder.build();
  }

  #decide(): void {
    const entries = this.#waiting;
    if (entries === undefined) return;
    this.#waiting = undefined;
    this.#parkPc = parkPcOf(entries);
    this.#operations = operationsOf(
      entries.flatMap((e) => {
        if (!this.#isParked(e) || waitOfFrames(this.builder, e) !== undefined) return [];
        return [{ hidden: e.hidden, caller: this.builder.symbol(e.frames[0]?.function ?? "").plain }];
      }),
    );
    this.#exitPc = mostFrequent(entries.filter((e) => !depthLimits.includes(e.depth)).map((e) => e.entryPc));
    for (const entry of entries) this.#push(entry);
  }

  #push(entry: ProfileEntry): void {
    const cut = depthLimits.includes(entry.depth) && entry.entryPc !== this.#exitPc;
    const handle = this.builder.stack({
      reason: "",
      ...this.#waitOf(entry),
      frames: entry.frames,
      extent: cut ? "cut" : entry.frames.length === 0 ? "none" : "full",
      elided: cut ? -1 : 0,
    });
    const flags = this.#leaked ? goroutineFlags.leaked : 0;
    const labels = this.builder.labels(entry.labels);
    this.builder.goroutines.push(
      handle.index,
      Number.NaN,
      entry.count,
      -1,
      flags,
      Number.NaN,
      Number.NaN,
      labels,
    );
  }

  #waitOf(entry: ProfileEntry): { readonly wait: WaitKind; readonly waitInferred?: true } {
    const shown = waitOfFrames(this.builder, entry);
    if (shown !== undefined) return { wait: shown };
    const parked = this.#isParked(entry);
    const operation = parked ? this.#operations.get(entry.hidden.at(-1)!) : undefined;
    if (operation !== undefined) return { wait: operation, waitInferred: true };
    return { wait: parked || this.#leaked ? "parked" : "unknown" };
  }

  #isParked({ hidden }: ProfileEntry): boolean {
    return hidden.length > 0 && hidden[0] === this.#parkPc;
  }
}

function waitOfFrames(builder: DumpBuilder, entry: ProfileEntry): WaitKind | undefined {
  return waitKindOfFrames(plainNames(builder, entry.frames));
}

function* plainNames(builder: DumpBuilder, frames: readonly FrameDraft[]): Generator<string> {
  for (const frame of frames) yield builder.symbol(frame.function).plain;
}

/** Kinds that frames show and that always park in `gopark`. */
const parking: ReadonlySet<WaitKind> = new Set<WaitKind>([
  "mutex-lock",
  "rwmutex-rlock",
  "rwmutex-lock",
  "waitgroup-wait",
  "cond-wait",
  "once",
  "sleep",
  "io-wait",
]);

/**
 * The program counter inside `gopark`. Nothing names it, but goroutines in `sync`, `time.Sleep` and the network
 * poller have it; without such, it is the innermost one that several different functions of the runtime call.
 */
function parkPcOf(entries: readonly ProfileEntry[]): string | undefined {
  const hidden = entries.filter((e) => e.hidden.length > 0);
  const names = new DumpBuilder("", "pprof-text");
  const known = hidden.filter((e) => parking.has(waitOfFrames(names, e) ?? "unknown"));
  if (known.length > 0) return mostFrequent(known.map((e) => e.hidden[0]));
  const callers = new Map<string, Set<string | undefined>>();
  for (const entry of hidden) {
    const [pc, operation] = entry.hidden;
    const of = callers.get(pc!);
    if (of === undefined) callers.set(pc!, new Set([operation]));
    else of.add(operation);
  }
  let best: string | undefined;
  for (const [pc, of] of callers) {
    if (of.size > 1 && (best === undefined || of.size > callers.get(best)!.size)) best = pc;
  }
  return best;
}

/** The first of the most frequent values. */
function mostFrequent(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  let best: string | undefined;
  for (const value of values) {
    if (value === undefined) continue;
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (best === undefined || count > counts.get(best)!) best = value;
  }
  return best;
}
