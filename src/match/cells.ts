import { addTo } from "../add-to.ts";
import type { Cells, SortedCells } from "../model/cell-counts.ts";
import { Keys } from "../model/keys.ts";
import type { Kinds } from "../model/kinds.ts";
import { maxIds, SmallestIds } from "../model/smallest-ids.ts";
import type { Condition, Solution, Subject } from "./condition.ts";
import type { Facts } from "./facts.ts";
import { type Group, LazyGroup, RestGroup, type Sample } from "./group.ts";
import { answerKey } from "./keys.ts";
import { noLabels, type Waits } from "./rows.ts";

/** Some kinds; the same object for the same ones. */
interface KindSet {
  readonly id: number;
  /** 1 for each kind that is one of them, 0 for all others. */
  readonly has: Uint8Array;
}

/** Kinds by what they answer; the same object where they do so alike. */
interface Classes {
  readonly id: number;
  /** For each kind a number that it shares with those that answer alike. */
  readonly ofKind: Uint32Array;
}

/** Of all goroutines of a group whose kinds are in one class: the first, and how many they are. */
interface ClassSample extends Sample {
  readonly class: number;
}

/** Some cells of one stack: those of a list that are of some kinds. */
interface CellView {
  readonly cells: Cells;
  readonly of: KindSet;
}

/** Goroutines of one stack whose kinds are counted. */
class CountedGroup extends LazyGroup implements CellView {
  readonly cells: Cells;
  readonly of: KindSet;

  constructor(
    { stackIndex, first, weight }: Sample,
    { cells, of }: CellView,
    gather: () => ArrayLike<number>,
  ) {
    super(stackIndex, first, weight, gather);
    this.cells = cells;
    this.of = of;
  }
}

/** All goroutines of one stack that are of some kinds. */
class CellGroup extends CountedGroup {}

/** All cells of one stack, and what was asked of them. */
interface StackCells extends CellView {
  /** By classes and kinds: every rule asks the same few things. */
  readonly samples: Map<string, readonly ClassSample[]>;
  readonly groups: CellGroup[];
}

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
  /** A number for each kind, for who counts some; all 0 in between. */
  readonly #byKind: Uint32Array;
  /** A goroutine of each kind. */
  readonly #subjects: readonly Subject[];
  readonly #ofStack: (StackCells | undefined)[] = [];
  readonly #classes = new WeakMap<Condition, Classes>();
  readonly #classesByText = new Map<string, Classes>();
  readonly #sets = new Map<string, KindSet>();
  readonly #subsets = new Map<string, KindSet>();
  readonly #allKinds: KindSet;

  constructor(facts: Facts) {
    this.#facts = facts;
    const { goroutines, stacks } = facts.dump;
    this.#kinds = goroutines.tally.kinds;
    this.#all = goroutines.tally.cells(stacks.length);
    this.#byKind = new Uint32Array(this.#kinds.first.length);
    this.#allKinds = this.#setOf(new Uint8Array(this.#kinds.first.length).fill(1));
    this.#subjects = this.#kinds.first.map((first) => {
      const stackIndex = goroutines.stack[first]!;
      const group = { stackIndex, first, weight: goroutines.weight[first]! };
      return { facts, stackIndex, stack: stacks[stackIndex]!, group };
    });
  }

  /** Of all goroutines of a group that answer a condition on cells alike: one, and how many they are. */
  alike(group: Group, condition: Condition): readonly Sample[] {
    const view = this.#viewOf(group) ?? this.#parts(group);
    return this.#samples(group.stackIndex, view, this.#classesOf(condition));
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
    const { stackIndex } = group;
    const classes = this.#classesOf(condition);
    const ofStack = this.#stackCells(stackIndex);
    let parts = byKey(this.#samples(stackIndex, ofStack, classes), keyOfAlike);
    // If they all agree, nobody needs to know which of them are in the group.
    const view = this.#viewOf(group);
    if (parts.size === 1 || view === ofStack) return this.#groupsOf(group, ofStack, classes, parts);
    const own = view ?? this.#parts(group);
    parts = byKey(this.#samples(stackIndex, own, classes), keyOfAlike);
    return this.#groupsOf(group, own, classes, parts);
  }

  /** The groups of a division; the group itself when there is but one. */
  #groupsOf(
    group: Group,
    { cells, of }: CellView,
    classes: Classes,
    parts: ReadonlyMap<string, readonly ClassSample[]>,
  ): ReadonlyMap<string, Group> {
    const groups = new Map<string, Group>();
    for (const [key, samples] of parts) {
      if (parts.size === 1) return groups.set(key, group);
      const view = { cells, of: this.#subset(of, classes, samples) };
      groups.set(key, this.#group(group, view, samples));
    }
    return groups;
  }

  /** How long the goroutines of a group wait, and their labels. */
  waits(group: Group): Waits {
    const { cells, of } = this.#viewOf(group) ?? this.#parts(group);
    const { kinds, weights } = cells;
    const { minutes, labels } = this.#kinds;
    let minMinutes = -1;
    let maxMinutes = -1;
    let byLabels: Map<number, number> | undefined;
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i]!;
      if (of.has[kind] === 0) continue;
      const waited = minutes[kind]!;
      if (waited >= 0 && (minMinutes < 0 || waited < minMinutes)) minMinutes = waited;
      if (waited > maxMinutes) maxMinutes = waited;
      const set = labels[kind]!;
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
    const { has } = group.of;
    const ofStack = tally.smallestIds(group.stackIndex);
    const among = ofStack.ids.filter((_, i) => has[ofRow[ofStack.rows[i]!]!] === 1);
    if (among.length >= maxIds) return among.slice(0, maxIds);
    const smallest = new SmallestIds();
    const rows = this.#facts.rowsOf(group.stackIndex);
    for (let i = 0; i < rows.length; i++) {
      if (has[ofRow[rows[i]!]!] === 1) smallest.add(id[rows[i]!]!, rows[i]!);
    }
    return smallest.ids;
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
      const { kinds, weights } = group.cells;
      for (let i = 0; i < kinds.length; i++) {
        const kind = kinds[i]!;
        if (group.of.has[kind] === 0) continue;
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
  #viewOf(group: Group): CellView | undefined {
    if (group instanceof CountedGroup) return group;
    return group === this.#facts.whole(group.stackIndex) ? this.#stackCells(group.stackIndex) : undefined;
  }

  #stackCells(stackIndex: number): StackCells {
    let ofStack = this.#ofStack[stackIndex];
    if (ofStack === undefined) {
      const { start, kinds, first, weights } = this.#all;
      const [from, to] = [start[stackIndex]!, start[stackIndex + 1]!];
      const cells = {
        kinds: kinds.subarray(from, to),
        first: first.subarray(from, to),
        weights: weights.subarray(from, to),
      };
      ofStack = { cells, of: this.#allKinds, samples: new Map(), groups: [] };
      this.#ofStack[stackIndex] = ofStack;
    }
    return ofStack;
  }

  /** The cells of a group, each with its weight in the group. */
  #parts(group: Group): CellView {
    const cells = group instanceof RestGroup ? this.#rest(group) : this.#count(group.rows);
    return { cells, of: this.#allKinds };
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
    const { stack } = this.#facts.dump.goroutines;
    const { ofRow } = this.#kinds;
    let next = 0;
    for (let row = without[0]!; places.size > 0; row++) {
      if (stack[row] !== stackIndex) continue;
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

  /** Cells by class, in the order in which those first occur. */
  #samples(stackIndex: number, view: CellView, classes: Classes): readonly ClassSample[] {
    const ofStack = this.#stackCells(stackIndex);
    if (view.cells !== ofStack.cells) return samplesOf(stackIndex, view, classes);
    const key = `${view.of.id} ${classes.id}`;
    let samples = ofStack.samples.get(key);
    if (samples === undefined) {
      samples = samplesOf(stackIndex, view, classes);
      ofStack.samples.set(key, samples);
    }
    return samples;
  }

  #classesOf(condition: Condition): Classes {
    let classes = this.#classes.get(condition);
    if (classes === undefined) {
      const [first, ...others] = condition.byCell!;
      let ofKind = this.#answers(first!);
      for (const part of others) {
        const keys = new Keys();
        const before = ofKind;
        ofKind = this.#answers(part).map((answer, kind) => keys.numberOf(before[kind]!, answer, 0));
      }
      const text = ofKind.join();
      classes = this.#classesByText.get(text) ?? { id: this.#classesByText.size, ofKind };
      this.#classesByText.set(text, classes);
      this.#classes.set(condition, classes);
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

  #setOf(has: Uint8Array): KindSet {
    const text = has.join("");
    let set = this.#sets.get(text);
    if (set === undefined) {
      set = { id: this.#sets.size, has };
      this.#sets.set(text, set);
    }
    return set;
  }

  /** Those of some kinds that are in some classes. */
  #subset(of: KindSet, { id, ofKind }: Classes, samples: readonly ClassSample[]): KindSet {
    const wanted = samples.map((sample) => sample.class);
    const key = `${of.id} ${id} ${wanted.join()}`;
    let subset = this.#subsets.get(key);
    if (subset === undefined) {
      const inClass = new Set(wanted);
      subset = this.#setOf(of.has.map((has, kind) => (inClass.has(ofKind[kind]!) ? has : 0)));
      this.#subsets.set(key, subset);
    }
    return subset;
  }

  /**
   * A part of a group. The same object for the same cells of a stack, as far as it is remembered: what is known of a group
   * is asked once.
   */
  #group(group: Group, view: CellView, samples: readonly ClassSample[]): Group {
    const { stackIndex } = group;
    const { first } = samples[0]!;
    const weight = samples.reduce((sum, sample) => sum + sample.weight, 0);
    const sample = { stackIndex, first, weight };
    const { cells, groups } = this.#stackCells(stackIndex);
    if (view.cells !== cells) return new CountedGroup(sample, view, () => this.#gather(group.rows, view.of));
    const same = groups.find(
      (known) => known.first === first && known.weight === weight && areSame(cells, known.of, view.of),
    );
    if (same !== undefined) return same;
    const made = new CellGroup(sample, view, () => this.#gather(this.#facts.rowsOf(stackIndex), view.of));
    if (groups.length < maxKnown) groups.push(made);
    return made;
  }

  /** Those of some rows that are of some kinds, ascending as they were. */
  #gather(rows: ArrayLike<number>, { has }: KindSet): Uint32Array {
    const { ofRow } = this.#kinds;
    let count = 0;
    for (let i = 0; i < rows.length; i++) count += has[ofRow[rows[i]!]!]!;
    const gathered = new Uint32Array(count);
    let next = 0;
    for (let i = 0; next < count; i++) if (has[ofRow[rows[i]!]!] === 1) gathered[next++] = rows[i]!;
    return gathered;
  }
}

function samplesOf(stackIndex: number, { cells, of }: CellView, { ofKind }: Classes): ClassSample[] {
  const { kinds, first, weights } = cells;
  const { has } = of;
  const ofClass: { stackIndex: number; first: number; weight: number; class: number }[] = [];
  const found: ClassSample[] = [];
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i]!;
    if (has[kind] === 0) continue;
    const alike = ofKind[kind]!;
    const known = ofClass[alike];
    if (known !== undefined) known.weight += weights[i]!;
    else {
      ofClass[alike] = { stackIndex, first: first[i]!, weight: weights[i]!, class: alike };
      found.push(ofClass[alike]);
    }
  }
  return found;
}

/** Classes of cells that belong together, in the order in which those first occur. */
function byKey(
  samples: readonly ClassSample[],
  keyOfAlike: (cell: Sample) => string,
): ReadonlyMap<string, readonly ClassSample[]> {
  const parts = new Map<string, ClassSample[]>();
  for (const sample of samples) addTo(parts, keyOfAlike(sample), sample);
  return parts;
}

/** Whether of the cells of one stack the same are of some kinds and of others. */
function areSame({ kinds }: Cells, some: KindSet, others: KindSet): boolean {
  for (let i = 0; i < kinds.length; i++) if (some.has[kinds[i]!] !== others.has[kinds[i]!]) return false;
  return true;
}
