import { wordsOf } from "../model/names.ts";
import type { Stack } from "../model/stack.ts";
import type { GoSymbol } from "../model/symbol.ts";
import { type WaitKind, waitKinds } from "../model/wait-kind.ts";

/**
 * Finds the stacks of a dump that a role can have at all, by how their goroutines wait and by words in their function
 * names: with tens of thousands of distinct stacks most rules need to look at none of them.
 */
export class StackIndex {
  readonly #stacks: readonly Stack[];
  #words: ReadonlySet<string> | "open" | undefined;
  /** How many stacks may have functions that are not shown. */
  readonly #open: number;
  readonly #byWaits = new Map<number, readonly number[]>();
  /** A mark for each stack that has the word, or may have it in frames that are not shown. */
  readonly #withWord = new Map<string, Uint8Array>();
  #table: SymbolTable | undefined;
  /** Of each stack the number of its kind of wait: numbers are compared much faster than their names. */
  readonly #kinds: Uint8Array;
  /** A bit for each kind that some stack has. */
  readonly #present: number;

  constructor(stacks: readonly Stack[]) {
    this.#stacks = stacks;
    this.#kinds = Uint8Array.from(stacks, ({ wait }) => kindNumbers.get(wait)!);
    let present = 0;
    for (let i = 0; i < this.#kinds.length; i++) present |= 1 << this.#kinds[i]!;
    this.#present = present;
    this.#open = stacks.reduce((open, stack) => open + (isOpen(stack) ? 1 : 0), 0);
  }

  /** False when some word is in no function of any stack; true, too, where stacks are cut. */
  mayHaveNames(words: readonly string[]): boolean {
    if (words.length === 0) return true;
    this.#words ??= this.#open > 0 ? "open" : this.#symbols.words;
    const known = this.#words;
    return known === "open" || words.every((word) => known.has(word));
  }

  /**
   * Indexes of the stacks, ascending, that wait in one of some ways.
   * @param waits `undefined`: any
   */
  waiting(waits: ReadonlySet<WaitKind> | undefined): readonly number[] {
    const wanted = bitsOf(waits);
    let found = this.#byWaits.get(wanted);
    if (found === undefined) {
      const all: number[] = [];
      for (let i = 0; i < this.#kinds.length; i++) if ((wanted >>> this.#kinds[i]!) & 1) all.push(i);
      found = all;
      this.#byWaits.set(wanted, found);
    }
    return found;
  }

  /** Whether any stack waits in one of some ways. */
  hasWaiting(waits: ReadonlySet<WaitKind> | undefined): boolean {
    return (bitsOf(waits) & this.#present) !== 0;
  }

  /** Those of some stacks that have all of some words in their functions, or may have them. */
  withNames(among: readonly number[], words: readonly string[]): readonly number[] {
    // Few are asked one by one sooner.
    if (words.length === 0 || among.length < fewStacks) return among;
    if (this.#open === this.#stacks.length) return among;
    const marks = words.map((word) => this.#marks(word));
    return among.filter((i) => marks.every((mark) => mark[i] === 1));
  }

  get #symbols(): SymbolTable {
    this.#table ??= new SymbolTable(this.#stacks);
    return this.#table;
  }

  #marks(word: string): Uint8Array {
    let marks = this.#withWord.get(word);
    if (marks === undefined) {
      marks = this.#symbols.stacksWith((symbol) => symbol.plain === "" || symbol.plain.includes(word));
      this.#withWord.set(word, marks);
    }
    return marks;
  }
}

const kindNumbers = new Map(waitKinds.map((kind, number) => [kind, number]));

const bits = new WeakMap<ReadonlySet<WaitKind>, number>();

/** A bit for each kind of a set; all of them without one. */
function bitsOf(waits: ReadonlySet<WaitKind> | undefined): number {
  if (waits === undefined) return -1;
  let found = bits.get(waits);
  if (found === undefined) {
    found = [...waits].reduce((all, kind) => all | (1 << kindNumbers.get(kind)!), 0);
    bits.set(waits, found);
  }
  return found;
}

/** The functions of some stacks by number: numbers are looked up much faster than objects. */
class SymbolTable {
  readonly #symbols: readonly GoSymbol[];
  /** Of each stack the numbers of its functions, beginning at `#start`. */
  readonly #numbers: Uint32Array;
  readonly #start: Uint32Array;
  /** A mark for each stack that may have more functions than it shows. */
  readonly #open: Uint8Array;

  constructor(stacks: readonly Stack[]) {
    this.#open = Uint8Array.from(stacks, (stack) => (isOpen(stack) ? 1 : 0));
    const numberOf = new Map<GoSymbol, number>();
    this.#start = new Uint32Array(stacks.length + 1);
    stacks.forEach(({ frames }, i) => {
      this.#start[i + 1] = this.#start[i]! + frames.length;
    });
    this.#numbers = new Uint32Array(this.#start[stacks.length]!);
    let at = 0;
    for (const { frames } of stacks) {
      for (let i = 0; i < frames.length; i++) {
        const { symbol } = frames[i]!;
        let number = numberOf.get(symbol);
        if (number === undefined) {
          number = numberOf.size;
          numberOf.set(symbol, number);
        }
        this.#numbers[at++] = number;
      }
    }
    this.#symbols = [...numberOf.keys()];
  }

  /** All words in the names; `open` where some function has none. */
  get words(): ReadonlySet<string> | "open" {
    return this.#symbols.some(({ plain }) => plain === "") ? "open" : wordsOf(this.#symbols);
  }

  /** A mark for each stack with a function of which `test` is true, and for each that may have more than it shows. */
  stacksWith(test: (symbol: GoSymbol) => boolean): Uint8Array {
    const having = Uint8Array.from(this.#symbols, (symbol) => (test(symbol) ? 1 : 0));
    const marks = new Uint8Array(this.#start.length - 1);
    for (let i = 0; i < marks.length; i++) {
      const [from, to] = [this.#start[i]!, this.#start[i + 1]!];
      let mark = this.#open[i]!;
      for (let k = from; k < to && mark === 0; k++) mark = having[this.#numbers[k]!]!;
      marks[i] = mark;
    }
    return marks;
  }
}

/** It may have functions that are not shown. */
function isOpen({ extent }: Stack): boolean {
  return extent !== "full";
}

/** Stacks that are asked one by one without further choice. */
const fewStacks = 1_000;
