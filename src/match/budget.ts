import { count as inThousands } from "../report/describe.ts";

/** Tuples that are compared for one rule on one dump at most; beyond, the rule is named as not fully evaluated. */
const maxWork = 2_000_000;

/** Counts what a rule costs; beyond the limit the rule is named as not fully evaluated. */
export class Budget {
  #left = maxWork;

  /** False when the budget is used up. */
  spend(units: number): boolean {
    this.#left -= units;
    return this.#left >= 0;
  }

  get limit(): string | undefined {
    return this.#left < 0 ? `more than ${inThousands(maxWork)} comparisons` : undefined;
  }
}
