import type { Match } from "../match/match.ts";
import type { Finding } from "../report/report.ts";
import { type Candidate, candidatesOf, findingOf } from "./finding.ts";
import { sharesOne } from "./row-set.ts";

/** Findings of one dump by rank, symptoms nested below what explains them. */
export function rankMatches(matches: readonly Match[]): Finding[] {
  const candidates = byRule(matches).flatMap(candidatesOf).sort(byRank);
  const parent = explainers(candidates);
  const build = (index: number): Finding => {
    const symptoms = candidates.flatMap((_, i) => (parent[i] === index ? [build(i)] : []));
    return { ...findingOf(candidates[index]!), symptoms };
  };
  return candidates.flatMap((_, i) => (parent[i] === -1 ? [build(i)] : []));
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

function byRank(a: Candidate, b: Candidate): number {
  return (
    b.rank - a.rank ||
    b.rows.size - a.rows.size ||
    compare(a.matches[0]!.rule.id, b.matches[0]!.rule.id) ||
    compare(a.identity.fingerprint, b.identity.fingerprint) ||
    compare(a.identity.variant.join(), b.identity.variant.join())
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
  candidates.forEach((symptom, i) => {
    const id = symptom.matches[0]!.rule.id;
    parent[i] = candidates.findIndex(
      (cause, j) =>
        j !== i && cause.matches[0]!.rule.explains(id) && !isBelow(j, i) && concerns(cause, symptom),
    );
  });
  return parent;
}

/** They share goroutines, or wait for the same thing. */
function concerns(cause: Candidate, symptom: Candidate): boolean {
  return cause.rows.overlaps(symptom.rows) || sharesOne(cause.resources(), symptom.resources());
}
