import type { Dump } from "../model/dump.ts";
import { type Origin, originOf } from "../model/origin.ts";
import { entryOf, type FramePlace, siteOf } from "../model/places.ts";
import type { Frame } from "../model/stack.ts";
import { type HeldLocks, heldLocks } from "../model/wait-graph.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import type { DumpSource } from "../source/open-source.ts";
import type { OperationKind } from "../source/operations.ts";
import type { StackFacts } from "../source/source-facts.ts";
import { attribute } from "./condition.ts";
import type { History } from "./history.ts";

/** Goroutines of one distinct stack that are alike in all that was asked. */
export interface Group {
  readonly stackIndex: number;
  /** Rows of the dump's columns, ascending; they agree in the attributes asked, so the first speaks for all. */
  readonly rows: ArrayLike<number>;
  /** Goroutines, groups of aggregated profiles counted in full. */
  readonly weight: number;
}

export interface FactsOptions {
  readonly own?: (packagePath: string) => boolean;
  readonly history?: History;
  /** Go source beside the dump, with `--source-root`. */
  readonly source?: DumpSource;
}

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
  #rowStart: Uint32Array | undefined;
  #rows: Uint32Array = new Uint32Array(0);
  readonly #groups = new Map<number, readonly Group[]>();
  readonly #at: (FramePlace | undefined)[] = [];
  readonly #entry: (FramePlace | undefined)[] = [];
  readonly #origins = new Map<Frame, Origin>();
  #held: HeldLocks | undefined;
  #rowById: ReadonlyMap<number, number> | undefined;
  #total: number | undefined;

  constructor(dump: Dump, options: FactsOptions = {}) {
    this.dump = dump;
    this.history = options.history;
    this.source = options.source;
    this.#own = options.own;
  }

  /** All goroutines of the dump. */
  get total(): number {
    if (this.#total === undefined) {
      this.#total = 0;
      const weight = this.dump.goroutines.weight;
      for (let row = 0; row < this.dump.goroutines.length; row++) this.#total += weight[row]!;
    }
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

  /** Rows with this stack, ascending. */
  rowsOf(stackIndex: number): Uint32Array {
    if (this.#rowStart === undefined) this.#sortRows();
    return this.#rows.subarray(this.#rowStart![stackIndex]!, this.#rowStart![stackIndex + 1]!);
  }

  #sortRows(): void {
    const { goroutines, stacks } = this.dump;
    const start = new Uint32Array(stacks.length + 1);
    for (let row = 0; row < goroutines.length; row++) start[goroutines.stack[row]! + 1]!++;
    for (let i = 0; i < stacks.length; i++) start[i + 1]! += start[i]!;
    const next = start.slice();
    this.#rows = new Uint32Array(goroutines.length);
    for (let row = 0; row < goroutines.length; row++) this.#rows[next[goroutines.stack[row]!]!++] = row;
    this.#rowStart = start;
  }

  /** The goroutines of a stack, split by the attributes asked (bits of `attribute`). */
  groups(stackIndex: number, attributes: number): readonly Group[] {
    const key = stackIndex * 512 + attributes;
    let groups = this.#groups.get(key);
    if (groups === undefined) {
      groups = this.#split(stackIndex, attributes);
      this.#groups.set(key, groups);
    }
    return groups;
  }

  #split(stackIndex: number, attributes: number): readonly Group[] {
    return this.splitRows(stackIndex, this.rowsOf(stackIndex), attributes);
  }

  /** Rows of one stack, split by the attributes asked. */
  splitRows(stackIndex: number, rows: ArrayLike<number>, attributes: number): readonly Group[] {
    if (rows.length === 0) return [];
    if (attributes === 0 || rows.length === 1) return [this.groupOf(stackIndex, rows)];
    // Mostly they are all alike, and need no new lists.
    const first = this.#rowKey(rows[0]!, attributes);
    let alike = 1;
    while (alike < rows.length && Object.is(this.#rowKey(rows[alike]!, attributes), first)) alike++;
    if (alike === rows.length) return [this.groupOf(stackIndex, rows)];
    const parts = new Map<string | number, number[]>();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const key = this.#rowKey(row, attributes);
      const part = parts.get(key);
      if (part === undefined) parts.set(key, [row]);
      else part.push(row);
    }
    return [...parts.values()].map((part) => this.groupOf(stackIndex, part));
  }

  /** A group of some rows of one stack. */
  groupOf(stackIndex: number, rows: ArrayLike<number>): Group {
    let weight = 0;
    for (let i = 0; i < rows.length; i++) weight += this.dump.goroutines.weight[rows[i]!]!;
    return { stackIndex, rows, weight };
  }

  #rowKey(row: number, attributes: number): string | number {
    const g = this.dump.goroutines;
    if (attributes === attribute.resource) return g.resource[row]!;
    if (attributes === attribute.flags) return g.flags[row]!;
    if (attributes === attribute.minutes) return g.minutes[row]!;
    if (attributes === (attribute.minutes | attribute.flags)) return g.minutes[row]! * 256 + g.flags[row]!;
    let key = "";
    if (attributes & attribute.minutes) key += `m${g.minutes[row]}`;
    if (attributes & attribute.flags) key += `f${g.flags[row]}`;
    if (attributes & attribute.resource) key += `r${g.resource[row]}`;
    if (attributes & attribute.id) key += `i${g.id[row]}`;
    if (attributes & attribute.creator) key += `c${g.creator[row]}`;
    if (attributes & attribute.labels) key += `l${g.labels[row]}`;
    if (attributes & attribute.history) key += `h${g.id[row]}`;
    if (attributes & attribute.arguments) {
      const slots = this.dump.stacks[g.stack[row]!]!.slots.length;
      for (let i = 0; i < slots; i++) key += `a${g.argument(row, i)}`;
    }
    if (attributes & attribute.holds)
      key += `o${this.held.of(row).join(",")}${this.held.reenters(row) ? "r" : ""}`;
    return key;
  }

  /** Locks that goroutines may hold. */
  get held(): HeldLocks {
    this.#held ??= heldLocks(this.dump);
    return this.#held;
  }

  /** Value of an argument of a frame for a group; NaN when unknown. */
  argument(group: Group, frame: number, argument: number): number {
    const slots = this.dump.stacks[group.stackIndex]!.slots;
    const slot = slots.findIndex((s) => s.frame === frame && s.argument === argument);
    return slot < 0 ? Number.NaN : this.dump.goroutines.argument(group.rows[0]!, slot);
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
