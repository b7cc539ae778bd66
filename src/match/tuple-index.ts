import type { JoinStep } from "../rules/rule.ts";
import type { Bindings } from "./condition.ts";
import type { Tuple } from "./relation.ts";

/** Finds the tuples of a role that may fit given bindings, without looking at all of them. */
export class TupleIndex {
  readonly #all: readonly Tuple[];
  readonly #first: boolean;
  readonly #shared: readonly string[];
  readonly #steps: readonly (readonly string[])[];
  readonly #exact = new Map<string, Tuple[]>();
  readonly #loose: Tuple[] = [];
  readonly #byStep: readonly Map<string, Tuple[]>[];

  /**
   * @param shared variables by which the role is joined plainly
   * @param steps of `joined-by`, by which the role is joined; none for the role that sets their values
   * @param first the role that all others are joined to: its values are equal or equally unknown
   */
  constructor(
    tuples: readonly Tuple[],
    shared: readonly string[],
    { steps = [], first = false }: { steps?: readonly JoinStep[]; first?: boolean } = {},
  ) {
    this.#all = tuples;
    this.#first = first;
    this.#shared = shared;
    this.#steps = steps.map((s) => s.variables);
    this.#byStep = this.#steps.map(() => new Map());
    for (const tuple of tuples) {
      const key = keyOf(tuple.bindings, shared, first);
      if (key === undefined) this.#loose.push(tuple);
      else addTo(this.#exact, key, tuple);
      this.#steps.forEach((variables, i) => {
        const stepKey = keyOf(tuple.bindings, variables);
        if (stepKey !== undefined) addTo(this.#byStep[i]!, stepKey, tuple);
      });
    }
  }

  /** Tuples that may fit; each still has to be asked. */
  find(bindings: Bindings): readonly Tuple[] {
    if (this.#steps.length > 0) return this.#climb(bindings);
    if (this.#shared.length === 0) return this.#all;
    const key = keyOf(bindings, this.#shared, this.#first);
    if (key === undefined) return this.#all;
    const exact = this.#exact.get(key) ?? [];
    return this.#loose.length === 0 ? exact : [...exact, ...this.#loose];
  }

  /** Tuples that agree by some step of the ladder. */
  #climb(bindings: Bindings): readonly Tuple[] {
    const lists = this.#steps.flatMap((variables, i) => {
      const key = keyOf(bindings, variables);
      const list = key === undefined ? undefined : this.#byStep[i]!.get(key);
      return list === undefined ? [] : [list];
    });
    return lists.length === 1 ? lists[0]! : [...new Set(lists.flat())];
  }
}

function addTo(index: Map<string, Tuple[]>, key: string, tuple: Tuple): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [tuple]);
  else list.push(tuple);
}

/** `undefined` when a value is unknown, unless unknown is a value like any other. */
function keyOf(bindings: Bindings, names: readonly string[], unknownToo = false): string | undefined {
  let key = "";
  for (const name of names) {
    const value = bindings[name];
    if (value === undefined && !unknownToo) return undefined;
    key += `${value}\u0001`;
  }
  return key;
}
