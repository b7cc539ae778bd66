/** A set of goroutine ids: open addressing in one typed array, 16 to 32 bytes an id. */
export class IdSet {
  #slots = new Float64Array(128).fill(-1);
  #mask = 127;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns true when the id was not there */
  add(id: number): boolean {
    let slot = hash(id) & this.#mask;
    for (let found = this.#slots[slot]!; found !== -1; found = this.#slots[slot]!) {
      if (found === id) return false;
      slot = (slot + 1) & this.#mask;
    }
    this.#slots[slot] = id;
    if (++this.#size * 2 > this.#mask) this.#grow();
    return true;
  }

  has(id: number): boolean {
    let slot = hash(id) & this.#mask;
    for (let found = this.#slots[slot]!; found !== -1; found = this.#slots[slot]!) {
      if (found === id) return true;
      slot = (slot + 1) & this.#mask;
    }
    return false;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = old.length * 2 - 1;
    this.#slots = new Float64Array(old.length * 2).fill(-1);
    for (const id of old) {
      if (id === -1) continue;
      let slot = hash(id) & this.#mask;
      while (this.#slots[slot] !== -1) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = id;
    }
  }
}

/** Neighbouring ids stay neighbours, which keeps the walk through the table in the cache. */
function hash(id: number): number {
  return (id ^ (id / 4294967296)) >>> 0;
}
