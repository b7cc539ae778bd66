/** Goroutine ids that are told of many, the smallest. */
export const maxIds = 10;

/** Keeps the rows with the smallest ids, ascending; unknown ids (NaN) are left out. */
export class SmallestIds {
  readonly ids: number[] = [];
  readonly rows: number[] = [];
  /** Ids from here on are not kept. */
  bound = Number.POSITIVE_INFINITY;
  readonly #most: number;

  /** @param most so many are kept */
  constructor(most: number = maxIds) {
    this.#most = most;
  }

  add(id: number, row: number): void {
    if (!(id < this.bound)) return;
    const { ids, rows } = this;
    let at = ids.push(id) - 1;
    rows.push(row);
    // Most often they come in ascending order.
    for (; at > 0 && ids[at - 1]! > id; at--) {
      ids[at] = ids[at - 1]!;
      rows[at] = rows[at - 1]!;
    }
    ids[at] = id;
    rows[at] = row;
    if (ids.length > this.#most) {
      ids.pop();
      rows.pop();
    }
    if (ids.length === this.#most) this.bound = ids[ids.length - 1]!;
  }
}
