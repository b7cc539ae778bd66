import type { Fact } from "../model/dump.ts";
import type { Stack } from "../model/stack.ts";
import { type WaitKind, waitKinds } from "../model/wait-kind.ts";
import type { Facts } from "./facts.ts";
import type { Sample } from "./group.ts";

/** A text, or a number (address or goroutine id) that a variable is bound to. */
export type Value = string | number;

/** Values by variable name; `undefined`: bound, but the dump does not say to what. */
export type Bindings = Readonly<Record<string, Value | undefined>>;

/** A place that a condition is asked about: a distinct stack, and a group of its goroutines that are alike. */
export interface Subject {
  readonly facts: Facts;
  readonly stackIndex: number;
  readonly stack: Stack;
  /** Given when the condition asks for more than the stack (`Condition.attributes` is not 0). */
  readonly group: Sample | undefined;
  /** Frames bind `$X*`, too, where it decides nothing: for messages, not for matching. */
  readonly collects?: true;
}

/** One way in which a condition holds. No solution at all: it does not hold. */
export interface Solution {
  /** False: the dump does not say whether it holds. */
  readonly known: boolean;
  readonly bindings: Bindings;
  /** Bindings that must not come true, from `not` with variables that are bound elsewhere. */
  readonly forbidden: readonly Bindings[];
  /** Frames that decided, as indexes into `Stack.frames`. */
  readonly frames: readonly number[];
  /** What the dump would have to know, or that its source would have to be at hand. */
  readonly missing: readonly Fact[];
}

/** What the kind of wait that a dump gives a stack tells alone, so that most stacks need not be asked. */
export interface WaitLimits {
  /** The only kinds with which it may hold; all of them without. */
  readonly waits: ReadonlySet<WaitKind> | undefined;
  /** The only kinds with which it may be known to hold, as long as no source tells more; all of them without. */
  readonly knownWaits: ReadonlySet<WaitKind> | undefined;
  /** Kinds with which it is known to hold, and binds nothing; none without. */
  readonly surely: ReadonlySet<WaitKind> | undefined;
}

/** A compiled condition of a role. */
export interface Condition extends Partial<WaitLimits> {
  /** Which columns it reads, bits of `attribute`; 0 when the stack alone decides. */
  readonly attributes: number;
  /**
   * The conditions in it that ask goroutines, when all of them answer by flags, labels and minutes alone, whatever the
   * stack: goroutines of one stack that answer them alike answer it alike.
   */
  readonly byCell?: readonly Condition[];
  /** Without source it is never known to hold. */
  readonly needsSource?: boolean;
  /** Without earlier snapshots it is never known to hold. */
  readonly needsHistory?: boolean;
  /**
   * The ways in which it holds as far as the stack alone tells, asked without a group: none when it holds for no goroutine
   * of the stack, whatever they have in their columns. Without it, the stack tells nothing.
   */
  onStack?(subject: Subject): readonly Solution[];
  evaluate(subject: Subject): readonly Solution[];
}

/** Columns that conditions may ask for; groups are split only by what is asked. */
export const attribute = {
  minutes: 1,
  flags: 2,
  resource: 4,
  id: 8,
  creator: 16,
  labels: 32,
  arguments: 64,
  holds: 128,
  history: 256,
} as const;

const noBindings: Bindings = Object.freeze({});

const noFacts: readonly Fact[] = Object.freeze([]);
const noFrames: readonly number[] = Object.freeze([]);
const noneForbidden: readonly Bindings[] = Object.freeze([]);

/**
 * A way in which a condition holds. Written out, as here: copies of frozen objects by `...` are made slowly, and conditions
 * are asked of every distinct stack.
 */
export function solution(bindings: Bindings, frames: readonly number[] = noFrames): Solution {
  return { known: true, bindings, forbidden: noneForbidden, frames, missing: noFacts };
}

export const holds: Solution = Object.freeze(solution(noBindings));

const yes: readonly Solution[] = Object.freeze([holds]);
const no: readonly Solution[] = Object.freeze([]);

/** Plain truth as solutions. */
export function truth(value: boolean): readonly Solution[] {
  return value ? yes : no;
}

const unknowns = new Map<Fact, readonly Solution[]>();

/** The dump can't say; with `missing` it could. */
export function unknown(missing: Fact): readonly Solution[] {
  let answer = unknowns.get(missing);
  if (answer === undefined) {
    answer = Object.freeze([{ ...solution(noBindings), known: false, missing: [missing] }]);
    unknowns.set(missing, answer);
  }
  return answer;
}

/** Most solutions kept of one condition on one subject; more add nothing that a finding could show. */
export const maxSolutions = 64;

/** Whether no variable is bound, not even to an unknown value. */
export function bindsNothing(bindings: Bindings): boolean {
  for (const _ in bindings) return false;
  return true;
}

/** Both bindings together, or `undefined` when they contradict each other. */
export function mergeBindings(a: Bindings, b: Bindings): Bindings | undefined {
  if (a === noBindings) return b;
  if (b === noBindings) return a;
  if (a === b) return a;
  const merged: Record<string, Value | undefined> = { ...a };
  // Not `Object.keys`, here and wherever bindings are read: its lists were a sixth of all memory that matching takes.
  for (const name in b) {
    const value = b[name];
    const other = merged[name];
    if (other === undefined) merged[name] = value;
    else if (value !== undefined && value !== other) return undefined;
  }
  return merged;
}

function mergeSolutions(a: Solution, b: Solution): Solution | undefined {
  const bindings = mergeBindings(a.bindings, b.bindings);
  if (bindings === undefined) return undefined;
  return {
    known: a.known && b.known,
    bindings,
    forbidden: union(a.forbidden, b.forbidden),
    frames: union(a.frames, b.frames),
    missing: union(a.missing, b.missing),
  };
}

/** What is in either list; no new one where one of them has it all. */
export function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  if (a.length === 0) return b;
  let both: T[] | undefined;
  for (let i = 0; i < b.length; i++) {
    if ((both ?? a).includes(b[i]!)) continue;
    both ??= [...a];
    both.push(b[i]!);
  }
  return both ?? a;
}

/** Every way in which both hold. */
export function conjoin(a: readonly Solution[], b: readonly Solution[]): readonly Solution[] {
  if (a === yes) return b;
  if (b === yes) return a;
  if (a.length === 1 && b.length === 1) {
    const merged = mergeSolutions(a[0]!, b[0]!);
    return merged === undefined ? no : [merged];
  }
  const out: Solution[] = [];
  // Loops by index here and below: iterators of lists are objects, and these run for every distinct stack.
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      const merged = mergeSolutions(a[i]!, b[j]!);
      if (merged !== undefined && out.length < maxSolutions) out.push(merged);
    }
  }
  return out;
}

function forbidsNothing({ forbidden }: Solution): boolean {
  return forbidden.length === 0;
}

/** Drops what `forbidden` already decides: a solution that meets a forbidden binding goes, one that can't meet it loses it. */
export function settle(solutions: readonly Solution[]): readonly Solution[] {
  if (solutions === yes || solutions.every(forbidsNothing)) return solutions;
  const out: Solution[] = [];
  for (const s of solutions) {
    const left: Bindings[] = [];
    let met = false;
    for (const f of s.forbidden) {
      const rest = remaining(f, s.bindings);
      if (rest === undefined) continue;
      if (bindsNothing(rest)) met = true;
      else left.push(rest);
    }
    if (!met) out.push({ ...s, forbidden: left });
  }
  return out;
}

/** What of `forbidden` the bindings leave open; `undefined` when they contradict it; empty when it has come true. */
export function remaining(forbidden: Bindings, bindings: Bindings): Bindings | undefined {
  const rest: Record<string, Value | undefined> = {};
  for (const name in forbidden) {
    const wanted = forbidden[name];
    const value = bindings[name];
    if (wanted === undefined || value === undefined) rest[name] = wanted;
    else if (wanted !== value) return undefined;
  }
  return rest;
}

/** The ways in which a condition holds as far as the stack alone tells; none: for none of its goroutines. */
export function onStack(condition: Condition, subject: Subject): readonly Solution[] {
  if (condition.attributes === 0) return condition.evaluate(subject);
  return condition.onStack?.(subject) ?? yes;
}

/** A condition on goroutines that flags, labels and minutes alone decide, whatever the stack. */
export function onCell(condition: Condition): Condition {
  return { ...condition, byCell: [condition] };
}

/** Whether it is one that `onCell` made, alone. */
export function isOnCell({ byCell, evaluate }: Condition): boolean {
  return byCell?.length === 1 && byCell[0]!.evaluate === evaluate;
}

function cellParts(conditions: readonly Condition[]): Pick<Condition, "byCell"> {
  const parts: Condition[] = [];
  for (const { attributes, byCell } of conditions) {
    if (attributes === 0) continue;
    if (byCell === undefined) return {};
    parts.push(...byCell);
  }
  return parts.length === 0 ? {} : { byCell: parts };
}

type Kinds = ReadonlySet<WaitKind> | undefined;

/** The kinds that are in all of some sets; `undefined` stands for all kinds. */
function common(sets: readonly Kinds[]): Kinds {
  const [first, ...others] = sets.filter((set) => set !== undefined);
  if (first === undefined || others.length === 0) return first;
  return new Set([...first].filter((kind) => others.every((set) => set.has(kind))));
}

/** The kinds that are in some of several sets. */
function anyKind(sets: readonly Kinds[]): Kinds {
  const kinds = new Set<WaitKind>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const kind of set) kinds.add(kind);
  }
  return kinds;
}

function without(kinds: Kinds): Kinds {
  return kinds === undefined || kinds.size === 0
    ? undefined
    : new Set(waitKinds.filter((k) => !kinds.has(k)));
}

const noKinds: ReadonlySet<WaitKind> = new Set();

/** All of them hold. */
export function allOf(conditions: readonly Condition[]): Condition {
  const [only, ...more] = conditions;
  if (only !== undefined && more.length === 0) return only;
  return {
    ...cellParts(conditions),
    waits: common(conditions.map((c) => c.waits)),
    knownWaits: common(conditions.map((c) => c.knownWaits)),
    surely: only === undefined ? new Set(waitKinds) : common(conditions.map((c) => c.surely ?? noKinds)),
    attributes: conditions.reduce((bits, c) => bits | c.attributes, 0),
    needsSource: conditions.some((c) => c.needsSource === true),
    needsHistory: conditions.some((c) => c.needsHistory === true),
    onStack(subject) {
      let solutions = yes;
      for (let i = 0; i < conditions.length; i++) {
        solutions = conjoin(solutions, onStack(conditions[i]!, subject));
        if (solutions.length === 0) return no;
      }
      return solutions;
    },
    evaluate(subject) {
      let solutions = yes;
      for (let i = 0; i < conditions.length; i++) {
        solutions = conjoin(solutions, conditions[i]!.evaluate(subject));
        if (solutions.length === 0) return no;
      }
      return solutions;
    },
  };
}

/**
 * At least one holds; known ways come before unknown ones, which count only when nothing is known to hold.
 * A way that only lacks the source is an extra beside ways that need none, and then counts for nothing.
 */
export function anyOf(conditions: readonly Condition[]): Condition {
  return {
    ...cellParts(conditions),
    waits: anyKind(conditions.map((c) => c.waits)),
    knownWaits: anyKind(conditions.map((c) => c.knownWaits)),
    attributes: conditions.reduce((bits, c) => bits | c.attributes, 0),
    needsSource: conditions.length > 0 && conditions.every((c) => c.needsSource === true),
    needsHistory: conditions.length > 0 && conditions.every((c) => c.needsHistory === true),
    onStack: (subject) => conditions.flatMap((c) => [...onStack(c, subject)]).slice(0, maxSolutions),
    evaluate(subject) {
      let all = no;
      let answered = 0;
      for (let i = 0; i < conditions.length; i++) {
        const answer = conditions[i]!.evaluate(subject);
        if (answer.length > 0) all = answered++ === 0 ? answer : [...all, ...answer];
      }
      if (answered < 2 && all.every(isKnown)) return all;
      const known = all.filter(isKnown);
      if (known.length > 0) return known.slice(0, maxSolutions);
      return (conditions.length === 1 ? all : all.filter((s) => !lacksSourceOnly(s))).slice(0, maxSolutions);
    },
  };
}

function isKnown({ known }: Solution): boolean {
  return known;
}

function lacksSourceOnly({ missing }: Solution): boolean {
  return missing.length > 0 && missing.every((m) => m === "source");
}

/** It does not hold. Ways that bind variables are forbidden only for those values. */
export function noneOf(condition: Condition): Condition {
  return {
    ...cellParts([condition]),
    waits: without(condition.surely),
    attributes: condition.attributes,
    evaluate(subject) {
      const solutions = condition.evaluate(subject);
      if (solutions.length === 0) return yes;
      const forbidden: Bindings[] = [];
      const missing = new Set<Fact>();
      for (const s of solutions) {
        if (!s.known) for (const m of s.missing) missing.add(m);
        else if (bindsNothing(s.bindings)) return no;
        else forbidden.push(s.bindings);
      }
      return [
        { known: missing.size === 0, bindings: noBindings, forbidden, frames: [], missing: [...missing] },
      ];
    },
  };
}
