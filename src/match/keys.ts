import { Keys } from "../model/keys.ts";
import { type Bindings, type Solution, truth, type Value } from "./condition.ts";

/** Numbers values: those of one dump come again in many rules, and numbers are compared and joined faster than texts. */
export class ValueNumbers {
  readonly #numbers = new Map<Value, number>();

  /** From 2 on. */
  of(value: Value): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#numbers.size + 2;
      this.#numbers.set(value, number);
    }
    return number;
  }
}

const unbound = 0;
const unknownValue = 1;

/** Numbers bindings by the values of some variables. */
export class BindingNumbers {
  readonly #values: ValueNumbers;
  readonly #names: readonly string[];
  readonly #keys = new Keys();

  constructor(values: ValueNumbers, names: readonly string[]) {
    this.#values = values;
    this.#names = names;
  }

  /** Equal where the values are, unknown ones like those that are not bound. */
  of(bindings: Bindings): number {
    return this.#numberOf(bindings, unknownValue);
  }

  /** The same where all of the values are known; `undefined` where some are not. */
  ofKnown(bindings: Bindings): number | undefined {
    for (let i = 0; i < this.#names.length; i++)
      if (bindings[this.#names[i]!] === undefined) return undefined;
    return this.#numberOf(bindings, unknownValue);
  }

  /** Equal where the same variables are bound to the same values, and the same is forbidden. */
  ofAll(bindings: Bindings, forbidden: readonly Bindings[]): number {
    let number = this.#numberOf(bindings, unbound);
    for (let i = 0; i < forbidden.length; i++)
      number = this.#keys.numberOf(
        number,
        this.#values.of(bindingsKey(forbidden[i]!)),
        this.#names.length + i,
      );
    return number;
  }

  #numberOf(bindings: Bindings, otherwise: number): number {
    let number = 0;
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i]!;
      const value = bindings[name];
      const part = value !== undefined ? this.#values.of(value) : name in bindings ? unknownValue : otherwise;
      number = this.#keys.numberOf(number, part, i);
    }
    return number;
  }
}

/** Text that is equal for equal bindings. */
export function bindingsKey(bindings: Bindings): string {
  let key = "";
  const names = Object.keys(bindings);
  if (!isAscending(names)) names.sort();
  for (let i = 0; i < names.length; i++) {
    const value = bindings[names[i]!];
    key += `${names[i]!}\u0000${typeof value}${String(value)}\u0001`;
  }
  return key;
}

/** Sorting makes copies; most often there is nothing to sort. */
function isAscending(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return false;
  return true;
}

const plainly = truth(true);
const plainKey = keyOf(plainly);

/** The key of those that fail. */
export const noAnswer = "";

/** Text that is equal for answers that differ at most in the frames that show them. */
export function answerKey(solutions: readonly Solution[]): string {
  return solutions === plainly ? plainKey : keyOf(solutions);
}

function keyOf(solutions: readonly Solution[]): string {
  const ways = solutions.map(({ known, bindings, forbidden, missing }) =>
    [known, missing, ...[bindings, ...forbidden].map(bindingsKey)].join(";"),
  );
  return [...new Set(ways)].join("|");
}
