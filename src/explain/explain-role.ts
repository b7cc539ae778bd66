import { type Bindings, conjoin, holds, type Solution, type Subject, settle } from "../match/condition.ts";
import type { Facts } from "../match/facts.ts";
import type { Group } from "../match/group.ts";
import type { Relation } from "../match/relation.ts";
import type { Fact } from "../model/dump.ts";
import { showValue } from "../rank/message.ts";
import { flowText } from "../rules/flow-text.ts";
import type { NamedCondition, Role, Rule } from "../rules/rule.ts";
import type {
  ConditionExplanation,
  GoroutineExplanation,
  NearMiss,
  RoleExplanation,
  Tally,
} from "./explanation.ts";
import { insteadOf } from "./instead.ts";
import { sourcePart } from "./source-part.ts";

/** Near misses shown of one role. */
const maxNearMisses = 3;
/** Conditions that a near miss may fail; who fails more is not near. */
const maxLacks = 2;

/** Counts goroutines and distinct stacks as groups are added. */
class Counter {
  goroutines = 0;
  readonly #stacks = new Set<number>();

  add(group: Group): void {
    this.goroutines += group.weight;
    this.#stacks.add(group.stackIndex);
  }

  get tally(): Tally {
    return { goroutines: this.goroutines, stacks: this.#stacks.size };
  }
}

interface Miss {
  readonly group: Group;
  readonly failed: readonly NamedCondition[];
}

/** Runs a role's conditions one after the other over all goroutines and counts whom each leaves. */
export function explainRole(
  rule: Rule,
  role: Role,
  relation: Relation,
  facts: Facts,
  asked: readonly number[],
  missing: Map<Fact, number>,
): RoleExplanation {
  const counters = role.conditions.map(() => ({
    alone: new Counter(),
    left: new Counter(),
    undecided: new Counter(),
  }));
  const misses: Miss[] = [];
  for (const group of groupsFor(role, facts)) {
    const results = evaluateEach(role, facts, group);
    let together: readonly Solution[] = [holds];
    results.forEach((solutions, i) => {
      const counter = counters[i]!;
      if (isSure(solutions)) counter.alone.add(group);
      together = settle(conjoin(together, solutions));
      if (isSure(together)) counter.left.add(group);
      else if (together.length > 0) counter.undecided.add(group);
    });
    if (together.length === 0) {
      const failed = role.conditions.filter((_, i) => results[i]!.length === 0);
      if (failed.length <= maxLacks && failed.length < role.conditions.length) misses.push({ group, failed });
    } else if (!isSure(together)) {
      for (const fact of new Set(together.flatMap((s) => s.missing)))
        missing.set(fact, (missing.get(fact) ?? 0) + group.weight);
    }
  }
  return {
    name: role.name,
    title: role.title,
    part: role.kind,
    conditions: role.conditions.map((c, i) => conditionExplanation(c, counters[i]!)),
    combinations: relation.tuples.length,
    variables: [...role.variables].map(([name, { optional }]) => `$${name}${optional ? "?" : ""}`),
    ...(role.countText === undefined ? {} : { count: role.countText }),
    largest: Math.max(0, ...relation.tuples.map((t) => t.weight)),
    ...(facts.source === undefined ? {} : { source: sourcePart(relation, facts) }),
    nearMisses: nearMisses(misses, facts),
    asked: asked.flatMap((id) => explainGoroutine(rule, role, facts, id)),
  };
}

function conditionExplanation(
  condition: NamedCondition,
  counter: { readonly alone: Counter; readonly left: Counter; readonly undecided: Counter },
): ConditionExplanation {
  return {
    key: condition.key,
    text: textOf(condition),
    alone: counter.alone.tally,
    left: counter.left.tally,
    undecided: counter.undecided.tally,
  };
}

/** A condition as written. */
export function textOf({ key, source }: NamedCondition): string {
  return `${key}: ${flowText(source)}`;
}

function isSure(solutions: readonly Solution[]): boolean {
  return solutions.some((s) => s.known);
}

/** All goroutines, in groups that the conditions of a role can't tell apart. */
export function groupsFor(role: Role, facts: Facts): Group[] {
  return facts.dump.stacks.flatMap((_, i) => [...facts.groups(i, role.onGroup.attributes)]);
}

/** What each condition of a role says of a group, by itself. */
export function evaluateEach(role: Role, facts: Facts, group: Group): (readonly Solution[])[] {
  const stack = facts.dump.stacks[group.stackIndex]!;
  const subject: Subject = { facts, stackIndex: group.stackIndex, stack, group };
  return role.conditions.map((c) => settle(c.condition.evaluate(subject)));
}

/** Those with the fewest failed conditions, the right wait before others, then the many before the few. */
function nearMisses(misses: readonly Miss[], facts: Facts): NearMiss[] {
  const byStack = new Map<string, { miss: Miss; goroutines: number }>();
  for (const miss of misses) {
    const key = `${miss.group.stackIndex} ${miss.failed.map((f) => f.key).join(" ")}`;
    const same = byStack.get(key);
    if (same === undefined) byStack.set(key, { miss, goroutines: miss.group.weight });
    else same.goroutines += miss.group.weight;
  }
  const distance = ({ failed }: Miss): number =>
    failed.length + (failed.some((f) => f.key === "wait" || f.key === "system") ? 1 : 0);
  const sorted = [...byStack.values()].sort(
    (a, b) => distance(a.miss) - distance(b.miss) || b.goroutines - a.goroutines,
  );
  return sorted.slice(0, maxNearMisses).map(({ miss, goroutines }) => nearMiss(miss, goroutines, facts));
}

function nearMiss({ group, failed }: Miss, goroutines: number, facts: Facts): NearMiss {
  const stack = facts.dump.stacks[group.stackIndex]!;
  const place = facts.at(group.stackIndex);
  const frame = stack.frames[typeof place === "number" ? place : 0];
  const ids = Array.from(group.rows)
    .slice(0, 5)
    .map((row) => facts.dump.goroutines.id[row]!)
    .filter((id) => !Number.isNaN(id));
  const lacks = failed.map((c) => ({ condition: textOf(c), instead: insteadOf(c, facts, group) }));
  return {
    goroutines,
    ids,
    wait: stack.wait,
    function: frame?.symbol.plain ?? "",
    at: frame === undefined || frame.file === "" ? "" : `${frame.file}:${frame.line}`,
    // Each condition holds by itself, but they want different values for one variable.
    lacks: lacks.length > 0 ? lacks : [{ condition: "its variables agree", instead: "they do not" }],
  };
}

function explainGoroutine(rule: Rule, role: Role, facts: Facts, id: number): GoroutineExplanation[] {
  const row = facts.dump.goroutines.id.indexOf(id);
  if (row < 0) return [];
  const stackIndex = facts.dump.goroutines.stack[row]!;
  const group = facts.groupOf(stackIndex, [row]);
  const results = evaluateEach(role, facts, group);
  const together = results.reduce<readonly Solution[]>((a, b) => settle(conjoin(a, b)), [holds]);
  return [
    {
      goroutine: id,
      belongs: verdictOf(together),
      conditions: role.conditions.map((c, i) => ({
        condition: textOf(c),
        verdict: verdictOf(results[i]!),
        instead: verdictOf(results[i]!) === "no" ? insteadOf(c, facts, group) : "",
        bindings: shown(results[i]![0]?.bindings ?? {}, rule),
      })),
    },
  ];
}

function verdictOf(solutions: readonly Solution[]): "yes" | "no" | "unknown" {
  if (solutions.length === 0) return "no";
  return isSure(solutions) ? "yes" : "unknown";
}

/** Bindings as people read them. */
export function shown(bindings: Bindings, rule: Rule): Record<string, string> {
  return Object.fromEntries(
    Object.entries(bindings).map(([name, value]) => [
      name,
      value === undefined ? "unknown" : showValue(value, rule.variables.get(name)),
    ]),
  );
}
