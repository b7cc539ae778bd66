import type { Dump } from "../model/dump.ts";
import type { Goroutines } from "../model/goroutines.ts";
import { SmallestIds } from "../model/smallest-ids.ts";
import type { WaitedFor } from "../model/tally.ts";
import { attribute } from "./condition.ts";

/** What some goroutines say of how long they wait, and their labels. */
export interface Waits {
  /** Shortest and longest wait in minutes among those that say one; -1 when none does. */
  readonly minMinutes: number;
  readonly maxMinutes: number;
  /** Goroutines by their labels, an index into the dump's sets; without those that have none. */
  readonly labels: ReadonlyMap<number, number>;
}

/** Rows of a dump, stack by stack, ascending within each; those of stack `i` begin at `start[i]`. */
export function rowsByStack({ goroutines, stacks }: Dump): { rows: Uint32Array; start: Uint32Array } {
  const start = new Uint32Array(stacks.length + 1);
  const { stack, length, tally } = goroutines;
  for (let i = 0; i < stacks.length; i++) start[i + 1] = start[i]! + tally.rows(i);
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

/** The smallest ids among some rows, ascending. */
export function smallestIds({ id }: Goroutines, rows: ArrayLike<number>): number[] {
  const smallest = new SmallestIds();
  for (let i = 0; i < rows.length; i++) smallest.add(id[rows[i]!]!, rows[i]!);
  return smallest.ids;
}

/** What some rows wait for. */
export function waitedFor({ resource }: Goroutines, rows: ArrayLike<number>): WaitedFor {
  const addresses: number[] = [];
  let unknown = false;
  for (let i = 0; i < rows.length; i++) {
    const address = resource[rows[i]!]!;
    if (Number.isNaN(address)) unknown = true;
    else if (addresses.length < 2 && address !== addresses[0]) addresses.push(address);
  }
  return { addresses, unknown };
}

export const noLabels: ReadonlyMap<number, number> = new Map();
