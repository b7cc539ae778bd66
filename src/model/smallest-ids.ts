/** Goroutine ids that are kept, the smallest. */
export const maxIds = 10;

/** Keeps the smallest ids that it is given, ascending; unknown ones (NaN) are left out. */
export class SmallestIds {
  readonly ids: number[] = [];
  /** Ids from here on are not kept. */
  bound = Number.POSITIVE_INFINITY;

  add(id: number): void {
    if (!(id < this.bound)) return;
    const { ids } = this;
    let at = ids.length;
    while (at > 0 && ids[at - 1]! > id) at--;
    ids.splice(at, 0, id);
    if (ids.length > maxIds) ids.pop();
    if (ids.length === maxIds) this.bound = ids[maxIds - 1]!;
  }
}
