import type { Goroutines } from "./goroutines.ts";
import { Keys } from "./keys.ts";
import { widened } from "./typed-array.ts";

/** Most pairs of creator and stack of which each has a mark; with more, each stack has a set, made when it is asked for. */
const maxMarks = 1 << 24;

/** Who started the goroutines of each stack, by their ids. */
export class Creators {
  readonly #goroutines: Goroutines;
  /** Rows that were taken. */
  #length = 0;
  /** Of ids, by the bits of their numbers. */
  readonly #keys = new Keys();
  readonly #ids: number[] = [];
  /** For each creator a mark for each stack, `#width` in a row. */
  #marks: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(64);
  #width = 1;
  #all: ReadonlySet<number> | undefined;
  readonly #ofStack: (ReadonlySet<number> | undefined)[] = [];
  /** The goroutines of each stack, where there are no marks. */
  #sets: readonly Set<number>[] | undefined;

  constructor(goroutines: Goroutines) {
    this.#goroutines = goroutines;
  }

  /**
   * Takes the rows that are new.
   * @param stacks how many stacks they have at most
   */
  take(stacks: number): void {
    const { creator, stack, length } = this.#goroutines;
    const from = this.#length;
    this.#length = length;
    this.#all = undefined;
    this.#sets = undefined;
    this.#ofStack.length = 0;
    if (stacks > this.#width) this.#widen(stacks);
    const bits = new Uint32Array(creator.buffer, creator.byteOffset, length * 2);
    const width = this.#width;
    let lastLow = 0;
    let lastHigh = 0;
    let number = -1;
    for (let row = from; row < length; row++) {
      const low = bits[row * 2]!;
      const high = bits[row * 2 + 1]!;
      if (number < 0 || low !== lastLow || high !== lastHigh) {
        // All that is no number is alike.
        number = Number.isNaN(creator[row]!)
          ? this.#keys.numberOf(1, 0, 0)
          : this.#keys.numberOf(0, low, high);
        if (number === this.#ids.length) this.#meet(creator[row]!);
        lastLow = low;
        lastHigh = high;
      }
      if (this.#marks !== undefined) this.#marks[number * width + stack[row]!] = 1;
    }
  }

  /** Of any stack, in the order of the rows. */
  get all(): ReadonlySet<number> {
    this.#all ??= new Set(this.#ids);
    return this.#all;
  }

  ofStack(stackIndex: number): ReadonlySet<number> {
    this.#ofStack[stackIndex] ??=
      this.#marks === undefined ? this.#setOf(stackIndex) : this.#marked(this.#marks, stackIndex);
    return this.#ofStack[stackIndex];
  }

  #marked(marks: Uint8Array, stackIndex: number): ReadonlySet<number> {
    // No goroutine has a stack beyond.
    if (stackIndex >= this.#width) return new Set();
    return new Set(this.#ids.filter((_, i) => marks[i * this.#width + stackIndex] === 1));
  }

  #setOf(stackIndex: number): ReadonlySet<number> {
    if (this.#sets === undefined) {
      const { creator, stack, length } = this.#goroutines;
      const sets = Array.from({ length: this.#width }, () => new Set<number>());
      for (let row = 0; row < length; row++) sets[stack[row]!]!.add(creator[row]!);
      this.#sets = sets;
    }
    return this.#sets[stackIndex] ?? new Set();
  }

  #meet(id: number): void {
    this.#ids.push(id);
    const marks = this.#ids.length * this.#width;
    if (this.#marks !== undefined) this.#marks = marks > maxMarks ? undefined : widened(this.#marks, marks);
  }

  #widen(stacks: number): void {
    const width = this.#width;
    this.#width = Math.max(stacks, width * 2);
    const marks = this.#marks;
    if (marks === undefined) return;
    const pairs = this.#ids.length * this.#width;
    this.#marks = pairs > maxMarks ? undefined : new Uint8Array(Math.max(64, pairs));
    for (let i = 0; i < this.#ids.length; i++)
      this.#marks?.set(marks.subarray(i * width, (i + 1) * width), i * this.#width);
  }
}
