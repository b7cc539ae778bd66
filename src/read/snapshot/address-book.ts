import { type Address, formatAddress } from "../../model/address.ts";
import type { Dump } from "../../model/dump.ts";
import { ColumnWriter } from "./column.ts";

/** A stack with more goroutines than this is no place for an address that matters and is there only once. */
const crowd = 8;
/** A pointer so little before a lock may be that of its owner. */
const nearby = 4096;
/** Less is no pointer but a count or a flag. */
const smallest = 0x10000;

/** Which addresses of a dump are kept, and which are only told to differ from all others. */
export class AddressBook {
  /** Ascending, so that those beyond 2^53, which are negative, come first. */
  readonly #kept: Float64Array;
  readonly #large: number;
  standIns = 0;

  constructor(dump: Dump) {
    this.#kept = keptAddresses(dump);
    this.#large = firstFrom(this.#kept, 0);
  }

  /** 0: a stand-in, 1: unknown, otherwise two more than the place of the address, the large ones last. */
  code(address: Address): number {
    if (Number.isNaN(address)) return 1;
    const index = firstFrom(this.#kept, address);
    if (this.#kept[index] !== address) {
      this.standIns++;
      return 0;
    }
    return 2 + (index < this.#large ? this.safeCount + index : index - this.#large);
  }

  get safeCount(): number {
    return this.#kept.length - this.#large;
  }

  safeColumn(): string {
    const column = new ColumnWriter();
    let last = 0;
    for (const address of this.#kept.subarray(this.#large)) {
      column.push(address - last);
      last = address;
    }
    return column.toText();
  }

  largeAddresses(): string[] {
    return [...this.#kept.subarray(0, this.#large)].map(formatAddress);
  }
}

/** Ascending, without repetition. */
function keptAddresses(dump: Dump): Float64Array {
  const { goroutines: g, stacks } = dump;
  const resources = ascending(g.resource.slice(0, g.length));
  const values = ascending(g.arguments.slice(0, g.argumentsLength));
  const counts = new Uint32Array(stacks.length);
  for (let row = 0; row < g.length; row++) counts[g.stack[row]!]!++;
  const mayDiffer = (address: Address) => count(resources, address) + count(values, address) === 1;
  const kept: Address[] = [];
  for (let row = 0; row < g.length; row++) {
    const stack = g.stack[row]!;
    const alone = counts[stack]! <= crowd;
    const resource = g.resource[row]!;
    if (
      alone ||
      resource < smallest ||
      hasWithin(values, resource - nearby, resource) ||
      !mayDiffer(resource)
    )
      kept.push(resource);
    for (let slot = 0; slot < stacks[stack]!.slots.length; slot++) {
      const value = g.argument(row, slot);
      if (alone || value < smallest || hasWithin(resources, value, value + nearby) || !mayDiffer(value))
        kept.push(value);
    }
  }
  const sorted = ascending(Float64Array.from(kept));
  return sorted.filter((address, i) => i === 0 || address !== sorted[i - 1]);
}

/** The known ones, sorted. */
function ascending(addresses: Float64Array): Float64Array {
  return addresses.filter((address) => !Number.isNaN(address)).sort();
}

/** Index of the first value that is not less. */
function firstFrom(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How often a value is there; told only up to two. */
function count(sorted: Float64Array, value: number): number {
  const at = firstFrom(sorted, value);
  return sorted[at] !== value ? 0 : sorted[at + 1] !== value ? 1 : 2;
}

function hasWithin(sorted: Float64Array, from: number, to: number): boolean {
  const at = firstFrom(sorted, from);
  return at < sorted.length && sorted[at]! <= to;
}
