import type { Dump } from "../model/dump.ts";

/** Who started whom in a dump, by goroutine ids; worked out on demand. */
export class Families {
  readonly #dump: Dump;
  #creators: Creators | undefined;
  #parents: ReadonlyMap<number, number> | undefined;
  #parentsOn: ReadonlyMap<number, readonly number[]> | undefined;
  #idsKnown: boolean | undefined;
  #startedBy: { creators: ReadonlySet<number>; rows: readonly (readonly number[])[] } | undefined;
  readonly #siblings = new Map<number, ReadonlyMap<number, number>>();

  constructor(dump: Dump) {
    this.#dump = dump;
  }

  /** Ids of the goroutines that started those of a stack; NaN among them when some don't say. */
  creators(stackIndex: number): ReadonlySet<number> {
    return this.#creatorsKnown().ofStack(stackIndex);
  }

  /** Ids of the goroutines that started any; NaN among them when some don't say. */
  get allCreators(): ReadonlySet<number> {
    return this.#creatorsKnown().all;
  }

  #creatorsKnown(): Creators {
    this.#creators ??= new Creators(this.#dump);
    return this.#creators;
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

  /**
   * How many of a stack's goroutines each creator has started, by its id; NaN: those whose creator is not known.
   * @param rows the goroutines of the stack
   */
  siblings(stackIndex: number, rows: Iterable<number>): ReadonlyMap<number, number> {
    let counts = this.#siblings.get(stackIndex);
    if (counts === undefined) {
      const { creator, weight } = this.#dump.goroutines;
      const found = new Map<number, number>();
      for (const row of rows) found.set(creator[row]!, (found.get(creator[row]!) ?? 0) + weight[row]!);
      counts = found;
      this.#siblings.set(stackIndex, counts);
    }
    return counts;
  }

  /**
   * Rows of the goroutines that were started by some of `allCreators`, for each stack ascending. All rows are looked at in
   * their order, which is quicker than stack by stack, and once for roles that ask for the same in turn.
   */
  startedBy(creators: ReadonlySet<number>): readonly (readonly number[])[] {
    const last = this.#startedBy;
    if (last?.creators.size === creators.size && [...creators].every((id) => last.creators.has(id)))
      return last.rows;
    const rows = rowsWith(this.#dump, creators);
    this.#startedBy = { creators, rows };
    return rows;
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

/** Pairs of creator and stack of which each gets a mark of its own; with more, sets do. */
const maxMarks = 1 << 24;
/** Largest id that is looked up in a table. */
const maxTable = 1 << 24;

/** Rows of the goroutines that some have started, for each stack ascending. */
function rowsWith({ goroutines, stacks }: Dump, creators: ReadonlySet<number>): number[][] {
  const found: number[][] = stacks.map(() => []);
  if (creators.size === 0) return found;
  const { creator, stack, length } = goroutines;
  let largest = 0;
  for (const id of creators) if (id > largest) largest = id;
  const table = new Uint8Array(largest < maxTable ? largest + 1 : 0);
  for (const id of creators) table[id] = 1;
  for (let row = 0; row < length; row++) {
    const id = creator[row]!;
    // No entry: an id that is larger, or unknown.
    const entry = table[id];
    if (entry === 1 || (entry === undefined && creators.has(id))) found[stack[row]!]!.push(row);
  }
  return found;
}

/** Who started the goroutines of each stack. */
class Creators {
  /** Of any stack, in the order of the rows. */
  readonly all: ReadonlySet<number>;
  readonly #ids: readonly number[];
  readonly #ofStack: (ReadonlySet<number> | undefined)[];
  /** For each stack a mark for each of the ids; `undefined` when there are too many, and all sets are made at once. */
  readonly #marks: Uint8Array | undefined;

  constructor({ goroutines, stacks }: Dump) {
    const { creator, stack, length } = goroutines;
    const { ids, ofRow } = numbered(creator, length);
    this.#ids = ids;
    this.all = new Set(ids);
    if (ids.length * stacks.length <= maxMarks) {
      const width = ids.length;
      const marks = new Uint8Array(width * stacks.length);
      for (let row = 0; row < length; row++) marks[stack[row]! * width + ofRow[row]!] = 1;
      this.#marks = marks;
      this.#ofStack = [];
    } else {
      const sets = stacks.map(() => new Set<number>());
      for (let row = 0; row < length; row++) sets[stack[row]!]!.add(creator[row]!);
      this.#ofStack = sets;
    }
  }

  ofStack(stackIndex: number): ReadonlySet<number> {
    let found = this.#ofStack[stackIndex];
    if (found === undefined) {
      const width = this.#ids.length;
      found = new Set(this.#ids.filter((_, i) => this.#marks?.[stackIndex * width + i] === 1));
      this.#ofStack[stackIndex] = found;
    }
    return found;
  }
}

/** Numbers the distinct ids of a column from 0, without a look-up in a map for each row where ids are small. */
function numbered(column: Float64Array, length: number): { ids: readonly number[]; ofRow: Uint32Array } {
  let largest = 0;
  for (let row = 0; row < length; row++) if (column[row]! > largest) largest = column[row]!;
  const table = new Uint32Array(Math.min(maxTable, largest + 1));
  const others = new Map<number, number>();
  const ofRow = new Uint32Array(length);
  const ids: number[] = [];
  for (let row = 0; row < length; row++) {
    const id = column[row]!;
    // No entry: an id that is larger, unknown, or no whole number.
    const entry = table[id];
    let number = entry === undefined ? others.get(id) : entry - 1;
    if (number === undefined || number < 0) {
      number = ids.length;
      ids.push(id);
      if (entry === undefined) others.set(id, number);
      else table[id] = ids.length;
    }
    ofRow[row] = number;
  }
  return { ids, ofRow };
}
