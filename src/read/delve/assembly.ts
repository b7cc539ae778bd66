import { type Address, unknownAddress } from "../../model/address.ts";
import { resourceOf, semaphoreOwner } from "../../model/arguments.ts";
import { Calls } from "../../model/calls.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder, type StackHandle } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { kindOfReason, type WaitKind, waitKindOf } from "../../model/wait-kind.ts";
import { type WaitReasonTable, waitReasonTable } from "../../model/wait-reasons.ts";
import { plural } from "../../words.ts";
import type { ListedGoroutine, Location } from "./api.ts";
import { ReasonEvidence } from "./go-version.ts";
import type { GoroutineShapes, SharedTraits } from "./goroutine-shapes.ts";
import { hasArguments, type Trace, Traces, tracedArgument } from "./traces.ts";

/** What a list says of all goroutines at one place with one state. */
interface Shape {
  readonly number: number;
  readonly flags: number;
  readonly labels: number;
  /** Made when everything is read: numbers mean nothing without a Go version. */
  handle: StackHandle | undefined;
  /** Its wait reason is a number that nobody can read. */
  undecided: boolean;
}

/** What the number of a wait reason means. */
interface ReasonMeaning {
  /** One where it is known, several where the tables that it may be of differ. */
  readonly texts: readonly string[];
  /** What a goroutine waits for whatever its frames are. */
  readonly certain: { readonly reason: string; readonly wait: WaitKind } | undefined;
}

/** What requests about one goroutine brought to light. */
interface Details {
  trace?: Trace;
  channel?: Address;
  semaphore?: Address;
  creator?: number;
}

/** Values of `g.atomicstatus` that say themselves what the goroutine does. */
const statusReasons: Readonly<Record<number, string>> = {
  0: "idle",
  1: "runnable",
  2: "running",
  3: "syscall",
  6: "dead",
  8: "copystack",
  9: "preempted",
  11: "waiting for cgo callback",
};
const waiting = 4;
const leaked = 10;

/** Gathers the goroutines of one dump, and makes stacks of them once all is known. */
export class DelveAssembly {
  readonly builder: DumpBuilder;
  readonly #known: GoroutineShapes;
  /** By their numbers; those of other dumps of the input are missing. */
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #details = new Map<number, Details>();
  readonly #traces = new Traces();
  readonly #alone: Trace[] = [];
  readonly #calls = new Calls();
  readonly #evidence = new ReasonEvidence();
  /** Names of functions by the address of their first instruction, where no inlined call can lie. */
  readonly #entries = new Map<Address, string>();
  readonly #reasonNames = new Map<number, string>();
  readonly #meanings = new Map<number, ReasonMeaning>();
  /** The last location at each place that was learnt from: most goroutines share some of their places. */
  #learnt: (Location | undefined)[] = [];
  #learntStart: Location | undefined;

  constructor(name: string, shapes: GoroutineShapes) {
    this.#known = shapes;
    this.builder = new DumpBuilder(name, "delve-json", ["ids", "creators"], shapes.pool);
  }

  /** Notes what a wait reason's number means in this process. */
  nameReason(number: number, text: string): void {
    this.#reasonNames.set(number, text);
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

  /** The shape of this number; it is learnt when it is new to this dump. */
  #shape(number: number, goroutine?: ListedGoroutine): Shape {
    let shape = this.#shapes[number];
    if (shape === undefined) {
      const traits = goroutine ?? this.#known.traits(number);
      const labels = this.builder.labels(traits.labels);
      shape = { number, flags: flagsOf(traits), labels, handle: undefined, undecided: false };
      this.#shapes[number] = shape;
      this.#learn(traits);
    }
    return shape;
  }

  #learn({ current, user, start, creator, status, waitReason }: SharedTraits): void {
    this.#learnPlace(0, current);
    this.#learnPlace(1, user);
    if (start !== undefined && start !== this.#learntStart) this.#evidence.frame(start);
    this.#learntStart = start;
    this.#learnPlace(2, creator);
    if ((status === waiting || status === leaked) && waitReason !== undefined && waitReason > 0)
      this.#evidence.sample({ number: waitReason, at: user?.function ?? "", start: start?.function ?? "" });
  }

  /** @param place one of those at which calls are not inlined */
  #learnPlace(place: number, location: Location | undefined): void {
    if (location === undefined || location === this.#learnt[place]) return;
    this.#evidence.frame(location);
    const { entry, function: name } = location;
    if (entry > 0) {
      const known = this.#entries.get(entry);
      // The last name counts: what was passed over because it came again would have to be told again.
      if (known !== undefined && known !== name) this.#learnt = [];
      if (known !== name) this.#entries.set(entry, name);
    }
    this.#learnt[place] = location;
  }

  /** Adds a goroutine of a list. @param shape number of its shape @param goroutine where it was read as a whole */
  push(shape: number, id: number, goroutine?: ListedGoroutine): void {
    const { flags, labels } = this.#shape(shape, goroutine);
    this.builder.headersSeen++;
    this.builder.goroutines.push(shape, id, 1, -1, flags, Number.NaN, unknownAddress, labels);
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
    builder.goVersion = version ?? this.#evidence.minorOf(tables);
    const shapeOfRow = builder.goroutines.stack;
    const hasDetails = this.#details.size > 0;
    let stacks = 0;
    let undecided = 0;
    for (let row = 0; row < builder.goroutines.length; row++) {
      const shape = this.#shape(shapeOfRow[row]!);
      const details = hasDetails ? this.#details.get(builder.goroutines.id[row]!) : undefined;
      if (details === undefined) {
        shape.handle ??= this.#listed(shape, tables);
        builder.goroutines.stack[row] = shape.handle.index;
      } else if (this.#detailed(row, shape, details, tables)) stacks++;
      if (shape.undecided) undecided++;
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
    if (
      this.#shapes.some((s) => s !== undefined && !s.undecided && this.#known.status(s.number) !== undefined)
    )
      builder.can("wait-reasons");
    if (undecided > 0)
      builder.problem({
        message:
          `the Go version is not known, so the wait reasons of ${plural(undecided, "goroutine")} can't be told; ` +
          "give it with --go-version go1.N, or save the answer of RPCServer.GetVersion along with the list",
        lost: 0,
      });
  }

  #listed(shape: Shape, tables: readonly WaitReasonTable[]): StackHandle {
    const known = this.#known;
    const { number } = shape;
    const user = known.location(number, "user");
    const start = known.location(number, "start");
    const calls = this.#calls;
    calls.clear();
    if (isCurrentUseful(known.location(number, "current"), user)) calls.call(known.frame(number, "current"));
    if (user !== undefined) calls.call(known.frame(number, "user"));
    if (start !== undefined) {
      const name = this.#entries.get(start.pc) ?? start.function;
      if (name !== user?.function) calls.call(this.#startFrame(number, start, name));
    }
    if (creatorOf(known.location(number, "creator")) !== undefined)
      calls.createdBy = known.frame(number, "creator");
    const { reason, wait } = this.#waitOf(shape, tables, user === undefined ? [] : [user.function]);
    return this.builder.stackOf({ reason, wait, extent: calls.depth === 0 ? "none" : "ends" }, calls);
  }

  /**
   * The function started with `go`. Where its first call was inlined, Delve names the callee; the true name is that
   * of whatever else begins at the same instruction.
   */
  #startFrame(number: number, { function: listed, file, line }: Location, name: string): number {
    if (name === listed) return this.#known.frame(number, "start");
    const { pool } = this.#known;
    return pool.frame(pool.symbol(name), pool.file(file), line, false);
  }

  /** Gives a row its full stack and addresses; false when only the list knows of it. */
  #detailed(row: number, shape: Shape, details: Details, tables: readonly WaitReasonTable[]): boolean {
    const { goroutines } = this.builder;
    const { trace } = details;
    const frames = trace?.stack.frames ?? [];
    let handle: StackHandle;
    if (frames.length > 0) {
      const { reason, wait } = this.#waitOf(
        shape,
        tables,
        frames.map((f) => f.function),
      );
      const createdBy = creatorOf(this.#known.location(shape.number, "creator"));
      handle = this.builder.stack({ reason, wait, frames, extent: "full", createdBy });
    } else {
      shape.handle ??= this.#listed(shape, tables);
      handle = shape.handle;
    }
    goroutines.stack[row] = handle.index;
    this.#fillArguments(row, handle, trace);
    if (details.creator !== undefined) {
      goroutines.creator[row] = details.creator;
      this.builder.can("creator-ids");
    }
    this.#fillResource(row, handle.stack.wait, details);
    return frames.length > 0;
  }

  #fillResource(row: number, wait: WaitKind, { channel, semaphore }: Details): void {
    const { goroutines } = this.builder;
    if (channel !== undefined && channel !== 0) {
      goroutines.resource[row] = channel;
      this.builder.can("channel-addresses");
    } else if (semaphore !== undefined && semaphore !== 0) {
      const owner = semaphoreOwner(wait, semaphore);
      if (Number.isNaN(owner)) return;
      goroutines.resource[row] = owner;
      this.builder.can("lock-addresses");
    }
  }

  #fillArguments(row: number, handle: StackHandle, trace: Trace | undefined): void {
    const valueAt = (frame: number, argument: number) =>
      trace === undefined ? unknownAddress : tracedArgument(trace, frame, argument);
    const { goroutines } = this.builder;
    goroutines.argumentStart[row] = goroutines.argumentsLength;
    for (const { frame, argument } of handle.stack.slots) {
      goroutines.pushArgument(valueAt(frame, argument));
    }
    if (handle.stack.slots.length > 0) this.builder.can("arguments");
    const plan = handle.resource;
    if (plan === undefined) return;
    const value = valueAt(plan.frame, plan.argument);
    if (Number.isNaN(value)) return;
    goroutines.resource[row] = resourceOf(plan, value);
    this.builder.canNameResource(handle.stack.wait);
  }

  /** What a goroutine waits for. `waitReason` is left over from the last wait unless the status says that it waits. */
  #waitOf(
    shape: Shape,
    tables: readonly WaitReasonTable[],
    functions: readonly string[],
  ): { reason: string; wait: WaitKind } {
    const known = this.#known;
    const status = known.status(shape.number);
    const waitReason = known.waitReason(shape.number) ?? 0;
    if (status === undefined)
      return withoutStatus(
        known.isOnThread(shape.number),
        known.location(shape.number, "current"),
        functions,
      );
    if (status !== waiting && status !== leaked) {
      const reason = Object.hasOwn(statusReasons, status) ? statusReasons[status]! : "";
      return { reason, wait: waitKindOf(reason, functions) };
    }
    const named = this.#reasonNames.get(waitReason);
    if (named !== undefined) return { reason: named, wait: kindAt(named, functions) };
    const { texts, certain } = this.#meaningOf(waitReason, tables);
    if (certain !== undefined) return certain;
    const kinds = new Set(texts.map((text) => kindAt(text, functions)));
    const reason = texts.length === 1 ? texts[0]! : "";
    if (kinds.size === 1) return { reason, wait: [...kinds][0]! };
    const shown = waitKindOf("waiting", functions);
    shape.undecided ||= shown === "parked";
    return { reason, wait: shown };
  }

  /** @param tables the same ones whenever this is asked */
  #meaningOf(waitReason: number, tables: readonly WaitReasonTable[]): ReasonMeaning {
    let meaning = this.#meanings.get(waitReason);
    if (meaning === undefined) {
      const texts = [...new Set(tables.map((t) => t.texts[waitReason] ?? ""))];
      const reason = texts.length === 1 ? texts[0]! : "";
      const wait = kindOfReason(reason);
      meaning = { texts, certain: reason === "" || wait === undefined ? undefined : { reason, wait } };
      this.#meanings.set(waitReason, meaning);
    }
    return meaning;
  }
}

/** Before Delve 1.6 a list had no states. */
function withoutStatus(
  onThread: boolean,
  current: Location | undefined,
  functions: readonly string[],
): { reason: string; wait: WaitKind } {
  if (onThread) return { reason: "", wait: waitKindOf("", functions) };
  const parked = current?.function === "runtime.gopark" || current?.function === "runtime.coroswitch";
  return { reason: "", wait: waitKindOf(parked ? "waiting" : "", functions) };
}

/** The kind of a wait reason; up to Go 1.23 a WaitGroup is the only thing that waits through this function. */
export function kindAt(reason: string, functions: readonly string[]): WaitKind {
  if (reason === "semacquire" && functions.length === 1 && functions[0] === "sync.runtime_Semacquire")
    return "waitgroup-wait";
  return waitKindOf(reason === "" ? "waiting" : reason, functions);
}

/** Where a goroutine stands is worth a frame unless it is how every goroutine parks, or the next frame says it. */
function isCurrentUseful(current: Location | undefined, user: Location | undefined): boolean {
  if (current === undefined || current.function === "runtime.gopark") return false;
  return current.function !== user?.function;
}

/** The first goroutine is started by the runtime's own assembler. */
function creatorOf(creator: Location | undefined): Location | undefined {
  return creator?.function === "runtime.newproc" || creator?.function === "runtime.rt0_go"
    ? undefined
    : creator;
}

function flagsOf({ status, start, user, threadId }: SharedTraits): number {
  const name = start?.function ?? "";
  const at = user?.function ?? "runtime.";
  const system = name.startsWith("runtime.") && name !== "runtime.main" && at.startsWith("runtime.");
  return (
    (status === leaked ? goroutineFlags.leaked : 0) |
    (system ? goroutineFlags.system : 0) |
    (threadId === 0 ? 0 : goroutineFlags.onThread)
  );
}
