import type { Goroutines } from "./goroutines.ts";
import { widened } from "./typed-array.ts";

/** Largest id that is looked up in tables, and the size of each. */
const maxTable = 1 << 24;
const tableBits = 12;
const tableMask = (1 << tableBits) - 1;
/** Most pairs of creator and stack of which each has a mark; with more, each stack has a set, made when it is asked for. */
const maxMarks = 1 << 24;

/** Who started the goroutines of each stack, by their ids. */
export class Creators {
  readonly #goroutines: Goroutines;
  /** Rows that were taken. */
  #length = 0;
  /** Numbers of ids, plus one, by id; tables where there are any. */
  readonly #tables: (Uint32Array | undefined)[] = [];
  /** Numbers of larger ids, and of those that are unknown or no whole number. */
  readonly #others = new Map<number, number>();
  readonly #ids: number[] = [];
  /** For each creator a mark for each stack, `#width` in a row. */
  #marks: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(64);
  #width = 1;
  #all: ReadonlySet<number> | undefined;
  readonly #ofStack: (ReadonlySet<number> | undefined)[] = [];
  /** The goroutines of each stack, where there are no marks. */
  #sets: readonly Set<number>[] | undefined;

  constructor(goroutines: Goroutines) {
    this.#goroutines = goroutines;
  }

  /**
   * Takes the rows that are new.
   * @param stacks how many stacks they have at most
   */
  take(stacks: number): void {
    const { creator, stack, length } = this.#goroutines;
    const from = this.#length;
    this.#length = length;
    this.#all = undefined;
    this.#sets = undefined;
    this.#ofStack.length = 0;
    if (stacks > this.#width) this.#widen(stacks);
    const ids = this.#ids;
    const tables = this.#tables;
    let marks = this.#marks;
    const width = this.#width;
    let last = -1;
    let number = -1;
    for (let row = from; row < length; row++) {
      const id = creator[row]!;
      if (id !== last && !(Number.isNaN(id) && Number.isNaN(last))) {
        const table = id < maxTable ? tables[id >> tableBits] : undefined;
        number = table === undefined ? -1 : table[id & tableMask]! - 1;
        // An id that is no whole number shares the place of one that is.
        if (number < 0 || ids[number] !== id) {
          number = this.#numberOf(id);
          marks = this.#marks;
        }
        last = id;
      }
      if (marks !== undefined) marks[number * width + stack[row]!] = 1;
    }
  }

  /** Of any stack, in the order of the rows. */
  get all(): ReadonlySet<number> {
    this.#all ??= new Set(this.#ids);
    return this.#all;
  }

  ofStack(stackIndex: number): ReadonlySet<number> {
    let found = this.#ofStack[stackIndex];
    if (found === undefined) {
      found =
        this.#marks === undefined
          ? this.#setOf(stackIndex)
          : new Set(this.#ids.filter((_, i) => this.#marks?.[i * this.#width + stackIndex] === 1));
      this.#ofStack[stackIndex] = found;
    }
    return found;
  }

  #setOf(stackIndex: number): ReadonlySet<number> {
    if (this.#sets === undefined) {
      const { creator, stack, length } = this.#goroutines;
      const sets = Array.from({ length: this.#width }, () => new Set<number>());
      for (let row = 0; row < length; row++) sets[stack[row]!]!.add(creator[row]!);
      this.#sets = sets;
    }
    return this.#sets[stackIndex] ?? new Set();
  }

  /** The number of an id that is not in the table yet, or does not fit there. */
  #numberOf(id: number): number {
    const isSmall = Number.isInteger(id) && id >= 0 && id < maxTable;
    const known = isSmall ? undefined : this.#others.get(id);
    if (known !== undefined) return known;
    const number = this.#ids.length;
    this.#ids.push(id);
    if (isSmall) {
      this.#tables[id >> tableBits] ??= new Uint32Array(1 << tableBits);
      this.#tables[id >> tableBits]![id & tableMask] = number + 1;
    } else this.#others.set(id, number);
    const marks = this.#ids.length * this.#width;
    if (this.#marks !== undefined) this.#marks = marks > maxMarks ? undefined : widened(this.#marks, marks);
    return number;
  }

  #widen(stacks: number): void {
    const width = this.#width;
    this.#width = Math.max(stacks, width * 2);
    const marks = this.#marks;
    if (marks === undefined) return;
    const pairs = this.#ids.length * this.#width;
    this.#marks = pairs > maxMarks ? undefined : new Uint8Array(Math.max(64, pairs));
    for (let i = 0; i < this.#ids.length; i++)
      this.#marks?.set(marks.subarray(i * width, (i + 1) * width), i * this.#width);
  }
}
