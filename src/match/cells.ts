import type { Cells, SortedCells } from "../model/cell-counts.ts";
import { Keys } from "../model/keys.ts";
import type { Kinds } from "../model/kinds.ts";
import { maxIds, SmallestIds } from "../model/smallest-ids.ts";
import { once } from "../once.ts";
import { byKey, CellList, type Classes, type ClassSample, listsOf, waitsOf, weightOf } from "./cell-list.ts";
import type { Condition, Solution, Subject } from "./condition.ts";
import type { Facts } from "./facts.ts";
import { type Group, LazyGroup, RestGroup, type Sample } from "./group.ts";
import { answerKey } from "./keys.ts";
import { noLabels, type Waits } from "./rows.ts";

/** Goroutines of one stack whose kinds are counted. */
class CountedGroup extends LazyGroup {
  readonly list: CellList;
  readonly samples: readonly ClassSample[];

  constructor(samples: readonly ClassSample[], list: CellList, gather: () => ArrayLike<number>) {
    const { stackIndex, first } = samples[0]!;
    super(stackIndex, first, weightOf(samples), gather);
    this.list = list;
    this.samples = samples;
  }
}

/** All goroutines of one stack that are of some kinds. */
class CellGroup extends CountedGroup {}

/** Groups of cells of one stack that are remembered. */
const maxKnown = 16;

/**
 * The goroutines of each stack by flags, labels and minutes waited, counted once for all rules. What asks for nothing
 * else asks these few cells, not every goroutine: so the cost of a rule stays one per distinct stack.
 */
export class CellTable {
  readonly #facts: Facts;
  readonly #kinds: Kinds;
  readonly #all: SortedCells;
  /** A number for each kind, for who counts or marks some; all 0 in between. */
  readonly #byKind: Uint32Array;
  /** A goroutine of each kind. */
  readonly #subjects: readonly Subject[];
  readonly #ofStack: (CellList | undefined)[] = [];
  readonly #known = new Map<number, CellGroup[]>();
  readonly #ofCondition = new WeakMap<Condition, Classes>();
  readonly #classes: Classes[] = [];

  constructor(facts: Facts) {
    this.#facts = facts;
    const { goroutines, stacks } = facts.dump;
    this.#kinds = goroutines.tally.kinds;
    this.#all = goroutines.tally.cells(stacks.length);
    this.#byKind = new Uint32Array(this.#kinds.first.length);
    this.#subjects = this.#kinds.first.map((first) => {
      const stackIndex = goroutines.stack[first]!;
      const group = { stackIndex, first, weight: goroutines.weight[first]! };
      return { facts, stackIndex, stack: stacks[stackIndex]!, group };
    });
  }

  /** Of all goroutines of a group that answer a condition on cells alike: one, and how many they are. */
  alike(group: Group, condition: Condition): readonly Sample[] {
    return (this.#listOf(group) ?? this.#parts(group)).samples(this.#classesOf(condition));
  }

  /**
   * A group, divided by what is said of its cells, in the order in which the parts first occur.
   * @param condition one on cells; those that answer it alike are asked once
   * @param keyOfAlike text that is equal for cells that belong together
   */
  divide(
    group: Group,
    condition: Condition,
    keyOfAlike: (cell: Sample) => string,
  ): ReadonlyMap<string, Group> {
    const classes = this.#classesOf(condition);
    const partsOf = (list: CellList) => byKey(list.samples(classes), keyOfAlike);
    const ofStack = this.#stackCells(group.stackIndex);
    let list = ofStack;
    let parts = partsOf(list);
    // If they all agree, nobody needs to know which of them are in the group.
    if (parts.size > 1) {
      list = this.#listOf(group) ?? this.#parts(group);
      if (list !== ofStack) parts = partsOf(list);
    }
    if (parts.size === 1) return new Map([...parts.keys()].map((key) => [key, group]));
    const lists = once(() => listsOf(list.cells, classes, [...parts.values()]));
    const isWhole = list === ofStack || group instanceof CellGroup;
    const groups = new Map<string, Group>();
    for (const [key, samples] of parts) {
      const part = groups.size;
      const some = new CellList(group.stackIndex, this.#kinds, () => lists()[part]!);
      groups.set(
        key,
        isWhole
          ? this.#group(samples, some)
          : new CountedGroup(samples, some, () => this.#gather(group.rows, some.cells)),
      );
    }
    return groups;
  }

  /** How long the goroutines of a group wait, and their labels. */
  waits(group: Group): Waits {
    if (group instanceof CountedGroup && !group.samples.some(({ labelled }) => labelled))
      return waitsOf(group.samples);
    const { kinds, weights } = (this.#listOf(group) ?? this.#parts(group)).cells;
    const { minutes, labels } = this.#kinds;
    let minMinutes = -1;
    let maxMinutes = -1;
    let byLabels: Map<number, number> | undefined;
    for (let i = 0; i < kinds.length; i++) {
      const waited = minutes[kinds[i]!]!;
      if (waited >= 0 && (minMinutes < 0 || waited < minMinutes)) minMinutes = waited;
      if (waited > maxMinutes) maxMinutes = waited;
      const set = labels[kinds[i]!]!;
      if (set === 0) continue;
      byLabels ??= new Map();
      byLabels.set(set, (byLabels.get(set) ?? 0) + weights[i]!);
    }
    return { minMinutes, maxMinutes, labels: byLabels ?? noLabels };
  }

  /** The smallest ids of a group of whole cells, without gathering its rows; `undefined` for another group. */
  smallestIds(group: Group): readonly number[] | undefined {
    if (!(group instanceof CellGroup)) return undefined;
    const { id, tally } = this.#facts.dump.goroutines;
    const { ofRow } = this.#kinds;
    const wanted = this.#mark(group.list.cells, 1);
    const ofStack = tally.smallestIds(group.stackIndex);
    const among = ofStack.ids.filter((_, i) => wanted[ofRow[ofStack.rows[i]!]!] === 1);
    const smallest = new SmallestIds();
    if (among.length < maxIds) {
      const rows = this.#facts.rowsOf(group.stackIndex);
      for (let i = 0; i < rows.length; i++) {
        if (wanted[ofRow[rows[i]!]!] === 1) smallest.add(id[rows[i]!]!, rows[i]!);
      }
    }
    this.#mark(group.list.cells, 0);
    return among.length < maxIds ? smallest.ids : among.slice(0, maxIds);
  }

  /**
   * How many goroutines are in some groups of one stack, without a look at their rows; `undefined` where the kinds of
   * goroutines in them do not tell.
   */
  weightOf(groups: Iterable<Group>): number | undefined {
    const whole = new Set<number>();
    const parts = new Set<number>();
    let sum = 0;
    for (const group of groups) {
      if (!(group instanceof CountedGroup)) return undefined;
      const isWhole = group instanceof CellGroup;
      const { kinds, weights } = group.list.cells;
      for (let i = 0; i < kinds.length; i++) {
        const kind = kinds[i]!;
        if (parts.has(kind)) return undefined;
        if (whole.has(kind)) {
          if (isWhole) continue;
          return undefined;
        }
        (isWhole ? whole : parts).add(kind);
        sum += weights[i]!;
      }
    }
    return sum;
  }

  /** The cells that a group consists of; `undefined` when it has but parts of some. */
  #listOf(group: Group): CellList | undefined {
    if (group instanceof CountedGroup) return group.list;
    return group === this.#facts.whole(group.stackIndex) ? this.#stackCells(group.stackIndex) : undefined;
  }

  #stackCells(stackIndex: number): CellList {
    this.#ofStack[stackIndex] ??= new CellList(stackIndex, this.#kinds, () => {
      const { start, kinds, first, weights } = this.#all;
      const [from, to] = [start[stackIndex]!, start[stackIndex + 1]!];
      return {
        kinds: kinds.subarray(from, to),
        first: first.subarray(from, to),
        weights: weights.subarray(from, to),
      };
    });
    return this.#ofStack[stackIndex];
  }

  /** The cells of a group, each with its weight in the group. */
  #parts(group: Group): CellList {
    return new CellList(group.stackIndex, this.#kinds, () =>
      group instanceof RestGroup ? this.#rest(group) : this.#count(group.rows),
    );
  }

  /** The cells of a stack without some of its goroutines, at the cost of those. */
  #rest({ stackIndex, without }: RestGroup): Cells {
    const { cells } = this.#stackCells(stackIndex);
    const gone = this.#count(without);
    const first = cells.first.slice();
    const weights = cells.weights.slice();
    const places = new Map<number, number>();
    for (let cell = 0; cell < cells.kinds.length; cell++) places.set(cells.kinds[cell]!, cell);
    /** Places of cells that have lost their first goroutine, by kind. */
    const beheaded = new Map<number, number>();
    for (let i = 0; i < gone.kinds.length; i++) {
      const at = places.get(gone.kinds[i]!)!;
      weights[at]! -= gone.weights[i]!;
      if (weights[at]! > 0 && first[at] === gone.first[i]) beheaded.set(gone.kinds[i]!, at);
    }
    const left = Array.from(weights.keys()).filter((cell) => weights[cell]! > 0);
    if (beheaded.size > 0) {
      this.#findFirst(stackIndex, without, beheaded, first);
      left.sort((a, b) => first[a]! - first[b]!);
    }
    return {
      kinds: Uint32Array.from(left, (cell) => cells.kinds[cell]!),
      first: Uint32Array.from(left, (cell) => first[cell]!),
      weights: Float64Array.from(left, (cell) => weights[cell]!),
    };
  }

  /**
   * Finds the first goroutines of some kinds among those that are left of a stack.
   * @param places by kind, where they are written in `first`, in which those are that are gone
   */
  #findFirst(
    stackIndex: number,
    without: ArrayLike<number>,
    places: Map<number, number>,
    first: Uint32Array,
  ): void {
    const rows = this.#facts.rowsOf(stackIndex);
    const { ofRow } = this.#kinds;
    let next = 0;
    for (let i = 0; places.size > 0; i++) {
      const row = rows[i]!;
      if (row === without[next]) {
        next++;
        continue;
      }
      const at = places.get(ofRow[row]!);
      if (at === undefined) continue;
      first[at] = row;
      places.delete(ofRow[row]!);
    }
  }

  #count(rows: ArrayLike<number>): Cells {
    const { weight } = this.#facts.dump.goroutines;
    const { ofRow } = this.#kinds;
    // Number of the cell of each kind, plus one.
    const places = this.#byKind;
    const kinds: number[] = [];
    const first: number[] = [];
    const weights: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const kind = ofRow[row]!;
      const place = places[kind]!;
      if (place > 0) weights[place - 1]! += weight[row]!;
      else {
        places[kind] = kinds.push(kind);
        first.push(row);
        weights.push(weight[row]!);
      }
    }
    for (const kind of kinds) places[kind] = 0;
    return {
      kinds: Uint32Array.from(kinds),
      first: Uint32Array.from(first),
      weights: Float64Array.from(weights),
    };
  }

  #classesOf(condition: Condition): Classes {
    let classes = this.#ofCondition.get(condition);
    if (classes === undefined) {
      const [first, ...others] = condition.byCell!;
      let ofKind = this.#answers(first!);
      for (const part of others) {
        const keys = new Keys();
        const before = ofKind;
        ofKind = this.#answers(part).map((answer, kind) => keys.numberOf(before[kind]!, answer, 0));
      }
      classes = this.#classes.find((known) => areSame(known.ofKind, ofKind));
      if (classes === undefined) {
        classes = { ofKind };
        this.#classes.push(classes);
      }
      this.#ofCondition.set(condition, classes);
    }
    return classes;
  }

  /** For each kind a number that it shares with those that answer one part of a condition alike. */
  #answers(part: Condition): Uint32Array {
    const numbers = new Map<string, number>();
    // Most answers are one of few lists.
    const known = new Map<readonly Solution[], number>();
    const answers = new Uint32Array(this.#subjects.length);
    for (let kind = 0; kind < answers.length; kind++) {
      const solutions = part.evaluate(this.#subjects[kind]!);
      let number = known.get(solutions);
      if (number === undefined) {
        const key = answerKey(solutions);
        number = numbers.get(key) ?? numbers.size;
        numbers.set(key, number);
        known.set(solutions, number);
      }
      answers[kind] = number;
    }
    return answers;
  }

  /**
   * Goroutines of some cells of a stack. The same object for the same cells, as far as it is remembered: what is known of a
   * group is asked once.
   */
  #group(samples: readonly ClassSample[], list: CellList): Group {
    const { stackIndex, first } = samples[0]!;
    const weight = weightOf(samples);
    let known = this.#known.get(stackIndex);
    if (known === undefined) {
      known = [];
      this.#known.set(stackIndex, known);
    }
    const same = known.find(
      (group) =>
        group.first === first &&
        group.weight === weight &&
        (areSame(group.samples, samples) || areSame(group.list.cells.kinds, list.cells.kinds)),
    );
    if (same !== undefined) return same;
    const group = new CellGroup(samples, list, () =>
      this.#gather(this.#facts.rowsOf(stackIndex), list.cells),
    );
    if (known.length < maxKnown) known.push(group);
    return group;
  }

  /** Those of some rows whose kind is that of a cell, ascending as they were. */
  #gather(rows: ArrayLike<number>, cells: Cells): Uint32Array {
    const { ofRow } = this.#kinds;
    const wanted = this.#mark(cells, 1);
    let count = 0;
    for (let i = 0; i < rows.length; i++) count += wanted[ofRow[rows[i]!]!]!;
    const gathered = new Uint32Array(count);
    let next = 0;
    for (let i = 0; next < count; i++) if (wanted[ofRow[rows[i]!]!] === 1) gathered[next++] = rows[i]!;
    this.#mark(cells, 0);
    return gathered;
  }

  /** Marks the kinds of some cells; whoever does so takes the marks away again. */
  #mark({ kinds }: Cells, mark: number): Uint32Array {
    const marks = this.#byKind;
    for (let i = 0; i < kinds.length; i++) marks[kinds[i]!] = mark;
    return marks;
  }
}

function areSame<T>(some: ArrayLike<T>, others: ArrayLike<T>): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}
