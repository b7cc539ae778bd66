import { type Match, participants } from "../match/match.ts";
import type { Finding } from "../report/report.ts";
import type { Rule } from "../rules/rule.ts";
import { type Candidate, candidatesOf, findingOf } from "./finding.ts";
import { sharesOne } from "./row-set.ts";

/** Findings of one dump by rank, symptoms nested below what explains them. */
export function rankMatches(matches: readonly Match[]): Finding[] {
  const candidates = byRule(matches)
    .flatMap(candidatesOf)
    .map(placing)
    .sort(byPlace)
    .map((p) => p.candidate);
  const parent = explainers(candidates);
  const symptomsOf = new Map<number, number[]>();
  parent.forEach((cause, i) => {
    const siblings = symptomsOf.get(cause);
    if (siblings === undefined) symptomsOf.set(cause, [i]);
    else siblings.push(i);
  });
  const build = (index: number): Finding =>
    findingOf(candidates[index]!, (symptomsOf.get(index) ?? []).map(build));
  return (symptomsOf.get(-1) ?? []).map(build);
}

function byRule(matches: readonly Match[]): Match[][] {
  const groups = new Map<string, Match[]>();
  for (const match of matches) {
    const group = groups.get(match.rule.id);
    if (group === undefined) groups.set(match.rule.id, [match]);
    else group.push(match);
  }
  return [...groups.values()];
}

/** What decides a candidate's place. */
interface Placing {
  readonly candidate: Candidate;
  readonly ruleId: string;
  /** Roles that the rule asks for, filled or known to be empty: evidence alone counts for nothing here. */
  readonly roles: number;
  /** The largest id among the goroutines that speak for its groups; 0 when none is known. */
  readonly youngest: number;
}

function placing(candidate: Candidate): Placing {
  const match = candidate.matches[0]!;
  const { rule, facts } = match;
  let youngest = 0;
  for (const { members } of participants(match)) {
    for (const { group } of members) {
      const id = facts.dump.goroutines.id[group.first]!;
      if (id > youngest) youngest = id;
    }
  }
  const asked = rule.roles.filter(({ kind }) => kind === "required" || kind === "absent").length;
  return { candidate, ruleId: rule.id, roles: asked, youngest };
}

function byPlace(a: Placing, b: Placing): number {
  const [one, other] = [a.candidate, b.candidate];
  return (
    other.rank - one.rank ||
    b.roles - a.roles || // who else has to do with it says more than how many stand there
    other.rows.size - one.rows.size ||
    compare(a.ruleId, b.ruleId) ||
    b.youngest - a.youngest || // stages are started from the source on, and stand behind the last one
    compare(one.identity.fingerprint, other.identity.fingerprint) ||
    compare(one.identity.variant.join(), other.identity.variant.join())
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * For each candidate the index of the one that explains it, -1 for none: the highest-ranked whose rule says so and that
 * shares goroutines or what they wait for with it. Nobody is explained by what it explains itself.
 */
function explainers(candidates: readonly Candidate[]): number[] {
  const parent = new Array<number>(candidates.length).fill(-1);
  const isBelow = (index: number, ancestor: number): boolean => {
    for (let i = index; i !== -1; i = parent[i]!) if (i === ancestor) return true;
    return false;
  };
  const { near } = neighbours(candidates);
  candidates.forEach((symptom, i) => {
    const id = symptom.matches[0]!.rule.id;
    const explains = new Map<Rule, boolean>();
    const cause = near(symptom).find((j) => {
      const { rule } = candidates[j]!.matches[0]!;
      if (!explains.has(rule)) explains.set(rule, rule.explains(id));
      if (j === i || explains.get(rule) !== true || isBelow(j, i)) return false;
      return !hides(candidates[j]!, symptom) && concerns(candidates[j]!, symptom);
    });
    parent[i] = cause ?? -1;
  });
  return parent;
}

/** Finds the candidates that have a stack or an address in common with one, the highest-ranked first. */
function neighbours(candidates: readonly Candidate[]): { near: (one: Candidate) => number[] } {
  const byStack = new Map<number, number[]>();
  const byAddress = new Map<number, number[]>();
  candidates.forEach((candidate, i) => {
    for (const stack of candidate.rows.stacks()) addTo(byStack, stack, i);
    for (const address of candidate.resources()) addTo(byAddress, address, i);
  });
  return {
    near(one) {
      const found = new Set<number>();
      for (const stack of one.rows.stacks()) for (const i of byStack.get(stack)!) found.add(i);
      for (const address of one.resources()) for (const i of byAddress.get(address)!) found.add(i);
      return [...found].sort((a, b) => a - b);
    },
  };
}

function addTo(index: Map<number, number[]>, key: number, value: number): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [value]);
  else list.push(value);
}

/** A mere information is no cause for what is worse: it would keep it out of sight. */
function hides(cause: Candidate, symptom: Candidate): boolean {
  return cause.severity === "info" && symptom.severity !== "info";
}

/** They share goroutines, or wait for the same thing. */
function concerns(cause: Candidate, symptom: Candidate): boolean {
  return cause.rows.overlaps(symptom.rows) || sharesOne(cause.resources(), symptom.resources());
}
