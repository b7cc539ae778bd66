import type { ListedGoroutine, Location } from "./api.ts";

/** The numbers by which two goroutines are the same but for their ids. */
interface ShapeKey {
  readonly places: readonly number[];
  readonly status: number;
  readonly waitReason: number;
  readonly onThread: boolean;
  readonly labels: number;
}

interface KnownShape {
  readonly number: number;
  readonly key: ShapeKey;
  readonly next: KnownShape | undefined;
}

/** The distinct goroutines of an input: equal ones stand at the same places in the same state with the same labels. */
export class GoroutineShapes {
  readonly #goroutines: ListedGoroutine[] = [];
  /** By a hash of their keys; those of equal hash are chained. */
  readonly #known = new Map<number, KnownShape>();
  readonly #locations = new LocationNumbers();
  readonly #labels = new Map<string, number>();
  /** Shapes that are another one but for whether they are on a thread. */
  readonly #twins = new Map<number, number>();

  /** The number of a goroutine's shape. */
  number(goroutine: ListedGoroutine): number {
    const key = this.#keyOf(goroutine);
    const hash = hashOf(key);
    const first = this.#known.get(hash);
    for (let known = first; known !== undefined; known = known.next)
      if (isSame(known.key, key)) return known.number;
    const number = this.#goroutines.push(goroutine) - 1;
    this.#known.set(hash, { number, key, next: first });
    return number;
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

  #keyOf({ current, user, start, creator, status, waitReason, threadId, labels }: ListedGoroutine): ShapeKey {
    const locations = this.#locations;
    return {
      places: [
        locations.number(0, current),
        locations.number(1, user),
        locations.number(2, start),
        locations.number(3, creator),
      ],
      status: status ?? -1,
      waitReason: waitReason ?? -1,
      onThread: threadId !== 0,
      labels: this.#labelSet(labels),
    };
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

function hashOf({ places, status, waitReason, onThread, labels }: ShapeKey): number {
  let hash = onThread ? 1 : 0;
  for (const place of places) hash = Math.imul(hash ^ place, 0x9e3779b1) ^ (hash >>> 15);
  hash = Math.imul(hash ^ labels, 0x9e3779b1) ^ (hash >>> 15);
  return Math.imul(hash ^ (status * 4096 + waitReason), 0x9e3779b1);
}

function isSame(a: ShapeKey, b: ShapeKey): boolean {
  return (
    a.places.every((place, index) => place === b.places[index]) &&
    a.status === b.status &&
    a.waitReason === b.waitReason &&
    a.onThread === b.onThread &&
    a.labels === b.labels
  );
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
