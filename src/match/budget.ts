import { count as inThousands } from "../report/describe.ts";

/** Tuples compared and optional members listed for one rule on one dump at most; beyond, the rule is named as not fully evaluated. */
const leastWork = 2_000_000;
/** The same for each distinct stack, so that a rule whose cost is linear never comes to an end early. */
const workPerStack = 50;

/** Counts what a rule costs; beyond the limit the rule is named as not fully evaluated. */
export class Budget {
  readonly #most: number;
  #left: number;

  /** @param stacks distinct stacks of the dump */
  constructor(stacks: number) {
    this.#most = Math.max(leastWork, stacks * workPerStack);
    this.#left = this.#most;
  }

  /** False when the budget is used up. */
  spend(units: number): boolean {
    this.#left -= units;
    return this.#left >= 0;
  }

  get limit(): string | undefined {
    return this.#left < 0 ? `more than ${inThousands(this.#most)} comparisons` : undefined;
  }
}
