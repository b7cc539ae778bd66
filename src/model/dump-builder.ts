import { plural } from "../words.ts";
import { argumentSlots, type FrameArguments, type ResourcePlan, resourcePlan } from "./arguments.ts";
import type { Capability, Dump, DumpEvent, FormatId, ReadProblem } from "./dump.ts";
import { Goroutines } from "./goroutines.ts";
import { IndexTable } from "./index-table.ts";
import type { ArgumentSlot, Frame, Stack, StackExtent } from "./stack.ts";
import { type GoSymbol, parseSymbol } from "./symbol.ts";
import { type WaitKind, waitKindOf } from "./wait-kind.ts";

/** A frame as a reader finds it. */
export interface FrameDraft {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly inlined?: boolean;
  /** Arguments, braces flattened, NaN for those not to be trusted; left out when the format has none. */
  readonly args?: FrameArguments;
}

/** A stack as a reader finds it. */
export interface StackDraft {
  readonly reason: string;
  /** Only where reason and frames can't say it, as for Delve's list. */
  readonly wait?: WaitKind;
  /** `wait` is a conclusion. */
  readonly waitInferred?: boolean;
  readonly frames: readonly FrameDraft[];
  readonly extent: StackExtent;
  readonly gapAt?: number;
  readonly elided?: number;
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

/** Something interned, and its number among its kind. */
interface Numbered<T> {
  readonly value: T;
  readonly number: number;
}

const noArguments: FrameArguments = [];

/** A copy of a string; a part of a larger string keeps all of it in memory. */
function standalone(text: string): string {
  const copy = Buffer.from(text, "utf8").toString("utf8");
  // What is no Unicode does not survive the way through bytes.
  return copy === text ? copy : text;
}

/** Frames are interned, so that equal ones are the same object. */
function isSameStack(
  stack: Stack,
  draft: StackDraft,
  frames: readonly Frame[],
  createdBy: Frame | undefined,
  elided: number,
): boolean {
  if (stack.frames.length !== frames.length) return false;
  for (let i = 0; i < frames.length; i++) if (stack.frames[i] !== frames[i]) return false;
  return (
    stack.reason === draft.reason &&
    stack.extent === draft.extent &&
    stack.elided === elided &&
    stack.createdBy === createdBy
  );
}

/** A stack that is new. */
function handleOf(
  draft: StackDraft,
  frames: readonly Frame[],
  createdBy: Frame | undefined,
  index: number,
): StackHandle {
  const symbols = frames.map((f) => f.symbol);
  const args = draft.frames.map((f) => f.args ?? noArguments);
  const wait =
    draft.wait ??
    waitKindOf(
      draft.reason,
      symbols.slice(0, 12).map((s) => s.plain),
    );
  const slots: readonly ArgumentSlot[] = argumentSlots(symbols, args);
  const { reason, extent, gapAt, elided = 0 } = draft;
  const whole: Stack =
    gapAt === undefined
      ? { reason, wait, frames, extent, elided, createdBy, slots }
      : { reason, wait, frames, extent, gapAt, elided, createdBy, slots };
  const stack: Stack = draft.waitInferred ? { ...whole, waitInferred: true } : whole;
  return { index, stack, resource: resourcePlan(wait, symbols, args) };
}

/** Collects what a reader finds, interning symbols, frames and stacks. One builder, one dump. */
export class DumpBuilder {
  readonly goroutines: Goroutines = new Goroutines();
  readonly stacks: Stack[] = [];
  readonly #name: string;
  readonly #format: FormatId;
  readonly #capabilities = new Set<Capability>();
  readonly #symbols = new Map<string, Numbered<GoSymbol>>();
  readonly #files = new Map<string, Numbered<string>>();
  readonly #frames: Frame[] = [];
  /** Of `#frames`, by symbol, file and line. */
  readonly #frameTable = new IndexTable();
  readonly #handles: StackHandle[] = [];
  /** Of `#handles`, by their frames. */
  readonly #stackTable = new IndexTable();
  /** What the drafts of some stacks said of their wait. */
  readonly #waits = new Map<number, WaitKind>();
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

  constructor(name: string, format: FormatId, capabilities: Iterable<Capability> = []) {
    this.#name = name;
    this.#format = format;
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
    return this.#symbol(name).value;
  }

  #symbol(name: string): Numbered<GoSymbol> {
    let known = this.#symbols.get(name);
    if (known === undefined) {
      const own = standalone(name);
      known = { value: parseSymbol(own), number: this.#symbols.size };
      this.#symbols.set(own, known);
    }
    return known;
  }

  frame(draft: FrameDraft): Frame {
    return this.#frames[this.#frame(draft)]!;
  }

  /** Number of the interned frame. */
  #frame(draft: FrameDraft): number {
    const { value: symbol, number } = this.#symbol(draft.function);
    const { value: file, number: fileNumber } = this.#file(draft.file);
    const { line } = draft;
    const inlined = draft.inlined ?? false;
    const hash =
      Math.imul(Math.imul(number, 0x9e3779b1) ^ fileNumber, 0x85ebca6b) ^ Math.imul(line, 0xc2b2ae35);
    const table = this.#frameTable;
    let slot = table.first(hash);
    for (let index = table.at(slot); index >= 0; index = table.at(slot)) {
      if (table.hash(index) === hash) {
        const frame = this.#frames[index]!;
        if (
          frame.symbol === symbol &&
          frame.line === line &&
          frame.inlined === inlined &&
          frame.file === file
        )
          return index;
      }
      slot = table.next(slot);
    }
    this.#frames.push({ symbol, file, line, inlined });
    return table.add(slot, hash);
  }

  /** One string for each file, that does not hold on to the line that it was cut from. */
  #file(name: string): Numbered<string> {
    let file = this.#files.get(name);
    if (file === undefined) {
      const own = standalone(name);
      file = { value: own, number: this.#files.size };
      this.#files.set(own, file);
    }
    return file;
  }

  /** The distinct stack of a draft; made when it is new. Slots are chosen from the first goroutine's arguments. */
  stack(draft: StackDraft): StackHandle {
    const elided = draft.elided ?? 0;
    const drafts = draft.frames;
    const frames = new Array<Frame>(drafts.length);
    let hash = elided;
    for (let i = 0; i < drafts.length; i++) {
      const number = this.#frame(drafts[i]!);
      frames[i] = this.#frames[number]!;
      hash = (Math.imul(hash, 31) + number) | 0;
    }
    const creator = draft.createdBy === undefined ? -1 : this.#frame(draft.createdBy);
    hash = (Math.imul(hash, 31) + creator) | 0;
    const createdBy = this.#frames[creator];
    const table = this.#stackTable;
    let slot = table.first(hash);
    for (let index = table.at(slot); index >= 0; index = table.at(slot)) {
      const known = this.#handles[index]!;
      if (
        table.hash(index) === hash &&
        this.#waits.get(index) === draft.wait &&
        isSameStack(known.stack, draft, frames, createdBy, elided)
      )
        return known;
      slot = table.next(slot);
    }
    const handle = handleOf(draft, frames, createdBy, table.add(slot, hash));
    if (draft.wait !== undefined) this.#waits.set(handle.index, draft.wait);
    this.#handles.push(handle);
    this.stacks.push(handle.stack);
    return handle;
  }

  /** Index of a label set. */
  labels(set: Iterable<readonly [string, string]>): number {
    const sorted = [...set].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (sorted.length === 0) return 0;
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
