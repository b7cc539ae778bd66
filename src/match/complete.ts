import type { Role, Rule } from "../rules/rule.ts";
import { fits, isAnchor, isConfirmed, joins } from "./agree.ts";
import type { Budget } from "./budget.ts";
import type { Bindings, Value } from "./condition.ts";
import type { Facts } from "./facts.ts";
import type { Group } from "./group.ts";
import type { ValueNumbers } from "./keys.ts";
import type { Match, RoleMembers } from "./match.ts";
import type { GrowingRelation, Member, Relation, Tuple, Wanted } from "./relation.ts";
import type { MatchTrace } from "./trace.ts";
import { TupleIndex } from "./tuple-index.ts";
import { UsedRows, weightOfMembers } from "./used-rows.ts";

/** Tuples of an optional or absent role, that may fit what the required roles bind. */
export interface Candidates {
  readonly role: Role;
  /** Of a witness the first that is free, where it was found before all tuples were. */
  readonly first?: Member;
  readonly tuples: readonly Tuple[];
  readonly undecided: readonly Tuple[];
}

/** Stacks that are asked first for somebody who plays a role that nobody may play; then ever more. */
const firstStacks = 64;

/** Finds the candidates of an optional or absent role by what it shares with the required ones. */
export class Lookup {
  readonly #relation: GrowingRelation;
  readonly #values: ValueNumbers;
  readonly #shared: readonly string[];
  #known: TupleIndex;
  #open: TupleIndex | undefined;
  #stacks = firstStacks;
  #isWhole = false;

  /** @param matching what the required roles bind in all matches; `undefined` when somebody asks why */
  constructor(
    relation: GrowingRelation,
    facts: Facts,
    needed: readonly Relation[],
    matching: readonly Bindings[] | undefined,
  ) {
    const { role } = relation;
    this.#relation = relation;
    this.#values = facts.values;
    this.#shared = [...role.variables.keys()].filter((v) => needed.some((r) => r.role.variables.has(v)));
    this.#known = new TupleIndex([], this.#values, this.#shared);
    if (matching !== undefined) relation.restrict(wantedOf(matching, this.#shared));
  }

  /** Whether one goroutine is there that ends the match. Most often it is found before all stacks are asked. */
  isForbidden(bindings: Bindings, facts: Facts, used: UsedRows, budget: Budget): boolean {
    if (!isAnyEnough(this.#relation.role)) return false;
    for (;;) {
      const found = this.#known.find(bindings);
      if (!budget.spend(found.length)) return false;
      if (firstMember(found, bindings, facts, used) !== undefined) return true;
      if (this.#isWhole) return false;
      this.#grow(this.#stacks);
      this.#stacks *= 4;
    }
  }

  /**
   * The first free witness, found before all stacks are asked; `undefined` where the others have to be known to tell who
   * is the first, or whether there is any.
   */
  #witness(bindings: Bindings, facts: Facts, used: UsedRows): Member | undefined {
    for (;;) {
      for (const tuple of this.#known.findKnown(bindings)) {
        if (fits(tuple, bindings) !== "yes") continue;
        const member = firstFree(tuple, facts, used);
        if (member !== undefined) return member;
        // It may have a free one later on.
        break;
      }
      if (this.#isWhole) return undefined;
      this.#grow(this.#stacks);
      this.#stacks *= 4;
    }
  }

  find(bindings: Bindings, facts: Facts, used: UsedRows): Candidates {
    if (this.#relation.role.kind === "witness") {
      const first = this.#witness(bindings, facts, used);
      if (first !== undefined) return { role: this.#relation.role, first, tuples: [], undecided: [] };
    }
    const { role, undecided } = this.#relation;
    if (!this.#isWhole) this.#grow(Number.POSITIVE_INFINITY);
    this.#open ??= new TupleIndex(undecided, this.#values, this.#shared);
    return { role, tuples: this.#known.find(bindings), undecided: this.#open.find(bindings) };
  }

  #grow(stacks: number): void {
    this.#isWhole = !this.#relation.grow(stacks);
    this.#known = new TupleIndex(this.#relation.found, this.#values, this.#shared);
  }
}

/** Finds the members of all roles for the bindings, checks counts and absences; `undefined` when the rule does not hold. */
export function complete(
  rule: Rule,
  facts: Facts,
  needed: readonly Relation[],
  ladder: ReadonlySet<string>,
  bindings: Bindings,
  indexes: readonly TupleIndex[],
  others: () => readonly Lookup[],
  budget: Budget,
  trace: MatchTrace | undefined,
): Match | undefined {
  const used = new UsedRows();
  const fitting = new Map<Role, readonly Tuple[]>();
  const roles: RoleMembers[] = [];
  const anchored = new Set<string>();
  let step: number | undefined;
  for (const { role } of needed) {
    const found = indexes[roles.length]!.find(bindings);
    if (!budget.spend(found.length)) return undefined;
    // Too few whoever of them fits: the commonest end of rules that ask for many.
    if (trace === undefined && role.minCount > 1 && weightOf(found) < role.minCount) return undefined;
    fitting.set(role, found);
    const anchor =
      ladder.size === 0 || ![...role.variables.keys()].some((v) => ladder.has(v) && anchored.has(v));
    if (ladder.size > 0) for (const v of role.variables.keys()) anchored.add(v);
    const bySteps = new Array<number>(rule.joinedBy.length).fill(0);
    const members: Member[] = [];
    // One tuple has each group but once.
    const seen = found.length > 1 ? new Set<Group>() : undefined;
    let count = 0;
    let confirmed = 0;
    for (const tuple of found) {
      const joined = anchor ? isAnchor(rule, ladder, bindings, tuple) : joins(rule, ladder, bindings, tuple);
      if (joined === undefined) continue;
      for (const member of tuple.members) {
        const group = used.free(facts, member.group);
        if (group === undefined || seen?.has(member.group)) continue;
        seen?.add(member.group);
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
  if (trace === undefined && others().some((other) => other.isForbidden(bindings, facts, used, budget)))
    return undefined;
  const candidates = others().map((other) => other.find(bindings, facts, used));
  if (!budget.spend(candidates.reduce((n, c) => n + c.tuples.length + c.undecided.length, 0)))
    return undefined;
  const match = finish(rule, facts, candidates, bindings, roles, used, { step, trace, fitting });
  if (match === undefined) return undefined;
  // Each match lists those of its optional roles, who may be many and in every match.
  const listed = match.roles.slice(roles.length).reduce((n, { members }) => n + members.length, 0);
  return budget.spend(listed) ? match : undefined;
}

function weightOf(tuples: readonly Tuple[]): number {
  let weight = 0;
  for (const tuple of tuples) weight += tuple.weight;
  return weight;
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
  for (const { role, first: found, tuples, undecided } of others) {
    if (role.kind === "witness" || (trace === undefined && isAnyEnough(role))) {
      const first = found ?? firstMember(tuples, bindings, facts, used);
      if (first !== undefined) {
        if (role.kind === "absent") return undefined;
        const count = first.group.weight;
        roles.push({ role, members: [first], count, confirmed: count });
        continue;
      }
    }
    const members: Member[] = [];
    let parts = 0;
    let count = 0;
    let open = 0;
    const visit = (tuple: Tuple, decided: boolean): void => {
      const fit = fits(tuple, bindings);
      if (fit === "no") return;
      if (!decided || fit === "unknown") {
        open += used.freeWeight(facts, tuple);
        return;
      }
      parts++;
      for (const member of tuple.members) {
        const group = used.free(facts, member.group);
        if (group === undefined) continue;
        members.push(group === member.group ? member : { ...member, group });
        count += group.weight;
      }
    };
    for (const tuple of tuples) visit(tuple, true);
    for (const tuple of undecided) visit(tuple, false);
    const unique = parts < 2 ? members : distinctMembers(members);
    const weight = weightOfMembers(unique);
    const played = unique.length > 0 && role.count(weight);
    if (played && role.kind === "absent") {
      trace?.present(role, bindings, count);
      return undefined;
    }
    if (!played) nobody.add(role.name);
    else
      roles.push({
        role,
        members: unique,
        count: weight,
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

/** Whether of a role that nobody may play one is as good as many: the first that is found decides. */
function isAnyEnough(role: Role): boolean {
  return role.kind === "absent" && role.count(1) && role.count(Number.MAX_SAFE_INTEGER);
}

function firstMember(
  tuples: readonly Tuple[],
  bindings: Bindings,
  facts: Facts,
  used: UsedRows,
): Member | undefined {
  for (const tuple of tuples) {
    const member = fits(tuple, bindings) === "yes" ? firstFree(tuple, facts, used) : undefined;
    if (member !== undefined) return member;
  }
  return undefined;
}

function firstFree(tuple: Tuple, facts: Facts, used: UsedRows): Member | undefined {
  for (const member of tuple.members) {
    const group = used.free(facts, member.group);
    if (group !== undefined) return group === member.group ? member : { ...member, group };
  }
  return undefined;
}

/** The values of each of some variables in all bindings; none of one that some of them leave open. */
function wantedOf(all: readonly Bindings[], names: readonly string[]): Wanted {
  const wanted = new Map<string, ReadonlySet<Value>>();
  for (const name of names) {
    const values = new Set<Value | undefined>();
    for (const bindings of all) values.add(bindings[name]);
    if (isKnown(values)) wanted.set(name, values);
  }
  return wanted;
}

function isKnown(values: ReadonlySet<Value | undefined>): values is ReadonlySet<Value> {
  return !values.has(undefined);
}

function distinctMembers(members: readonly Member[]): readonly Member[] {
  const seen = new Set<Group>();
  return members.filter((m) => !seen.has(m.group) && seen.add(m.group));
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
    let having = 0;
    let knowing = 0;
    for (const players of required) {
      const { role } = players;
      if (!role.variables.has(name)) continue;
      having++;
      const weight = knownWeight(players, fitting.get(role) ?? [], name, value);
      if (weight >= Math.max(1, role.minCount)) knowing++;
    }
    if (having > 0 && knowing === having) confirmed.add(name);
  }
  return confirmed;
}

/** How many who play a role are known to have a value. */
function knownWeight({ members }: RoleMembers, tuples: readonly Tuple[], name: string, value: Value): number {
  const only = members.length === 1 ? members[0]!.group : undefined;
  const groups = only === undefined ? new Set(members.map((m) => m.group)) : undefined;
  let weight = 0;
  for (const tuple of tuples) {
    if (tuple.bindings[name] !== value) continue;
    for (const { group } of tuple.members) if (group === only || groups?.has(group)) weight += group.weight;
  }
  return weight;
}
