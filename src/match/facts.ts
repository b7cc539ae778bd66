import type { Dump } from "../model/dump.ts";
import { type Origin, originOf } from "../model/origin.ts";
import { entryOf, type FramePlace, siteOf } from "../model/places.ts";
import type { Frame } from "../model/stack.ts";
import { type HeldLocks, heldLocks } from "../model/wait-graph.ts";
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
}

/**
 * What rules ask of a dump, worked out once for all rules and on demand:
 * goroutines by stack, groups of equal goroutines, the frames that matter, locks that may be held.
 */
export class Facts {
  readonly dump: Dump;
  readonly history: History | undefined;
  readonly #own: ((packagePath: string) => boolean) | undefined;
  #rowStart: Uint32Array | undefined;
  #rows: Uint32Array = new Uint32Array(0);
  readonly #groups = new Map<number, readonly Group[]>();
  readonly #at: (FramePlace | undefined)[] = [];
  readonly #entry: (FramePlace | undefined)[] = [];
  readonly #origins = new Map<Frame, Origin>();
  #held: HeldLocks | undefined;
  #total: number | undefined;

  constructor(dump: Dump, options: FactsOptions = {}) {
    this.dump = dump;
    this.history = options.history;
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
