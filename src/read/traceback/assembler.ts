import { unknownAddress } from "../../model/address.ts";
import { type ResourcePlan, resourceOf } from "../../model/arguments.ts";
import type { Calls } from "../../model/calls.ts";
import type { Dump, DumpEvent, ReadProblem } from "../../model/dump.ts";
import { DumpBuilder, type FrameDraft, type StackHandle } from "../../model/dump-builder.ts";
import type { FramePool } from "../../model/frame-pool.ts";
import { type FilledColumn, goroutineFlags } from "../../model/goroutines.ts";
import type { Frame, Stack } from "../../model/stack.ts";
import type { GoSymbol } from "../../model/symbol.ts";
import { plural } from "../../words.ts";
import { IdSet } from "../id-set.ts";
import type { Batch } from "./batch.ts";
import { GoVersionEvidence } from "./go-version.ts";
import type { Header } from "./header.ts";
import { LearnedRows } from "./learned-rows.ts";
import { isDumper, isProfileWriter, type KnownShape, type LearnedShape } from "./learned-shape.ts";
import type { RecordShape, RecordSink, StackText, TracebackRecord } from "./record.ts";
import type { RegularRecord } from "./regular-record.ts";

/** Dumps of one input; a log with more is a log of panics, not a set of dumps to compare. */
const maxDumps = 1000;
const maxExtra = 100;
/** So many damaged places, and more than one for so many goroutines, are no accident of a line between others. */
const leastDamaged = 3;
const damagedShare = 10;
/** Every process has it: dumps of which the first goroutine is not the one that dumps begin with it. */
const mainGoroutine = 1;
/** Room is made for so many goroutines at once; for more, when they come. */
const mostExpected = 4_000_000;

/**
 * So many rows at once are counted at once; fewer are worth no calls of their own. In smaller dumps they are counted when
 * somebody asks, so that of thousands of dumps not all have their tallies at the same time.
 */
const worthCounting = 256;
const manyRows = 1 << 16;

/** A goroutine whose text can be compared with another one's. */
type Shown = Pick<TracebackRecord, "shape">;

/** A dump that is being read. */
interface OpenDump {
  readonly builder: DumpBuilder;
  readonly ids: IdSet;
  readonly version: GoVersionEvidence;
  readonly extra: Map<string, number>;
  /** Where each stack's goroutines name what they wait for. */
  readonly plans: (ResourcePlan | undefined)[];
  /** The function that each stack begins in. */
  readonly entries: (GoSymbol | undefined)[];
  /** Whether each stack is one of the runtime's own. */
  readonly system: boolean[];
  /** Goroutines whose stack could not be shown because they were running; a second thread may show them. */
  readonly unavailable: Set<number>;
  /** -1 for none. */
  firstId: number;
  lastId: number;
  /** Has a goroutine that is no thread's scheduler. */
  begun: boolean;
  /** Little stands between it and the dump before. */
  readonly adjoins: boolean;
  /** Begun by the writer of a goroutine profile: others that run are no dumpers. */
  profile: boolean;
  /** Goroutines that lack lines, and frames without one. */
  damaged: number;
  /** Goroutines that came twice in a row, though nothing says why. */
  again: number;
  minutes: boolean;
  creators: boolean;
  /** GOTRACEBACK=crash repeats goroutines thread by thread. */
  crash: boolean;
}

/**
 * Puts goroutines into dumps. One input may hold several: another one begins at a preamble (panic, signal, fatal
 * error), at a goroutine that takes a dump itself, at an id that was there already, or after a long stretch of
 * other text.
 */
export class DumpAssembler implements RecordSink {
  readonly #name: string;
  readonly #goVersion: string | undefined;
  readonly #pool: FramePool;
  readonly #dumps: Dump[] = [];
  #open: OpenDump;
  /** Events of a preamble whose goroutines are still to come. */
  #events: DumpEvent[] = [];
  #parted = false;
  /** A long stretch of other text came, and no goroutine yet. */
  #stretched = false;
  /** For each dump before the open one whether it adjoins the one before it. */
  readonly #adjoining: boolean[] = [];
  /** Dumps in which goroutines came that are of another. */
  readonly #mixed = new Map<number, ReadProblem>();
  #overflow = false;
  readonly #rows = new LearnedRows();

  /** @param pool where the frames of all dumps are interned */
  constructor(name: string, goVersion: string | undefined, pool: FramePool) {
    this.#name = name;
    this.#goVersion = goVersion;
    this.#pool = pool;
    this.#open = this.#newDump();
  }

  record(record: TracebackRecord): void {
    const { shape, id } = record;
    this.#choose(record, id, isDumper(shape), isProfileWriter(shape), record.line);
    if (!this.#admit(record, id)) return;
    if (shape.extent === "none") this.#open.unavailable.add(id);
    const known = this.#known(shape, shape.frames);
    const row = this.#push(known, id, record.minutes, record.creator);
    const { goroutines } = this.#open.builder;
    const plan = known.handle.resource;
    if (plan !== undefined) {
      goroutines.resource[row] = waitedFor(plan, record.args[plan.frame]?.[plan.argument]);
    }
    for (const slot of known.handle.stack.slots) {
      goroutines.pushArgument(record.args[slot.frame]?.[slot.argument] ?? unknownAddress);
    }
  }

  /** A goroutine that was read without the line parser. */
  regular(record: RegularRecord): void {
    const { header, id, calls } = record;
    const runs = header.reason === "running";
    this.#choose(
      record,
      id,
      runs && isDumper(record.shape),
      runs && isProfileWriter(record.shape),
      record.line,
    );
    if (!this.#admit(record, id)) return;
    const known = this.#knownCalls(record, calls);
    const row = this.#push(known, id, record.minutes, record.creator);
    const { goroutines } = this.#open.builder;
    const { resource, stack } = known.handle;
    if (resource !== undefined) {
      goroutines.resource[row] = waitedFor(resource, calls.value(resource.frame, resource.argument));
    }
    for (const { frame, argument } of stack.slots) goroutines.pushArgument(calls.value(frame, argument));
  }

  /**
   * A goroutine of a learned shape.
   * @param numbers from `at` on: id, minutes, creator, values of the arguments
   */
  learned(learned: LearnedShape, numbers: Float64Array, at: number): void {
    const id = numbers[at]!;
    if (this.#parted || learned.dumper || this.#events.length > 0) {
      this.#choose(learned.record, id, learned.dumper, learned.writer, learned.record.line);
    }
    if (!this.#admit(learned.record, id)) return;
    if (learned.record.shape.extent === "none") this.#open.unavailable.add(id);
    const values = at + 3;
    const known = learned.dump === this.#open ? learned.known! : this.#meet(learned, numbers, values);
    const row = this.#push(known, id, numbers[at + 1]!, numbers[at + 2]!);
    const { goroutines } = this.#open.builder;
    if (learned.resource >= 0) {
      goroutines.resource[row] = waitedFor(known.handle.resource!, numbers[values + learned.resource]);
    }
    for (const place of learned.slots) {
      goroutines.pushArgument(place < 0 ? unknownAddress : numbers[values + place]!);
    }
  }

  /**
   * Takes goroutines of learned shapes as long as they bring nothing but numbers, which is the case for nearly all.
   * @param from where a row begins in the batch
   * @returns where it stopped, and how many goroutines and lines that was
   */
  learnedRows(batch: Batch, from: number, shapes: readonly LearnedShape[]): LearnedRows {
    const open = this.#open;
    const rows = this.#rows;
    if (this.#parted || this.#events.length > 0) return rows.none(from);
    rows.take(batch, from, shapes, open);
    open.builder.headersSeen += rows.count;
    const { goroutines } = open.builder;
    if (rows.count >= worthCounting && goroutines.length >= manyRows) goroutines.tally.follow();
    return rows;
  }

  event(event: DumpEvent, continues: boolean): void {
    if (!continues && this.#open.begun) this.#parted = true;
    if (continues && event.kind === "signal" && this.#open.crash) return;
    this.#events.push(event);
  }

  separator(): void {
    if (this.#open.begun && !this.#parted) this.#open.crash = true;
  }

  problem(problem: ReadProblem): void {
    this.#open.damaged++;
    this.#open.builder.headersSeen += Math.max(problem.lost, 0);
    this.#open.builder.problem(problem);
  }

  cut(problem: ReadProblem): void {
    this.#open.builder.headersSeen += Math.max(problem.lost, 0);
    this.#open.builder.cut(problem);
  }

  stretch(): void {
    this.#parted = true;
    this.#stretched = true;
  }

  /** Makes room for the goroutines to come, as many a byte as came so far and some more; returns it, if it did. */
  expect(bytesSeen: number, bytes: number): readonly FilledColumn[] {
    const { goroutines } = this.#open.builder;
    if (goroutines.length < 1000) return [];
    const rows = Math.min(Math.ceil((goroutines.length * bytes * 1.25) / bytesSeen), mostExpected);
    return goroutines.reserve(rows, goroutines.argumentsLength / goroutines.length);
  }

  /** Rows of the dump that is being built. */
  get rows(): number {
    return this.#open.builder.goroutines.length;
  }

  finish(): Dump[] {
    this.#flushEvents();
    if (this.#dumps.length === 0 && this.#open.builder.headersSeen === 0) {
      this.problem({ message: "no goroutine in the input", lost: 0 });
    }
    this.#close();
    return this.#dumps.map((dump, index) => {
      const problem = this.#mixed.get(index);
      return problem === undefined
        ? dump
        : { ...dump, complete: false, problems: [...dump.problems, problem] };
    });
  }

  /** Ends the dump that is being read where this goroutine can't belong to it. */
  #choose(record: Shown, id: number, dumper: boolean, writer: boolean, line: number): void {
    const open = this.#open;
    const first = dumper && (writer || !open.profile);
    const another = first && id !== 0 && open.begun && !open.crash && !this.#isRepeat(record.shape, id);
    if (this.#parted || another) this.#next(line);
    if (writer) this.#open.profile = true;
    this.#flushEvents();
  }

  /** False for a goroutine that was there already. */
  #admit(record: Shown, id: number): boolean {
    const open = this.#open;
    open.builder.headersSeen++;
    if (id === 0) return true;
    if (open.ids.add(id)) {
      if (!open.begun) open.firstId = id;
      open.lastId = id;
      open.begun = true;
      return true;
    }
    if (this.#isRepeat(record.shape, id) || this.#overflow) {
      open.builder.repeated++;
      if (!open.crash && !open.unavailable.has(id)) open.again++;
      return false;
    }
    open.builder.headersSeen--;
    const begins = id === mainGoroutine || id === open.firstId;
    // No dump begins with it: it is of one that goes on.
    const what = `goroutine ${id} comes again, in the middle of a dump`;
    if (!begins) this.#mix(what);
    this.#next(0);
    if (!begins) this.#mix(what);
    return this.#admit(record, id);
  }

  /** For an id that was there already: the same goroutine again, rather than one of another dump. */
  #isRepeat(shape: RecordShape, id: number): boolean {
    const open = this.#open;
    if (open.crash || open.unavailable.has(id)) return true;
    if (open.lastId !== id) return false;
    const { id: ids, stack, length } = open.builder.goroutines;
    return ids[length - 1] !== id || isSameStack(open.builder.stacks[stack[length - 1]!]!, shape);
  }

  /** The open dump has goroutines of another one; those before, that nothing parts from it, may lack theirs. */
  #mix(what: string): void {
    const problem: ReadProblem = {
      message: `${what}: goroutines of several processes are mixed, or parts of the log come twice`,
      lost: -1,
    };
    let adjoins = true;
    for (let index = this.#dumps.length; index >= 0 && adjoins && !this.#mixed.has(index); index--) {
      this.#mixed.set(index, problem);
      adjoins = this.#adjoining[index] ?? this.#open.adjoins;
    }
  }

  /** Finds a learned shape in the dump that is being read, whose first goroutine of that shape this is. */
  #meet(learned: LearnedShape, numbers: Float64Array, values: number): KnownShape {
    const { shape } = learned.record;
    const args = learned.arguments(numbers, values);
    const frames = shape.frames.map((frame, index) => ({ ...frame, args: args[index] ?? [] }));
    const known = this.#known(shape, frames);
    learned.meet(this.#open, known);
    return known;
  }

  /** The shape in the dump that is being read. */
  #known(shape: RecordShape, frames: readonly FrameDraft[]): KnownShape {
    return this.#knownCalls(shape, this.#open.builder.calls(frames, shape.createdBy));
  }

  #knownCalls(text: StackText, calls: Calls): KnownShape {
    const { builder, version, system } = this.#open;
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
    const { version, plans, entries, system } = this.#open;
    const entry = entryOf(stack);
    version.stack(stack, calls);
    version.deadArguments(stack, text, calls);
    plans.push(resource);
    entries.push(entry);
    system.push(isSystem(stack, entry));
  }

  #push({ header, handle, labels, flags }: KnownShape, id: number, minutes: number, creator: number): number {
    const open = this.#open;
    if (minutes >= 0) open.minutes = true;
    if (creator >= 0) open.creators = true;
    for (const key of header.extra) count(open.extra, key);
    return open.builder.goroutines.push(
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

  #next(line: number): void {
    this.#parted = false;
    if (this.#open.builder.empty) return;
    if (this.#dumps.length >= maxDumps - 1) {
      if (!this.#overflow) {
        this.problem({
          line,
          message: `more than ${maxDumps} dumps in one input: the rest is read as one, equal ids as the same goroutine`,
          lost: 0,
        });
      }
      this.#overflow = true;
      return;
    }
    this.#adjoining.push(this.#open.adjoins);
    this.#close();
    this.#open = this.#newDump();
    this.#stretched = false;
  }

  #newDump(): OpenDump {
    const number = this.#dumps.length + 1;
    const name = number === 1 ? this.#name : `${this.#name}#${number}`;
    return {
      builder: new DumpBuilder(name, "go-traceback", ["ids", "wait-reasons", "stacks"], this.#pool),
      ids: new IdSet(),
      version: new GoVersionEvidence(this.#goVersion, this.#pool),
      extra: new Map(),
      plans: [],
      entries: [],
      system: [],
      unavailable: new Set(),
      firstId: -1,
      lastId: -1,
      begun: false,
      adjoins: !this.#stretched,
      profile: false,
      damaged: 0,
      again: 0,
      minutes: false,
      creators: false,
      crash: false,
    };
  }

  #flushEvents(): void {
    if (this.#events.length === 0) return;
    for (const event of this.#events) this.#open.builder.event(event);
    this.#events = [];
  }

  #close(): void {
    const { builder, version, extra, plans, entries, minutes, creators, damaged, again } = this.#open;
    const many = (count: number) => count >= leastDamaged && count * damagedShare > builder.goroutines.length;
    if (many(again)) this.#mix(`${plural(again, "goroutine")} came twice in a row`);
    if (version.deepStacksAreCut) markDeepStacks(builder);
    const orphan = lacksCreator(builder.stacks, entries);
    if (orphan !== undefined)
      builder.cut({
        message: `a goroutine that begins in ${orphan} lacks its creator, which others have: the log has lost lines, perhaps of whole goroutines`,
        lost: -1,
      });
    if (many(damaged))
      builder.cut({
        message: "many goroutines lack lines: the log has lost some, or those of several processes are mixed",
        lost: -1,
      });
    if (minutes) builder.can("minutes");
    if (creators) builder.can("creator-ids");
    builder.goVersion = version.version;
    if (version.version === undefined && version.atLeast > 0) {
      builder.keep("oldest possible Go version", `go1.${version.atLeast}`);
    }
    for (const [key, times] of extra) builder.keep(`header attribute ${key}`, plural(times, "goroutine"));
    const trusted = !version.deadArgumentsLookLive;
    if (!trusted) distrustArguments(builder, plans);
    declare(builder, plans, trusted);
    this.#dumps.push(builder.build());
  }
}

/**
 * Function at which a goroutine begins without a creator though others that begin there have one.
 * @param entries the function that each stack begins in
 */
function lacksCreator(
  stacks: readonly Stack[],
  entries: readonly (GoSymbol | undefined)[],
): string | undefined {
  const isWhole = ({ extent }: Stack) => extent === "full" || extent === "elided";
  const created = new Set<GoSymbol | undefined>();
  stacks.forEach((stack, at) => {
    if (stack.createdBy !== undefined && isWhole(stack)) created.add(entries[at]);
  });
  const orphan = stacks.findIndex(
    (stack, at) => stack.createdBy === undefined && isWhole(stack) && created.has(entries[at]),
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

function count(extra: Map<string, number>, key: string): void {
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

/** The address that a goroutine waits for, from the value of its argument. */
function waitedFor(plan: ResourcePlan, value: number | undefined): number {
  return value === undefined || value === 0 ? unknownAddress : resourceOf(plan, value);
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
