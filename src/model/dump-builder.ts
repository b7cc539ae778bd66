import { argumentSlots, type FrameArguments, type ResourcePlan, resourcePlan } from "./arguments.ts";
import type { Capability, Dump, DumpEvent, FormatId, ReadProblem } from "./dump.ts";
import { Goroutines } from "./goroutines.ts";
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

interface KnownSymbol {
  readonly symbol: GoSymbol;
  /** Its frames, the latest first; of functions with many, by line. */
  frames: KnownFrame | undefined;
  frameCount: number;
  byLine: Map<number, KnownFrame> | undefined;
}

interface KnownFrame {
  readonly frame: Frame;
  readonly id: number;
  readonly next: KnownFrame | undefined;
}

interface KnownStack {
  readonly handle: StackHandle;
  /** As its draft said it. */
  readonly wait: WaitKind | undefined;
  readonly next: KnownStack | undefined;
}

/** A copy of a string; a part of a larger string keeps all of it in memory. */
function standalone(text: string): string {
  const copy = Buffer.from(text, "utf8").toString("utf8");
  // What is no Unicode does not survive the way through bytes.
  return copy === text ? copy : text;
}

/** From so many frames of a function on, they are found by their line. */
const manyFrames = 8;

/** Puts the frame where `#frame` finds it. */
function addFrame(known: KnownSymbol, frame: Frame, id: number): KnownFrame {
  const { line } = frame;
  if (known.byLine === undefined && ++known.frameCount > manyFrames) {
    known.byLine = new Map();
    for (let old = known.frames; old !== undefined; old = old.next) {
      known.byLine.set(old.frame.line, { ...old, next: known.byLine.get(old.frame.line) });
    }
    known.frames = undefined;
  }
  const next = known.byLine === undefined ? known.frames : known.byLine.get(line);
  const added: KnownFrame = { frame, id, next };
  if (known.byLine === undefined) known.frames = added;
  else known.byLine.set(line, added);
  return added;
}

/** Frames are interned, so that equal ones are the same object. */
function isSameStack(
  known: KnownStack,
  draft: StackDraft,
  frames: readonly Frame[],
  createdBy: Frame | undefined,
  elided: number,
): boolean {
  const { stack } = known.handle;
  return (
    stack.reason === draft.reason &&
    stack.extent === draft.extent &&
    stack.elided === elided &&
    stack.createdBy === createdBy &&
    known.wait === draft.wait &&
    stack.frames.length === frames.length &&
    stack.frames.every((frame, index) => frame === frames[index])
  );
}

/** Collects what a reader finds, interning symbols, frames and stacks. One builder, one dump. */
export class DumpBuilder {
  readonly goroutines: Goroutines = new Goroutines();
  readonly stacks: Stack[] = [];
  readonly #name: string;
  readonly #format: FormatId;
  readonly #capabilities = new Set<Capability>();
  readonly #symbols = new Map<string, KnownSymbol>();
  #frameCount = 0;
  readonly #files = new Map<string, string>();
  /** By a hash of their frames; stacks of equal hash are chained. */
  readonly #handles = new Map<number, KnownStack>();
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

  symbol(name: string): GoSymbol {
    return this.#symbol(name).symbol;
  }

  #symbol(name: string): KnownSymbol {
    let known = this.#symbols.get(name);
    if (known === undefined) {
      const own = standalone(name);
      known = { symbol: parseSymbol(own), frames: undefined, frameCount: 0, byLine: undefined };
      this.#symbols.set(own, known);
    }
    return known;
  }

  frame(draft: FrameDraft): Frame {
    return this.#frame(draft).frame;
  }

  #frame(draft: FrameDraft): KnownFrame {
    const known = this.#symbol(draft.function);
    const { file, line } = draft;
    const inlined = draft.inlined ?? false;
    let found = known.byLine === undefined ? known.frames : known.byLine.get(line);
    for (; found !== undefined; found = found.next) {
      const { frame } = found;
      if (frame.line === line && frame.inlined === inlined && frame.file === file) return found;
    }
    return addFrame(
      known,
      { symbol: known.symbol, file: this.#file(file), line, inlined },
      this.#frameCount++,
    );
  }

  /** One string for each file, that does not hold on to the line that it was cut from. */
  #file(name: string): string {
    let file = this.#files.get(name);
    if (file === undefined) {
      file = standalone(name);
      this.#files.set(file, file);
    }
    return file;
  }

  /** The distinct stack of a draft; made when it is new. Slots are chosen from the first goroutine's arguments. */
  stack(draft: StackDraft): StackHandle {
    const elided = draft.elided ?? 0;
    const frames: Frame[] = [];
    let hash = elided;
    for (const f of draft.frames) {
      const known = this.#frame(f);
      frames.push(known.frame);
      hash = (Math.imul(hash, 31) + known.id) | 0;
    }
    const creator = draft.createdBy && this.#frame(draft.createdBy);
    hash = (Math.imul(hash, 31) + (creator?.id ?? -1)) | 0;
    const createdBy = creator?.frame;
    const first = this.#handles.get(hash);
    for (let known = first; known !== undefined; known = known.next) {
      if (isSameStack(known, draft, frames, createdBy, elided)) return known.handle;
    }
    const symbols = frames.map((f) => f.symbol);
    const args = draft.frames.map((f) => f.args ?? []);
    const wait =
      draft.wait ??
      waitKindOf(
        draft.reason,
        symbols.slice(0, 12).map((s) => s.plain),
      );
    const slots: readonly ArgumentSlot[] = argumentSlots(symbols, args);
    const stack: Stack = {
      reason: draft.reason,
      wait,
      frames,
      extent: draft.extent,
      ...(draft.gapAt === undefined ? {} : { gapAt: draft.gapAt }),
      elided,
      createdBy,
      slots,
    };
    const handle: StackHandle = {
      index: this.stacks.length,
      stack,
      resource: resourcePlan(wait, symbols, args),
    };
    this.stacks.push(stack);
    this.#handles.set(hash, { handle, wait: draft.wait, next: first });
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
        message: `${this.#unlistedProblems} further problems of the same kinds`,
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
