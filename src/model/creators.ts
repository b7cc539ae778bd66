import type { Arena } from "./arena.ts";
import type { Goroutines } from "./goroutines.ts";
import { Keys } from "./keys.ts";
import { widened, zeros } from "./typed-array.ts";

/** Marks in an entry, one for a stack. */
const markBits = 32;
/** With more entries each stack has a set of creators instead, made when it is asked for. */
const maxEntries = (1 << 24) / markBits;
/** Smaller ids are looked up in a table, all others are hashed. */
const smallIds = 1 << 14;

/** Who started the goroutines of each stack, by their ids. */
export class Creators {
  readonly #goroutines: Goroutines;
  /** Numbers of small ids, plus one. */
  readonly small: Uint32Array;
  /** Of ids, by the bits of their numbers. */
  readonly #keys = new Keys();
  readonly #ids: number[] = [];
  /** The number of those who are not known; -1 when all are. */
  unknown = -1;
  /** The last id that was hashed, and its number; -1 before there is one. */
  last = 0;
  ofLast = -1;
  /** For each creator a bit for each stack, `width` entries in a row. */
  marks: Uint32Array | undefined;
  width = 1;
  readonly #arena: Arena | undefined;
  #all: ReadonlySet<number> | undefined;
  readonly #ofStack: (ReadonlySet<number> | undefined)[] = [];
  /** The goroutines of each stack, where there are no marks. */
  #sets: readonly Set<number>[] | undefined;

  constructor(goroutines: Goroutines, arena: Arena | undefined) {
    this.#goroutines = goroutines;
    this.#arena = arena;
    this.small = zeros(Uint32Array, smallIds, arena);
    this.marks = zeros(Uint32Array, 64, arena);
  }

  /** Makes room for so many stacks. */
  makeRoom(stacks: number): void {
    if (stacks > this.width * markBits) this.#widen(Math.ceil(stacks / markBits));
  }

  /** What was worked out of the rows so far is no longer all. */
  forget(): void {
    this.#all = undefined;
    this.#sets = undefined;
    this.#ofStack.length = 0;
  }

  /** Takes a further row. */
  take(id: number, stack: number): void {
    const index = id >>> 0;
    let number: number;
    if (index === id && index < smallIds) {
      number = this.small[index]! - 1;
      if (number < 0) {
        number = this.#numberOf(id);
        this.small[index] = number + 1;
      }
    } else {
      if (this.ofLast < 0 || (id !== this.last && !(Number.isNaN(id) && Number.isNaN(this.last)))) {
        this.ofLast = this.#numberOf(id);
        this.last = id;
      }
      number = this.ofLast;
    }
    const marks = this.marks;
    if (marks === undefined) return;
    const entry = number * this.width + (stack >>> 5);
    marks[entry] = marks[entry]! | (1 << (stack & 31));
  }

  /** Of any stack, in the order of the rows. */
  get all(): ReadonlySet<number> {
    this.#all ??= new Set(this.#ids);
    return this.#all;
  }

  ofStack(stackIndex: number): ReadonlySet<number> {
    this.#ofStack[stackIndex] ??=
      this.marks === undefined ? this.#setOf(stackIndex) : this.#marked(this.marks, stackIndex);
    return this.#ofStack[stackIndex];
  }

  /** Every goroutine of the stack says who started it. */
  isKnown(stackIndex: number): boolean {
    if (this.unknown < 0) return true;
    return this.marks === undefined
      ? !this.#setOf(stackIndex).has(Number.NaN)
      : !this.#isMarked(this.marks, this.unknown, stackIndex);
  }

  #marked(marks: Uint32Array, stackIndex: number): ReadonlySet<number> {
    return new Set(this.#ids.filter((_, number) => this.#isMarked(marks, number, stackIndex)));
  }

  #isMarked(marks: Uint32Array, number: number, stackIndex: number): boolean {
    const entry = stackIndex >>> 5;
    // No goroutine has a stack beyond.
    if (entry >= this.width) return false;
    return (marks[number * this.width + entry]! & (1 << (stackIndex & 31))) !== 0;
  }

  #setOf(stackIndex: number): ReadonlySet<number> {
    if (this.#sets === undefined) {
      const { creator, stack, length } = this.#goroutines;
      const sets = Array.from({ length: this.width * markBits }, () => new Set<number>());
      for (let row = 0; row < length; row++) sets[stack[row]!]!.add(creator[row]!);
      this.#sets = sets;
    }
    return this.#sets[stackIndex] ?? new Set();
  }

  #numberOf(id: number): number {
    double[0] = id;
    // All that is no number is alike.
    const number = Number.isNaN(id)
      ? this.#keys.numberOf(1, 0, 0)
      : this.#keys.numberOf(0, bitsOfDouble[0]!, bitsOfDouble[1]!);
    if (number === this.#ids.length) {
      if (Number.isNaN(id)) this.unknown = number;
      this.#ids.push(id);
      const entries = this.#ids.length * this.width;
      if (this.marks !== undefined)
        this.marks = entries > maxEntries ? undefined : widened(this.marks, entries);
    }
    return number;
  }

  #widen(entries: number): void {
    const width = this.width;
    this.width = Math.max(entries, width * 2);
    const marks = this.marks;
    if (marks === undefined) return;
    const all = this.#ids.length * this.width;
    this.marks = all > maxEntries ? undefined : zeros(Uint32Array, Math.max(64, all), this.#arena);
    for (let i = 0; i < this.#ids.length; i++)
      this.marks?.set(marks.subarray(i * width, (i + 1) * width), i * this.width);
  }
}

/** A number, and its bits. */
const double = new Float64Array(1);
const bitsOfDouble = new Uint32Array(double.buffer);
