/** A set of goroutine ids: open addressing in one typed array, 16 to 32 bytes an id. */
export class IdSet {
  /** 0 where nothing is, so that fresh memory need not be touched. */
  #slots = new Float64Array(128);
  #mask = 127;
  #size = 0;
  #hasZero = false;

  get size(): number {
    return this.#size;
  }

  /** @returns true when the id was not there */
  add(id: number): boolean {
    if (id === 0) {
      if (this.#hasZero) return false;
      this.#hasZero = true;
      this.#size++;
      return true;
    }
    let slot = hash(id) & this.#mask;
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (found === id) return false;
      slot = (slot + 1) & this.#mask;
    }
    this.#slots[slot] = id;
    if (++this.#size * 2 > this.#mask) this.#grow(this.#slots.length * 2);
    return true;
  }

  has(id: number): boolean {
    if (id === 0) return this.#hasZero;
    let slot = hash(id) & this.#mask;
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (found === id) return true;
      slot = (slot + 1) & this.#mask;
    }
    return false;
  }

  /** Makes room for so many ids at once. */
  reserve(ids: number): void {
    let capacity = this.#slots.length;
    while (capacity < ids * 2) capacity *= 2;
    if (capacity > this.#slots.length) this.#grow(capacity);
  }

  #grow(capacity: number): void {
    const old = this.#slots;
    this.#mask = capacity - 1;
    this.#slots = new Float64Array(capacity);
    for (const id of old) {
      if (id === 0) continue;
      let slot = hash(id) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = id;
    }
  }
}

/** Neighbouring ids stay neighbours, which keeps the walk through the table in the cache. */
function hash(id: number): number {
  return (id ^ (id / 4294967296)) >>> 0;
}
