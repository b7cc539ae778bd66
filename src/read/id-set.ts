import { Arena } from "../model/arena.ts";
import { zeros } from "../model/typed-array.ts";

/** Ids that share an entry: one bit each. */
const perEntry = 32;
/** Room that is enough where a third of a process's goroutines are alive; what is not used of it is not touched. */
const placesPerGoroutine = 4;

/**
 * A set of goroutine ids: open addressing, an entry for each 32 ids in a row. Ids of one process lie close together,
 * so that most entries hold several; one that stands alone costs 24 to 48 bytes.
 */
export class IdSet {
  /** Number of the 32 ids, plus one: 0 where nothing is, so that fresh memory need not be touched. */
  entries: Float64Array = new Float64Array(64);
  bits: Int32Array = new Int32Array(64);
  mask = 63;
  last = 0;
  used = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Has its tables where columns are, with room for the ids of so many goroutines: who fills the columns adds many at once. */
  moveTo(arena: Arena, goroutines: number): void {
    const places = Math.max(this.entries.length, 2 ** Math.ceil(Math.log2(goroutines / placesPerGoroutine)));
    this.#resize(places, arena);
  }

  /** So many ids were added in the tables. */
  added(ids: number): void {
    this.#size += ids;
  }

  /** @returns true when the id was not there */
  add(id: number): boolean {
    const before = Math.floor(id / perEntry);
    const entry = before + 1;
    // Not `%`, which of doubles is a call into the C library.
    const bit = 1 << (id - before * perEntry);
    // The last one again, more often than not.
    let slot = this.entries[this.last] === entry ? this.last : this.#slotOf(entry);
    if (this.entries[slot] === 0) {
      if (++this.used * 2 > this.mask) {
        this.#resize(this.entries.length * 2, Arena.of(this.entries));
        slot = this.#slotOf(entry);
      }
      this.entries[slot] = entry;
    } else if ((this.bits[slot]! & bit) !== 0) return false;
    this.bits[slot]! |= bit;
    this.last = slot;
    this.#size++;
    return true;
  }

  has(id: number): boolean {
    const before = Math.floor(id / perEntry);
    return (this.bits[this.#slotOf(before + 1)]! & (1 << (id - before * perEntry))) !== 0;
  }

  /** Where that entry is, or would be. */
  #slotOf(entry: number): number {
    let slot = hash(entry) & this.mask;
    for (let found = this.entries[slot]!; found !== 0 && found !== entry; found = this.entries[slot]!) {
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }

  #resize(places: number, arena: Arena | undefined): void {
    const { entries, bits } = this;
    this.mask = places - 1;
    this.entries = zeros(Float64Array, places, arena);
    this.bits = zeros(Int32Array, places, arena);
    for (let old = 0; old < entries.length; old++) {
      const entry = entries[old]!;
      if (entry === 0) continue;
      const slot = this.#slotOf(entry);
      this.entries[slot] = entry;
      this.bits[slot] = bits[old]!;
    }
  }
}

/** Neighbouring entries stay neighbours, which keeps the walk through the table in the cache. */
function hash(entry: number): number {
  return (entry ^ (entry / 4294967296)) >>> 0;
}
