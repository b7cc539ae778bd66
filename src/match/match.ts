import type { Fact } from "../model/dump.ts";
import type { Role, Rule, When } from "../rules/rule.ts";
import { type Bindings, type Condition, isOnCell, type Value } from "./condition.ts";
import { findCycles } from "./cycle.ts";
import type { Facts } from "./facts.ts";
import { roleGroups } from "./fold.ts";
import { joinRoles } from "./join.ts";
import { reachOfRoles, requiredReach } from "./reach.ts";
import { type GrowingRelation, type Member, type Relation, relationOf, withoutHistory } from "./relation.ts";
import type { MatchTrace } from "./trace.ts";
import { lackingFacts } from "./undecidable.ts";
import { doubtsOf, whenHolds } from "./when.ts";

/** The goroutines that play one role in a match. */
export interface RoleMembers {
  readonly role: Role;
  readonly members: readonly Member[];
  readonly count: number;
  /** Members whose joining values are all known and equal to the match's. */
  readonly confirmed: number;
}

/** One way in which a rule holds on a dump. */
export interface Match {
  readonly rule: Rule;
  readonly facts: Facts;
  readonly bindings: Bindings;
  /** Required roles, then those optional ones that have members. */
  readonly roles: readonly RoleMembers[];
  /** Index of the weakest step of `joined-by` that was needed; `undefined` without a ladder. */
  readonly step: number | undefined;
  /** Variables whose value is known and equal in every required role that has them. */
  readonly confirmed: ReadonlySet<string>;
  /** `absent` roles that could not be ruled out, and how many goroutines might play them. */
  readonly notRuledOut: readonly { readonly role: Role; readonly count: number }[];
  /** Optional and absent roles that nobody plays. */
  readonly nobody: ReadonlySet<string>;
  /** Who waits for whom of a rule with `cycle`: each wants what the next has. */
  readonly ring: readonly RingLink[] | undefined;
}

/** The roles of those who take part: witnesses are only looked at. */
export function participants({ roles }: Match): RoleMembers[] {
  return roles.filter(({ role }) => role.kind !== "witness");
}

/** Goroutines of a ring: what they want, and what they have that the one before wants. */
export interface RingLink {
  readonly members: readonly Member[];
  readonly want: Value;
  readonly have: Value;
}

/** What became of a rule on a dump. */
export interface RuleResult {
  readonly rule: Rule;
  readonly matches: readonly Match[];
  /** Facts that the dump lacks and without which the rule could not be decided; empty when it was decided. */
  readonly missing: ReadonlySet<Fact>;
  /** Set when a limit was hit, so that matches may be missing. */
  readonly limit: string | undefined;
}

/** Runs a rule over a dump; `trace` is told every step. */
export function matchRule(rule: Rule, facts: Facts, trace?: MatchTrace): RuleResult {
  const decided = { rule, matches: [], missing: new Set<Fact>(), limit: undefined };
  if (rule.event !== undefined && !facts.dump.events.some((e) => rule.event!(e.text))) return decided;
  if (trace === undefined && !mayBePlayed(rule, facts)) return decided;
  // Without a single goroutine that might belong to a required role, the rule is decided: it does not hold.
  const required = requiredReach(rule, facts, trace === undefined);
  if (required === undefined) return decided;
  const lacking = trace === undefined ? lackingFacts(rule, facts, required) : undefined;
  if (lacking !== undefined) return { ...decided, missing: lacking };
  const reach = reachOfRoles(rule, facts, required, trace === undefined);
  if (reach === undefined) return decided;
  const needed: Relation[] = [];
  let possible = true;
  const missing = new Set<Fact>();
  for (const role of rule.roles) {
    if (role.kind !== "required") continue;
    const relation =
      withoutHistory(role, facts) ??
      relationOf(role, facts, reach.get(role), roleGroups(rule, role, facts, reach), false);
    needed.push(relation);
    if (relation.tuples.length > 0) continue;
    possible = false;
    if (!relation.open) return decided;
    for (const m of relation.missing) missing.add(m);
  }
  if (!possible) return { ...decided, missing };
  // Nobody who may be missing is looked for before the others are found.
  let extra: readonly GrowingRelation[] | undefined;
  const others = (): readonly GrowingRelation[] => {
    extra ??= rule.roles
      .filter((role) => role.kind !== "required")
      .map((role) => relationOf(role, facts, reach.get(role), roleGroups(rule, role, facts, reach)));
    return extra;
  };
  const found =
    rule.cycle === undefined
      ? joinRoles(rule, facts, needed, others, trace)
      : findCycles(rule, facts, needed, others, trace);
  const refutations = new Map<Match, When>();
  const matches = found.matches.filter((match) => {
    const refuted = rule.unless.find(({ when }) => whenHolds(when, match));
    if (refuted === undefined) return true;
    trace?.refuted(refuted.text, match.bindings);
    refutations.set(match, refuted.when);
    return false;
  });
  if (matches.length === 0) {
    const doubts = new Set<Fact>();
    for (const [match, when] of refutations) for (const fact of doubtsOf(when, match)) doubts.add(fact);
    if (doubts.size > 0) return { rule, matches, missing: doubts, limit: found.limit };
  }
  if (matches.length > 0 || found.matches.length > 0) return { rule, matches, missing, limit: found.limit };
  for (const relation of needed) if (relation.open) for (const m of relation.missing) missing.add(m);
  return { rule, matches: [], missing, limit: found.limit };
}

/**
 * Whether the dump has a stack for each role that must be played, as far as waits and words in function names tell, and
 * somebody for what flags, labels or minutes alone decide.
 */
function mayBePlayed({ requires, roles }: Rule, facts: Facts): boolean {
  const { index } = facts;
  return (
    requires.every(({ waits }) => index.hasWaiting(waits)) &&
    requires.every(({ names }) => index.mayHaveNames(names)) &&
    roles.every((r) => r.kind !== "required" || r.conditions.every((c) => mayHold(c.condition, facts)))
  );
}

/** Whether a condition that flags, labels or minutes alone decide holds for some of a dump at all; true for any other. */
function mayHold(condition: Condition, facts: Facts): boolean {
  if (!isOnCell(condition)) return true;
  const { goroutines, stacks } = facts.dump;
  return goroutines.tally.kinds.first.some((first) => {
    const stackIndex = goroutines.stack[first]!;
    const group = { stackIndex, first, weight: goroutines.weight[first]! };
    return condition.evaluate({ facts, stackIndex, stack: stacks[stackIndex]!, group }).length > 0;
  });
}
