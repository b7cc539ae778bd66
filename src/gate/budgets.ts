import { UsageError } from "../errors.ts";
import { diffDumps } from "../model/diff.ts";
import { type Dump, goroutinesByStack } from "../model/dump.ts";
import type { Stack } from "../model/stack.ts";
import { isBlocked } from "../model/wait-kind.ts";
import { count as grouped, plural } from "../words.ts";

/** What a process may use; a value that is left out has no limit. */
export interface Limits {
  /** Goroutines of one dump. */
  readonly maxGoroutines?: number;
  /** Goroutines of one dump that wait for others: channels, locks, wait groups. */
  readonly maxBlocked?: number;
  /** From the first to the last snapshot of a process. */
  readonly maxGrowth?: Growth;
}

/** Goroutines with limits of their own. */
export interface Group {
  /** What messages call it. */
  readonly name: string;
  /** Whether goroutines with this stack belong; undefined when the dump shows too little of it to tell. */
  includes(stack: Stack): boolean | undefined;
}

/** Limits of a group of goroutines; of all without one. */
export interface Budget extends Limits {
  readonly group?: Group;
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
  return countOf(dump, undefined, (stack) => isBlocked(stack.wait)).sure;
}

/**
 * Compares dumps with budgets.
 * @param all the snapshots of each process, oldest first
 */
export function checkBudgets(all: readonly (readonly Dump[])[], budgets: readonly Budget[]): BudgetResult {
  const processes = all.map((dumps) => dumps.filter(isWhole)).filter((dumps) => dumps.length > 0);
  const results = budgets.flatMap((budget) =>
    processes.flatMap((snapshots) => [
      ...snapshots.flatMap((dump) => [total(dump, budget), blocked(dump, budget)]),
      growth(snapshots, budget),
    ]),
  );
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

/** Goroutines that surely belong, and those that may. */
interface Count {
  readonly sure: number;
  readonly most: number;
}

function countOf(dump: Dump, group: Group | undefined, counts: (stack: Stack) => boolean): Count {
  const goroutines = goroutinesByStack(dump);
  let sure = 0;
  let unsure = 0;
  dump.stacks.forEach((stack, i) => {
    const belonging = counts(stack) && (group === undefined || group.includes(stack));
    if (belonging === true) sure += goroutines[i]!;
    else if (belonging === undefined) unsure += goroutines[i]!;
  });
  return { sure, most: sure + unsure };
}

const everyone = (): boolean => true;

function ofGroup({ group }: Budget): string {
  return group === undefined ? "" : ` of the group ${group.name}`;
}

/** What a dump without whole stacks can't say. */
function unknownMembers(dump: Dump, budget: Budget, count: Count): Verdict {
  const may = count.most - count.sure;
  return {
    undecided: `${dump.name} does not show whether ${plural(may, "goroutine is", "goroutines are")}${ofGroup(budget)}, so its budget can't be decided: take debug=2`,
  };
}

function total(dump: Dump, budget: Budget): Verdict {
  const limit = budget.maxGoroutines;
  if (limit === undefined) return {};
  const count = countOf(dump, budget.group, everyone);
  if (count.sure > limit)
    return {
      exceeded: `${dump.name}: ${plural(count.sure, "goroutine")}${ofGroup(budget)}, the budget is ${grouped(limit)}`,
    };
  return count.most > limit ? unknownMembers(dump, budget, count) : {};
}

function blocked(dump: Dump, budget: Budget): Verdict {
  const limit = budget.maxBlocked;
  if (limit === undefined) return {};
  const count = countOf(dump, budget.group, (stack) => isBlocked(stack.wait));
  if (count.sure > limit)
    return {
      exceeded: `${dump.name}: ${plural(count.sure, "blocked goroutine")}${ofGroup(budget)}, the budget is ${grouped(limit)}`,
    };
  if (count.most > limit) return unknownMembers(dump, budget, count);
  // Without wait reasons nothing counts as blocked: that is no pass, unless all goroutines together are within budget.
  const known = dump.capabilities.has("wait-reasons") || countOf(dump, budget.group, everyone).most <= limit;
  const name = budget.group === undefined ? "--max-blocked" : `max-blocked${ofGroup(budget)}`;
  return known
    ? {}
    : { undecided: `${dump.name} has no wait reasons, so ${name} can't be decided: take debug=2` };
}

function growth(snapshots: readonly Dump[], budget: Budget): Verdict {
  const limit = budget.maxGrowth;
  const [first, last] = [snapshots[0], snapshots.at(-1)];
  if (limit === undefined || first === undefined || last === undefined) return {};
  if (snapshots.length < 2)
    return { undecided: `${first.name} is the only snapshot of its process: growth can't be decided` };
  const before = countOf(first, budget.group, everyone);
  const after = countOf(last, budget.group, everyone);
  const allowed = (from: number): number =>
    limit.unit === "percent" ? (from * limit.value) / 100 : limit.value;
  if (after.sure - before.most <= allowed(before.most)) {
    const decided = after.most - before.sure <= allowed(before.sure);
    return decided ? {} : unknownMembers(after.most > after.sure ? last : first, budget, after);
  }
  const grown = after.sure - before.most;
  const percent = before.most === 0 ? "" : `, by ${Math.round((100 * grown) / before.most)} %`;
  const is = `the budget is ${grouped(limit.value)}${limit.unit === "percent" ? " %" : ""}`;
  const place = budget.group === undefined ? mostGrown(first, last) : "";
  return {
    exceeded: `goroutines${ofGroup(budget)} grew from ${grouped(before.most)} to ${grouped(after.sure)}${percent}, ${is}${place}`,
  };
}

/** The place with the largest growth, in words. */
function mostGrown(first: Dump, last: Dump): string {
  const group = diffDumps([first], [last], "site").groups.find((g) => g.after > g.before);
  return group === undefined
    ? ""
    : `; most at ${group.key.replaceAll("\n", " ← ")}: ${grouped(group.before)} → ${grouped(group.after)}`;
}
