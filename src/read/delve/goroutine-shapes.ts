import type { ListedGoroutine, Location } from "./api.ts";

/** Numbers that make a shape: its four places, status, wait reason, whether it is on a thread, its labels. */
const keyLength = 8;

/** The distinct goroutines of an input: equal ones stand at the same places in the same state with the same labels. */
export class GoroutineShapes {
  readonly #goroutines: ListedGoroutine[] = [];
  /** The keys of all shapes, one after another: a dump may have as many shapes as goroutines. */
  readonly #keys: number[] = [];
  /** The newest shape of each hash of a key, and for each shape the one before it; -1 for none. */
  readonly #newest = new Map<number, number>();
  readonly #older: number[] = [];
  readonly #locations = new LocationNumbers();
  readonly #labels = new Map<string, number>();
  /** Shapes that are another one but for whether they are on a thread. */
  readonly #twins = new Map<number, number>();
  readonly #key: number[] = new Array<number>(keyLength).fill(0);

  /** The number of a goroutine's shape. */
  number(goroutine: ListedGoroutine): number {
    this.#setKey(goroutine);
    const hash = hashOf(this.#key);
    const newest = this.#newest.get(hash) ?? -1;
    for (let shape = newest; shape >= 0; shape = this.#older[shape]!) if (this.#hasKey(shape)) return shape;
    const shape = this.#goroutines.push(goroutine) - 1;
    this.#newest.set(hash, shape);
    this.#older.push(newest);
    for (const part of this.#key) this.#keys.push(part);
    return shape;
  }

  #hasKey(shape: number): boolean {
    const from = shape * keyLength;
    for (let i = 0; i < keyLength; i++) if (this.#keys[from + i] !== this.#key[i]) return false;
    return true;
  }

  /** The first goroutine of the shape. */
  goroutine(number: number): ListedGoroutine {
    return this.#goroutines[number]!;
  }

  /** The shape of a goroutine that is as this shape but for its thread. @param threadId 0 for none, NaN for the same */
  onThread(number: number, threadId: number): number {
    const goroutine = this.#goroutines[number]!;
    if (Number.isNaN(threadId) || (goroutine.threadId === 0) === (threadId === 0)) return number;
    let twin = this.#twins.get(number);
    if (twin === undefined) {
      twin = this.number({ ...goroutine, threadId });
      this.#twins.set(number, twin);
    }
    return twin;
  }

  #setKey({ current, user, start, creator, status, waitReason, threadId, labels }: ListedGoroutine): void {
    const key = this.#key;
    key[0] = this.#locations.number(0, current);
    key[1] = this.#locations.number(1, user);
    key[2] = this.#locations.number(2, start);
    key[3] = this.#locations.number(3, creator);
    key[4] = status ?? -1;
    key[5] = waitReason ?? -1;
    key[6] = threadId === 0 ? 0 : 1;
    key[7] = this.#labelSet(labels);
  }

  #labelSet(labels: ListedGoroutine["labels"]): number {
    if (labels.length === 0) return 0;
    const text = JSON.stringify(labels);
    let number = this.#labels.get(text);
    if (number === undefined) {
      number = this.#labels.size + 1;
      this.#labels.set(text, number);
    }
    return number;
  }
}

function hashOf(key: readonly number[]): number {
  let hash = 0;
  for (const part of key) {
    hash = Math.imul(hash ^ part, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

interface KnownLocation {
  readonly number: number;
  readonly location: Location;
  readonly next: KnownLocation | undefined;
}

/** Numbers for locations, equal for equal ones. */
class LocationNumbers {
  /** By their instruction; those that share it are chained. */
  readonly #known = new Map<number, KnownLocation>();
  #count = 0;
  /** The last location at each of the four places: it is often the same object. */
  readonly #last: (Location | undefined)[] = [];
  readonly #lastNumbers: number[] = [];

  number(place: number, location: Location | undefined): number {
    if (location === undefined) return -1;
    if (location !== this.#last[place]) {
      this.#last[place] = location;
      this.#lastNumbers[place] = this.#find(location);
    }
    return this.#lastNumbers[place]!;
  }

  #find(location: Location): number {
    // Lines are part of it where a program has lost its instructions: those are then all the same.
    const hash = location.pc * 31 + location.line;
    const first = this.#known.get(hash);
    for (let known = first; known !== undefined; known = known.next)
      if (isAt(known.location, location)) return known.number;
    const number = this.#count++;
    this.#known.set(hash, { number, location, next: first });
    return number;
  }
}

function isAt(a: Location, b: Location): boolean {
  return a.function === b.function && a.file === b.file && a.line === b.line && Object.is(a.pc, b.pc);
}
