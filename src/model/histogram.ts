import type { Dump } from "./dump.ts";
import { type GroupBy, Grouping } from "./grouping.ts";

export interface Histogram {
  /** All goroutines. */
  readonly total: number;
  /** Groups by falling count, equal counts by key. */
  readonly rows: readonly { readonly key: string; readonly count: number }[];
}

/** Counts the goroutines of a dump by group. */
export function histogram(dump: Dump, by: GroupBy, label?: string): Histogram {
  const grouping = new Grouping(dump, by, label === undefined ? {} : { label });
  const counts = new Map<string, number>();
  const g = dump.goroutines;
  let total = 0;
  for (let row = 0; row < g.length; row++) {
    const key = grouping.key(row);
    counts.set(key, (counts.get(key) ?? 0) + g.weight[row]!);
    total += g.weight[row]!;
  }
  const rows = [...counts].map(([key, count]) => ({ key, count }));
  rows.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { total, rows };
}
