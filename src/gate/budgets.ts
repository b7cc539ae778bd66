import { UsageError } from "../errors.ts";
import { diffDumps } from "../model/diff.ts";
import { type Dump, goroutineCount } from "../model/dump.ts";
import { isBlocked } from "../model/wait-kind.ts";

/** What a run may use; a value that is left out has no limit. */
export interface Budgets {
  /** Goroutines of one dump. */
  readonly maxGoroutines?: number;
  /** Goroutines of one dump that wait for others: channels, locks, wait groups. */
  readonly maxBlocked?: number;
  /** From the first to the last snapshot of a process. */
  readonly maxGrowth?: Growth;
}

/** A number of goroutines, or a share of those in the first snapshot. */
export interface Growth {
  readonly value: number;
  readonly unit: "goroutines" | "percent";
}

export interface BudgetResult {
  /** Budgets exceeded, a sentence each. */
  readonly exceeded: readonly string[];
  /** Budgets that this input can't decide, a sentence each. */
  readonly undecided: readonly string[];
}

/**
 * `500` or `20%`.
 * @throws UsageError for anything else
 */
export function parseGrowth(text: string): Growth {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s?(%?)$/.exec(text.trim());
  if (match === null)
    throw new UsageError(`--max-growth ${JSON.stringify(text)} is neither a number nor a percentage`, {
      hint: "Write --max-growth 500 or --max-growth 20%.",
    });
  return { value: Number(match[1]), unit: match[2] === "%" ? "percent" : "goroutines" };
}

/** Goroutines of a dump that wait for other goroutines. */
export function blockedCount(dump: Dump): number {
  const { goroutines, stacks } = dump;
  let sum = 0;
  for (let row = 0; row < goroutines.length; row++)
    if (isBlocked(stacks[goroutines.stack[row]!]!.wait)) sum += goroutines.weight[row]!;
  return sum;
}

/**
 * Compares dumps with budgets.
 * @param all the snapshots of each process, oldest first
 */
export function checkBudgets(all: readonly (readonly Dump[])[], budgets: Budgets): BudgetResult {
  const processes = all.map((dumps) => dumps.filter(isWhole)).filter((dumps) => dumps.length > 0);
  const results = processes.flatMap((snapshots) => [
    ...snapshots.flatMap((dump) => [total(dump, budgets.maxGoroutines), blocked(dump, budgets.maxBlocked)]),
    growth(snapshots, budgets.maxGrowth),
  ]);
  return {
    exceeded: results.flatMap((r) => r.exceeded ?? []),
    undecided: results.flatMap((r) => r.undecided ?? []),
  };
}

/** A leak profile of debug=0 or 1 has the leaked goroutines alone: their number says nothing of the process. */
function isWhole(dump: Dump): boolean {
  return dump.extra.profile !== "goroutineleak";
}

interface Verdict {
  readonly exceeded?: string;
  readonly undecided?: string;
}

function total(dump: Dump, limit: number | undefined): Verdict {
  const count = goroutineCount(dump);
  if (limit === undefined || count <= limit) return {};
  return { exceeded: `${dump.name}: ${count} goroutines, the budget is ${limit}` };
}

function blocked(dump: Dump, limit: number | undefined): Verdict {
  if (limit === undefined) return {};
  const count = blockedCount(dump);
  if (count > limit) return { exceeded: `${dump.name}: ${count} blocked goroutines, the budget is ${limit}` };
  // Without wait reasons nothing counts as blocked: that is no pass, unless all goroutines together are within budget.
  const known = dump.capabilities.has("wait-reasons") || goroutineCount(dump) <= limit;
  return known
    ? {}
    : { undecided: `${dump.name} has no wait reasons, so --max-blocked can't be decided: take debug=2` };
}

function growth(snapshots: readonly Dump[], limit: Growth | undefined): Verdict {
  const [first, last] = [snapshots[0], snapshots.at(-1)];
  if (limit === undefined || first === undefined || last === undefined) return {};
  if (snapshots.length < 2)
    return { undecided: `${first.name} is the only snapshot of its process: growth can't be decided` };
  const before = goroutineCount(first);
  const after = goroutineCount(last);
  const grown = after - before;
  const allowed = limit.unit === "percent" ? (before * limit.value) / 100 : limit.value;
  if (grown <= allowed) return {};
  const percent = before === 0 ? "" : `, by ${Math.round((100 * grown) / before)} %`;
  const budget = `${limit.value}${limit.unit === "percent" ? " %" : ""}`;
  return {
    exceeded: `goroutines grew from ${before} to ${after}${percent}, the budget is ${budget}${mostGrown(first, last)}`,
  };
}

/** The place with the largest growth, in words. */
function mostGrown(first: Dump, last: Dump): string {
  const group = diffDumps([first], [last], "site").groups.find((g) => g.after > g.before);
  return group === undefined
    ? ""
    : `; most at ${group.key.replaceAll("\n", " ← ")}: ${group.before} → ${group.after}`;
}
