import type { Facts } from "../match/facts.ts";
import type { Group } from "../match/group.ts";
import { formatAddress } from "../model/address.ts";
import { SmallestIds } from "../model/smallest-ids.ts";
import type { Frame } from "../model/stack.ts";
import type { ReportFrame, ReportStack } from "../report/report.ts";
import { sourceOf, strandLines } from "./source-lines.ts";

/** Label sets shown for one stack. */
const maxLabelSets = 5;

function reportFrame(frame: Frame, decisive: boolean, source?: ReportFrame["source"]): ReportFrame {
  const { file, line, inlined } = frame;
  const shown: ReportFrame = inlined
    ? { function: frame.symbol.name, file, line, decisive, inlined }
    : { function: frame.symbol.name, file, line, decisive };
  return source === undefined ? shown : { ...shown, source };
}

interface Aggregate {
  readonly stackIndex: number;
  readonly groups: Group[];
  count: number;
  readonly frames: Set<number>;
}

/**
 * Distinct stacks of some groups by falling count, equal counts in the dump's order; `most` are told, the rest counted.
 * @param framesOf frames of a member that are evidence
 */
export function reportStacks<M extends { readonly group: Group }>(
  facts: Facts,
  members: readonly M[],
  most: number,
  framesOf: (member: M) => readonly number[],
): { stacks: ReportStack[]; omitted: { stacks: number; goroutines: number } } {
  const counts = new Map<number, number>();
  let goroutines = 0;
  for (const { group } of members) {
    counts.set(group.stackIndex, (counts.get(group.stackIndex) ?? 0) + group.weight);
    goroutines += group.weight;
  }
  const told = new Map<number, Aggregate>();
  for (const { stackIndex, count } of largest(counts, most)) {
    told.set(stackIndex, { stackIndex, groups: [], count, frames: new Set() });
    goroutines -= count;
  }
  for (const member of members) {
    const aggregate = told.get(member.group.stackIndex);
    if (aggregate === undefined) continue;
    aggregate.groups.push(member.group);
    for (const frame of framesOf(member)) aggregate.frames.add(frame);
  }
  return {
    stacks: [...told.values()].map((a) => toReportStack(facts, a)),
    omitted: { stacks: counts.size - told.size, goroutines },
  };
}

type Counted = Pick<Aggregate, "stackIndex" | "count">;

/** The stacks with the largest counts, in order; there may be far more than are asked for. */
function largest(counts: ReadonlyMap<number, number>, most: number): Counted[] {
  const found: Counted[] = [];
  for (const [stackIndex, count] of counts) {
    const one = { stackIndex, count };
    if (counts.size <= most) {
      found.push(one);
      continue;
    }
    if (found.length === most && byCount(found[most - 1]!, one) < 0) continue;
    let at = found.length;
    while (at > 0 && byCount(found[at - 1]!, one) > 0) at--;
    found.splice(at, 0, one);
    if (found.length > most) found.pop();
  }
  return counts.size <= most ? found.sort(byCount) : found;
}

function byCount(a: Counted, b: Counted): number {
  return b.count - a.count || a.stackIndex - b.stackIndex;
}

/** The smallest ids of some groups, ascending. */
export function smallestIds(facts: Facts, groups: Iterable<Group>): number[] {
  const { id, tally } = facts.dump.goroutines;
  const smallest = new SmallestIds();
  const large: { readonly group: Group; readonly bound: number }[] = [];
  for (const group of groups) {
    if (group.weight === 1) smallest.add(id[group.first]!, group.first);
    else large.push({ group, bound: tally.smallestIds(group.stackIndex).ids[0] ?? Number.POSITIVE_INFINITY });
  }
  // The smallest id of its stack bounds a group's: those that can't have smaller ones than are found need not be asked.
  for (const { group, bound } of large.sort((a, b) => a.bound - b.bound)) {
    if (bound >= smallest.bound) break;
    for (const one of facts.summary(group).ids) smallest.add(one, group.first);
  }
  return smallest.ids;
}

function toReportStack(facts: Facts, a: Aggregate): ReportStack {
  const stack = facts.dump.stacks[a.stackIndex]!;
  const said = a.groups.map((group) => facts.summary(group));
  const waits = said.map((s) => s.waits).filter((s) => s.maxMinutes >= 0);
  const addresses = new Set(said.flatMap((s) => s.waitedFor.addresses));
  const [resource] = addresses;
  const labels = new Map<number, number>();
  for (const s of said) for (const [set, n] of s.waits.labels) labels.set(set, (labels.get(set) ?? 0) + n);
  const agreed = addresses.size === 1 && !said.some((s) => s.waitedFor.unknown);
  return {
    count: a.count,
    waitKind: stack.wait,
    waitReason: stack.reason,
    ...(stack.waitInferred ? { waitInferred: true as const } : {}),
    ...(waits.length > 0
      ? {
          waitedMinutes: {
            min: waits.reduce((least, s) => Math.min(least, s.minMinutes), Number.POSITIVE_INFINITY),
            max: waits.reduce((most, s) => Math.max(most, s.maxMinutes), 0),
          },
        }
      : {}),
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
    goroutines: smallestIds(facts, a.groups),
    ...(agreed && resource !== undefined ? { resource: formatAddress(resource) } : {}),
    ...(labels.size === 0 ? {} : { labels: reportLabels(facts, labels) }),
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
