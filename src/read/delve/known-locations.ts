import { mixed } from "../../model/hash.ts";
import { ByteText, isPlain } from "./byte-text.ts";

/** A location that was read, to be recognised by its bytes when it comes again. */
export interface KnownLocation {
  readonly text: ByteText;
  /** Its number; -1 when it names no place. */
  readonly place: number;
}

const slots = 1024;
const maxSize = 1000;
/** The first number of a location is looked for among so many bytes: spaces, and a key. */
const maxBefore = 64;

/** Locations that came more than once: most goroutines share their start and where they park. */
export class KnownLocations {
  readonly #known = new Array<KnownLocation | undefined>(slots).fill(undefined);
  /** Hash of what was looked for last in each slot, in vain. */
  readonly #missed = new Int32Array(slots);
  #hash = 0;

  /** The location whose bytes begin at `start`, if it is known. */
  find(bytes: Uint8Array, view: DataView, start: number, end: number): KnownLocation | undefined {
    this.#hash = hashOf(bytes, start, end);
    const known = this.#known[this.#slot];
    return known?.text.isAt(view, start, end) ? known : undefined;
  }

  /** Keeps the location that `find` did not find, when it comes for the second time. */
  add(bytes: Uint8Array, start: number, end: number, place: number): void {
    const slot = this.#slot;
    if (this.#missed[slot] !== this.#hash) this.#missed[slot] = this.#hash;
    else if (end - start <= maxSize) {
      const text = bytes.subarray(start, end);
      if (isPlain(text)) this.#known[slot] = { text: new ByteText(text), place };
    }
  }

  get #slot(): number {
    return (this.#hash ^ (this.#hash >>> 15)) & (slots - 1);
  }
}

/** Of the location's first number: Delve writes the address of the instruction first. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, start + maxBefore);
  let pos = start;
  while (pos < last && !isDigit(bytes[pos]!)) pos++;
  let hash = 0;
  for (; pos < last && isDigit(bytes[pos]!); pos++) hash = mixed(hash, bytes[pos]!);
  return hash;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
