import { type Cells, newCells, type SortedCells } from "../model/cell-counts.ts";
import { Keys } from "../model/keys.ts";
import type { Kinds } from "../model/kinds.ts";
import { maxIds, SmallestIds } from "../model/smallest-ids.ts";
import type { Condition, Solution, Subject } from "./condition.ts";
import type { Facts } from "./facts.ts";
import { type Group, LazyGroup, RestGroup, type Sample } from "./group.ts";
import { answerKey } from "./keys.ts";
import { noLabels, type Waits } from "./rows.ts";

/** Goroutines of one stack whose kinds are counted. */
class CountedGroup extends LazyGroup {
  readonly cells: Cells;

  constructor(stackIndex: number, cells: Cells, gather: () => ArrayLike<number>) {
    let weight = 0;
    for (let i = 0; i < cells.weights.length; i++) weight += cells.weights[i]!;
    super(stackIndex, cells.first[0]!, weight, gather);
    this.cells = cells;
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
  readonly #ofStack: (Cells | undefined)[] = [];
  readonly #known = new Map<number, CellGroup[]>();
  readonly #classes = new WeakMap<Condition, Uint32Array>();

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
    const { stackIndex } = group;
    const classOf = this.#classesOf(condition);
    const ofClass: { stackIndex: number; first: number; weight: number }[] = [];
    const found: Sample[] = [];
    const { kinds, first, weights } = this.#cellsOf(group) ?? this.#parts(group);
    for (let i = 0; i < kinds.length; i++) {
      const alike = classOf[kinds[i]!]!;
      const known = ofClass[alike];
      if (known !== undefined) known.weight += weights[i]!;
      else {
        ofClass[alike] = { stackIndex, first: first[i]!, weight: weights[i]! };
        found.push(ofClass[alike]);
      }
    }
    return found;
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
    const classOf = this.#classesOf(condition);
    const keyOfClass: (string | undefined)[] = [];
    const keyOf = ({ kinds, first, weights }: Cells, cell: number) => {
      const alike = classOf[kinds[cell]!]!;
      keyOfClass[alike] ??= keyOfAlike({ stackIndex, first: first[cell]!, weight: weights[cell]! });
      return keyOfClass[alike];
    };
    const ofStack = this.#stackCells(stackIndex);
    let division = divideCells(ofStack, classOf, keyOf);
    // If they all agree, nobody needs to know which of them are in the group.
    const cells = this.#cellsOf(group);
    if (division.keys.length > 1 && cells !== ofStack)
      division = divideCells(cells ?? this.#parts(group), classOf, keyOf);
    if (division.keys.length === 1) return new Map([[division.keys[0]!, group]]);
    const parts = partsOf(division).map((part) =>
      cells === undefined
        ? new CountedGroup(stackIndex, part, () => this.#gather(group.rows, part))
        : this.#group(stackIndex, part),
    );
    return new Map(division.keys.map((key, part) => [key, parts[part]!]));
  }

  /** How long the goroutines of a group wait, and their labels. */
  waits(group: Group): Waits {
    const { kinds, weights } = this.#cellsOf(group) ?? this.#parts(group);
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
    const wanted = this.#mark(group.cells, 1);
    const ofStack = tally.smallestIds(group.stackIndex);
    const among = ofStack.ids.filter((_, i) => wanted[ofRow[ofStack.rows[i]!]!] === 1);
    const smallest = new SmallestIds();
    if (among.length < maxIds) {
      const rows = this.#facts.rowsOf(group.stackIndex);
      for (let i = 0; i < rows.length; i++) {
        if (wanted[ofRow[rows[i]!]!] === 1) smallest.add(id[rows[i]!]!, rows[i]!);
      }
    }
    this.#mark(group.cells, 0);
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
      const { kinds, weights } = group.cells;
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
  #cellsOf(group: Group): Cells | undefined {
    if (group instanceof CountedGroup) return group.cells;
    return group === this.#facts.whole(group.stackIndex) ? this.#stackCells(group.stackIndex) : undefined;
  }

  #stackCells(stackIndex: number): Cells {
    let cells = this.#ofStack[stackIndex];
    if (cells === undefined) {
      const { start, kinds, first, weights } = this.#all;
      const [from, to] = [start[stackIndex]!, start[stackIndex + 1]!];
      cells = {
        kinds: kinds.subarray(from, to),
        first: first.subarray(from, to),
        weights: weights.subarray(from, to),
      };
      this.#ofStack[stackIndex] = cells;
    }
    return cells;
  }

  /** The cells of a group, each with its weight in the group. */
  #parts(group: Group): Cells {
    if (group instanceof RestGroup) {
      const rest = cellsWithout(this.#stackCells(group.stackIndex), this.#count(group.without));
      if (rest !== undefined) return rest;
    }
    return this.#count(group.rows);
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

  /** For each kind a number that it shares with those that answer all parts of a condition alike. */
  #classesOf(condition: Condition): Uint32Array {
    let classes = this.#classes.get(condition);
    if (classes === undefined) {
      const [first, ...others] = condition.byCell!;
      classes = this.#answers(first!);
      for (const part of others) {
        const keys = new Keys();
        const before = classes;
        classes = this.#answers(part).map((answer, kind) => keys.numberOf(before[kind]!, answer, 0));
      }
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

  /** The same object for the same cells, as far as it is remembered: what is known of a group is asked once. */
  #group(stackIndex: number, cells: Cells): Group {
    let known = this.#known.get(stackIndex);
    if (known === undefined) {
      known = [];
      this.#known.set(stackIndex, known);
    }
    const same = known.find((group) => areSame(group.cells, cells));
    if (same !== undefined) return same;
    const group = new CellGroup(stackIndex, cells, () => this.#gather(this.#facts.rowsOf(stackIndex), cells));
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

/** Cells by what is said of them. */
interface Division {
  readonly cells: Cells;
  /** What is said of each part, in the order in which the parts first occur. */
  readonly keys: readonly string[];
  /** The part of each cell, and how many cells each part has. */
  readonly partOf: Uint32Array;
  readonly sizes: readonly number[];
}

/**
 * @param classOf for each kind a number that it shares with those that have the same key
 * @param keyOf what is said of a cell, asked once a class
 */
function divideCells(
  cells: Cells,
  classOf: Uint32Array,
  keyOf: (cells: Cells, cell: number) => string,
): Division {
  const { kinds } = cells;
  const parts = new Map<string, number>();
  const sizes: number[] = [];
  const partOf = new Uint32Array(kinds.length);
  const partOfClass: number[] = [];
  for (let cell = 0; cell < kinds.length; cell++) {
    const alike = classOf[kinds[cell]!]!;
    let part = partOfClass[alike];
    if (part === undefined) {
      const key = keyOf(cells, cell);
      part = parts.get(key) ?? parts.size;
      if (part === parts.size) {
        parts.set(key, part);
        sizes.push(0);
      }
      partOfClass[alike] = part;
    }
    partOf[cell] = part;
    sizes[part]!++;
  }
  return { cells, keys: [...parts.keys()], partOf, sizes };
}

function partsOf({ cells, sizes, partOf }: Division): Cells[] {
  const { kinds, first, weights } = cells;
  const parts = sizes.map(newCells);
  const next = sizes.map(() => 0);
  for (let cell = 0; cell < kinds.length; cell++) {
    const part = parts[partOf[cell]!]!;
    const at = next[partOf[cell]!]!++;
    part.kinds[at] = kinds[cell]!;
    part.first[at] = first[cell]!;
    part.weights[at] = weights[cell]!;
  }
  return parts;
}

/** Cells without some of their goroutines; `undefined` where the first of a kind is among those, and not all are. */
function cellsWithout(cells: Cells, some: Cells): Cells | undefined {
  const weights = cells.weights.slice();
  const places = new Map<number, number>();
  for (let cell = 0; cell < cells.kinds.length; cell++) places.set(cells.kinds[cell]!, cell);
  const gone = new Set<number>();
  for (let i = 0; i < some.kinds.length; i++) {
    const at = places.get(some.kinds[i]!)!;
    weights[at]! -= some.weights[i]!;
    if (weights[at] === 0) gone.add(at);
    else if (cells.first[at] === some.first[i]) return undefined;
  }
  const rest = newCells(weights.length - gone.size);
  let next = 0;
  for (let cell = 0; cell < weights.length; cell++) {
    if (gone.has(cell)) continue;
    rest.kinds[next] = cells.kinds[cell]!;
    rest.first[next] = cells.first[cell]!;
    rest.weights[next++] = weights[cell]!;
  }
  return rest;
}

/** Whether cells of one stack are the same. */
function areSame({ kinds }: Cells, others: Cells): boolean {
  if (kinds.length !== others.kinds.length) return false;
  for (let i = 0; i < kinds.length; i++) if (kinds[i] !== others.kinds[i]) return false;
  return true;
}
