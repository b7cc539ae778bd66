import { plural } from "../words.ts";
import { type FrameArguments, type ResourcePlan, resourcePlan, SlotLists } from "./arguments.ts";
import { Calls } from "./calls.ts";
import type { Capability, Dump, DumpEvent, FormatId, ReadProblem } from "./dump.ts";
import { FramePool } from "./frame-pool.ts";
import { Goroutines } from "./goroutines.ts";
import { mixed } from "./hash.ts";
import { IndexTable } from "./index-table.ts";
import type { Frame, Stack, StackExtent } from "./stack.ts";
import type { GoSymbol } from "./symbol.ts";
import { kindOfReason, type WaitKind, waitKindOf } from "./wait-kind.ts";

/** A frame as a reader finds it. */
export interface FrameDraft {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly inlined?: boolean;
  /** Arguments, braces flattened, NaN for those not to be trusted; left out when the format has none. */
  readonly args?: FrameArguments;
}

/** What a reader finds of a stack beside its calls. */
export interface StackTraits {
  readonly reason: string;
  /** Only where reason and frames can't say it, as for Delve's list. */
  readonly wait?: WaitKind;
  /** `wait` is a conclusion. */
  readonly waitInferred?: boolean;
  readonly extent: StackExtent;
  readonly gapAt?: number | undefined;
  readonly elided?: number;
}

/** A stack as a reader finds it. */
export interface StackDraft extends StackTraits {
  readonly frames: readonly FrameDraft[];
  readonly createdBy?: FrameDraft | undefined;
}

/** A stack that the builder knows, and where its goroutines' addresses are found. */
export interface StackHandle {
  readonly index: number;
  readonly stack: Stack;
  /** The argument that names the thing waited for, when one does. */
  readonly resource: ResourcePlan | undefined;
}

/** Most problems kept one by one; the rest are counted in a last one. */
const maxProblems = 200;
const maxProblemText = 200;

const noArguments: FrameArguments = [];

/** Collects what a reader finds, interning symbols, frames and stacks. One builder, one dump. */
export class DumpBuilder {
  readonly goroutines: Goroutines = new Goroutines();
  readonly stacks: Stack[] = [];
  readonly #name: string;
  readonly #format: FormatId;
  readonly #capabilities = new Set<Capability>();
  readonly #pool: FramePool;
  readonly #calls = new Calls();
  readonly #slots = new SlotLists();
  /** Of the few stacks that have one. */
  readonly #resources = new Map<number, ResourcePlan>();
  /** Of `stacks`, by their frames. */
  readonly #stackTable = new IndexTable();
  readonly #reasonNumbers = new Map<string, number>();
  /** What the drafts of the stacks said of their wait. */
  readonly #waits: (WaitKind | undefined)[] = [];
  readonly #labelSets: ReadonlyMap<string, string>[] = [new Map()];
  readonly #labelIndex = new Map<string, number>([["", 0]]);
  readonly #problems: ReadProblem[] = [];
  readonly #events: DumpEvent[] = [];
  readonly #extra: Record<string, string> = Object.create(null) as Record<string, string>;
  #unlistedProblems = 0;
  #unlistedLost = 0;
  #lostUnknown = false;
  #cut = false;
  headersSeen = 0;
  repeated = 0;
  goVersion: string | undefined;
  missingShare: number | undefined;

  constructor(
    name: string,
    format: FormatId,
    capabilities: Iterable<Capability> = [],
    pool: FramePool = new FramePool(),
  ) {
    this.#name = name;
    this.#format = format;
    this.#pool = pool;
    for (const c of capabilities) this.#capabilities.add(c);
  }

  /** Declares that the dump knows this fact. */
  can(capability: Capability): void {
    this.#capabilities.add(capability);
  }

  /** Declares that the address which goroutines wait for is known; a pool's is neither a channel's nor a lock's. */
  canNameResource(wait: WaitKind): void {
    if (wait === "select") return;
    this.can(wait.startsWith("chan-") ? "channel-addresses" : "lock-addresses");
  }

  symbol(name: string): GoSymbol {
    return this.#pool.symbolAt(this.#pool.symbol(name));
  }

  /** The frame, interned. */
  frame(draft: FrameDraft): Frame {
    return this.#pool.at(this.#frame(draft));
  }

  #frame(draft: FrameDraft): number {
    const pool = this.#pool;
    return pool.frame(pool.symbol(draft.function), pool.file(draft.file), draft.line, draft.inlined ?? false);
  }

  /** Calls in numbers; good until the next ones are made. */
  calls(frames: readonly FrameDraft[], createdBy: FrameDraft | undefined): Calls {
    const calls = this.#calls;
    calls.clear();
    for (const frame of frames) {
      for (const value of frame.args ?? noArguments) calls.argument(value);
      calls.call(this.#frame(frame));
    }
    if (createdBy !== undefined) calls.createdBy = this.#frame(createdBy);
    return calls;
  }

  /** The distinct stack of a draft; made when it is new. */
  stack(draft: StackDraft): StackHandle {
    return this.stackOf(draft, this.calls(draft.frames, draft.createdBy));
  }

  /**
   * The distinct stack of calls, whose frames are numbers in the builder's pool; made when it is new. Slots are chosen
   * from the first goroutine's arguments.
   */
  stackOf(traits: StackTraits, calls: Calls): StackHandle {
    const { elided = 0 } = traits;
    const { frames, depth } = calls;
    let hash = mixed(this.#reasonNumber(traits.reason), elided);
    for (let i = 0; i < depth; i++) hash = mixed(hash, frames[i]!);
    hash = mixed(hash, calls.createdBy);
    const table = this.#stackTable;
    let slot = table.first(hash);
    for (let index = table.at(slot); index >= 0; index = table.at(slot)) {
      const stack = this.stacks[index]!;
      if (
        table.hashAt(slot) === hash &&
        this.#waits[index] === traits.wait &&
        this.#isSame(stack, traits, calls, elided)
      )
        return { index, stack, resource: this.#resources.get(index) };
      slot = table.next(slot);
    }
    const stack = this.#newStack(traits, calls);
    const resource = resourcePlan(stack.wait, calls, this.#pool);
    const index = table.add(slot, hash);
    if (resource !== undefined) this.#resources.set(index, resource);
    this.#waits.push(traits.wait);
    this.stacks.push(stack);
    return { index, stack, resource };
  }

  #newStack(traits: StackTraits, calls: Calls): Stack {
    const { reason, extent, gapAt, elided = 0 } = traits;
    const pool = this.#pool;
    const frames = new Array<Frame>(calls.depth);
    for (let i = 0; i < frames.length; i++) frames[i] = pool.at(calls.frames[i]!);
    const createdBy = calls.createdBy < 0 ? undefined : pool.at(calls.createdBy);
    const innermost = () => frames.slice(0, 12).map((frame) => frame.symbol.plain);
    const wait = traits.wait ?? kindOfReason(reason) ?? waitKindOf(reason, innermost());
    const slots = this.#slots.choose(calls, pool);
    const whole: Stack =
      gapAt === undefined
        ? { reason, wait, frames, extent, elided, createdBy, slots }
        : { reason, wait, frames, extent, gapAt, elided, createdBy, slots };
    return traits.waitInferred ? { ...whole, waitInferred: true } : whole;
  }

  /** Frames are interned, so that equal ones are the same object. */
  #reasonNumber(reason: string): number {
    let number = this.#reasonNumbers.get(reason);
    if (number === undefined) {
      number = this.#reasonNumbers.size;
      this.#reasonNumbers.set(reason, number);
    }
    return number;
  }

  #isSame(stack: Stack, traits: StackTraits, calls: Calls, elided: number): boolean {
    const pool = this.#pool;
    if (stack.frames.length !== calls.depth) return false;
    for (let i = 0; i < calls.depth; i++) if (stack.frames[i] !== pool.at(calls.frames[i]!)) return false;
    return (
      stack.reason === traits.reason &&
      stack.extent === traits.extent &&
      stack.elided === elided &&
      stack.gapAt === traits.gapAt &&
      stack.createdBy === (calls.createdBy < 0 ? undefined : pool.at(calls.createdBy))
    );
  }

  /** Index of a label set. */
  labels(set: readonly (readonly [string, string])[]): number {
    if (set.length === 0) return 0;
    const sorted = [...set].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const key = JSON.stringify(sorted);
    let index = this.#labelIndex.get(key);
    if (index === undefined) {
      index = this.#labelSets.length;
      this.#labelSets.push(new Map(sorted));
      this.#labelIndex.set(key, index);
      this.can("labels");
    }
    return index;
  }

  /** Reports something not understood; the list is bounded, the count of lost goroutines is not. */
  problem(problem: ReadProblem): void {
    if (problem.lost < 0) this.#lostUnknown = true;
    if (this.#problems.length >= maxProblems) {
      this.#unlistedProblems++;
      this.#unlistedLost += Math.max(problem.lost, 0);
      return;
    }
    const text = problem.text;
    this.#problems.push(
      text !== undefined && text.length > maxProblemText
        ? { ...problem, text: text.slice(0, maxProblemText) }
        : problem,
    );
  }

  /** The input ends before the dump does. */
  cut(problem: ReadProblem): void {
    this.#cut = true;
    this.problem(problem);
  }

  /** Notes that the input shows some goroutines by its nature, and no list says how many there are. */
  excerpt(): void {
    const count = this.goroutines.length;
    this.cut({
      message:
        `only the ${count === 1 ? "stack of one goroutine is" : `stacks of ${count} goroutines are`} here, not the list ` +
        "of all goroutines: nothing can be said of the others",
      lost: -1,
    });
  }

  event(event: DumpEvent): void {
    if (this.#events.length < maxProblems) this.#events.push(event);
  }

  /** Keeps a field that has no column. */
  keep(key: string, value: string): void {
    this.#extra[key] = value;
  }

  /** Nothing was found yet: no goroutine, no event, no problem. */
  get empty(): boolean {
    return this.headersSeen === 0 && this.#events.length === 0 && this.#problems.length === 0;
  }

  build(): Dump {
    const problems = [...this.#problems];
    if (this.#unlistedProblems > 0) {
      problems.push({
        message: `${plural(this.#unlistedProblems, "further problem")} of the same kinds`,
        lost: this.#unlistedLost,
      });
    }
    const lost = problems.reduce((sum, p) => sum + Math.max(p.lost, 0), 0);
    return {
      name: this.#name,
      format: this.#format,
      goVersion: this.goVersion,
      goroutines: this.goroutines,
      stacks: this.stacks,
      labelSets: this.#labelSets,
      capabilities: this.#capabilities,
      headersSeen: this.headersSeen,
      repeated: this.repeated,
      complete: !this.#cut && !this.#lostUnknown && lost === 0,
      missingShare: this.missingShare,
      problems,
      events: this.#events,
      extra: this.#extra,
    };
  }
}
