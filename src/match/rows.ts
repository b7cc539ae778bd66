import type { Dump } from "../model/dump.ts";
import type { Goroutines } from "../model/goroutines.ts";
import { attribute } from "./condition.ts";

/** Goroutine ids that are kept of a group, the smallest. */
export const maxIds = 10;

/** What the goroutines of a group say together. */
export interface GroupSummary {
  /** The smallest ids, ascending. */
  readonly ids: readonly number[];
  /** Shortest and longest wait in minutes among those that say one; -1 when none does. */
  readonly minMinutes: number;
  readonly maxMinutes: number;
  /** The first two distinct addresses that they wait for. */
  readonly addresses: readonly number[];
  /** Some of them don't say what they wait for. */
  readonly addressUnknown: boolean;
  /** Goroutines by their labels, an index into the dump's sets; without those that have none. */
  readonly labels: ReadonlyMap<number, number>;
}

/** Rows of a dump, stack by stack, ascending within each; those of stack `i` begin at `start[i]`. */
export function rowsByStack({ goroutines, stacks }: Dump): { rows: Uint32Array; start: Uint32Array } {
  const start = new Uint32Array(stacks.length + 1);
  const { stack, length } = goroutines;
  for (let row = 0; row < length; row++) start[stack[row]! + 1]!++;
  for (let i = 0; i < stacks.length; i++) start[i + 1]! += start[i]!;
  const next = start.slice();
  const rows = new Uint32Array(length);
  for (let row = 0; row < length; row++) rows[next[stack[row]!]!++] = row;
  return { rows, start };
}

/** Ascending rows without some of them. */
export function rowsWithout(rows: ArrayLike<number>, some: ArrayLike<number>): Uint32Array {
  const rest = new Uint32Array(rows.length - some.length);
  let next = 0;
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === some[next]) next++;
    else rest[count++] = rows[i]!;
  }
  return rest;
}

/** A column of small numbers. */
export type SmallColumn = Int32Array | Uint32Array | Uint8Array;

/** Columns of numbers, by their bits of `attribute`. */
export function columns(g: Goroutines): [number, Float64Array | SmallColumn][] {
  return [
    [attribute.flags, g.flags],
    [attribute.labels, g.labels],
    [attribute.minutes, g.minutes],
    [attribute.resource, g.resource],
    // A goroutine's history hangs on its id.
    [attribute.id | attribute.history, g.id],
    [attribute.creator, g.creator],
  ];
}

/** Whether all rows have the same value, an unknown one (NaN) included. */
export function isUniform(rows: ArrayLike<number>, column: Float64Array | SmallColumn): boolean {
  const first = column[rows[0]!]!;
  let i = 1;
  if (Number.isNaN(first)) while (i < rows.length && Number.isNaN(column[rows[i]!]!)) i++;
  else while (i < rows.length && column[rows[i]!] === first) i++;
  return i === rows.length;
}

/** Reads what is to be known of all rows together in one go. */
export function summarize(g: Goroutines, rows: ArrayLike<number>): GroupSummary {
  const summary = new Summary();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    summary.add(g.id[row]!, g.minutes[row]!, g.resource[row]!, g.labels[row]!, g.weight[row]!);
  }
  return summary;
}

const noLabels: ReadonlyMap<number, number> = new Map();

/**
 * The summaries of all stacks, as `summarize` gives them one by one: in the order of the rows, since going stack by stack
 * through columns that are larger than the processor's cache costs many times as much.
 */
export function summarizeStacks({ goroutines: g, stacks }: Dump): GroupSummary[] {
  const all = stacks.map(() => new Summary());
  const { stack, id, minutes, resource, labels, weight, length } = g;
  for (let row = 0; row < length; row++)
    all[stack[row]!]!.add(id[row]!, minutes[row]!, resource[row]!, labels[row]!, weight[row]!);
  return all;
}

/** What the goroutines added so far say together. */
class Summary implements GroupSummary {
  readonly ids: number[] = [];
  readonly addresses: number[] = [];
  minMinutes = -1;
  maxMinutes = -1;
  addressUnknown = false;
  #labels: Map<number, number> | undefined;
  #largestId = Number.POSITIVE_INFINITY;

  get labels(): ReadonlyMap<number, number> {
    return this.#labels ?? noLabels;
  }

  add(id: number, minutes: number, address: number, labels: number, weight: number): void {
    if (id < this.#largestId) {
      insertSmallest(this.ids, id);
      if (this.ids.length === maxIds) this.#largestId = this.ids[maxIds - 1]!;
    }
    if (minutes >= 0 && (this.minMinutes < 0 || minutes < this.minMinutes)) this.minMinutes = minutes;
    if (minutes > this.maxMinutes) this.maxMinutes = minutes;
    if (Number.isNaN(address)) this.addressUnknown = true;
    else if (this.addresses.length < 2 && address !== this.addresses[0]) this.addresses.push(address);
    if (labels === 0) return;
    this.#labels ??= new Map();
    this.#labels.set(labels, (this.#labels.get(labels) ?? 0) + weight);
  }
}

/** Keeps the smallest ids, ascending. */
export function insertSmallest(ids: number[], id: number): void {
  if (ids.length === maxIds && id >= ids[maxIds - 1]!) return;
  let at = ids.length;
  while (at > 0 && ids[at - 1]! > id) at--;
  ids.splice(at, 0, id);
  if (ids.length > maxIds) ids.pop();
}
