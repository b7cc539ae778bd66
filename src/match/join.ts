import { count as inThousands } from "../report/describe.ts";
import type { Role, Rule } from "../rules/rule.ts";
import { extend, joins, mostSpecific } from "./agree.ts";
import { Budget } from "./budget.ts";
import { complete, Lookup } from "./complete.ts";
import type { Bindings } from "./condition.ts";
import type { Facts } from "./facts.ts";
import { bindingsKey } from "./keys.ts";
import type { Match } from "./match.ts";
import type { GrowingRelation, Relation } from "./relation.ts";
import type { MatchTrace } from "./trace.ts";
import { TupleIndex } from "./tuple-index.ts";

/** Matches of one rule on one dump at most, beside one for each distinct stack. */
const moreMatches = 10_000;

/**
 * Joins the relations of a rule: an equality join over all shared variables, three-valued, where the variables of
 * the `joined-by` ladder are compared step by step instead, the first step that both sides know deciding.
 * @param needed relations of the roles that must be played, in the rule's order
 * @param optional those of the others, asked for when somebody plays all of the first
 */
export function joinRoles(
  rule: Rule,
  facts: Facts,
  needed: readonly Relation[],
  optional: () => readonly GrowingRelation[],
  trace?: MatchTrace,
): { matches: Match[]; limit: string | undefined } {
  const ladder = new Set(rule.joinedBy.flatMap((s) => s.variables));
  const indexes = needed.map((relation, position) =>
    indexOf(rule, facts, relation, needed.slice(0, position), ladder),
  );
  let partial: readonly Bindings[] = [{}];
  let lookups: readonly Lookup[] | undefined;
  const others = (): readonly Lookup[] => {
    lookups ??= optional().map(
      (r) => new Lookup(r, facts, needed, trace === undefined ? partial : undefined),
    );
    return lookups;
  };
  const budget = new Budget(facts.dump.stacks.length);
  const maxMatches = facts.dump.stacks.length + moreMatches;
  needed.forEach((relation, position) => {
    const before = partial.length;
    const { tuples } = relation;
    if (position === 0 && tuples.every(({ forbidden }) => forbidden.length === 0)) {
      // They differ in what they bind.
      partial = budget.spend(tuples.length + 1) ? mostSpecific(tuples.map(({ bindings }) => bindings)) : [];
      return;
    }
    const next = new Map<string, Bindings>();
    // The first role that has a ladder variable sets its value; what others have is only compared with it.
    const fixed = new Set(
      [...ladder].filter((v) => needed.slice(0, position).some((r) => r.role.variables.has(v))),
    );
    for (const bindings of partial) {
      const found = position === 0 ? tuples : indexes[position]!.find(bindings);
      if (!budget.spend(found.length + 1)) break;
      for (const tuple of found) {
        if (position > 0 && joins(rule, ladder, bindings, tuple) === undefined) continue;
        const merged = extend(bindings, tuple.bindings, fixed);
        next.set(bindingsKey(merged), merged);
      }
    }
    partial = mostSpecific([...next.values()]);
    if (position > 0) trace?.joined(relation.role, before, tuples.length, partial.length);
  });
  const matches: Match[] = [];
  for (const bindings of partial) {
    if (matches.length >= maxMatches)
      return { matches, limit: `more than ${inThousands(maxMatches)} findings` };
    if (budget.limit !== undefined) break;
    const match = complete(rule, facts, needed, ladder, bindings, indexes, others, budget, trace);
    if (match !== undefined) matches.push(match);
  }
  return { matches, limit: budget.limit };
}

/** An index of a role's tuples by what joins it to the roles before it. */
function indexOf(
  rule: Rule,
  facts: Facts,
  relation: Relation,
  earlier: readonly Relation[],
  ladder: ReadonlySet<string>,
): TupleIndex {
  const { role } = relation;
  const own = [...role.variables.keys()].filter((v) => ladder.has(v));
  const anchor = !own.some((v) => earlier.some((r) => r.role.variables.has(v)));
  // The first role's members agree in all that it must know, and in the ladder's values, unknown ones included.
  const plain = [...role.variables].filter(([v, use]) => !use.optional && !ladder.has(v)).map(([v]) => v);
  const first = earlier.length === 0;
  const shared = first ? [...plain, ...own] : sharedVariables(role, earlier, ladder);
  return new TupleIndex(relation.tuples, facts.values, shared, { steps: anchor ? [] : rule.joinedBy, first });
}

function sharedVariables(
  role: Role,
  earlier: readonly Relation[],
  ladder: ReadonlySet<string>,
): readonly string[] {
  return [...role.variables.keys()].filter(
    (v) => !ladder.has(v) && earlier.some((r) => r.role.variables.has(v)),
  );
}
