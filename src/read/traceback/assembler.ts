import { unknownAddress } from "../../model/address.ts";
import { type ResourcePlan, resourceOf } from "../../model/arguments.ts";
import type { Dump, DumpEvent, ReadProblem } from "../../model/dump.ts";
import type { FramePool } from "../../model/frame-pool.ts";
import type { FilledColumn } from "../../model/goroutines.ts";
import { plural } from "../../words.ts";
import { dumpName } from "../dump-name.ts";
import { type OnOther, OtherFormats } from "../other-formats.ts";
import type { Batch } from "./batch.ts";
import type { Header } from "./header.ts";
import type { KnownLabels } from "./known-labels.ts";
import { LearnedRows } from "./learned-rows.ts";
import { isDumper, isProfileWriter, type KnownShape, LearnedShape } from "./learned-shape.ts";
import { OpenDump } from "./open-dump.ts";
import type { RecordShape, RecordSink, TracebackRecord } from "./record.ts";
import type { RegularRecord } from "./regular-record.ts";

/** Dumps of one input; a log with more is a log of panics, not a set of dumps to compare. */
const maxDumps = 1000;
/** Every process has it: dumps of which the first goroutine is not the one that dumps begin with it. */
const mainGoroutine = 1;
/** Room is made for so many goroutines at once; for more, when they come. */
const mostExpected = 12_000_000;

/** A goroutine whose text can be compared with another one's. */
type Shown = Pick<TracebackRecord, "shape">;

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
  readonly #others: OtherFormats;
  readonly #rows = new LearnedRows();
  /** The shape of the last regular goroutine in the dump that is being read; `undefined` where it is none of its own. */
  #regularShape: KnownShape | undefined;

  /** @param pool where the frames of all dumps are interned */
  constructor(name: string, goVersion: string | undefined, pool: FramePool, onOther: OnOther | undefined) {
    this.#others = new OtherFormats("go-traceback", onOther);
    this.#name = name;
    this.#goVersion = goVersion;
    this.#pool = pool;
    this.#open = this.#newDump();
  }

  record(record: TracebackRecord): void {
    const { shape, id } = record;
    this.#choose(record, id, isDumper(shape), isProfileWriter(shape), record.line);
    if (!this.#admit(record, id)) return;
    if (isUnavailable(shape)) this.#open.unavailable.add(id);
    const known = this.#open.known(shape, shape.frames);
    const row = this.#open.push(known, id, record.minutes, record.creator);
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
    this.#regularShape = undefined;
    if (!this.#admit(record, id)) return;
    const known = this.#open.knownCalls(record, calls);
    this.#regularShape = known;
    const row = this.#open.push(known, id, record.minutes, record.creator);
    const { goroutines } = this.#open.builder;
    const { resource, stack } = known.handle;
    if (resource !== undefined) {
      goroutines.resource[row] = waitedFor(resource, calls.value(resource.frame, resource.argument));
    }
    for (const { frame, argument } of stack.slots) goroutines.pushArgument(calls.value(frame, argument));
  }

  /** The shape of the regular goroutine that came last, of which more will come as numbers. */
  learn(record: RegularRecord): LearnedShape {
    const learned = new LearnedShape(record.kept);
    if (this.#regularShape !== undefined) learned.meet(this.#open, this.#regularShape);
    return learned;
  }

  /**
   * A goroutine of a learned shape.
   * @param numbers from `at` on: id, minutes, creator, values
   * @param labels by the numbers that values have
   * @param line of its header
   */
  learned(learned: LearnedShape, numbers: Float64Array, at: number, labels: KnownLabels, line: number): void {
    const id = numbers[at]!;
    if (this.#parted || learned.dumper || this.#events.length > 0) {
      this.#choose(learned.record, id, learned.dumper, learned.writer, line);
    }
    if (!this.#admit(learned.record, id)) return;
    if (isUnavailable(learned.record.shape)) this.#open.unavailable.add(id);
    const values = at + 3;
    const known = learned.dump === this.#open ? learned.known! : this.#meet(learned, numbers, values);
    const row = this.#open.push(known, id, numbers[at + 1]!, numbers[at + 2]!);
    const { goroutines } = this.#open.builder;
    if (learned.labelled) goroutines.labels[row] = labels.indexIn(this.#open, numbers[values]!);
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
  learnedRows(batch: Batch, from: number, shapes: readonly LearnedShape[], labels: KnownLabels): LearnedRows {
    const open = this.#open;
    const rows = this.#rows;
    if (this.#parted || this.#events.length > 0) return rows.none(from);
    rows.take(batch, from, shapes, labels, open);
    open.builder.headersSeen += rows.count;
    open.builder.goroutines.tallyMany();
    return rows;
  }

  shows(header: Header): boolean {
    return !this.#parted && this.#open.shows(header);
  }

  repeat(): void {
    this.#open.builder.headersSeen++;
    this.#open.builder.repeated++;
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

  cut(problem: ReadProblem, inGoroutine = false): void {
    this.#open.builder.headersSeen += Math.max(problem.lost, 0);
    this.#open.builder.cut(problem);
    if (inGoroutine) this.#open.lastIsCut();
  }

  stretch(): void {
    this.#parted = true;
    this.#stretched = true;
  }

  foreign(text: string, line: number, open: boolean): void {
    this.#others.line(text, line, !open && !this.#open.begun && this.#dumps.length === 0);
  }

  /** Makes room for the goroutines to come, as many a byte as came so far and some more; returns it, if it did. */
  expect(bytesSeen: number, bytes: number): readonly FilledColumn[] {
    const { goroutines } = this.#open.builder;
    if (goroutines.length < 1000) return [];
    const rows = Math.min(Math.ceil((goroutines.length * bytes * 1.25) / bytesSeen), mostExpected);
    const columns = goroutines.reserve(rows, goroutines.argumentsLength / goroutines.length);
    if (goroutines.arena !== undefined) this.#open.ids.moveTo(goroutines.arena, rows);
    return columns;
  }

  /** As in `TracebackBuilder.room`. */
  room(numbers: number): Float64Array | undefined {
    const { arena } = this.#open.builder.goroutines;
    const room = arena?.column(Float64Array, numbers);
    return room !== undefined && arena!.addressOf(room) !== 0 ? room : undefined;
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
    const another = first && id !== 0 && open.begun && !open.crash && !this.#open.isRepeat(record.shape, id);
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
    if (this.#open.isRepeat(record.shape, id) || this.#overflow) {
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
    const known = this.#open.known(shape, frames);
    learned.meet(this.#open, known);
    return known;
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
    const name = dumpName(this.#name, this.#dumps.length);
    return new OpenDump(name, this.#goVersion, this.#pool, !this.#stretched);
  }

  #flushEvents(): void {
    if (this.#events.length === 0) return;
    for (const event of this.#events) this.#open.builder.event(event);
    this.#events = [];
  }

  #close(): void {
    const open = this.#open;
    if (open.isFrequent(open.again)) this.#mix(`${plural(open.again, "goroutine")} came twice in a row`);
    this.#dumps.push(open.build());
  }
}

/** A goroutine that runs has no stack until its own thread shows it; others always have one. */
function isUnavailable({ extent, header }: RecordShape): boolean {
  return extent === "none" && header.reason === "running";
}

/** The address that a goroutine waits for, from the value of its argument. */
function waitedFor(plan: ResourcePlan, value: number | undefined): number {
  return value === undefined || value === 0 ? unknownAddress : resourceOf(plan, value);
}
