import { type Blocking, blockingOf } from "../model/blocking.ts";
import { type Capability, type Dump, goroutineCount, goroutinesByStack } from "../model/dump.ts";
import { type LockTypes, lockTypes } from "../model/lock-types.ts";
import { type Origin, originOf } from "../model/origin.ts";
import { entryOf, type FramePlace, siteOf } from "../model/places.ts";
import type { Frame } from "../model/stack.ts";
import { type HeldLocks, heldLocks } from "../model/wait-graph.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import type { ReadText } from "../rules/predicates/frame-properties.ts";
import type { DumpSource } from "../source/open-source.ts";
import type { OperationKind } from "../source/operations.ts";
import type { StackFacts } from "../source/source-facts.ts";
import { CellTable } from "./cells.ts";
import { attribute, type Condition } from "./condition.ts";
import { crowdsOf } from "./crowds.ts";
import { Families } from "./families.ts";
import { type Group, GroupSummary, LazyGroup, RestGroup, type Sample } from "./group.ts";
import type { History } from "./history.ts";
import { ValueNumbers } from "./keys.ts";
import { columns, isUniform, rowsByStack } from "./rows.ts";
import { Split } from "./split.ts";
import { StackIndex } from "./stack-index.ts";

export interface FactsOptions {
  readonly own?: (packagePath: string) => boolean;
  readonly history?: History;
  /** Go source beside the dump, with `--source-root`. */
  readonly source?: DumpSource;
}

const noAddresses: ReadonlySet<number> = new Set();

/** How a goroutine waits at an operation; locks and groups show their own frames in every dump. */
const waitAt: Partial<Readonly<Record<OperationKind, WaitKind>>> = {
  send: "chan-send",
  receive: "chan-receive",
  range: "chan-receive",
  select: "select",
};

/**
 * What rules ask of a dump, worked out once for all rules and on demand:
 * goroutines by stack, groups of equal goroutines, the frames that matter, locks that may be held.
 */
export class Facts {
  readonly dump: Dump;
  readonly history: History | undefined;
  /** Go source beside the dump; `undefined` when none was given. */
  readonly source: DumpSource | undefined;
  readonly #own: ((packagePath: string) => boolean) | undefined;
  #byStack: ReturnType<typeof rowsByStack> | undefined;
  #cells: CellTable | undefined;
  readonly #whole: (Group | undefined)[] = [];
  readonly #alone: (readonly Group[] | undefined)[] = [];
  readonly #summaries = new WeakMap<Group, GroupSummary>();
  #families: Families | undefined;
  readonly #groups = new Map<number, readonly Group[]>();
  readonly #splits = new WeakMap<ArrayLike<number>, Map<number, readonly Group[]>>();
  readonly #at: (FramePlace | undefined)[] = [];
  readonly #entry: (FramePlace | undefined)[] = [];
  readonly #origins = new Map<Frame, Origin>();
  readonly #lines = new Map<Frame, string>();
  /** Numbers of the values that rules bind. */
  readonly values = new ValueNumbers();
  readonly #crowds = new Map<ReadText, Float64Array>();
  readonly #columns: ReturnType<typeof columns>;
  #held: HeldLocks | undefined;
  #blocking: Blocking | undefined;
  #lockTypes: LockTypes | undefined;
  #rowById: ReadonlyMap<number, number> | undefined;
  #index: StackIndex | undefined;
  #total: number | undefined;
  #hasAddresses: boolean | undefined;
  #infersWaits: boolean | undefined;

  constructor(dump: Dump, options: FactsOptions = {}) {
    this.dump = dump;
    this.history = options.history;
    this.source = options.source;
    this.#columns = columns(dump.goroutines);
    this.#own = options.own;
  }

  /** There are earlier snapshots of the process. */
  get hasEarlier(): boolean {
    return (this.history?.earlier.length ?? 0) > 0;
  }

  /** Whether the dump has all of some facts. */
  shows(facts: readonly Capability[]): boolean {
    return facts.every((fact) => this.dump.capabilities.has(fact));
  }

  /** All goroutines of the dump. */
  get total(): number {
    this.#total ??= goroutineCount(this.dump);
    return this.#total;
  }

  /** Row of the goroutine with this id. */
  rowOf(id: number): number | undefined {
    if (this.#rowById === undefined) {
      const ids = this.dump.goroutines.id;
      const rows = new Map<number, number>();
      for (let row = 0; row < this.dump.goroutines.length; row++) rows.set(ids[row]!, row);
      this.#rowById = rows;
    }
    return this.#rowById.get(id);
  }

  /** Finds stacks by what roles ask first. */
  get index(): StackIndex {
    this.#index ??= new StackIndex(this.dump.stacks);
    return this.#index;
  }

  /** Rows with this stack, ascending. */
  rowsOf(stackIndex: number): Uint32Array {
    this.#byStack ??= rowsByStack(this.dump);
    const { rows, start } = this.#byStack;
    return rows.subarray(start[stackIndex]!, start[stackIndex + 1]!);
  }

  /** All goroutines of a stack; the same object every time. */
  whole(stackIndex: number): Group {
    let whole = this.#whole[stackIndex];
    if (whole === undefined) {
      const { start, first: firsts } = this.dump.goroutines.tally.cells(this.dump.stacks.length);
      const first = firsts[start[stackIndex]!]!;
      const weight = goroutinesByStack(this.dump)[stackIndex]!;
      // A view of one row takes more memory than the row.
      whole =
        this.rowCount(stackIndex) === 1
          ? { stackIndex, rows: [first], first, weight }
          : new LazyGroup(stackIndex, first, weight, () => this.rowsOf(stackIndex));
      this.#whole[stackIndex] = whole;
    }
    return whole;
  }

  /** How many rows have this stack. */
  rowCount(stackIndex: number): number {
    return this.dump.goroutines.tally.rows(stackIndex);
  }

  /** The goroutine of a stack that has but one, in a list; `undefined` where there are more. */
  alone(stackIndex: number): readonly Group[] | undefined {
    if (this.rowCount(stackIndex) !== 1) return undefined;
    this.#alone[stackIndex] ??= [this.whole(stackIndex)];
    return this.#alone[stackIndex];
  }

  /** What the goroutines of a group say together; the same object every time. */
  summary(group: Group): GroupSummary {
    let summary = this.#summaries.get(group);
    if (summary === undefined) {
      summary = new GroupSummary(this, group);
      this.#summaries.set(group, summary);
    }
    return summary;
  }

  /** Whether a group is all of its stack, as `whole` gives it. */
  isWhole(group: Group): boolean {
    return group === this.#whole[group.stackIndex];
  }

  /** Some goroutine says the address of what it waits for. */
  get hasAddresses(): boolean {
    const { tally } = this.dump.goroutines;
    this.#hasAddresses ??= this.dump.stacks.some((_, i) => tally.hasAddress(i));
    return this.#hasAddresses;
  }

  /** Of some stack the dump does not say what its goroutines wait for. */
  get infersWaits(): boolean {
    this.#infersWaits ??= this.dump.stacks.some((stack) => stack.waitInferred === true);
    return this.#infersWaits;
  }

  /** The longest wait of a group in minutes; -1 when the dump says none. */
  longestWait(group: Group): number {
    // Most often there is one goroutine, of which nothing needs to be remembered.
    return group.weight === 1
      ? this.dump.goroutines.minutes[group.first]!
      : this.summary(group).waits.maxMinutes;
  }

  /** Distinct addresses that the goroutines of a group wait for, as far as known. */
  resources(group: Group): ReadonlySet<number> {
    if (!this.dump.goroutines.tally.hasAddress(group.stackIndex)) return noAddresses;
    const { addresses } = this.summary(group).waitedFor;
    if (addresses.length < 2) return new Set(addresses);
    const all = new Set<number>();
    for (let i = 0; i < group.rows.length; i++) all.add(this.dump.goroutines.resource[group.rows[i]!]!);
    all.delete(Number.NaN);
    return all;
  }

  /** The goroutines of each stack by what is kept in small numbers. */
  get cells(): CellTable {
    this.#cells ??= new CellTable(this);
    return this.#cells;
  }

  /** The kind of a goroutine, by flags, labels and minutes: a number below `kindCount`. */
  kindOf(row: number): number {
    return this.dump.goroutines.tally.kinds.ofRow[row]!;
  }

  get kindCount(): number {
    return this.dump.goroutines.tally.kinds.first.length;
  }

  /** Who started whom, by ids. */
  get families(): Families {
    this.#families ??= new Families(this.dump);
    return this.#families;
  }

  /** The goroutines of a stack, split by the attributes asked (bits of `attribute`). */
  groups(stackIndex: number, asked: number): readonly Group[] {
    const alone = this.alone(stackIndex);
    if (alone !== undefined) return alone;
    const attributes = this.#differing(stackIndex, asked);
    const key = stackIndex * 512 + attributes;
    let groups = this.#groups.get(key);
    if (groups === undefined) {
      groups =
        attributes === 0
          ? [this.whole(stackIndex)]
          : this.splitRows(stackIndex, this.rowsOf(stackIndex), attributes);
      this.#groups.set(key, groups);
    }
    return groups;
  }

  /** Those of some attributes in which goroutines of the stack can differ at all. */
  #differing(stackIndex: number, asked: number): number {
    let attributes = asked;
    if (!this.hasEarlier) attributes &= ~attribute.history;
    if (attributes & attribute.resource && !this.dump.goroutines.tally.hasAddress(stackIndex))
      attributes &= ~attribute.resource;
    if (attributes & attribute.holds && !this.held.any) attributes &= ~attribute.holds;
    return attributes;
  }

  /** A group, split further. */
  split(group: Group, attributes: number): readonly Group[] {
    if (this.isWhole(group)) return this.groups(group.stackIndex, attributes);
    return this.splitRows(group.stackIndex, group.rows, attributes);
  }

  /** Rows of one stack, split by the attributes asked; roles that ask for the same of the same list get the same groups. */
  splitRows(stackIndex: number, rows: ArrayLike<number>, asked: number): readonly Group[] {
    if (rows.length === 0) return [];
    const attributes = this.#differing(stackIndex, asked);
    if (attributes === 0 || rows.length === 1) return [this.groupOf(stackIndex, rows)];
    const only = this.#columns.find(([bits]) => (attributes & bits) !== 0 && (attributes & ~bits) === 0);
    if (only !== undefined && isUniform(rows, only[1])) return [this.groupOf(stackIndex, rows)];
    let splits = this.#splits.get(rows);
    if (splits === undefined) {
      splits = new Map();
      this.#splits.set(rows, splits);
    }
    let groups = splits.get(attributes);
    if (groups === undefined) {
      const parts = this.splitOf(stackIndex, rows, attributes).parts();
      groups = parts.map((part) => this.groupOf(stackIndex, part));
      splits.set(attributes, groups);
    }
    return groups;
  }

  /**
   * For all ways in which the goroutines of a group may answer a condition: one of them, and how many are like it.
   * Cheaper than `split`, for questions of which only the number of goroutines counts.
   */
  kinds(group: Group, condition: Condition): readonly Sample[] {
    if (condition.attributes === 0) return [group];
    const alone = this.alone(group.stackIndex);
    if (alone !== undefined) return alone;
    return condition.byCell === undefined
      ? this.split(group, condition.attributes)
      : this.cells.alike(group, condition);
  }

  /** A group of some rows of one stack. */
  groupOf(stackIndex: number, rows: ArrayLike<number>): Group {
    return this.rowCount(stackIndex) === rows.length
      ? this.whole(stackIndex)
      : this.#weighed(stackIndex, rows);
  }

  /** The goroutines of a stack without some of its rows, given ascending; `undefined` when none is left. */
  without(stackIndex: number, some: ArrayLike<number>): Group | undefined {
    const whole = this.whole(stackIndex);
    if (some.length === 0) return whole;
    if (some.length === this.rowCount(stackIndex)) return undefined;
    const weight = whole.weight - this.#weighed(stackIndex, some).weight;
    return new RestGroup(whole, some, weight, this.dump.goroutines.stack);
  }

  #weighed(stackIndex: number, rows: ArrayLike<number>): Group {
    const first = rows[0]!;
    if (this.total === this.dump.goroutines.length) return { stackIndex, rows, first, weight: rows.length };
    let weight = 0;
    for (let i = 0; i < rows.length; i++) weight += this.dump.goroutines.weight[rows[i]!]!;
    return { stackIndex, rows, first, weight };
  }

  /** How rows of one stack differ in the attributes asked, without making groups of them. */
  splitOf(stackIndex: number, rows: ArrayLike<number>, attributes: number): Split {
    const g = this.dump.goroutines;
    const split = new Split(rows);
    for (const [bit, column] of this.#columns) if (attributes & bit) split.byNumbers(column);
    if (attributes & attribute.arguments) {
      const { slots } = this.dump.stacks[stackIndex]!;
      for (let i = 0; i < slots.length; i++) split.byNumbers(g.arguments, g.argumentStart, i);
    }
    if (attributes & attribute.holds && this.held.any)
      split.byText((row) => this.held.of(row).join(",") + (this.held.reenters(row) ? "r" : ""));
    return split;
  }

  /** Locks that goroutines may hold. */
  get held(): HeldLocks {
    this.#held ??= heldLocks(this.dump);
    return this.#held;
  }

  /** Who waits behind whom. */
  get blocking(): Blocking {
    this.#blocking ??= blockingOf(this.dump, this.held, this.lockTypes);
    return this.#blocking;
  }

  /** Locks by the type that they guard, where addresses are dead. */
  get lockTypes(): LockTypes {
    this.#lockTypes ??= lockTypes(this.dump);
    return this.#lockTypes;
  }

  /** The innermost frame outside runtime, sync, syscall and internal/…: the line that blocks. */
  at(stackIndex: number): FramePlace {
    this.#at[stackIndex] ??= siteOf(this.dump.stacks[stackIndex]!);
    return this.#at[stackIndex]!;
  }

  /** The function that was started with `go` (or `main.main`), compiler-made wrappers skipped. */
  entry(stackIndex: number): FramePlace {
    this.#entry[stackIndex] ??= entryOf(this.dump.stacks[stackIndex]!);
    return this.#entry[stackIndex]!;
  }

  /** What the source says of a stack; `undefined` when no source was given. */
  inSource(stackIndex: number): StackFacts | undefined {
    return this.source?.facts(this.dump.stacks[stackIndex]!);
  }

  /** How the goroutines of a stack wait: as the dump says or, where it only says that they do, as the source shows. */
  wait(stackIndex: number): WaitKind {
    const { wait } = this.dump.stacks[stackIndex]!;
    if (wait !== "parked" || this.source === undefined) return wait;
    const operation = this.inSource(stackIndex)?.site?.kind;
    return (operation && waitAt[operation]) ?? wait;
  }

  /** `file:line` of a frame, the same text every time; `undefined` when the dump does not say. */
  line(frame: Frame): string | undefined {
    if (frame.file === "" || frame.line === 0) return undefined;
    let line = this.#lines.get(frame);
    if (line === undefined) {
      line = `${frame.file}:${frame.line}`;
      this.#lines.set(frame, line);
    }
    return line;
  }

  /** How many goroutines of the dump have the same as those of a stack at the line that blocks. */
  crowd(stackIndex: number, read: ReadText): number {
    let crowds = this.#crowds.get(read);
    if (crowds === undefined) {
      crowds = crowdsOf(this, read);
      this.#crowds.set(read, crowds);
    }
    return crowds[stackIndex]!;
  }

  /** Whose code a frame is. */
  origin(frame: Frame): Origin {
    let origin = this.#origins.get(frame);
    if (origin === undefined) {
      origin = originOf(frame.symbol, frame.file, this.#own);
      this.#origins.set(frame, origin);
    }
    return origin;
  }
}
