import type { Facts, Group } from "../match/facts.ts";
import { formatAddress } from "../model/address.ts";
import type { Frame } from "../model/stack.ts";
import type { ReportFrame, ReportStack } from "../report/report.ts";
import { sourceOf, strandLines } from "./source-lines.ts";

/** Goroutine ids shown for one stack or role. */
const maxIds = 10;
/** Label sets shown for one stack. */
const maxLabelSets = 5;

function reportFrame(frame: Frame, decisive: boolean, source?: ReportFrame["source"]): ReportFrame {
  return {
    function: frame.symbol.name,
    file: frame.file,
    line: frame.line,
    decisive,
    ...(frame.inlined ? { inlined: true } : {}),
    ...(source === undefined ? {} : { source }),
  };
}

interface Aggregate {
  readonly stackIndex: number;
  count: number;
  readonly ids: number[];
  min: number;
  max: number;
  /** The address that all wait for; `undefined` before the first row, NaN when they differ or don't say. */
  resource: number | undefined;
  readonly frames: Set<number>;
  /** Goroutines by their labels, an index into the dump's sets; without those that have none. */
  readonly labels: Map<number, number>;
}

/** Distinct stacks of some groups by falling count, equal counts in the dump's order. */
export function reportStacks(
  facts: Facts,
  members: readonly { readonly group: Group; readonly frames: readonly number[] }[],
): ReportStack[] {
  const byStack = new Map<number, Aggregate>();
  for (const { group, frames } of members) {
    let a = byStack.get(group.stackIndex);
    if (a === undefined) {
      const { stackIndex } = group;
      a = {
        stackIndex,
        count: 0,
        ids: [],
        min: Infinity,
        max: -1,
        resource: undefined,
        frames: new Set(),
        labels: new Map(),
      };
      byStack.set(stackIndex, a);
    }
    for (const f of frames) a.frames.add(f);
    addRows(facts, a, group);
  }
  return [...byStack.values()]
    .sort((a, b) => b.count - a.count || a.stackIndex - b.stackIndex)
    .map((a) => toReportStack(facts, a));
}

function addRows(facts: Facts, a: Aggregate, group: Group): void {
  const g = facts.dump.goroutines;
  a.count += group.weight;
  for (let i = 0; i < group.rows.length; i++) {
    const row = group.rows[i]!;
    if (!Number.isNaN(g.id[row]!)) insertSmallest(a.ids, g.id[row]!);
    const minutes = g.minutes[row]!;
    if (minutes >= 0 && minutes < a.min) a.min = minutes;
    if (minutes > a.max) a.max = minutes;
    if (a.resource === undefined) a.resource = g.resource[row]!;
    else if (g.resource[row]! !== a.resource) a.resource = Number.NaN;
    const labels = g.labels[row]!;
    if (labels !== 0) a.labels.set(labels, (a.labels.get(labels) ?? 0) + g.weight[row]!);
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

function toReportStack(facts: Facts, a: Aggregate): ReportStack {
  const stack = facts.dump.stacks[a.stackIndex]!;
  const resource = a.resource ?? Number.NaN;
  return {
    count: a.count,
    waitKind: stack.wait,
    waitReason: stack.reason,
    ...(a.max >= 0 ? { waitedMinutes: { min: a.min, max: a.max } } : {}),
    elided: stack.extent === "ends" ? -1 : stack.elided,
    frames: stack.frames.map((f, i) =>
      reportFrame(f, a.frames.has(i), a.frames.has(i) ? sourceOf(facts, a.stackIndex, i) : undefined),
    ),
    ...(stack.createdBy === undefined
      ? {}
      : {
          createdBy: reportFrame(
            stack.createdBy,
            false,
            a.frames.size === 0 ? undefined : strandLines(facts, a.stackIndex),
          ),
        }),
    goroutines: a.ids,
    ...(Number.isNaN(resource) ? {} : { resource: formatAddress(resource) }),
    ...(a.labels.size === 0 ? {} : { labels: reportLabels(facts, a.labels) }),
  };
}

/** The commonest label sets, keys in the dump's order; equal counts in the order of the dump. */
function reportLabels(facts: Facts, counts: ReadonlyMap<number, number>): NonNullable<ReportStack["labels"]> {
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, maxLabelSets)
    .map(([index, count]) => {
      // Not by assignment: a key may be called __proto__.
      const labels = Object.fromEntries(facts.dump.labelSets[index]!);
      return { labels, count };
    });
}
