import { addTo } from "../add-to.ts";
import type { Dump } from "../model/dump.ts";

/** Rows of the goroutines that started others which are in the dump. */
interface Parents {
  readonly byId: ReadonlyMap<number, number>;
  readonly onStack: ReadonlyMap<number, readonly number[]>;
}

/** Who started whom in a dump, by goroutine ids; worked out on demand. */
export class Families {
  readonly #dump: Dump;
  #parents: Parents | undefined;
  #startedBy: { creators: ReadonlySet<number>; rows: readonly (readonly number[])[] } | undefined;
  readonly #siblings = new Map<number, ReadonlyMap<number, number>>();

  constructor(dump: Dump) {
    this.#dump = dump;
  }

  /** Ids of the goroutines that started those of a stack; NaN among them when some don't say. */
  creators(stackIndex: number): ReadonlySet<number> {
    return this.#dump.goroutines.tally.creators.ofStack(stackIndex);
  }

  /** Every goroutine of a stack says who started it. */
  creatorsKnown(stackIndex: number): boolean {
    return this.#dump.goroutines.tally.creators.isKnown(stackIndex);
  }

  /** Ids of the goroutines that started any; NaN among them when some don't say. */
  get allCreators(): ReadonlySet<number> {
    return this.#dump.goroutines.tally.creators.all;
  }

  /** Rows of the goroutines that started others which are in the dump, by id. */
  get parents(): ReadonlyMap<number, number> {
    return this.#allParents.byId;
  }

  /** Rows of a stack that started others which are in the dump, ascending. */
  parentsOn(stackIndex: number): readonly number[] {
    return this.#allParents.onStack.get(stackIndex) ?? [];
  }

  get #allParents(): Parents {
    if (this.#parents === undefined) {
      const creators = this.allCreators;
      const byId = new Map<number, number>();
      const onStack = new Map<number, number[]>();
      const { id, stack, length } = this.#dump.goroutines;
      let largest = -1;
      for (const creator of creators) if (creator > largest) largest = creator;
      for (let row = 0; row < length; row++) {
        const own = id[row]!;
        // Not of those that have no id, as creators may be unknown.
        if (own <= largest && creators.has(own)) {
          byId.set(own, row);
          addTo(onStack, stack[row]!, row);
        }
      }
      this.#parents = { byId, onStack };
    }
    return this.#parents;
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
    return this.#dump.goroutines.tally.idsKnown;
  }
}

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
