import type { DumpDiff, GroupChange, GroupDiff } from "../model/diff.ts";
import { plural } from "../words.ts";
import { count } from "./describe.ts";
import { visible } from "./escape.ts";
import { palette } from "./palette.ts";

export interface DiffTextOptions {
  readonly color: boolean;
  /** Groups shown; 0 for all. Unchanged ones come last, so they are left out first. */
  readonly maxGroups: number;
  /** Show groups whose count did not change. */
  readonly unchanged: boolean;
}

/** A comparison of dumps for people: the totals, then a line a group, the largest change first. */
export function diffText(diff: DumpDiff, options: DiffTextOptions): string {
  const paint = palette(options.color);
  const colors: Partial<Record<GroupChange, (text: string) => string>> = {
    new: paint.bad,
    grown: paint.bad,
    shrunk: paint.good,
    gone: paint.good,
  };
  const changed = diff.groups.filter((group) => options.unchanged || isWorthShowing(group));
  const shown = options.maxGroups > 0 ? changed.slice(0, options.maxGroups) : changed;
  const lines = [heading(diff)];
  if (shown.length === 0) lines.push("", "  no group changed");
  const rows = shown.map((group) => cells(group));
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  for (const [index, group] of shown.entries()) {
    const [delta, counts, change] = rows[index]!.map((cell, column) =>
      column === 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    const [first, ...rest] = group.key.split("\n").map(visible);
    const color = colors[group.change] ?? paint.dim;
    lines.push(`  ${color(delta!)}  ${counts}  ${change}  ${first}${paint.dim(stayed(group))}`);
    const indent = " ".repeat(widths.reduce((sum, width) => sum + width + 2, 4));
    lines.push(...rest.map((frame) => paint.dim(indent + frame)));
  }
  if (shown.length < changed.length)
    lines.push(`  … and ${changed.length - shown.length} further groups (--max-groups 0 shows all)`);
  lines.push("", ...diff.notes.map((note) => `note: ${visible(note)}`));
  return `${lines.join("\n").trimEnd()}\n`;
}

/** A group of the same size whose goroutines are others is churn, and no news. */
function isWorthShowing(group: GroupDiff): boolean {
  return group.change !== "same";
}

function heading(diff: DumpDiff): string {
  const [before, after] = [diff.before, diff.after].map((side) =>
    side.names.length === 1 ? side.names[0]! : `${side.names.length} dumps`,
  );
  const { goroutines: from } = diff.before;
  const { goroutines: to } = diff.after;
  const partial =
    diff.before.complete && diff.after.complete ? "" : "; a dump is incomplete, so counts are too small";
  return visible(
    `${before} → ${after}: ${count(from)} → ${plural(to, "goroutine")} (${signed(to - from)}), by ${diff.by}${partial}`,
  );
}

function cells(group: GroupDiff): string[] {
  return [signed(group.after - group.before), `${count(group.before)} → ${count(group.after)}`, group.change];
}

function signed(change: number): string {
  return change > 0 ? `+${count(change)}` : change < 0 ? `−${count(-change)}` : "±0";
}

function stayed(group: GroupDiff): string {
  if (group.stayed === undefined || group.stayed === 0) return "";
  return `  (${count(group.stayed)} still the same)`;
}
