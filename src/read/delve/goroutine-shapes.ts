import { mixed } from "../../model/hash.ts";
import { IndexTable } from "../../model/index-table.ts";
import { widened } from "../../model/typed-array.ts";
import { noLabels } from "./api.ts";
import type { PlacedGoroutine, Places } from "./places.ts";

/** Kinds of places, and where a shape's key has their numbers. */
export const placeKinds = { current: 0, user: 1, start: 2, creator: 3 } as const;
export type PlaceKind = (typeof placeKinds)[keyof typeof placeKinds];

/** What makes a shape, and where its key has it: -1 for what is not known. */
const keys = {
  ...placeKinds,
  status: 4,
  waitReason: 5,
  onThread: 6,
  labels: 7,
} as const;
const keyLength = 8;
/** Stands for wait reasons that are no 32-bit integers: like it, they are in no version's table. */
const noReason = 2 ** 31 - 1;

type Labels = PlacedGoroutine["labels"];

/**
 * The distinct goroutines of an input: equal ones stand at the same places in the same state with the same labels. A
 * dump may have as many shapes as goroutines: they take a few numbers each.
 */
export class GoroutineShapes {
  /** Of the goroutines. */
  readonly places: Places;
  /** The keys of all shapes, one after another. */
  #keys = new Int32Array(64 * keyLength);
  readonly #table = new IndexTable();
  readonly #labelSets: Labels[] = [noLabels];
  readonly #labelNumbers = new Map<string, number>();
  /** Shapes that are another one but for whether they are on a thread. */
  readonly #twins = new Map<number, number>();
  /** The key that is looked for. */
  readonly #key = new Int32Array(keyLength);

  constructor(places: Places) {
    this.places = places;
  }

  /** The number of a goroutine's shape. */
  number(goroutine: PlacedGoroutine): number {
    const key = this.#key;
    const { status, waitReason, threadId, labels } = goroutine;
    key[keys.current] = goroutine.current;
    key[keys.user] = goroutine.user;
    key[keys.start] = goroutine.start;
    key[keys.creator] = goroutine.creator;
    key[keys.status] = status ?? -1;
    key[keys.waitReason] = keyOf(waitReason);
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
    for (let i = 0; i < keyLength; i++) this.#keys[shape * keyLength + i] = key[i]!;
    return shape;
  }

  #hasKey(shape: number): boolean {
    const from = shape * keyLength;
    for (let i = 0; i < keyLength; i++) if (this.#keys[from + i] !== this.#key[i]) return false;
    return true;
  }

  #labelSet(labels: Labels): number {
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

  labels(number: number): Labels {
    return this.#labelSets[this.#of(number, keys.labels)]!;
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

  /** Number of a place; -1 where it is not known. */
  place(number: number, kind: PlaceKind): number {
    return this.#of(number, kind);
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

function keyOf(waitReason: number | undefined): number {
  if (waitReason === undefined) return -1;
  return (waitReason | 0) === waitReason ? waitReason : noReason;
}

function hashOf(key: Int32Array): number {
  let hash = 0;
  for (let i = 0; i < keyLength; i++) hash = mixed(hash, key[i]!);
  return hash;
}
