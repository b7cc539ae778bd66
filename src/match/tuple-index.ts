import { addTo } from "../add-to.ts";
import type { JoinStep } from "../rules/rule.ts";
import type { Bindings } from "./condition.ts";
import { BindingNumbers, type ValueNumbers } from "./keys.ts";
import type { Tuple } from "./relation.ts";

/** Finds the tuples of a role that may fit given bindings, without looking at all of them. */
export class TupleIndex {
  readonly #all: readonly Tuple[];
  readonly #first: boolean;
  readonly #isJoined: boolean;
  readonly #keys: BindingNumbers;
  readonly #exact = new Map<number, Tuple[]>();
  readonly #loose: Tuple[] = [];
  readonly #steps: readonly { readonly keys: BindingNumbers; readonly tuples: Map<number, Tuple[]> }[];

  /**
   * @param values of the dump
   * @param shared variables by which the role is joined plainly
   * @param steps of `joined-by`, by which the role is joined; none for the role that sets their values
   * @param first the role that all others are joined to: its values are equal or equally unknown
   */
  constructor(
    tuples: readonly Tuple[],
    values: ValueNumbers,
    shared: readonly string[],
    { steps = [], first = false }: { steps?: readonly JoinStep[]; first?: boolean } = {},
  ) {
    this.#all = tuples;
    this.#first = first;
    this.#isJoined = shared.length > 0;
    this.#keys = new BindingNumbers(values, shared);
    this.#steps = steps.map(({ variables }) => ({
      keys: new BindingNumbers(values, variables),
      tuples: new Map(),
    }));
    for (const tuple of tuples) {
      const key = this.#keyOf(tuple.bindings);
      if (key === undefined) this.#loose.push(tuple);
      else addTo(this.#exact, key, tuple);
      for (const step of this.#steps) {
        const stepKey = step.keys.ofKnown(tuple.bindings);
        if (stepKey !== undefined) addTo(step.tuples, stepKey, tuple);
      }
    }
  }

  /** `undefined` when a value is unknown, unless unknown is a value like any other. */
  #keyOf(bindings: Bindings): number | undefined {
    return this.#first ? this.#keys.of(bindings) : this.#keys.ofKnown(bindings);
  }

  /** Tuples that may fit; each still has to be asked. */
  find(bindings: Bindings): readonly Tuple[] {
    if (this.#steps.length > 0) return this.#climb(bindings);
    if (!this.#isJoined) return this.#all;
    const key = this.#keyOf(bindings);
    if (key === undefined) return this.#all;
    const exact = this.#exact.get(key) ?? [];
    return this.#loose.length === 0 ? exact : [...exact, ...this.#loose];
  }

  /** Those of them whose values are all known: more that are found later come behind them. */
  findKnown(bindings: Bindings): readonly Tuple[] {
    const key = this.#isJoined ? this.#keyOf(bindings) : undefined;
    if (key === undefined) return this.#isJoined ? [] : this.#all;
    return this.#exact.get(key) ?? [];
  }

  /** Tuples that agree by some step of the ladder. */
  #climb(bindings: Bindings): readonly Tuple[] {
    const lists = this.#steps.flatMap(({ keys, tuples }) => {
      const key = keys.ofKnown(bindings);
      const list = key === undefined ? undefined : tuples.get(key);
      return list === undefined ? [] : [list];
    });
    return lists.length === 1 ? lists[0]! : [...new Set(lists.flat())];
  }
}
