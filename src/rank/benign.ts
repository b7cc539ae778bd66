import type { Facts } from "../match/facts.ts";
import type { Group } from "../match/group.ts";
import { type Match, matchRule } from "../match/match.ts";
import type { ReportDump } from "../report/report.ts";
import type { Rule } from "../rules/rule.ts";
import { severityOf } from "./confidence.ts";

/** What was set aside of a dump. */
export interface SetAside {
  /** By entry, in the order of the entries. A goroutine counts for the first that knows it. */
  readonly groups: ReportDump["benign"];
  /** Rows of the dump. */
  readonly rows: ReadonlySet<number>;
}

/** Finds the goroutines that belong to a healthy program; a group above its maximum is not among them. */
export function setAside(facts: Facts, benign: readonly Rule[]): SetAside {
  const rows = new Set<number>();
  const groups = benign.flatMap((rule) => {
    let count = 0;
    for (const { roles } of matchRule(rule, facts).matches)
      for (const { members } of roles)
        for (const { group } of members) count += take(facts, group.rows, rows);
    return count === 0 ? [] : [{ id: rule.id, title: rule.title, count }];
  });
  return { groups, rows };
}

function take(facts: Facts, taken: ArrayLike<number>, rows: Set<number>): number {
  let count = 0;
  for (let i = 0; i < taken.length; i++) {
    if (rows.has(taken[i]!)) continue;
    rows.add(taken[i]!);
    count += facts.dump.goroutines.weight[taken[i]!]!;
  }
  return count;
}

/**
 * True when nobody but goroutines that were set aside plays a required role. Errors stay: whoever waits in a proved
 * deadlock looks like one that waits for work.
 */
export function isBenign(match: Match, { rows }: SetAside): boolean {
  if (rows.size === 0) return false;
  const areAside = match.roles.every(
    ({ role, members }) => role.kind !== "required" || members.every(({ group }) => isWithin(group, rows)),
  );
  return areAside && severityOf(match) !== "error";
}

function isWithin(group: Group, rows: ReadonlySet<number>): boolean {
  // Most often the first says no, and the others need not be gathered.
  if (!rows.has(group.first)) return false;
  return Array.prototype.every.call(group.rows, (row: number) => rows.has(row));
}
