import { count as inThousands } from "../report/describe.ts";
import { sourceKinds, thingKinds } from "../rules/predicates/predicate.ts";
import type { JoinStep, Role, Rule } from "../rules/rule.ts";
import { type Bindings, remaining } from "./condition.ts";
import type { Facts, Group } from "./facts.ts";
import type { Match, RoleMembers } from "./match.ts";
import { bindingsKey, type Member, type Relation, type Tuple } from "./relation.ts";
import type { MatchTrace } from "./trace.ts";
import { TupleIndex } from "./tuple-index.ts";

/** Tuples that are compared for one rule on one dump at most; beyond, the rule is named as not fully evaluated. */
const maxWork = 2_000_000;
/** Matches of one rule on one dump at most. */
const maxMatches = 10_000;

/** How a tuple of a later role relates to what is bound so far. */
type Joined = { readonly step: number | undefined } | undefined;

/**
 * Joins the relations of a rule: an equality join over all shared variables, three-valued, where the variables of
 * the `joined-by` ladder are compared step by step instead, the first step that both sides know deciding.
 */
export function joinRoles(
  rule: Rule,
  facts: Facts,
  relations: readonly Relation[],
  trace?: MatchTrace,
): { matches: Match[]; limit: string | undefined } {
  const ladder = new Set(rule.joinedBy.flatMap((s) => s.variables));
  const needed = required(relations);
  const indexes = needed.map((relation, position) =>
    indexOf(rule, relation, needed.slice(0, position), ladder),
  );
  const others = relations.filter((r) => r.role.kind !== "required").map((r) => lookupOf(r, needed));
  const budget = new Budget();
  let partial = new Map<string, Bindings>([["", {}]]);
  needed.forEach((relation, position) => {
    const next = new Map<string, Bindings>();
    // The first role that has a ladder variable sets its value; what others have is only compared with it.
    const fixed = new Set(
      [...ladder].filter((v) => needed.slice(0, position).some((r) => r.role.variables.has(v))),
    );
    for (const bindings of partial.values()) {
      const found = position === 0 ? relation.tuples : indexes[position]!.find(bindings);
      if (!budget.spend(found.length + 1)) break;
      for (const tuple of found) {
        if (position > 0 && joins(rule, ladder, bindings, tuple) === undefined) continue;
        const merged = extend(bindings, tuple.bindings, fixed);
        next.set(bindingsKey(merged), merged);
      }
    }
    const before = partial.size;
    partial = mostSpecific(next);
    if (position > 0) trace?.joined(relation.role, before, relation.tuples.length, partial.size);
  });
  const matches: Match[] = [];
  for (const bindings of partial.values()) {
    if (matches.length >= maxMatches)
      return { matches, limit: `more than ${inThousands(maxMatches)} findings` };
    if (budget.limit !== undefined) break;
    const match = complete(rule, facts, relations, ladder, bindings, indexes, others, budget, trace);
    if (match !== undefined) matches.push(match);
  }
  return { matches, limit: budget.limit };
}

/** An index of a role's tuples by what joins it to the roles before it. */
function indexOf(
  rule: Rule,
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
  return new TupleIndex(relation.tuples, shared, { steps: anchor ? [] : rule.joinedBy, first });
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

/** Counts what a rule costs; beyond the limit the rule is named as not fully evaluated. */
export class Budget {
  #left = maxWork;

  /** False when the budget is used up. */
  spend(units: number): boolean {
    this.#left -= units;
    return this.#left >= 0;
  }

  get limit(): string | undefined {
    return this.#left < 0 ? `more than ${inThousands(maxWork)} comparisons` : undefined;
  }
}

/** Whether a tuple fits the bindings; `undefined` when it does not. */
function joins(rule: Rule, ladder: ReadonlySet<string>, bindings: Bindings, tuple: Tuple): Joined {
  for (const name of Object.keys(tuple.bindings)) {
    if (ladder.has(name)) continue;
    const a = bindings[name];
    const b = tuple.bindings[name];
    if (a !== undefined && b !== undefined && a !== b) return undefined;
  }
  if (tuple.forbidden.some((f) => isEmpty(remaining(f, { ...tuple.bindings, ...bindings }))))
    return undefined;
  if (!Object.keys(tuple.bindings).some((name) => ladder.has(name))) return { step: undefined };
  const step = stepOf(rule, bindings, tuple.bindings);
  return step === undefined ? undefined : { step };
}

function isEmpty(rest: Bindings | undefined): boolean {
  return rest !== undefined && Object.keys(rest).length === 0;
}

/**
 * The first step of the ladder on which both agree. Two known addresses, or places where a channel is made, that differ
 * are two different things and end the climb; names that differ only fail to join by this step.
 */
function stepOf(rule: Rule, a: Bindings, b: Bindings): number | undefined {
  for (let i = 0; i < rule.joinedBy.length; i++) {
    const verdict = compareStep(rule, rule.joinedBy[i]!, a, b);
    if (verdict === "equal") return i;
    if (verdict === "different things") return undefined;
  }
  return undefined;
}

function compareStep(
  rule: Rule,
  step: JoinStep,
  a: Bindings,
  b: Bindings,
): "equal" | "different things" | "open" {
  let different = false;
  for (const name of step.variables) {
    const x = a[name];
    const y = b[name];
    if (x === undefined || y === undefined) return "open";
    if (x === y) continue;
    if (!thingKinds.has(rule.variables.get(name))) return "open";
    different = true;
  }
  return different ? "different things" : "equal";
}

/** Bindings with the tuple's values added; what is bound stays, unknown values are filled in. */
function extend(bindings: Bindings, more: Bindings, fixed: ReadonlySet<string>): Bindings {
  const merged = { ...bindings };
  for (const name of Object.keys(more)) {
    if (fixed.has(name)) continue;
    if (merged[name] === undefined && !(name in bindings && more[name] === undefined))
      merged[name] = more[name];
  }
  return merged;
}

/** Leaves out bindings that another one equals in all that both know and knows more. */
function mostSpecific(found: ReadonlyMap<string, Bindings>): Map<string, Bindings> {
  const open = [...found].filter(([, b]) => Object.values(b).includes(undefined));
  if (open.length === 0 || found.size > 5_000) return new Map(found);
  const kept = new Map(found);
  for (const [key, bindings] of open) {
    for (const [other, better] of found) {
      if (other !== key && kept.has(other) && isRefinement(better, bindings)) {
        kept.delete(key);
        break;
      }
    }
  }
  return kept;
}

function isRefinement(better: Bindings, bindings: Bindings): boolean {
  let more = false;
  for (const name of Object.keys(bindings)) {
    if (bindings[name] === better[name]) continue;
    if (bindings[name] !== undefined) return false;
    more = true;
  }
  return more;
}

function required(relations: readonly Relation[]): Relation[] {
  return relations.filter((r) => r.role.kind === "required");
}

/** Tuples of an optional or absent role, that may fit what the required roles bind. */
interface Candidates {
  readonly role: Role;
  readonly tuples: readonly Tuple[];
  readonly undecided: readonly Tuple[];
}

interface Lookup {
  find(bindings: Bindings): Candidates;
}

function lookupOf({ role, tuples, undecided }: Relation, needed: readonly Relation[]): Lookup {
  const shared = [...role.variables.keys()].filter((v) => needed.some((r) => r.role.variables.has(v)));
  const known = new TupleIndex(tuples, shared);
  const open = new TupleIndex(undecided, shared);
  return { find: (bindings) => ({ role, tuples: known.find(bindings), undecided: open.find(bindings) }) };
}

/** Rows that a match already uses, by stack. */
export class UsedRows {
  readonly #groups = new Map<number, Group[]>();

  /** The part of the group that no earlier role uses; `undefined` when nothing is left. */
  free(facts: Facts, group: Group): Group | undefined {
    const used = this.#groups.get(group.stackIndex);
    if (used === undefined) return group;
    if (used.includes(group)) return undefined;
    const taken = new Set<number>();
    for (const g of used) for (let i = 0; i < g.rows.length; i++) taken.add(g.rows[i]!);
    const rows: number[] = [];
    for (let i = 0; i < group.rows.length; i++) if (!taken.has(group.rows[i]!)) rows.push(group.rows[i]!);
    if (rows.length === group.rows.length) return group;
    return rows.length === 0 ? undefined : facts.groupOf(group.stackIndex, rows);
  }

  add(group: Group): void {
    const used = this.#groups.get(group.stackIndex);
    if (used === undefined) this.#groups.set(group.stackIndex, [group]);
    else used.push(group);
  }
}

/** Finds the members of all roles for the bindings, checks counts and absences; `undefined` when the rule does not hold. */
function complete(
  rule: Rule,
  facts: Facts,
  relations: readonly Relation[],
  ladder: ReadonlySet<string>,
  bindings: Bindings,
  indexes: readonly TupleIndex[],
  others: readonly Lookup[],
  budget: Budget,
  trace: MatchTrace | undefined,
): Match | undefined {
  const used = new UsedRows();
  const fitting = new Map<Role, readonly Tuple[]>();
  const roles: RoleMembers[] = [];
  const anchored = new Set<string>();
  let step: number | undefined;
  for (const { role } of required(relations)) {
    const found = indexes[roles.length]!.find(bindings);
    if (!budget.spend(found.length)) return undefined;
    fitting.set(role, found);
    const anchor = ![...role.variables.keys()].some((v) => ladder.has(v) && anchored.has(v));
    for (const v of role.variables.keys()) anchored.add(v);
    const bySteps = new Array<number>(rule.joinedBy.length).fill(0);
    const members: Member[] = [];
    const seen = new Set<Group>();
    let count = 0;
    let confirmed = 0;
    for (const tuple of found) {
      const joined = anchor ? isAnchor(rule, ladder, bindings, tuple) : joins(rule, ladder, bindings, tuple);
      if (joined === undefined) continue;
      for (const member of tuple.members) {
        const group = used.free(facts, member.group);
        if (group === undefined || seen.has(member.group)) continue;
        seen.add(member.group);
        members.push(group === member.group ? member : { ...member, group });
        count += group.weight;
        if (joined.step !== undefined) bySteps[joined.step]! += group.weight;
        if (isConfirmed(rule, tuple.bindings, bindings)) confirmed += group.weight;
      }
    }
    const enough = role.count(count) && (role.share === undefined || role.share(count / facts.total));
    trace?.counted(role, bindings, count, enough);
    if (!enough) return undefined;
    for (const m of members) used.add(m.group);
    roles.push({ role, members, count, confirmed });
    if (!anchor) step = Math.max(step ?? 0, sufficientStep(bySteps, role));
  }
  const candidates = others.map((other) => other.find(bindings));
  if (!budget.spend(candidates.reduce((n, c) => n + c.tuples.length + c.undecided.length, 0)))
    return undefined;
  return finish(rule, facts, candidates, bindings, roles, used, { step, trace, fitting });
}

/** The anchor's own tuples are those with exactly these ladder values. */
function isAnchor(rule: Rule, ladder: ReadonlySet<string>, bindings: Bindings, tuple: Tuple): Joined {
  for (const name of Object.keys(tuple.bindings)) {
    if (ladder.has(name) && tuple.bindings[name] !== bindings[name]) return undefined;
  }
  const own = new Set<string>();
  return joins({ ...rule, joinedBy: [] }, own, bindings, tuple) && { step: undefined };
}

/** The strongest step whose members alone are enough. */
function sufficientStep(bySteps: readonly number[], role: Role): number {
  let sum = 0;
  for (let i = 0; i < bySteps.length; i++) {
    sum += bySteps[i]!;
    if (sum > 0 && role.count(sum)) return i;
  }
  return bySteps.length - 1;
}

function isConfirmed(rule: Rule, tuple: Bindings, bindings: Bindings): boolean {
  return Object.keys(tuple).every((name) => {
    // What the source does not show leaves open nothing that the dump says.
    if (tuple[name] === undefined) return sourceKinds.has(rule.variables.get(name));
    return tuple[name] === bindings[name];
  });
}

/** Adds optional roles and asks for absent ones, each given with the tuples that may fit. */
export function finish(
  rule: Rule,
  facts: Facts,
  others: readonly Candidates[],
  bindings: Bindings,
  required: readonly RoleMembers[],
  used: UsedRows,
  {
    step,
    ring,
    trace,
    fitting = new Map(),
  }: {
    step: number | undefined;
    ring?: Match["ring"];
    trace: MatchTrace | undefined;
    /** Tuples of each required role among which its members are; all of them without. */
    fitting?: ReadonlyMap<Role, readonly Tuple[]>;
  },
): Match | undefined {
  const roles = [...required];
  const nobody = new Set<string>();
  const notRuledOut: { role: Role; count: number }[] = [];
  for (const { role, tuples, undecided } of others) {
    const members: Member[] = [];
    let count = 0;
    let open = 0;
    const visit = (tuple: Tuple, decided: boolean): void => {
      const fit = fits(tuple, bindings);
      if (fit === "no") return;
      for (const member of tuple.members) {
        const group = used.free(facts, member.group);
        if (group === undefined) continue;
        if (decided && fit === "yes") {
          members.push(group === member.group ? member : { ...member, group });
          count += group.weight;
        } else open += group.weight;
      }
    };
    for (const tuple of tuples) visit(tuple, true);
    for (const tuple of undecided) visit(tuple, false);
    const unique = distinctMembers(members);
    const played = unique.length > 0 && role.count(unique.reduce((n, m) => n + m.group.weight, 0));
    if (played && role.kind === "absent") {
      trace?.present(role, bindings, count);
      return undefined;
    }
    if (!played) nobody.add(role.name);
    else
      roles.push({
        role,
        members: unique,
        count: unique.reduce((n, m) => n + m.group.weight, 0),
        confirmed: count,
      });
    if (!played && open > 0) notRuledOut.push({ role, count: open });
  }
  return {
    rule,
    facts,
    bindings,
    roles,
    step,
    confirmed: confirmedVariables(rule, required, bindings, fitting),
    notRuledOut,
    nobody,
    ring,
  };
}

function distinctMembers(members: readonly Member[]): Member[] {
  const seen = new Set<Group>();
  return members.filter((m) => !seen.has(m.group) && seen.add(m.group));
}

function fits(tuple: Tuple, bindings: Bindings): "yes" | "no" | "unknown" {
  let unknown = false;
  for (const name of Object.keys(tuple.bindings)) {
    if (!(name in bindings)) continue;
    const a = bindings[name];
    const b = tuple.bindings[name];
    if (a === undefined || b === undefined) unknown = true;
    else if (a !== b) return "no";
  }
  if (tuple.forbidden.some((f) => isEmpty(remaining(f, bindings)))) return "no";
  return unknown ? "unknown" : "yes";
}

/** Variables that every required role that has them knows, for as many members as it needs. */
function confirmedVariables(
  rule: Rule,
  required: readonly RoleMembers[],
  bindings: Bindings,
  fitting: ReadonlyMap<Role, readonly Tuple[]>,
): ReadonlySet<string> {
  const confirmed = new Set<string>();
  for (const name of rule.variables.keys()) {
    const value = bindings[name];
    if (value === undefined) continue;
    const having = required.filter((r) => r.role.variables.has(name));
    const all = having.every(({ role, members }) => {
      const groups = new Set(members.map((m) => m.group));
      const tuples = fitting.get(role) ?? [];
      let weight = 0;
      for (const t of tuples) {
        if (t.bindings[name] !== value) continue;
        for (const m of t.members) if (groups.has(m.group)) weight += m.group.weight;
      }
      return weight >= Math.max(1, role.minCount);
    });
    if (having.length > 0 && all) confirmed.add(name);
  }
  return confirmed;
}
