import { addTo } from "../add-to.ts";
import { count } from "../report/describe.ts";
import type { Rule } from "../rules/rule.ts";
import { finish } from "./complete.ts";
import type { Value } from "./condition.ts";
import type { Facts } from "./facts.ts";
import type { Match, RingLink } from "./match.ts";
import type { Relation, Tuple } from "./relation.ts";
import type { MatchTrace } from "./trace.ts";
import { UsedRows } from "./used-rows.ts";

/** Steps of the search for one rule at most; beyond, the rule is named as not fully evaluated. */
const maxSteps = 200_000;
const maxCycles = 1_000;

/** Finds goroutines of the cycle's role that wait for each other in a ring: each wants what the next has. */
export function findCycles(
  rule: Rule,
  facts: Facts,
  needed: readonly Relation[],
  optional: () => readonly Relation[],
  trace?: MatchTrace,
): { matches: Match[]; limit: string | undefined } {
  const { role, want, have, length, maxLength } = rule.cycle!;
  const isRing = (r: Relation): boolean => r.role.name === role;
  const relation = needed.find(isRing) ?? optional().find(isRing)!;
  const holders = new Map<Value, number[]>();
  relation.tuples.forEach((tuple, i) => {
    const held = tuple.bindings[have];
    if (held === undefined) return;
    addTo(holders, held, i);
  });
  const rings = new Map<string, readonly number[]>();
  let steps = 0;
  let limit: string | undefined;
  const search = (start: number, path: number[]): void => {
    if (limit !== undefined) return;
    if (++steps > maxSteps || rings.size >= maxCycles) {
      limit = `more than ${rings.size >= maxCycles ? `${count(maxCycles)} cycles` : `${count(maxSteps)} steps in the search for cycles`}`;
      return;
    }
    const last = relation.tuples[path[path.length - 1]!]!;
    for (const next of holders.get(last.bindings[want]!) ?? []) {
      if (next === start && length(path.length))
        rings.set([...path].sort((a, b) => a - b).join(","), [...path]);
      // A ring is found from its smallest member only, and a goroutine stands in it once.
      if (
        next > start &&
        !path.includes(next) &&
        path.length < maxLength &&
        !sameGoroutines(relation.tuples, path, next)
      ) {
        search(start, [...path, next]);
      }
    }
  };
  for (let i = 0; i < relation.tuples.length; i++) search(i, [i]);
  trace?.searched(relation.role, relation.tuples.length, rings.size);
  const matches: Match[] = [];
  for (const ring of rings.values()) {
    const used = new UsedRows();
    const links = ring.map((i) => linkOf(relation.tuples[i]!, want, have));
    const members = links.flatMap((link) => link.members);
    for (const m of members) used.add(m.group);
    const count = members.reduce((n, m) => n + m.group.weight, 0);
    const required = [{ role: relation.role, members, count, confirmed: count }];
    const match = finish(rule, facts, optional(), {}, required, used, {
      step: undefined,
      ring: links,
      trace,
    });
    if (match !== undefined) matches.push(match);
  }
  return { matches, limit };
}

function linkOf({ bindings, members }: Tuple, want: string, have: string): RingLink {
  return { members, want: bindings[want]!, have: bindings[have]! };
}

/** One goroutine may hold several locks and so stand in several tuples. */
function sameGoroutines(tuples: readonly Tuple[], path: readonly number[], next: number): boolean {
  const rows = new Set<number>();
  for (const i of path) for (const m of tuples[i]!.members) rows.add(m.group.first);
  return tuples[next]!.members.every((m) => rows.has(m.group.first));
}
