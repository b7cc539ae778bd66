import { mixed } from "./hash.ts";

/** Numbers distinct triples from 0, in the order in which they are first asked for. */
export class Keys {
  size = 0;
  #table = new Uint32Array(64);
  /** Three entries a key. */
  #keys = new Uint32Array(96);

  numberOf(part: number, low: number, high: number): number {
    const mask = this.#table.length - 1;
    // As they are kept.
    const b = low >>> 0;
    let at = hash(part, b, high) & mask;
    for (let known = this.#table[at]!; known !== 0; known = this.#table[at]!) {
      const key = (known - 1) * 3;
      if (this.#keys[key] === part && this.#keys[key + 1] === b && this.#keys[key + 2] === high)
        return known - 1;
      at = (at + 1) & mask;
    }
    if (this.size * 3 === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const next = this.size * 3;
    keys[next] = part;
    keys[next + 1] = b;
    keys[next + 2] = high;
    this.#place(this.size);
    return this.size++;
  }

  #place(number: number): void {
    const mask = this.#table.length - 1;
    const keys = this.#keys;
    const key = number * 3;
    let at = hash(keys[key]!, keys[key + 1]!, keys[key + 2]!) & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = number + 1;
  }

  #grow(): void {
    const keys = new Uint32Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#table = new Uint32Array(this.#table.length * 2);
    for (let number = 0; number < this.size; number++) this.#place(number);
  }
}

function hash(part: number, low: number, high: number): number {
  const h = mixed(mixed(part, low), high);
  // The low bits of a product depend on low bits alone.
  return h ^ (h >>> 15);
}
