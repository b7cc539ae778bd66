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
  /** Its place among the cells of its stack. */
  readonly place: number;
  /** Number that it shares with the cells of other stacks that are alike. */
  readonly kind: number;

  constructor(stackIndex: number, first: number, weight: number, place: number, kind: number) {
    this.stackIndex = stackIndex;
    this.first = first;
    this.weight = weight;
    this.place = place;
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
  /** Place of each row's cell among those of its stack. */
  readonly #ofRow: Uint32Array;
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
    this.#ofStack = facts.dump.stacks.map(() => []);
    const places = new Uint32Array(first.length);
    first.forEach((row, number) => {
      const stackIndex = stack[row]!;
      const cells = this.#ofStack[stackIndex]!;
      places[number] = cells.length;
      const kind = kinds.numberOf(labels[row]!, minutes[row]!, flags[row]!);
      const cell = new Cell(stackIndex, row, weights[number]!, cells.length, kind);
      if (kind === this.#kinds.length) this.#kinds.push(cell);
      cells.push(cell);
    });
    for (let row = 0; row < ofRow.length; row++) ofRow[row] = places[ofRow[row]!]!;
    this.#ofRow = ofRow;
  }

  /** The cells of a group, each with its weight in the group. */
  of(group: Group): readonly Sample[] {
    const whole = this.#wholeCells(group);
    if (whole !== undefined) return whole;
    const { stackIndex, rows } = group;
    if (rows.length === 1) return [group];
    const { weight } = this.#facts.dump.goroutines;
    const parts = new Map<number, { stackIndex: number; first: number; weight: number }>();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const place = this.#ofRow[row]!;
      const part = parts.get(place);
      if (part === undefined) parts.set(place, { stackIndex, first: row, weight: weight[row]! });
      else part.weight += weight[row]!;
    }
    return [...parts.values()];
  }

  /** Of all goroutines of a group that answer a condition on cells alike: one, and how many they are. */
  alike(group: Group, condition: Condition): readonly Sample[] {
    const classOf = this.#classesOf(condition);
    const found = new Map<number, { stackIndex: number; first: number; weight: number }>();
    for (const { stackIndex, first, weight } of this.of(group)) {
      const alike = classOf[this.#cellOf(stackIndex, first).kind]!;
      const known = found.get(alike);
      if (known === undefined) found.set(alike, { stackIndex, first, weight });
      else known.weight += weight;
    }
    return [...found.values()];
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
      byKey = grouped(
        whole ?? this.of(group).map((part) => this.#cellOf(part.stackIndex, part.first)),
        keyOf,
      );
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

  #cellOf(stackIndex: number, row: number): Cell {
    return this.#ofStack[stackIndex]![this.#ofRow[row]!]!;
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
    const wanted = new Uint8Array(this.#ofStack[cells[0]!.stackIndex]!.length);
    for (const { place } of cells) wanted[place] = 1;
    let count = 0;
    for (let i = 0; i < rows.length; i++) count += wanted[this.#ofRow[rows[i]!]!]!;
    const gathered = new Uint32Array(count);
    let next = 0;
    for (let i = 0; next < count; i++) if (wanted[this.#ofRow[rows[i]!]!] === 1) gathered[next++] = rows[i]!;
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
  first: readonly number[];
  weights: readonly number[];
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
  const first: number[] = [];
  const weights: number[] = [];
  for (let row = 0; row < length; row++) {
    const plain = flags[row] === 0 && labels[row] === 0;
    const pair = plain ? stack[row]! * span + minutes[row]! + 1 : table.length;
    let key = -1;
    let number: number;
    if (pair < table.length) number = table[pair]! - 1;
    else {
      key = keys.numberOf(stack[row]!, minutes[row]!, marks.numberOf(0, labels[row]!, flags[row]!));
      number = ofKey[key] ?? -1;
    }
    if (number < 0) {
      number = first.length;
      if (key < 0) table[pair] = number + 1;
      else ofKey[key] = number;
      first.push(row);
      weights.push(0);
    }
    ofRow[row] = number;
    weights[number]! += weight[row]!;
  }
  return { ofRow, first, weights };
}
