import type { Bindings } from "../match/condition.ts";
import { Facts, type FactsOptions } from "../match/facts.ts";
import { type Match, matchRule } from "../match/match.ts";
import { relationOf } from "../match/relation.ts";
import type { MatchTrace } from "../match/trace.ts";
import { capabilityTitles, type Dump, type Fact } from "../model/dump.ts";
import { isBenign, setAside } from "../rank/benign.ts";
import { collectHint } from "../rank/collect-hint.ts";
import { builtinBenign } from "../rules/benign.ts";
import type { Role, Rule } from "../rules/rule.ts";
import type { Source } from "../source/open-source.ts";
import { explainRole, shown } from "./explain-role.ts";
import type { Explanation, StepExplanation } from "./explanation.ts";
import { verdictOf } from "./verdict.ts";

export interface ExplainOptions {
  /** Ids of goroutines to say everything about. */
  readonly goroutines?: readonly number[];
}

/** Says of a rule and a dump why it holds, or what removed the last candidate, and who came close. */
export function explain(rule: Rule, facts: Facts, options: ExplainOptions = {}): Explanation {
  const missing = new Map<Fact, number>();
  const roles = rule.roles.map((role) =>
    explainRole(rule, role, relationOf(role, facts), facts, options.goroutines ?? [], missing),
  );
  const recorder = new Recorder(rule);
  const result = matchRule(rule, facts, recorder);
  const steps = recorder.steps();
  const told = toldOf(result.matches, facts);
  const asideCount = result.matches.length - told;
  const eventMet = rule.event === undefined || facts.dump.events.some((e) => rule.event!(e.text));
  return {
    rule: rule.id,
    dump: facts.dump.name,
    goroutines: facts.total,
    stacks: facts.dump.stacks.length,
    findings: told,
    setAside: asideCount,
    verdict:
      told === 0 && asideCount > 0
        ? `set aside: whoever plays a needed role belongs to a healthy program, and only errors are told of them (${asideCount === 1 ? "1 match" : `${asideCount} matches`})`
        : verdictOf(rule, roles, steps, told, eventMet),
    roles,
    steps,
    unknown: [...missing].map(([fact, goroutines]) => ({
      fact,
      title: capabilityTitles[fact],
      goroutines,
      collectWith: collectHint([fact], facts.dump)?.command ?? "",
    })),
    ...(result.limit === undefined ? {} : { limit: result.limit }),
  };
}

/** How many matches become findings: those that are not of benign goroutines alone. */
function toldOf(matches: readonly Match[], facts: Facts): number {
  if (matches.length === 0) return 0;
  const aside = setAside(facts, builtinBenign());
  return matches.filter((match) => !isBenign(match, aside)).length;
}

/** `explain` for a dump as it was read. */
export function explainDump(
  rule: Rule,
  dump: Dump,
  { source, ...options }: ExplainOptions & Pick<FactsOptions, "own"> & { readonly source?: Source } = {},
): Explanation {
  return explain(
    rule,
    new Facts(dump, {
      ...(options.own === undefined ? {} : { own: options.own }),
      ...(source === undefined ? {} : { source: source.forDump(dump) }),
    }),
    options,
  );
}

interface Counted {
  readonly role: Role;
  before: number;
  after: number;
  best: { readonly members: number; readonly bindings: Bindings } | undefined;
}

/** Gathers what the matcher tells into one step for each role and kind. */
class Recorder implements MatchTrace {
  readonly #rule: Rule;
  readonly #joins: StepExplanation[] = [];
  readonly #counts = new Map<string, Counted>();
  readonly #present = new Map<string, Counted>();
  readonly #cycles: StepExplanation[] = [];
  /** Combinations that each condition of `unless` dropped. */
  readonly #refuted = new Map<string, number>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  joined(role: Role, before: number, tuples: number, after: number): void {
    const earlier = this.#rule.roles.slice(0, this.#rule.roles.indexOf(role));
    const names = [...role.variables.keys()].filter((v) => earlier.some((r) => r.variables.has(v)));
    const on = names.map((n) => `$${n}`).join(", ");
    const text =
      on === "" ? `${tuples} of its own, joined by nothing` : `${tuples} of its own, joined on ${on}`;
    this.#joins.push({ kind: "join", role: role.name, text, before, after });
  }

  counted(role: Role, bindings: Bindings, members: number, enough: boolean): void {
    this.#add(this.#counts, role, bindings, members, enough);
  }

  present(role: Role, bindings: Bindings, members: number): void {
    this.#add(this.#present, role, bindings, members, false);
  }

  refuted(text: string): void {
    this.#refuted.set(text, (this.#refuted.get(text) ?? 0) + 1);
  }

  searched(role: Role, tuples: number, rings: number): void {
    const text = `rings among ${tuples} tuples`;
    this.#cycles.push({ kind: "cycle", role: role.name, text, before: tuples, after: rings });
  }

  #add(to: Map<string, Counted>, role: Role, bindings: Bindings, members: number, kept: boolean): void {
    let counted = to.get(role.name);
    if (counted === undefined) {
      counted = { role, before: 0, after: 0, best: undefined };
      to.set(role.name, counted);
    }
    counted.before++;
    if (kept) counted.after++;
    if (counted.best === undefined || members > counted.best.members) counted.best = { members, bindings };
  }

  steps(): StepExplanation[] {
    const counts = [...this.#counts.values()].map((c) =>
      this.#step("count", c, `needs ${c.role.countText ?? "at least one"}`),
    );
    const present = [...this.#present.values()].map((c) => this.#step("absent", c, "nobody may play it"));
    const refuted = [...this.#refuted].map(
      ([text, dropped]): StepExplanation => ({
        kind: "unless",
        role: "",
        text: `${text} is known`,
        before: dropped,
        after: 0,
      }),
    );
    return [...this.#joins, ...this.#cycles, ...counts, ...present, ...refuted];
  }

  #step(kind: "count" | "absent", { role, before, after, best }: Counted, text: string): StepExplanation {
    const values = Object.entries(shown(best?.bindings ?? {}, this.#rule)).map(([k, v]) => `$${k} = ${v}`);
    const closest = best && `${best.members} with ${values.length === 0 ? "no variable" : values.join(", ")}`;
    return { kind, role: role.name, text, before, after, ...(closest === undefined ? {} : { closest }) };
  }
}
