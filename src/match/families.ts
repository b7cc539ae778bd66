import type { Dump } from "../model/dump.ts";

/** Who started whom in a dump, by goroutine ids; worked out on demand. */
export class Families {
  readonly #dump: Dump;
  readonly #rowsOf: (stackIndex: number) => Uint32Array;
  readonly #creators: (ReadonlySet<number> | undefined)[] = [];
  #parents: ReadonlyMap<number, number> | undefined;
  #idsKnown: boolean | undefined;

  constructor(dump: Dump, rowsOf: (stackIndex: number) => Uint32Array) {
    this.#dump = dump;
    this.#rowsOf = rowsOf;
  }

  /** Ids of the goroutines that started those of a stack; NaN among them when some don't say. */
  creators(stackIndex: number): ReadonlySet<number> {
    let known = this.#creators[stackIndex];
    if (known === undefined) {
      const { creator } = this.#dump.goroutines;
      const found = new Set<number>();
      const rows = this.#rowsOf(stackIndex);
      for (let i = 0; i < rows.length; i++) found.add(creator[rows[i]!]!);
      known = found;
      this.#creators[stackIndex] = known;
    }
    return known;
  }

  /** Rows of the goroutines that started others which are in the dump, by id. */
  get parents(): ReadonlyMap<number, number> {
    if (this.#parents === undefined) {
      const creators = new Set<number>();
      for (let i = 0; i < this.#dump.stacks.length; i++) for (const id of this.creators(i)) creators.add(id);
      const found = new Map<number, number>();
      const { id, length } = this.#dump.goroutines;
      for (let row = 0; row < length; row++) if (creators.has(id[row]!)) found.set(id[row]!, row);
      found.delete(Number.NaN);
      this.#parents = found;
    }
    return this.#parents;
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
