import { type Cells, markedCells, type SortedCells } from "../model/cell-counts.ts";
import type { Kinds } from "../model/kinds.ts";
import { maxIds, SmallestIds } from "../model/smallest-ids.ts";
import type { Condition } from "./condition.ts";
import type { Facts, Group, Sample } from "./facts.ts";
import { answerKey } from "./keys.ts";
import { noLabels, type Waits } from "./rows.ts";

/** Many goroutines of one stack, whose rows are gathered when somebody asks for them. */
export class LazyGroup implements Group {
  readonly stackIndex: number;
  readonly first: number;
  readonly weight: number;
  readonly #gather: () => ArrayLike<number>;
  #rows: ArrayLike<number> | undefined;

  constructor(stackIndex: number, first: number, weight: number, gather: () => ArrayLike<number>) {
    this.stackIndex = stackIndex;
    this.first = first;
    this.weight = weight;
    this.#gather = gather;
  }

  get rows(): ArrayLike<number> {
    this.#rows ??= this.#gather();
    return this.#rows;
  }
}

/** All goroutines of one stack that are of some kinds. */
class CellGroup extends LazyGroup {
  readonly cells: Cells;

  constructor(stackIndex: number, cells: Cells, gather: () => ArrayLike<number>) {
    let weight = 0;
    for (let i = 0; i < cells.weights.length; i++) weight += cells.weights[i]!;
    super(stackIndex, cells.first[0]!, weight, gather);
    this.cells = cells;
  }
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
  readonly #ofStack: (Cells | undefined)[] = [];
  readonly #known = new Map<number, CellGroup[]>();
  readonly #classes = new WeakMap<Condition, Uint32Array>();

  constructor(facts: Facts) {
    this.#facts = facts;
    const { goroutines, stacks } = facts.dump;
    this.#kinds = goroutines.tally.kinds;
    this.#all = goroutines.tally.cells(stacks.length);
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
    const keys: (string | undefined)[] = [];
    const keysOf = ({ kinds, first, weights }: Cells): ReadonlySet<string> => {
      const found = new Set<string>();
      const seen: boolean[] = [];
      for (let i = 0; i < kinds.length; i++) {
        const alike = classOf[kinds[i]!]!;
        if (seen[alike] === true) continue;
        seen[alike] = true;
        keys[alike] ??= keyOfAlike({ stackIndex, first: first[i]!, weight: weights[i]! });
        found.add(keys[alike]);
      }
      return found;
    };
    const cells = this.#cellsOf(group);
    const ofStack = this.#stackCells(stackIndex);
    // If they all agree, nobody needs to know which of them are in the group.
    let found = keysOf(ofStack);
    if (found.size > 1 && cells !== ofStack) found = keysOf(cells ?? this.#parts(group));
    const parts = new Map<string, Group>();
    for (const key of found) {
      if (found.size === 1) parts.set(key, group);
      else {
        const marks = Uint8Array.from(classOf, (alike) => (keys[alike] === key ? 1 : 0));
        parts.set(
          key,
          cells === undefined
            ? this.#facts.groupOf(stackIndex, this.#gather(group.rows, marks))
            : this.#group(stackIndex, markedCells(cells, marks)),
        );
      }
    }
    return parts;
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
    const wanted = this.#marksOf(group.cells);
    const ofStack = tally.smallestIds(group.stackIndex);
    const among = ofStack.ids.filter((_, i) => wanted[ofRow[ofStack.rows[i]!]!] === 1);
    if (among.length >= maxIds) return among.slice(0, maxIds);
    const rows = this.#facts.rowsOf(group.stackIndex);
    const smallest = new SmallestIds();
    for (let i = 0; i < rows.length; i++) {
      if (wanted[ofRow[rows[i]!]!] === 1) smallest.add(id[rows[i]!]!, rows[i]!);
    }
    return smallest.ids;
  }

  /** The cells that a group consists of; `undefined` when it has but parts of some. */
  #cellsOf(group: Group): Cells | undefined {
    if (group instanceof CellGroup) return group.cells;
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
  #parts({ rows }: Group): Cells {
    const { weight } = this.#facts.dump.goroutines;
    const { ofRow } = this.#kinds;
    /** Number of the cell of each kind, plus one. */
    const place = new Uint32Array(this.#kinds.first.length);
    const kinds: number[] = [];
    const first: number[] = [];
    const weights: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const kind = ofRow[row]!;
      const at = place[kind]!;
      if (at > 0) weights[at - 1]! += weight[row]!;
      else {
        place[kind] = kinds.push(kind);
        first.push(row);
        weights.push(weight[row]!);
      }
    }
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
      const facts = this.#facts;
      const { stack, weight } = facts.dump.goroutines;
      const numbers = new Map<string, number>();
      classes = Uint32Array.from(this.#kinds.first, (first) => {
        const stackIndex = stack[first]!;
        const group = { stackIndex, first, weight: weight[first]! };
        const subject = { facts, stackIndex, stack: facts.dump.stacks[stackIndex]!, group };
        const key = condition.byCell!.map((part) => answerKey(part.evaluate(subject))).join("\n");
        const number = numbers.get(key) ?? numbers.size;
        numbers.set(key, number);
        return number;
      });
      this.#classes.set(condition, classes);
    }
    return classes;
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
    const group = new CellGroup(stackIndex, cells, () =>
      this.#gather(this.#facts.rowsOf(stackIndex), this.#marksOf(cells)),
    );
    if (known.length < maxKnown) known.push(group);
    return group;
  }

  /** Those of some rows whose kind is wanted, ascending as they were. */
  #gather(rows: ArrayLike<number>, wanted: Uint8Array): Uint32Array {
    const { ofRow } = this.#kinds;
    let count = 0;
    for (let i = 0; i < rows.length; i++) count += wanted[ofRow[rows[i]!]!]!;
    const gathered = new Uint32Array(count);
    let next = 0;
    for (let i = 0; next < count; i++) if (wanted[ofRow[rows[i]!]!] === 1) gathered[next++] = rows[i]!;
    return gathered;
  }

  /** A mark for each kind that some cells are of. */
  #marksOf({ kinds }: Cells): Uint8Array {
    const marks = new Uint8Array(this.#kinds.first.length);
    for (let i = 0; i < kinds.length; i++) marks[kinds[i]!] = 1;
    return marks;
  }
}

/** Whether cells of one stack are the same. */
function areSame({ kinds }: Cells, others: Cells): boolean {
  if (kinds.length !== others.kinds.length) return false;
  for (let i = 0; i < kinds.length; i++) if (kinds[i] !== others.kinds[i]) return false;
  return true;
}
