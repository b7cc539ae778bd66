import { argumentSlots, type FrameArguments, type ResourcePlan, resourcePlan } from "./arguments.ts";
import type { Capability, Dump, DumpEvent, FormatId, ReadProblem } from "./dump.ts";
import { Goroutines } from "./goroutines.ts";
import { type ArgumentSlot, type Frame, type Stack, type StackExtent, stackKey } from "./stack.ts";
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

/** Collects what a reader finds, interning symbols, frames and stacks. One builder, one dump. */
export class DumpBuilder {
  readonly goroutines: Goroutines = new Goroutines();
  readonly stacks: Stack[] = [];
  readonly #name: string;
  readonly #format: FormatId;
  readonly #capabilities = new Set<Capability>();
  readonly #symbols = new Map<string, GoSymbol>();
  readonly #frames = new Map<string, Frame>();
  readonly #handles = new Map<string, StackHandle>();
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
    let symbol = this.#symbols.get(name);
    if (symbol === undefined) {
      symbol = parseSymbol(name);
      this.#symbols.set(name, symbol);
    }
    return symbol;
  }

  frame(draft: FrameDraft): Frame {
    const inlined = draft.inlined ?? false;
    const key = `${draft.function}\u0000${draft.file}\u0000${draft.line}\u0000${inlined ? "i" : ""}`;
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      frame = { symbol: this.symbol(draft.function), file: draft.file, line: draft.line, inlined };
      this.#frames.set(key, frame);
    }
    return frame;
  }

  /** The distinct stack of a draft; made when it is new. Slots are chosen from the first goroutine's arguments. */
  stack(draft: StackDraft): StackHandle {
    const frames = draft.frames.map((f) => this.frame(f));
    const createdBy = draft.createdBy && this.frame(draft.createdBy);
    const elided = draft.elided ?? 0;
    const key = `${stackKey({ reason: draft.reason, frames, createdBy, extent: draft.extent, elided })}\u0002${draft.wait ?? ""}`;
    const known = this.#handles.get(key);
    if (known !== undefined) return known;
    const symbols = frames.map((f) => f.symbol);
    const args = draft.frames.map((f) => f.args ?? []);
    const wait =
      draft.wait ??
      waitKindOf(
        draft.reason,
        symbols.map((s) => s.plain),
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
    this.#handles.set(key, handle);
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

  event(event: DumpEvent): void {
    if (this.#events.length < maxProblems) this.#events.push(event);
  }

  /** Keeps a field that has no column. */
  keep(key: string, value: string): void {
    this.#extra[key] = value;
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
