import type { Dump } from "../model/dump.ts";

/** Who started whom in a dump, by goroutine ids; worked out on demand. */
export class Families {
  readonly #dump: Dump;
  readonly #rowsOf: (stackIndex: number) => Uint32Array;
  readonly #creators: (ReadonlySet<number> | undefined)[] = [];
  #allCreators: ReadonlySet<number> | undefined;
  #parents: ReadonlyMap<number, number> | undefined;
  #parentsOn: ReadonlyMap<number, readonly number[]> | undefined;
  #idsKnown: boolean | undefined;
  #marks: Uint32Array | undefined;

  constructor(dump: Dump, rowsOf: (stackIndex: number) => Uint32Array) {
    this.#dump = dump;
    this.#rowsOf = rowsOf;
  }

  /** Ids of the goroutines that started those of a stack; NaN among them when some don't say. */
  creators(stackIndex: number): ReadonlySet<number> {
    let known = this.#creators[stackIndex];
    if (known === undefined) {
      const { creator } = this.#dump.goroutines;
      const rows = this.#rowsOf(stackIndex);
      const found: number[] = [];
      // Most goroutines of a stack have few creators: a mark for each id that was seen is quicker than a set.
      this.#marks ??= marksFor(creator, this.#dump.goroutines.length);
      const marks = this.#marks;
      const others = new Set<number>();
      for (let i = 0; i < rows.length; i++) {
        const id = creator[rows[i]!]!;
        if (!(id >= 0 && id < marks.length)) others.add(id);
        else if (marks[id] !== stackIndex + 1) {
          marks[id] = stackIndex + 1;
          found.push(id);
        }
      }
      known = new Set([...found, ...others]);
      this.#creators[stackIndex] = known;
    }
    return known;
  }

  /** Ids of the goroutines that started any; NaN among them when some don't say. */
  get allCreators(): ReadonlySet<number> {
    if (this.#allCreators === undefined) {
      const all = new Set<number>();
      for (let i = 0; i < this.#dump.stacks.length; i++) for (const id of this.creators(i)) all.add(id);
      this.#allCreators = all;
    }
    return this.#allCreators;
  }

  /** Rows of the goroutines that started others which are in the dump, by id. */
  get parents(): ReadonlyMap<number, number> {
    if (this.#parents === undefined) {
      const creators = this.allCreators;
      const found = new Map<number, number>();
      const { id, length } = this.#dump.goroutines;
      let largest = -1;
      for (const creator of creators) if (creator > largest) largest = creator;
      for (let row = 0; row < length; row++) {
        const own = id[row]!;
        if (own <= largest && creators.has(own)) found.set(own, row);
      }
      this.#parents = found;
    }
    return this.#parents;
  }

  /** Rows of a stack that started others which are in the dump, ascending. */
  parentsOn(stackIndex: number): readonly number[] {
    if (this.#parentsOn === undefined) {
      const found = new Map<number, number[]>();
      for (const row of this.parents.values()) {
        const stack = this.#dump.goroutines.stack[row]!;
        const rows = found.get(stack);
        if (rows === undefined) found.set(stack, [row]);
        else rows.push(row);
      }
      this.#parentsOn = found;
    }
    return this.#parentsOn.get(stackIndex) ?? [];
  }

  /** Every goroutine has an id. */
  get idsKnown(): boolean {
    if (this.#idsKnown === undefined) {
      const { id, length } = this.#dump.goroutines;
      let row = 0;
      while (row < length && !Number.isNaN(id[row]!)) row++;
      this.#idsKnown = row === length;
    }
    return this.#idsKnown;
  }
}

/** Largest id that gets a mark of its own; beyond, a set does. */
const maxMarks = 1 << 24;

function marksFor(ids: Float64Array, length: number): Uint32Array {
  let largest = 0;
  for (let row = 0; row < length; row++) if (ids[row]! > largest) largest = ids[row]!;
  return new Uint32Array(Math.min(maxMarks, largest + 1));
}
