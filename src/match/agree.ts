import { sourceKinds, thingKinds } from "../rules/predicates/predicate.ts";
import type { JoinStep, Rule } from "../rules/rule.ts";
import { type Bindings, bindsNothing, remaining } from "./condition.ts";
import type { Tuple } from "./relation.ts";

/** How a tuple of a later role relates to what is bound so far. */
export type Joined = { readonly step: number | undefined } | undefined;

/** Whether a tuple fits the bindings; `undefined` when it does not. */
export function joins(rule: Rule, ladder: ReadonlySet<string>, bindings: Bindings, tuple: Tuple): Joined {
  let laddered = false;
  for (const name in tuple.bindings) {
    if (ladder.has(name)) {
      laddered = true;
      continue;
    }
    const a = bindings[name];
    const b = tuple.bindings[name];
    if (a !== undefined && b !== undefined && a !== b) return undefined;
  }
  if (tuple.forbidden.some((f) => isEmpty(remaining(f, { ...tuple.bindings, ...bindings }))))
    return undefined;
  if (!laddered) return joinedPlainly;
  const step = stepOf(rule, bindings, tuple.bindings);
  return step === undefined ? undefined : { step };
}

const joinedPlainly: Joined = { step: undefined };
const noLadder: ReadonlySet<string> = new Set();

function isEmpty(rest: Bindings | undefined): boolean {
  return rest !== undefined && bindsNothing(rest);
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

/** The anchor's own tuples are those with exactly these ladder values. */
export function isAnchor(rule: Rule, ladder: ReadonlySet<string>, bindings: Bindings, tuple: Tuple): Joined {
  for (const name in tuple.bindings) {
    if (ladder.has(name) && tuple.bindings[name] !== bindings[name]) return undefined;
  }
  return joins(rule, noLadder, bindings, tuple);
}

/** Whether all that the tuple binds is known and equal to the bindings. */
export function isConfirmed(rule: Rule, tuple: Bindings, bindings: Bindings): boolean {
  for (const name in tuple) {
    // What the source does not show leaves open nothing that the dump says.
    const agrees =
      tuple[name] === undefined ? sourceKinds.has(rule.variables.get(name)) : tuple[name] === bindings[name];
    if (!agrees) return false;
  }
  return true;
}

/** Bindings with the tuple's values added; what is bound stays, unknown values are filled in. */
export function extend(bindings: Bindings, more: Bindings, fixed: ReadonlySet<string>): Bindings {
  const merged = { ...bindings };
  for (const name in more) {
    if (fixed.has(name)) continue;
    if (merged[name] === undefined && !(name in bindings && more[name] === undefined))
      merged[name] = more[name];
  }
  return merged;
}

/** Leaves out bindings that another one equals in all that both know and knows more. */
export function mostSpecific(found: readonly Bindings[]): readonly Bindings[] {
  if (found.length > 5_000) return found;
  const open = found.filter((bindings) => Object.values(bindings).includes(undefined));
  if (open.length === 0) return found;
  const kept = new Set(found);
  for (const bindings of open) {
    for (const better of found) {
      if (better !== bindings && kept.has(better) && isRefinement(better, bindings)) {
        kept.delete(bindings);
        break;
      }
    }
  }
  return [...kept];
}

function isRefinement(better: Bindings, bindings: Bindings): boolean {
  let more = false;
  for (const name in bindings) {
    if (bindings[name] === better[name]) continue;
    if (bindings[name] !== undefined) return false;
    more = true;
  }
  return more;
}

/** Whether a tuple of an optional or absent role fits what the required roles bind. */
export function fits(tuple: Tuple, bindings: Bindings): "yes" | "no" | "unknown" {
  let unknown = false;
  for (const name in tuple.bindings) {
    if (!(name in bindings)) continue;
    const a = bindings[name];
    const b = tuple.bindings[name];
    if (a === undefined || b === undefined) unknown = true;
    else if (a !== b) return "no";
  }
  if (tuple.forbidden.some((f) => isEmpty(remaining(f, bindings)))) return "no";
  return unknown ? "unknown" : "yes";
}
