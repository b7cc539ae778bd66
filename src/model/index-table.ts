const firstSlots = 256;

/**
 * Numbers things 0, 1, 2 … and finds them again by their hash: open addressing in a typed array, 16 bytes a thing or
 * more. The things stay with the caller, who compares those that `at` names until one is the same or there is none:
 *
 *     let slot = table.first(hash);
 *     for (let i = table.at(slot); i >= 0; i = table.at(slot)) {
 *       if (table.hashAt(slot) === hash && isSame(things[i])) return i;
 *       slot = table.next(slot);
 *     }
 *     return table.add(slot, hash);
 */
export class IndexTable {
  /**
   * Two entries a slot, for things may be more than the processor's caches hold: the hash, and the thing's number
   * plus 1; 0 where none is.
   */
  #slots = new Int32Array(firstSlots * 2);
  #size = 0;

  /** How many things there are. */
  get size(): number {
    return this.#size;
  }

  /** Where to look first. */
  first(hash: number): number {
    // The low bits of a product depend on low bits alone.
    return ((hash ^ (hash >>> 15)) << 1) & (this.#slots.length - 2);
  }

  /** Where to look after `slot`. */
  next(slot: number): number {
    return (slot + 2) & (this.#slots.length - 2);
  }

  /** Number of the thing there; -1 where none is. */
  at(slot: number): number {
    return this.#slots[slot + 1]! - 1;
  }

  /** The hash that the thing there was added with. */
  hashAt(slot: number): number {
    return this.#slots[slot]!;
  }

  /**
   * Adds a thing at the empty slot at which the search for it ended.
   * @returns its number
   */
  add(slot: number, hash: number): number {
    const index = this.#size++;
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = index + 1;
    if (this.#size * 4 === this.#slots.length) this.#grow();
    return index;
  }

  #grow(): void {
    const old = this.#slots;
    // Filled at once: a fresh page that is first read, then written, is handed over by the system twice.
    const slots = new Int32Array(old.length * 2).fill(0);
    this.#slots = slots;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let slot = this.first(old[from]!);
      while (slots[slot + 1] !== 0) slot = this.next(slot);
      slots[slot] = old[from]!;
      slots[slot + 1] = old[from + 1]!;
    }
  }
}
