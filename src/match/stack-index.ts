import { namesOf } from "../model/names.ts";
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
  readonly #byWaits = new Map<string, readonly number[]>();
  /** A mark for each stack that has the word, or may have it in frames that are not shown. */
  readonly #withWord = new Map<string, Uint8Array>();
  #symbols: ReadonlySet<GoSymbol> | undefined;
  /** Of each stack the number of its kind of wait: numbers are compared much faster than their names. */
  #kinds: Uint8Array | undefined;

  constructor(stacks: readonly Stack[]) {
    this.#stacks = stacks;
  }

  /** False when some word is in no function of any stack; true, too, where stacks are cut. */
  mayHaveNames(words: readonly string[]): boolean {
    if (words.length === 0) return true;
    this.#words ??= namesOf(this.#stacks);
    const known = this.#words;
    return known === "open" || words.every((word) => known.has(word));
  }

  /**
   * Indexes of the stacks, ascending, that wait in one of some ways and have all of some words in their functions.
   * @param waits `undefined`: any
   */
  find(waits: ReadonlySet<WaitKind> | undefined, words: readonly string[]): readonly number[] {
    if (!this.mayHaveNames(words)) return [];
    const waiting = this.#waiting(waits);
    // Few are asked one by one sooner.
    if (words.length === 0 || waiting.length < fewStacks) return waiting;
    const marks = words.map((word) => this.#marks(word));
    return waiting.filter((i) => marks.every((mark) => mark[i] === 1));
  }

  #waiting(waits: ReadonlySet<WaitKind> | undefined): readonly number[] {
    const key = waits === undefined ? "" : [...waits].sort().join();
    let found = this.#byWaits.get(key);
    if (found === undefined) {
      this.#kinds ??= Uint8Array.from(this.#stacks, ({ wait }) => waitKinds.indexOf(wait));
      const wanted = waitKinds.map((kind) => waits === undefined || waits.has(kind));
      const all: number[] = [];
      for (let i = 0; i < this.#kinds.length; i++) if (wanted[this.#kinds[i]!]) all.push(i);
      found = all;
      this.#byWaits.set(key, found);
    }
    return found;
  }

  #marks(word: string): Uint8Array {
    let marks = this.#withWord.get(word);
    if (marks === undefined) {
      this.#symbols ??= symbolsOf(this.#stacks);
      const having = new Set<GoSymbol>();
      for (const symbol of this.#symbols)
        if (symbol.plain === "" || symbol.plain.includes(word)) having.add(symbol);
      marks = Uint8Array.from(this.#stacks, ({ extent, frames }) =>
        extent !== "full" || frames.some((frame) => having.has(frame.symbol)) ? 1 : 0,
      );
      this.#withWord.set(word, marks);
    }
    return marks;
  }
}

/** Stacks that are asked one by one without further choice. */
const fewStacks = 1_000;

function symbolsOf(stacks: readonly Stack[]): Set<GoSymbol> {
  const symbols = new Set<GoSymbol>();
  for (const { frames } of stacks) for (const { symbol } of frames) symbols.add(symbol);
  return symbols;
}
