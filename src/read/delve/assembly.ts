import { type Address, unknownAddress } from "../../model/address.ts";
import { isMutexWait, resourceOf, semaphoreOwner } from "../../model/arguments.ts";
import { Calls } from "../../model/calls.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder, type StackHandle } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import type { Stack } from "../../model/stack.ts";
import { waitReasonTable } from "../../model/wait-reasons.ts";
import { plural } from "../../words.ts";
import type { Location } from "./api.ts";
import { ReasonEvidence } from "./go-version.ts";
import { type GoroutineShapes, type PlaceKind, placeKinds } from "./goroutine-shapes.ts";
import { isLeaked, isWaiting, ListedWaits, type Wait } from "./listed-waits.ts";
import type { Places } from "./places.ts";
import { hasArguments, type Trace, Traces, tracedArgument } from "./traces.ts";

/** What requests about one goroutine brought to light. */
interface Details {
  trace?: Trace;
  channel?: Address;
  semaphore?: Address;
  creator?: number;
}

/** Places at which calls are not inlined. */
const notInlined = [placeKinds.current, placeKinds.user, placeKinds.creator];
/** More than a row has flags. */
const labelsFactor = 256;

/** Gathers the goroutines of one dump, and makes stacks of them once all is known. */
export class DelveAssembly {
  readonly builder: DumpBuilder;
  readonly #known: GoroutineShapes;
  readonly #places: Places;
  /** Numbers of the dump's shapes, in the order in which they came. */
  readonly #shapes: number[] = [];
  /** Flags and labels by the number of a shape; those of other dumps of the input are missing. */
  readonly #rowTraits: number[] = [];
  /** Stacks of the list, by the number of a shape: made when everything is read, for states mean nothing without a Go version. */
  readonly #listed: number[] = [];
  /** Shapes whose wait reason is a number that nobody can read. */
  readonly #undecided = new Set<number>();
  readonly #details = new Map<number, Details>();
  readonly #traces = new Traces();
  readonly #alone: Trace[] = [];
  readonly #calls = new Calls();
  readonly #evidence = new ReasonEvidence();
  /** Names of functions by the address of their first instruction, of those that goroutines start with. */
  readonly #entries = new Map<Address, string>();
  readonly #waits = new ListedWaits();
  /** The last of each kind of place that was learnt from: most goroutines share some of their places. */
  readonly #learnt = [-1, -1, -1, -1];

  constructor(name: string, shapes: GoroutineShapes) {
    this.#known = shapes;
    this.#places = shapes.places;
    this.builder = new DumpBuilder(name, "delve-json", ["ids", "creators"], shapes.places.pool);
  }

  /** Notes what a wait reason's number means in this process. */
  nameReason(number: number, text: string): void {
    this.#waits.name(number, text);
    this.#evidence.named(number, text);
  }

  /** Notes a goroutine's stack; one without arguments does not replace one that has them. */
  trace(id: number, frames: readonly Location[]): void {
    const details = this.details(id);
    const trace = this.#traces.of(frames);
    if (details.trace === undefined || hasArguments(trace)) details.trace = trace;
  }

  /** What requests told of a goroutine, to be filled in. */
  details(id: number): Details {
    let details = this.#details.get(id);
    if (details === undefined) {
      details = {};
      this.#details.set(id, details);
    }
    return details;
  }

  /** Adds a goroutine of a list. @param shape number of its shape */
  push(shape: number, id: number): void {
    const traits = this.#rowTraits[shape] ?? this.#newShape(shape);
    const flags = traits % labelsFactor;
    const labels = Math.floor(traits / labelsFactor);
    this.builder.headersSeen++;
    this.builder.goroutines.push(shape, id, 1, -1, flags, Number.NaN, unknownAddress, labels);
  }

  /** Learns a shape that is new to this dump, and answers what its rows have in common. */
  #newShape(shape: number): number {
    const known = this.#known;
    this.#learnPlace(shape, placeKinds.current);
    const user = this.#learnPlace(shape, placeKinds.user);
    const start = this.#learnPlace(shape, placeKinds.start);
    this.#learnPlace(shape, placeKinds.creator);
    const status = known.status(shape);
    const waitReason = known.waitReason(shape) ?? 0;
    if (isWaiting(status) && waitReason > 0)
      this.#evidence.sample({ number: waitReason, at: user ?? "", start: start ?? "" });
    const flags = flagsOf(status, start ?? "", user ?? "runtime.", known.isOnThread(shape));
    const traits = this.builder.labels(known.labels(shape)) * labelsFactor + flags;
    this.#shapes.push(shape);
    this.#rowTraits[shape] = traits;
    return traits;
  }

  /** Answers the function at the place. */
  #learnPlace(shape: number, kind: PlaceKind): string | undefined {
    const place = this.#known.place(shape, kind);
    if (place !== this.#learnt[kind]) {
      this.#learnt[kind] = place;
      const location = this.#places.location(place);
      if (location !== undefined) this.#evidence.frame(location);
    }
    return this.#places.function(place);
  }

  /** Adds a goroutine of which only a stack is known. */
  #pushStack(id: number, trace: Trace): void {
    const { frames } = trace.stack;
    const handle = this.builder.stack({ reason: "", frames, extent: "full" });
    this.builder.headersSeen++;
    const row = this.builder.goroutines.push(handle.index, id, 1, -1, 0, Number.NaN, unknownAddress, 0);
    this.#fillArguments(row, handle, trace);
  }

  /** @param goVersion from GetVersion or the user */
  finish(goVersion: string | undefined): Dump {
    const { builder } = this;
    if (builder.goroutines.length === 0) this.#stacksOnly();
    else this.#resolve(goVersion);
    return builder.build();
  }

  /** Notes a stack of nobody knows which goroutine. */
  alone(frames: readonly Location[]): void {
    this.#alone.push(this.#traces.of(frames));
  }

  /** No list, only stacks. */
  #stacksOnly(): void {
    for (const trace of this.#alone) this.#pushStack(Number.NaN, trace);
    for (const [id, details] of this.#details) if (details.trace) this.#pushStack(id, details.trace);
    if (this.builder.goroutines.length === 0) return;
    this.builder.can("stacks");
    this.builder.excerpt();
  }

  #resolve(goVersion: string | undefined): void {
    const { builder } = this;
    const version = goVersion ?? this.#evidence.pathVersion;
    const known = waitReasonTable(version);
    const tables = known === undefined ? this.#evidence.tables() : [known];
    this.#waits.tables = tables;
    builder.goVersion = version ?? this.#evidence.minorOf(tables);
    this.#nameEntries();
    const { stack: shapeOfRow, id } = builder.goroutines;
    const hasDetails = this.#details.size > 0;
    let stacks = 0;
    let undecided = 0;
    for (let row = 0; row < builder.goroutines.length; row++) {
      const shape = shapeOfRow[row]!;
      const details = hasDetails ? this.#details.get(id[row]!) : undefined;
      if (details === undefined) shapeOfRow[row] = this.#listedStack(shape);
      else if (this.#detailed(row, shape, details)) stacks++;
      if (this.#undecided.size > 0 && this.#undecided.has(shape)) undecided++;
    }
    if (stacks > 0) {
      builder.can("stacks");
      builder.keep("stacks", `${stacks} of ${plural(builder.goroutines.length, "goroutine")}`);
    }
    this.#declareWaits(undecided);
  }

  /** Wait reasons are known when the list has states, and their numbers can be read. */
  #declareWaits(undecided: number): void {
    const { builder } = this;
    if (this.#shapes.some((s) => !this.#undecided.has(s) && this.#known.status(s) !== undefined))
      builder.can("wait-reasons");
    if (undecided > 0)
      builder.problem({
        message:
          `the Go version is not known, so the wait reasons of ${plural(undecided, "goroutine")} can't be told; ` +
          "give it with --go-version go1.N, or save the answer of RPCServer.GetVersion along with the list",
        lost: 0,
      });
  }

  /** Notes where goroutines start, and names the functions that begin there: no call at other places is inlined. */
  #nameEntries(): void {
    const known = this.#known;
    const places = this.#places;
    const starts = new Set<Address>();
    for (const shape of this.#shapes) {
      const start = known.place(shape, placeKinds.start);
      if (start >= 0) starts.add(places.pc(start));
    }
    for (const shape of this.#shapes)
      for (const kind of notInlined) {
        const place = known.place(shape, kind);
        const entry = place < 0 ? 0 : places.entry(place);
        if (entry > 0 && starts.has(entry)) this.#entries.set(entry, places.function(place)!);
      }
  }

  /** The stack that the list shows of a shape. */
  #listedStack(shape: number): number {
    let stack = this.#listed[shape];
    if (stack === undefined) {
      stack = this.#newListed(shape).index;
      this.#listed[shape] = stack;
    }
    return stack;
  }

  #newListed(shape: number): StackHandle {
    const known = this.#known;
    const places = this.#places;
    const current = known.place(shape, placeKinds.current);
    const user = known.place(shape, placeKinds.user);
    const start = known.place(shape, placeKinds.start);
    const creator = this.#creatorOf(shape);
    const at = places.function(user);
    const calls = this.#calls;
    calls.clear();
    if (isCurrentUseful(places.function(current), at)) calls.call(places.frame(current));
    if (user >= 0) calls.call(places.frame(user));
    if (start >= 0) {
      const name = this.#entries.get(places.pc(start)) ?? places.function(start)!;
      if (name !== at) calls.call(this.#startFrame(start, name));
    }
    if (creator >= 0) calls.createdBy = places.frame(creator);
    // Most wait reasons tell it alone: nothing is made for them, as there may be as many shapes as goroutines.
    const { reason, wait } =
      this.#waits.certain(known.status(shape), known.waitReason(shape)) ??
      this.#waitOf(shape, at === undefined ? [] : [at]);
    return this.builder.stackOf({ reason, wait, extent: calls.depth === 0 ? "none" : "ends" }, calls);
  }

  /**
   * The function started with `go`. Where its first call was inlined, Delve names the callee; the true name is that
   * of whatever else begins at the same instruction.
   */
  #startFrame(start: number, name: string): number {
    const places = this.#places;
    if (name === places.function(start)) return places.frame(start);
    const { pool } = places;
    const { file, line } = pool.at(places.frame(start));
    return pool.frame(pool.symbol(name), pool.file(file), line, false);
  }

  /** The place of the `go` statement; -1 for the first goroutine, too: the runtime's own assembler starts it. */
  #creatorOf(shape: number): number {
    const place = this.#known.place(shape, placeKinds.creator);
    const name = this.#places.function(place);
    return name === "runtime.newproc" || name === "runtime.rt0_go" ? -1 : place;
  }

  /** Gives a row its full stack and addresses; false when only the list knows of it. */
  #detailed(row: number, shape: number, details: Details): boolean {
    const { builder } = this;
    const { goroutines, stacks } = builder;
    const { trace, creator } = details;
    const isTraced = trace !== undefined && trace.stack.frames.length > 0;
    if (isTraced) this.#traced(row, shape, trace);
    else goroutines.stack[row] = this.#listedStack(shape);
    if (creator !== undefined) {
      goroutines.creator[row] = creator;
      builder.can("creator-ids");
    }
    this.#fillResource(row, stacks[goroutines.stack[row]!]!, details);
    return isTraced;
  }

  #traced(row: number, shape: number, trace: Trace): void {
    const { frames } = trace.stack;
    const { reason, wait } = this.#waitOf(
      shape,
      frames.map((f) => f.function),
    );
    const createdBy = this.#places.location(this.#creatorOf(shape));
    const handle = this.builder.stack({ reason, wait, frames, extent: "full", createdBy });
    this.builder.goroutines.stack[row] = handle.index;
    this.#fillArguments(row, handle, trace);
  }

  #fillResource(row: number, { wait, frames }: Stack, { channel, semaphore }: Details): void {
    const { goroutines } = this.builder;
    if (channel !== undefined && channel !== 0) {
      goroutines.resource[row] = channel;
      this.builder.can("channel-addresses");
    } else if (semaphore !== undefined && semaphore !== 0) {
      const isInMutex = wait === "rwmutex-lock" && frames.some((f) => isMutexWait(f.symbol));
      const owner = semaphoreOwner(isInMutex ? "mutex-lock" : wait, semaphore);
      if (Number.isNaN(owner)) return;
      goroutines.resource[row] = owner;
      this.builder.can("lock-addresses");
    }
  }

  #fillArguments(row: number, handle: StackHandle, trace: Trace): void {
    const { goroutines } = this.builder;
    goroutines.argumentStart[row] = goroutines.argumentsLength;
    for (const { frame, argument } of handle.stack.slots) {
      goroutines.pushArgument(tracedArgument(trace, frame, argument));
    }
    if (handle.stack.slots.length > 0) this.builder.can("arguments");
    const plan = handle.resource;
    if (plan === undefined) return;
    const value = tracedArgument(trace, plan.frame, plan.argument);
    if (Number.isNaN(value)) return;
    goroutines.resource[row] = resourceOf(plan, value);
    this.builder.canNameResource(handle.stack.wait);
  }

  /** What the goroutines of a shape wait for, of which the innermost functions are these. */
  #waitOf(shape: number, functions: readonly string[]): Wait {
    const known = this.#known;
    const found = this.#waits.of(
      {
        status: known.status(shape),
        waitReason: known.waitReason(shape),
        onThread: known.isOnThread(shape),
        current: this.#places.function(known.place(shape, placeKinds.current)),
      },
      functions,
    );
    if (found.undecided === true) this.#undecided.add(shape);
    return found;
  }
}

/** Where a goroutine stands is worth a frame unless it is how every goroutine parks, or the next frame says it. */
function isCurrentUseful(current: string | undefined, user: string | undefined): boolean {
  return current !== undefined && current !== "runtime.gopark" && current !== user;
}

/** @param start the function that it was started with @param user where it stands */
function flagsOf(status: number | undefined, start: string, user: string, onThread: boolean): number {
  const system = start.startsWith("runtime.") && start !== "runtime.main" && user.startsWith("runtime.");
  return (
    (isLeaked(status) ? goroutineFlags.leaked : 0) |
    (system ? goroutineFlags.system : 0) |
    (onThread ? goroutineFlags.onThread : 0)
  );
}
