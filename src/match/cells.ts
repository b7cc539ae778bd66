import type { Dump } from "../model/dump.ts";
import type { Condition } from "./condition.ts";
import type { Facts, Group, Sample } from "./facts.ts";
import { answerKey } from "./keys.ts";
import { Keys } from "./split.ts";

/** Goroutines of one stack that are alike in flags, labels and minutes waited. */
class Cell implements Sample {
  readonly stackIndex: number;
  readonly first: number;
  readonly weight: number;
  /** Its number in the dump. */
  readonly number: number;
  /** Number that it shares with the cells of other stacks that are alike. */
  readonly kind: number;

  constructor(stackIndex: number, first: number, weight: number, number: number, kind: number) {
    this.stackIndex = stackIndex;
    this.first = first;
    this.weight = weight;
    this.number = number;
    this.kind = kind;
  }
}

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

/** Whole cells of one stack. */
class CellGroup extends LazyGroup {
  readonly cells: readonly Cell[];

  constructor(cells: readonly Cell[], gather: () => ArrayLike<number>) {
    const weight = cells.reduce((sum, cell) => sum + cell.weight, 0);
    super(cells[0]!.stackIndex, cells[0]!.first, weight, gather);
    this.cells = cells;
  }
}

/** Groups of cells of one stack that are remembered. */
const maxKnown = 16;
/** Most pairs of stack and minutes of which each has an entry of its own in a table; with more, they are hashed. */
const maxPairs = 1 << 22;

/**
 * The goroutines of each stack by flags, labels and minutes waited, counted once for all rules. What asks for nothing
 * else asks these few cells, not every goroutine: so the cost of a rule stays one per distinct stack.
 */
export class Cells {
  readonly #facts: Facts;
  /** Number of each row's cell. */
  readonly #ofRow: Uint32Array;
  readonly #all: Cell[] = [];
  /** Marks those that are wanted while rows are gathered. */
  readonly #wanted: Uint8Array;
  /** Of each stack, in the order in which they first occur. */
  readonly #ofStack: readonly Cell[][];
  readonly #known = new Map<number, CellGroup[]>();
  /** A cell of each kind. */
  readonly #kinds: Cell[] = [];
  readonly #classes = new WeakMap<Condition, Uint32Array>();

  constructor(facts: Facts) {
    this.#facts = facts;
    const { ofRow, first, weights } = numberCells(facts.dump);
    const { stack, flags, labels, minutes } = facts.dump.goroutines;
    const kinds = new Keys();
    this.#ofRow = ofRow;
    this.#ofStack = facts.dump.stacks.map(() => []);
    this.#wanted = new Uint8Array(first.length);
    for (let number = 0; number < first.length; number++) {
      const row = first[number]!;
      const kind = kinds.numberOf(labels[row]!, minutes[row]!, flags[row]!);
      const cell = new Cell(stack[row]!, row, weights[number]!, number, kind);
      if (kind === this.#kinds.length) this.#kinds.push(cell);
      this.#all.push(cell);
      this.#ofStack[cell.stackIndex]!.push(cell);
    }
  }

  /** Of all goroutines of a group that answer a condition on cells alike: one, and how many they are. */
  alike(group: Group, condition: Condition): readonly Sample[] {
    const classOf = this.#classesOf(condition);
    const ofClass: { stackIndex: number; first: number; weight: number }[] = [];
    const found: Sample[] = [];
    for (const { stackIndex, first, weight, kind } of this.#wholeCells(group) ?? this.#parts(group)) {
      const known = ofClass[classOf[kind]!];
      if (known !== undefined) {
        known.weight += weight;
        continue;
      }
      const alike = { stackIndex, first, weight };
      ofClass[classOf[kind]!] = alike;
      found.push(alike);
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
    const classOf = this.#classesOf(condition);
    const keys: (string | undefined)[] = [];
    const keyOf = (cell: Cell): string => {
      const alike = classOf[cell.kind]!;
      keys[alike] ??= keyOfAlike(cell);
      return keys[alike]!;
    };
    const whole = this.#wholeCells(group);
    // If they all agree, nobody needs to know which of them are in the group.
    let byKey = grouped(this.#ofStack[group.stackIndex]!, keyOf);
    if (byKey.size > 1 && whole !== this.#ofStack[group.stackIndex])
      byKey = grouped(whole ?? this.#parts(group), keyOf);
    if (byKey.size === 0) return new Map();
    if (byKey.size === 1) return new Map([[byKey.keys().next().value!, group]]);
    const part = (alike: readonly Cell[]): Group =>
      whole === undefined
        ? this.#facts.groupOf(group.stackIndex, this.#gather(group.rows, alike))
        : this.#group(alike);
    return new Map([...byKey].map(([key, alike]) => [key, part(alike)]));
  }

  /** The cells that a group consists of; `undefined` when it has but parts of some. */
  #wholeCells(group: Group): readonly Cell[] | undefined {
    if (group instanceof CellGroup) return group.cells;
    return group === this.#facts.whole(group.stackIndex) ? this.#ofStack[group.stackIndex] : undefined;
  }

  /** The cells of a group, each with its weight in the group. */
  #parts({ stackIndex, rows }: Group): readonly Cell[] {
    const { weight } = this.#facts.dump.goroutines;
    const weights = new Map<number, number>();
    const first = new Map<number, number>();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const number = this.#ofRow[row]!;
      const known = weights.get(number);
      if (known === undefined) first.set(number, row);
      weights.set(number, (known ?? 0) + weight[row]!);
    }
    return Array.from(weights, ([number, sum]) => {
      const { kind } = this.#all[number]!;
      return new Cell(stackIndex, first.get(number)!, sum, number, kind);
    });
  }

  /** For each kind of cell a number that it shares with those that answer all parts of a condition alike. */
  #classesOf(condition: Condition): Uint32Array {
    let classes = this.#classes.get(condition);
    if (classes === undefined) {
      const facts = this.#facts;
      const numbers = new Map<string, number>();
      classes = Uint32Array.from(this.#kinds, (group) => {
        const { stackIndex } = group;
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
  #group(cells: readonly Cell[]): Group {
    const { stackIndex } = cells[0]!;
    let known = this.#known.get(stackIndex);
    if (known === undefined) {
      known = [];
      this.#known.set(stackIndex, known);
    }
    const same = known.find(
      (group) => group.cells.length === cells.length && group.cells.every((cell, i) => cell === cells[i]),
    );
    if (same !== undefined) return same;
    const group = new CellGroup(cells, () => this.#gather(this.#facts.rowsOf(stackIndex), cells));
    if (known.length < maxKnown) known.push(group);
    return group;
  }

  /** Those of some rows that are in the cells, ascending as they were. */
  #gather(rows: ArrayLike<number>, cells: readonly Cell[]): Uint32Array {
    const wanted = this.#wanted;
    const ofRow = this.#ofRow;
    for (const { number } of cells) wanted[number] = 1;
    let count = 0;
    for (let i = 0; i < rows.length; i++) count += wanted[ofRow[rows[i]!]!]!;
    const gathered = new Uint32Array(count);
    let next = 0;
    for (let i = 0; next < count; i++) if (wanted[ofRow[rows[i]!]!] === 1) gathered[next++] = rows[i]!;
    for (const { number } of cells) wanted[number] = 0;
    return gathered;
  }
}

/** Cells by their key. Most often they all agree, and then no list is made. */
function grouped(cells: readonly Cell[], keyOf: (cell: Cell) => string): Map<string, readonly Cell[]> {
  if (cells.length === 0) return new Map();
  const first = keyOf(cells[0]!);
  let key = first;
  let alike = 1;
  while (alike < cells.length) {
    key = keyOf(cells[alike]!);
    if (key !== first) break;
    alike++;
  }
  if (alike === cells.length) return new Map([[first, cells]]);
  const byKey = new Map<string, Cell[]>([
    [first, cells.slice(0, alike)],
    [key, [cells[alike]!]],
  ]);
  for (let i = alike + 1; i < cells.length; i++) {
    key = keyOf(cells[i]!);
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [cells[i]!]);
    else others.push(cells[i]!);
  }
  return byKey;
}

/** Numbers the cells of a dump from 0: that of each row; and of each cell its first row and its goroutines. */
function numberCells({ goroutines, stacks }: Dump): {
  ofRow: Uint32Array;
  first: Uint32Array;
  weights: Float64Array;
} {
  const { stack, flags, labels, minutes, weight, length } = goroutines;
  let longest = 0;
  for (let row = 0; row < length; row++) if (minutes[row]! > longest) longest = minutes[row]!;
  const span = longest + 2;
  const table = new Uint32Array(stacks.length * span <= maxPairs ? stacks.length * span : 0);
  const marks = new Keys();
  const keys = new Keys();
  const ofKey: number[] = [];
  const ofRow = new Uint32Array(length);
  const first = new Uint32Array(length);
  const weights = new Float64Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    const pair =
      flags[row] === 0 && labels[row] === 0 ? stack[row]! * span + minutes[row]! + 1 : table.length;
    let number: number;
    if (pair < table.length) {
      number = table[pair]! - 1;
      if (number < 0) {
        number = count;
        table[pair] = count + 1;
      }
    } else {
      const key = keys.numberOf(stack[row]!, minutes[row]!, marks.numberOf(0, labels[row]!, flags[row]!));
      if (key === ofKey.length) ofKey.push(count);
      number = ofKey[key]!;
    }
    if (number === count) first[count++] = row;
    ofRow[row] = number;
    weights[number]! += weight[row]!;
  }
  return { ofRow, first: first.slice(0, count), weights: weights.slice(0, count) };
}
