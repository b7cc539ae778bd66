import { unknownAddress } from "../../model/address.ts";
import type { ResourcePlan } from "../../model/arguments.ts";
import type { Calls } from "../../model/calls.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder, type FrameDraft, type StackHandle } from "../../model/dump-builder.ts";
import type { FramePool } from "../../model/frame-pool.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import type { Frame, Stack } from "../../model/stack.ts";
import type { GoSymbol } from "../../model/symbol.ts";
import { count, plural } from "../../words.ts";
import { IdSet } from "../id-set.ts";
import { GoVersionEvidence } from "./go-version.ts";
import type { Header } from "./header.ts";
import type { KnownShape } from "./learned-shape.ts";
import type { RecordShape, StackText } from "./record.ts";

/** Unknown attributes of headers that are told of a dump. */
const maxExtra = 100;
const toldExtra = 5;
const toldLength = 100;
/** Go tells which bubble a goroutine is in, of which no rule asks. */
const knownExtra = /^synctest (?:group|bubble) \d{1,16}$/;
/** So many damaged places, and more than one for so many goroutines, are no accident of a line between others. */
const leastDamaged = 3;
const damagedShare = 10;
/** So many goroutines are looked for among all. */
const mostLooks = 1000;

/** A dump that is being read. */
export class OpenDump {
  readonly builder: DumpBuilder;
  readonly ids = new IdSet();
  /** Goroutines whose stack could not be shown because they were running; a second thread may show them. */
  readonly unavailable = new Set<number>();
  /** -1 for none. */
  firstId = -1;
  lastId = -1;
  /** Has a goroutine that is no thread's scheduler. */
  begun = false;
  /** Little stands between it and the dump before. */
  readonly adjoins: boolean;
  /** Begun by the writer of a goroutine profile: others that run are no dumpers. */
  profile = false;
  /** Goroutines that lack lines, and frames without one. */
  damaged = 0;
  /** Goroutines that came twice in a row, though nothing says why. */
  again = 0;
  minutes = false;
  /** GOTRACEBACK=crash repeats goroutines thread by thread. */
  crash = false;
  readonly #version: GoVersionEvidence;
  readonly #extra = new Map<string, number>();
  /** Where each stack's goroutines name what they wait for. */
  readonly #plans: (ResourcePlan | undefined)[] = [];
  /** The function that each stack begins in. */
  readonly #entries: (GoSymbol | undefined)[] = [];
  /** Whether each stack is one of the runtime's own. */
  readonly #system: boolean[] = [];
  #creators = false;
  #looks = 0;
  /** Rows of goroutines of which it was told that the text ends in their middle. */
  readonly #cutRows: number[] = [];

  constructor(name: string, goVersion: string | undefined, pool: FramePool, adjoins: boolean) {
    this.builder = new DumpBuilder(name, "go-traceback", ["ids", "wait-reasons", "stacks"], pool);
    this.adjoins = adjoins;
    this.#version = new GoVersionEvidence(goVersion, pool);
  }

  /** For an id that was there already: the same goroutine again, rather than one of another dump. */
  isRepeat(shape: RecordShape, id: number): boolean {
    if (this.crash || this.unavailable.has(id)) return true;
    if (this.lastId !== id) return false;
    const { id: ids, stack, length } = this.builder.goroutines;
    return ids[length - 1] !== id || isSameStack(this.builder.stacks[stack[length - 1]!]!, shape);
  }

  /** A goroutine has this header, and frames. Of a dump's goroutines prose quotes a few. */
  shows({ id, reason, minutes }: Header): boolean {
    if (this.#looks++ >= mostLooks) return false;
    const { id: ids, stack, minutes: waited, length } = this.builder.goroutines;
    const row = ids.subarray(0, length).indexOf(id);
    const found = row < 0 ? undefined : this.builder.stacks[stack[row]!];
    return found?.reason === reason && found.frames.length > 0 && waited[row] === minutes;
  }

  /** The shape in this dump. */
  known(shape: RecordShape, frames: readonly FrameDraft[]): KnownShape {
    return this.knownCalls(shape, this.builder.calls(frames, shape.createdBy));
  }

  knownCalls(text: StackText, calls: Calls): KnownShape {
    const { builder } = this;
    const version = this.#version;
    const system = this.#system;
    const { header } = text;
    const handle = builder.stackOf(
      { reason: header.reason, extent: text.extent, gapAt: text.gapAt, elided: text.elided },
      calls,
    );
    if (handle.index === system.length) this.#newStack(handle, text, calls);
    version.since(header.sinceMinor, header.onlyMinor);
    version.since(text.sinceMinor);
    version.args(text);
    const labels = builder.labels(header.labels);
    return { header, handle, labels, flags: flagsOf(header, system[handle.index]!) };
  }

  #newStack({ stack, resource }: StackHandle, text: StackText, calls: Calls): void {
    const entry = entryOf(stack);
    this.#version.stack(stack, calls);
    this.#version.deadArguments(stack, text, calls);
    this.#plans.push(resource);
    this.#entries.push(entry);
    this.#system.push(isSystem(stack, entry));
  }

  /** Adds a goroutine; returns its row, of which arguments and what it waits for follow. */
  push({ header, handle, labels, flags }: KnownShape, id: number, minutes: number, creator: number): number {
    if (minutes >= 0) this.minutes = true;
    if (creator >= 0) this.#creators = true;
    for (const key of header.extra) tally(this.#extra, key);
    return this.builder.goroutines.push(
      handle.index,
      id,
      1,
      minutes,
      id === 0 ? flags | goroutineFlags.system : flags,
      creator,
      unknownAddress,
      labels,
    );
  }

  /** So many are no accident. */
  isFrequent(count: number): boolean {
    return count >= leastDamaged && count * damagedShare > this.builder.goroutines.length;
  }

  /** It was told that the text ends in the middle of the goroutine that came last. */
  lastIsCut(): void {
    if (this.#cutRows.length < mostLooks) this.#cutRows.push(this.builder.goroutines.length - 1);
  }

  /** The stacks that these goroutines have alone. */
  #ownOfCut(): ReadonlySet<number> {
    const { stack, length } = this.builder.goroutines;
    const rows = stack.subarray(0, length);
    const isAlone = (row: number) =>
      rows.indexOf(rows[row]!) === row && rows.indexOf(rows[row]!, row + 1) < 0;
    return new Set(this.#cutRows.filter(isAlone).map((row) => rows[row]!));
  }

  /** The dump, with what all of it tells. */
  build(): Dump {
    const { builder } = this;
    if (this.#version.deepStacksAreCut) markDeepStacks(builder);
    const orphan = lacksCreator(builder.stacks, this.#entries, this.#ownOfCut());
    if (orphan !== undefined)
      builder.cut({
        message: `a goroutine that begins in ${orphan} lacks its creator, which others have: the log has lost lines, perhaps of whole goroutines`,
        lost: -1,
      });
    if (this.isFrequent(this.damaged))
      builder.cut({
        message: "many goroutines lack lines: the log has lost some, or those of several processes are mixed",
        lost: -1,
      });
    if (this.minutes) builder.can("minutes");
    if (this.#creators) builder.can("creator-ids");
    builder.goVersion = this.#version.version;
    if (this.#version.version === undefined && this.#version.atLeast > 0) {
      builder.keep("oldest possible Go version", `go1.${this.#version.atLeast}`);
    }
    for (const [key, times] of this.#extra)
      builder.keep(`header attribute ${key}`, plural(times, "goroutine"));
    const unknown = [...this.#extra.keys()].filter((key) => !knownExtra.test(key));
    if (unknown.length > 0) {
      const more = unknown.length > toldExtra ? ` and ${count(unknown.length - toldExtra)} more` : "";
      const told = unknown
        .slice(0, toldExtra)
        .map((key) => key.slice(0, toldLength))
        .join(", ");
      builder.problem({ message: `what headers say is not understood: ${told}${more}`, lost: 0 });
    }
    const trusted = !this.#version.deadArgumentsLookLive;
    if (!trusted) distrustArguments(builder, this.#plans);
    declare(builder, this.#plans, trusted);
    return builder.build();
  }
}

/**
 * Function at which a goroutine begins without a creator though others that begin there have one.
 * @param entries the function that each stack begins in
 * @param excused stacks of which it is known that they are not whole
 */
function lacksCreator(
  stacks: readonly Stack[],
  entries: readonly (GoSymbol | undefined)[],
  excused: ReadonlySet<number>,
): string | undefined {
  const isWhole = ({ extent }: Stack) => extent === "full" || extent === "elided";
  const created = new Set<GoSymbol | undefined>();
  stacks.forEach((stack, at) => {
    if (stack.createdBy !== undefined && isWhole(stack)) created.add(entries[at]);
  });
  const orphan = stacks.findIndex(
    (stack, at) =>
      !excused.has(at) && stack.createdBy === undefined && isWhole(stack) && created.has(entries[at]),
  );
  return entries[orphan]?.plain;
}

/** The outermost function that is shown and not the runtime's own. */
function entryOf({ frames }: Stack): GoSymbol | undefined {
  return frames.findLast((frame) => frame.symbol.plain !== "runtime.goexit")?.symbol;
}

/** Whether a goroutine's text is that of the stack, its arguments apart. */
function isSameStack(stack: Stack, { header, frames, createdBy }: RecordShape): boolean {
  const isFrame = (frame: Frame | undefined, draft: FrameDraft | undefined) =>
    frame?.symbol.name === draft?.function && frame?.file === draft?.file && frame?.line === draft?.line;
  return (
    stack.reason === header.reason &&
    stack.frames.length === frames.length &&
    isFrame(stack.createdBy, createdBy) &&
    frames.every((draft, at) => isFrame(stack.frames[at], draft))
  );
}

function tally(extra: Map<string, number>, key: string): void {
  const times = extra.get(key);
  if (times !== undefined || extra.size < maxExtra) extra.set(key, (times ?? 0) + 1);
}

function flagsOf(header: Header, system: boolean): number {
  return (
    (header.leaked ? goroutineFlags.leaked : 0) |
    (header.locked ? goroutineFlags.lockedToThread : 0) |
    (header.durable ? goroutineFlags.durable : 0) |
    (header.thread >= 0 || header.reason === "running" ? goroutineFlags.onThread : 0) |
    (system ? goroutineFlags.system : 0)
  );
}

/** Started by the runtime and executing nothing else; a finalizer's or cleanup's user code makes it a user's. */
function isSystem(stack: Stack, entry: GoSymbol | undefined): boolean {
  const starter = stack.createdBy?.symbol ?? entry;
  if (starter === undefined || starter.plain === "runtime.main") return false;
  if (!starter.plain.startsWith("runtime.")) return false;
  if (stack.frames.length === 0) return true;
  return stack.frames.every(
    (f) => f.symbol.package === "runtime" || f.symbol.package.startsWith("internal/runtime/"),
  );
}

/** Declares what these stacks show and the format does not always. */
function declare(builder: DumpBuilder, plans: readonly (ResourcePlan | undefined)[], trusted: boolean): void {
  builder.stacks.forEach((stack, index) => {
    if (stack.createdBy !== undefined) builder.can("creators");
    if (stack.slots.length > 0 && trusted) builder.can("arguments");
    const plan = plans[index];
    if (plan === undefined || stack.wait === "select") return;
    const shown = stack.frames[plan.frame]?.symbol.plain ?? "";
    builder.can(isChannelFrame(shown) ? "channel-addresses" : "lock-addresses");
  });
}

function isChannelFrame(name: string): boolean {
  return name === "runtime.chansend" || name === "runtime.chanrecv";
}

/** Up to Go 1.20, hidden runtime frames use up the limit of 100: such a stack may go on, and nothing says so. */
function markDeepStacks(builder: DumpBuilder): void {
  builder.stacks.forEach((stack, index) => {
    if (stack.extent !== "full" || stack.frames.length < 90) return;
    builder.stacks[index] = { ...stack, extent: "cut", elided: -1 };
  });
}

/** Frames whose first argument is live while they wait, whatever the version. */
const liveWhileWaiting =
  /^(?:(?:internal\/)?sync\.\(\*Mutex\)\.lockSlow|sync\.runtime_notifyListWait|runtime\.(?:chansend|chanrecv|semacquire1))$/;

/** Takes back the addresses of a dump of Go 1.17. */
function distrustArguments(builder: DumpBuilder, plans: (ResourcePlan | undefined)[]): void {
  const { goroutines, stacks } = builder;
  goroutines.forgetTally();
  goroutines.arguments.fill(unknownAddress, 0, goroutines.argumentsLength);
  stacks.forEach((stack, index) => {
    const plan = plans[index];
    if (plan !== undefined && !liveWhileWaiting.test(stack.frames[plan.frame]!.symbol.plain)) {
      plans[index] = undefined;
    }
  });
  for (let row = 0; row < goroutines.length; row++) {
    if (plans[goroutines.stack[row]!] === undefined) goroutines.resource[row] = unknownAddress;
  }
}
