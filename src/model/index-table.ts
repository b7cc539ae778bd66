const firstSlots = 256;

/**
 * Numbers things 0, 1, 2 … and finds them again by their hash: open addressing in typed arrays, about 12 bytes a thing.
 * The things stay with the caller, who compares those that `at` names until one is the same or there is none:
 *
 *     let slot = table.first(hash);
 *     for (let i = table.at(slot); i >= 0; i = table.at(slot)) {
 *       if (table.hash(i) === hash && isSame(things[i])) return i;
 *       slot = table.next(slot);
 *     }
 *     return table.add(slot, hash);
 */
export class IndexTable {
  /** A thing's number plus 1; 0 where none is. */
  #slots = new Int32Array(firstSlots);
  #hashes = new Int32Array(firstSlots / 2);
  #size = 0;

  /** How many things there are. */
  get size(): number {
    return this.#size;
  }

  /** Where to look first. */
  first(hash: number): number {
    // The low bits of a product depend on low bits alone.
    return (hash ^ (hash >>> 15)) & (this.#slots.length - 1);
  }

  /** Where to look after `slot`. */
  next(slot: number): number {
    return (slot + 1) & (this.#slots.length - 1);
  }

  /** Number of the thing there; -1 where none is. */
  at(slot: number): number {
    return this.#slots[slot]! - 1;
  }

  /** The hash that a thing was added with. */
  hash(index: number): number {
    return this.#hashes[index]!;
  }

  /**
   * Adds a thing at the empty slot at which the search for it ended.
   * @returns its number
   */
  add(slot: number, hash: number): number {
    const index = this.#size++;
    this.#slots[slot] = index + 1;
    this.#hashes[index] = hash;
    if (this.#size === this.#hashes.length) this.#grow();
    return index;
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#slots = new Int32Array(hashes.length * 2);
    for (let index = 0; index < this.#size; index++) {
      let slot = this.first(hashes[index]!);
      while (this.#slots[slot] !== 0) slot = this.next(slot);
      this.#slots[slot] = index + 1;
    }
  }
}
