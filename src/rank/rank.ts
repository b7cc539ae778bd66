import { addTo } from "../add-to.ts";
import type { Match } from "../match/match.ts";
import type { Finding } from "../report/report.ts";
import { type Candidate, candidatesOf, findingOf } from "./finding.ts";
import { RowSets } from "./row-set.ts";

/** Findings of one dump by rank, symptoms nested below what explains them. */
export function rankMatches(matches: readonly Match[]): Finding[] {
  const [first] = matches;
  if (first === undefined) return [];
  const sets = new RowSets(first.facts);
  const candidates = byRule(matches)
    .flatMap((some) => candidatesOf(some, sets))
    .sort(byPlace);
  const parent = explainers(candidates, sets);
  const symptomsOf: number[][] = candidates.map(() => none);
  const roots: number[] = [];
  parent.forEach((cause, i) => {
    if (cause === -1) roots.push(i);
    else if (symptomsOf[cause] === none) symptomsOf[cause] = [i];
    else symptomsOf[cause]!.push(i);
  });
  const build = (index: number): Finding => findingOf(candidates[index]!, symptomsOf[index]!.map(build));
  return roots.map(build);
}

const none: number[] = [];

function byRule(matches: readonly Match[]): Match[][] {
  const groups = new Map<string, Match[]>();
  for (const match of matches) {
    addTo(groups, match.rule.id, match);
  }
  return [...groups.values()];
}

function byPlace(one: Candidate, other: Candidate): number {
  return (
    other.rank - one.rank ||
    other.asked - one.asked || // who else has to do with it says more than how many stand there
    other.rows.size - one.rows.size ||
    compare(one.rule.id, other.rule.id) ||
    other.youngest - one.youngest || // stages are started from the source on, and stand behind the last one
    compare(one.identity.fingerprint, other.identity.fingerprint) ||
    compare(one.identity.variant.join(), other.identity.variant.join())
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * For each candidate the index of the one that explains it, -1 for none: the highest-ranked whose rule says so, or of
 * which its own rule says so, and that shares goroutines or what they wait for with it. Nobody is explained by what it
 * explains itself, nor by a lower-ranked finding of its own rule.
 */
function explainers(candidates: readonly Candidate[], sets: RowSets): number[] {
  const explained = explainedRules(candidates);
  const causes = new Causes(candidates, sets, (candidate) => explained.get(candidate.rule.id)!.length > 0);
  const explainable = new Set([...explained.values()].flat());
  const parent = new Array<number>(candidates.length).fill(-1);
  const isBelow = (index: number, ancestor: number): boolean => {
    for (let i = index; i !== -1; i = parent[i]!) if (i === ancestor) return true;
    return false;
  };
  candidates.forEach((symptom, i) => {
    const { id } = symptom.rule;
    if (!explainable.has(id)) return;
    parent[i] = causes.first(
      symptom,
      (j) =>
        explained.get(candidates[j]!.rule.id)!.includes(id) &&
        (candidates[j]!.rule.id !== id || j < i) &&
        !hides(candidates[j]!, symptom) &&
        !isBelow(j, i),
    );
  });
  return parent;
}

/** For the rule of each candidate those of all of them that it explains. */
function explainedRules(candidates: readonly Candidate[]): Map<string, string[]> {
  const rules = new Map(candidates.map(({ rule }) => [rule.id, rule]));
  return new Map(
    [...rules].map(([id, rule]) => [
      id,
      [...rules]
        .filter(([other, symptom]) => rule.explains(other) || symptom.explainedBy(id))
        .map(([other]) => other),
    ]),
  );
}

/** Candidates that may explain others, by their stacks and by what they wait for. */
class Causes {
  readonly #candidates: readonly Candidate[];
  readonly #sets: RowSets;
  /** Where the entries of each stack begin. */
  readonly #start: Uint32Array;
  /** Candidates with a stack, ascending, each with the stack's place in its set. */
  readonly #causes: Uint32Array;
  readonly #places: Uint32Array;
  readonly #byAddress = new Map<number, number[]>();
  /** What was said of each candidate of the symptom that is looked at: many share one stack after the other with it. */
  readonly #said: Int32Array;
  #symptoms = 0;

  constructor(candidates: readonly Candidate[], sets: RowSets, isCause: (candidate: Candidate) => boolean) {
    this.#candidates = candidates;
    this.#sets = sets;
    this.#said = new Int32Array(candidates.length);
    const start = new Uint32Array(sets.stacks + 2);
    for (const candidate of candidates)
      if (isCause(candidate)) for (const stack of candidate.rows.stacks) start[stack + 2]!++;
    for (let i = 2; i < start.length; i++) start[i]! += start[i - 1]!;
    this.#start = start;
    this.#causes = new Uint32Array(start[start.length - 1]!);
    this.#places = new Uint32Array(this.#causes.length);
    candidates.forEach((candidate, i) => {
      if (!isCause(candidate)) return;
      const { stacks } = candidate.rows;
      for (let place = 0; place < stacks.length; place++) {
        // What is one behind the start of a stack becomes its end.
        const at = start[stacks[place]! + 1]!++;
        this.#causes[at] = i;
        this.#places[at] = place;
      }
      for (const address of candidate.resources) addTo(this.#byAddress, address, i);
    });
  }

  /** The first of those that share goroutines, or wait for the same thing, and may be the cause; -1 for none. */
  first(symptom: Candidate, may: (cause: number) => boolean): number {
    let best = this.#candidates.length;
    const yes = ++this.#symptoms;
    const isCause = (cause: number): boolean => {
      const said = this.#said[cause]!;
      if (Math.abs(said) !== yes) this.#said[cause] = may(cause) ? yes : -yes;
      return this.#said[cause] === yes;
    };
    const { stacks } = symptom.rows;
    for (let place = 0; place < stacks.length; place++) {
      const end = this.#start[stacks[place]! + 1]!;
      for (let at = this.#start[stacks[place]!]!; at < end && this.#causes[at]! < best; at++) {
        const cause = this.#causes[at]!;
        const { rows } = this.#candidates[cause]!;
        if (isCause(cause) && this.#sets.overlap(rows, this.#places[at]!, symptom.rows, place)) best = cause;
      }
    }
    for (const address of symptom.resources) {
      for (const cause of this.#byAddress.get(address) ?? []) {
        if (cause >= best) break;
        if (isCause(cause)) best = cause;
      }
    }
    return best === this.#candidates.length ? -1 : best;
  }
}

/** A mere information, or a guess, is no cause of what is worse, or of an error that is surer: it would keep it out of sight. */
function hides(cause: Candidate, symptom: Candidate): boolean {
  if (cause.severity === "info") return symptom.severity !== "info";
  return cause.confidence === "low" && symptom.confidence !== "low" && symptom.severity === "error";
}
