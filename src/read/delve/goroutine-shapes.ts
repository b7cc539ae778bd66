import { mixed, mixedDouble } from "../../model/hash.ts";
import { IndexTable } from "../../model/index-table.ts";
import { widened } from "../../model/typed-array.ts";
import type { ListedGoroutine, Location } from "./api.ts";

/** Numbers that make a shape: its four places, status, wait reason, whether it is on a thread, its labels. */
const keyLength = 8;

/** The distinct goroutines of an input: equal ones stand at the same places in the same state with the same labels. */
export class GoroutineShapes {
  readonly #goroutines: ListedGoroutine[] = [];
  /** The keys of all shapes, one after another: a dump may have as many shapes as goroutines. */
  #keys = new Float64Array(64 * keyLength);
  readonly #table = new IndexTable();
  readonly #locations = new LocationNumbers();
  readonly #labels = new Map<string, number>();
  /** Shapes that are another one but for whether they are on a thread. */
  readonly #twins = new Map<number, number>();
  readonly #key: number[] = new Array<number>(keyLength).fill(0);

  /** The number of a goroutine's shape. */
  number(goroutine: ListedGoroutine): number {
    this.#setKey(goroutine);
    const hash = hashOf(this.#key);
    const table = this.#table;
    let slot = table.first(hash);
    for (let shape = table.at(slot); shape >= 0; shape = table.at(slot)) {
      if (table.hashAt(slot) === hash && this.#hasKey(shape)) return shape;
      slot = table.next(slot);
    }
    this.#goroutines.push(goroutine);
    const shape = table.add(slot, hash);
    this.#keys = widened(this.#keys, (shape + 1) * keyLength);
    this.#keys.set(this.#key, shape * keyLength);
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
  for (const part of key) hash = mixedDouble(hash, part);
  return hash;
}

/** Numbers for locations, equal for equal ones. */
class LocationNumbers {
  readonly #known: Location[] = [];
  readonly #table = new IndexTable();
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
    const { pc, line } = location;
    const hash = mixed(mixedDouble(0, pc), line);
    const table = this.#table;
    let slot = table.first(hash);
    for (let number = table.at(slot); number >= 0; number = table.at(slot)) {
      if (table.hashAt(slot) === hash && isAt(this.#known[number]!, location)) return number;
      slot = table.next(slot);
    }
    this.#known.push(location);
    return table.add(slot, hash);
  }
}

function isAt(a: Location, b: Location): boolean {
  return a.function === b.function && a.file === b.file && a.line === b.line && Object.is(a.pc, b.pc);
}
