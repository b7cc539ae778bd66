import type { Dump } from "./dump.ts";
import { siteOf, entryOf } from "./places.ts";
import type { Frame, Stack } from "./stack.ts";

/** What goroutines can be counted by. */
export const histogramKeys = ["site", "entry", "wait", "creator", "label", "stack"] as const;
export type HistogramKey = (typeof histogramKeys)[number];

export interface Histogram {
  /** All goroutines. */
  readonly total: number;
  /** Groups by falling count, equal counts by key. */
  readonly rows: readonly { readonly key: string; readonly count: number }[];
}

/** Counts the goroutines of a dump. */
export function histogram(dump: Dump, by: HistogramKey, label?: string): Histogram {
  const counts = new Map<string, number>();
  const keys = dump.stacks.map((stack) => (by === "label" ? "" : keyOf(stack, by)));
  const labels = dump.labelSets.map((set) => labelKey(set, label));
  const g = dump.goroutines;
  let total = 0;
  for (let row = 0; row < g.length; row++) {
    const key = by === "label" ? labels[g.labels[row]!]! : keys[g.stack[row]!]!;
    counts.set(key, (counts.get(key) ?? 0) + g.weight[row]!);
    total += g.weight[row]!;
  }
  const rows = [...counts].map(([key, count]) => ({ key, count }));
  rows.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { total, rows };
}

function keyOf(stack: Stack, by: Exclude<HistogramKey, "label">): string {
  switch (by) {
    case "site":
      return `${placeText(stack, siteOf(stack))}  [${stack.wait}]`;
    case "entry":
      return placeText(stack, entryOf(stack));
    case "wait":
      return stack.wait;
    case "creator":
      return stack.createdBy === undefined ? "(not said)" : frameText(stack.createdBy);
    case "stack":
      return `${stack.frames.map((f) => f.symbol.name).join(" ← ")}  [${stack.wait}]`;
  }
}

function placeText(stack: Stack, place: number | "unknown" | "none"): string {
  const frame = stack.frames[typeof place === "number" ? place : 0];
  return frame === undefined ? "(no stack)" : frameText(frame);
}

function frameText(frame: Frame): string {
  return frame.file === "" ? frame.symbol.name : `${frame.symbol.name} ${frame.file}:${frame.line}`;
}

function labelKey(set: ReadonlyMap<string, string>, label: string | undefined): string {
  if (label !== undefined) return set.has(label) ? `${label}=${set.get(label)}` : `(no label ${label})`;
  return set.size === 0 ? "(no label)" : [...set].map(([k, v]) => `${k}=${v}`).join(" ");
}
