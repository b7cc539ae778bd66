import type { FramePool } from "../../model/frame-pool.ts";
import { mixedDouble } from "../../model/hash.ts";
import { IndexTable } from "../../model/index-table.ts";
import { widened } from "../../model/typed-array.ts";
import { type ListedGoroutine, type Location, noLabels } from "./api.ts";
import { Places } from "./places.ts";

/** What makes a shape, and where its key has it: places as their numbers, -1 for what is not known. */
const keys = {
  current: 0,
  user: 1,
  start: 2,
  creator: 3,
  status: 4,
  waitReason: 5,
  onThread: 6,
  labels: 7,
} as const;
const keyLength = 8;

export type Place = "current" | "user" | "start" | "creator";

/** What the goroutines of a shape have in common; of their threads only whether they are on one: 0 or 1. */
export type SharedTraits = Omit<ListedGoroutine, "id" | "unreadable">;

/**
 * The distinct goroutines of an input: equal ones stand at the same places in the same state with the same labels. A
 * dump may have as many shapes as goroutines: they take a few numbers each.
 */
export class GoroutineShapes {
  readonly #places = new Places();
  /** The keys of all shapes, one after another. */
  #keys = new Float64Array(64 * keyLength);
  readonly #table = new IndexTable();
  readonly #labelSets: ListedGoroutine["labels"][] = [noLabels];
  readonly #labelNumbers = new Map<string, number>();
  /** Shapes that are another one but for whether they are on a thread. */
  readonly #twins = new Map<number, number>();
  /** The last location at each of the places, and its number: it is often the same object. */
  readonly #last: (Location | undefined)[] = [];
  readonly #lastNumbers: number[] = [];
  readonly #key: number[] = new Array<number>(keyLength).fill(0);

  /** Of the frames of all shapes. */
  get pool(): FramePool {
    return this.#places.pool;
  }

  /** The number of a goroutine's shape. */
  number(goroutine: ListedGoroutine): number {
    const key = this.#key;
    const { status, waitReason, threadId, labels } = goroutine;
    key[keys.current] = this.#placeNumber(keys.current, goroutine.current);
    key[keys.user] = this.#placeNumber(keys.user, goroutine.user);
    key[keys.start] = this.#placeNumber(keys.start, goroutine.start);
    key[keys.creator] = this.#placeNumber(keys.creator, goroutine.creator);
    key[keys.status] = status ?? -1;
    key[keys.waitReason] = waitReason ?? -1;
    key[keys.onThread] = threadId === 0 ? 0 : 1;
    key[keys.labels] = labels.length === 0 ? 0 : this.#labelSet(labels);
    return this.#find();
  }

  /** The number of the shape with this key. */
  #find(): number {
    const key = this.#key;
    const hash = hashOf(key);
    const table = this.#table;
    let slot = table.first(hash);
    for (let shape = table.at(slot); shape >= 0; shape = table.at(slot)) {
      if (table.hashAt(slot) === hash && this.#hasKey(shape)) return shape;
      slot = table.next(slot);
    }
    const shape = table.add(slot, hash);
    this.#keys = widened(this.#keys, (shape + 1) * keyLength);
    this.#keys.set(key, shape * keyLength);
    return shape;
  }

  #hasKey(shape: number): boolean {
    const from = shape * keyLength;
    for (let i = 0; i < keyLength; i++) if (this.#keys[from + i] !== this.#key[i]) return false;
    return true;
  }

  #placeNumber(place: number, location: Location | undefined): number {
    if (location === undefined) return -1;
    if (location !== this.#last[place]) {
      this.#last[place] = location;
      this.#lastNumbers[place] = this.#places.number(location);
    }
    return this.#lastNumbers[place]!;
  }

  #labelSet(labels: ListedGoroutine["labels"]): number {
    const text = JSON.stringify(labels);
    let number = this.#labelNumbers.get(text);
    if (number === undefined) {
      number = this.#labelSets.push(labels) - 1;
      this.#labelNumbers.set(text, number);
    }
    return number;
  }

  #of(number: number, trait: number): number {
    return this.#keys[number * keyLength + trait]!;
  }

  /** What the goroutines of a shape have in common. */
  traits(number: number): SharedTraits {
    return {
      current: this.location(number, "current"),
      user: this.location(number, "user"),
      start: this.location(number, "start"),
      creator: this.location(number, "creator"),
      threadId: this.#of(number, keys.onThread),
      status: this.status(number),
      waitReason: this.waitReason(number),
      labels: this.#labelSets[this.#of(number, keys.labels)]!,
    };
  }

  status(number: number): number | undefined {
    const status = this.#of(number, keys.status);
    return status === -1 ? undefined : status;
  }

  waitReason(number: number): number | undefined {
    const waitReason = this.#of(number, keys.waitReason);
    return waitReason === -1 ? undefined : waitReason;
  }

  isOnThread(number: number): boolean {
    return this.#of(number, keys.onThread) !== 0;
  }

  location(number: number, place: Place): Location | undefined {
    return this.#places.location(this.#of(number, keys[place]));
  }

  /** Number in the pool of the frame at a place that the shape has. */
  frame(number: number, place: Place): number {
    return this.#places.frame(this.#of(number, keys[place]));
  }

  /** The shape of a goroutine that is as this shape but for its thread. @param threadId 0 for none, NaN for the same */
  onThread(number: number, threadId: number): number {
    const onThread = threadId === 0 ? 0 : 1;
    if (Number.isNaN(threadId) || this.#of(number, keys.onThread) === onThread) return number;
    let twin = this.#twins.get(number);
    if (twin === undefined) {
      for (let i = 0; i < keyLength; i++) this.#key[i] = this.#of(number, i);
      this.#key[keys.onThread] = onThread;
      twin = this.#find();
      this.#twins.set(number, twin);
    }
    return twin;
  }
}

function hashOf(key: readonly number[]): number {
  let hash = 0;
  for (const part of key) hash = mixedDouble(hash, part);
  return hash;
}
