import { type Dump, goroutineCount } from "./dump.ts";
import { type GroupBy, Grouping, type GroupingOptions } from "./grouping.ts";

export type GroupChange = "new" | "grown" | "same" | "shrunk" | "gone";

/** One group of goroutines in two dumps. */
export interface GroupDiff {
  /** The group's name; of a stack, a frame a line. */
  readonly key: string;
  readonly change: GroupChange;
  readonly before: number;
  readonly after: number;
  /** Goroutines that were in this group before and still are, by id; undefined where ids or processes can't be compared. */
  readonly stayed: number | undefined;
}

export interface DiffSide {
  readonly names: readonly string[];
  readonly goroutines: number;
  /** False when a dump of this side is cut or was not wholly understood. */
  readonly complete: boolean;
}

export interface DumpDiff {
  readonly by: GroupBy;
  readonly before: DiffSide;
  readonly after: DiffSide;
  /** By the size of the change, the largest first; unchanged groups last. */
  readonly groups: readonly GroupDiff[];
  /** What the two sides can't be compared in, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Compares goroutine counts, group by group. Several dumps on a side, of several instances, are added up; the ids of
 * goroutines are compared only between single dumps.
 */
export function diffDumps(
  before: readonly Dump[],
  after: readonly Dump[],
  by: GroupBy,
  options: GroupingOptions = {},
): DumpDiff {
  const all = [...before, ...after];
  const notes: string[] = [];
  const framesOnly = options.framesOnly ?? (by === "stack" && !agreeOnReasons(all));
  if (framesOnly && options.framesOnly === undefined)
    notes.push("not every dump has wait reasons and creators: stacks are compared by their frames alone");
  if (by === "label" && all.some((d) => !d.capabilities.has("labels")))
    notes.push("not every dump has labels: debug=0 and debug=1 of pprof have them, and so has Delve");
  const compareIds = before.length === 1 && after.length === 1 && all.every((d) => d.capabilities.has("ids"));
  if (!compareIds)
    notes.push("goroutines can't be followed by their ids: that needs one dump with ids on each side");
  const table = new Map<string, { before: number; after: number; stayed: number }>();
  const entry = (key: string) => {
    const counts = table.get(key) ?? { before: 0, after: 0, stayed: 0 };
    table.set(key, counts);
    return counts;
  };
  const earlier = new Map<number, string>();
  eachRow(before, by, { ...options, framesOnly }, (key, weight, id) => {
    entry(key).before += weight;
    if (compareIds) earlier.set(id, key);
  });
  eachRow(after, by, { ...options, framesOnly }, (key, weight, id) => {
    const counts = entry(key);
    counts.after += weight;
    if (compareIds && earlier.get(id) === key) counts.stayed++;
  });
  const groups = [...table].map(([key, counts]): GroupDiff => {
    const stayed = compareIds ? counts.stayed : undefined;
    return { key, change: changeOf(counts), before: counts.before, after: counts.after, stayed };
  });
  return { by, before: side(before), after: side(after), groups: groups.sort(bySize), notes };
}

function agreeOnReasons(dumps: readonly Dump[]): boolean {
  return (["wait-reasons", "creators"] as const).every(
    (fact) => new Set(dumps.map((d) => d.capabilities.has(fact))).size <= 1,
  );
}

function eachRow(
  dumps: readonly Dump[],
  by: GroupBy,
  options: GroupingOptions,
  visit: (key: string, weight: number, id: number) => void,
): void {
  for (const dump of dumps) {
    const grouping = new Grouping(dump, by, options);
    const { goroutines } = dump;
    for (let row = 0; row < goroutines.length; row++)
      visit(grouping.key(row), goroutines.weight[row]!, goroutines.id[row]!);
  }
}

function changeOf({ before, after }: { before: number; after: number }): GroupChange {
  if (before === 0) return "new";
  if (after === 0) return "gone";
  return after > before ? "grown" : after < before ? "shrunk" : "same";
}

function bySize(a: GroupDiff, b: GroupDiff): number {
  const sizes = Math.abs(b.after - b.before) - Math.abs(a.after - a.before);
  return sizes || b.after - a.after || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function side(dumps: readonly Dump[]): DiffSide {
  return {
    names: dumps.map((d) => d.name),
    goroutines: dumps.reduce((sum, d) => sum + goroutineCount(d), 0),
    complete: dumps.every((d) => d.complete),
  };
}
