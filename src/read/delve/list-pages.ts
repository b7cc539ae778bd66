/** One answer to ListGoroutines. */
interface Page {
  /** Where it was asked to begin; `undefined` without its request. */
  readonly start: number | undefined;
  /** Where the next one begins; `Infinity` behind the last. */
  readonly next: number;
  readonly goroutines: number;
  /** The number of the answer; `undefined` where it has none. */
  readonly id: number | undefined;
}

/**
 * The pages of a list of goroutines, in whatever order they come. Delve counts the places of goroutines that are gone, too,
 * so a page ends at least as far behind its beginning as it has goroutines.
 */
export class ListPages {
  readonly #pages: Page[] = [];
  #begun = 0;
  #start: number | undefined;
  #open = false;
  #stopped = false;

  /** The last list has no page behind it, as far as it says: another one may begin another dump. */
  get whole(): boolean {
    return this.#begun > 0 && (this.#open || this.#pages.at(-1)?.next === Number.POSITIVE_INFINITY);
  }

  /** There was a list. */
  get any(): boolean {
    return this.#begun > 0;
  }

  /** @param start where its request asked it to begin; `undefined` without one */
  begin(start: number | undefined): void {
    this.#begun++;
    this.#start = start;
    this.#open = true;
  }

  /** @param next its `Nextg`; `undefined` where it has none @param id the number of the answer */
  end(next: number | undefined, goroutines: number, id: number | undefined): void {
    if (!this.#open || next === undefined) return;
    this.#open = false;
    this.#pages.push({
      start: this.#start,
      next: next < 0 ? Number.POSITIVE_INFINITY : next,
      goroutines,
      id,
    });
  }

  /** The input ends within a page. */
  stop(): void {
    this.#open = false;
    this.#stopped = true;
  }

  /** What is missing. @param hasFirst the goroutines are there with which every list begins */
  gaps(hasFirst: boolean): string[] {
    const pages = [...this.#pages].sort((a, b) => (a.next === b.next ? 0 : a.next - b.next));
    const gaps: string[] = [];
    let before: Page | undefined;
    let steady = true;
    for (const page of pages) {
      const expected = before?.next ?? 0;
      if (page.next === before?.next) continue;
      const apart = before?.id !== undefined && page.id !== undefined ? page.id - before.id : undefined;
      const missing =
        page.start !== undefined
          ? page.start > expected
          : before === undefined
            ? !hasFirst
            : isGap(page, expected, apart, steady && before !== pages[0]);
      if (missing) gaps.push(gapText(page, before));
      steady &&= before === undefined || apart === 1;
      before = page;
    }
    if (!this.#stopped && before !== undefined && before.next !== Number.POSITIVE_INFINITY) {
      gaps.push(`the list goes on at ${before.next} (Nextg), but the page that begins there is missing`);
    }
    return gaps;
  }
}

/** Nobody asks for pages of fewer goroutines: a hole of so many would tell nothing. */
const smallestPage = 10;

/**
 * Whether something is missing before a page whose request is not there.
 * @param apart what the numbers of this answer and the one before differ by
 * @param steady the numbers of those before came one after the other
 */
function isGap(page: Page, expected: number, apart: number | undefined, steady: boolean): boolean {
  if (page.next === Number.POSITIVE_INFINITY) return steady && apart !== undefined && apart > 1;
  const hole = page.next - page.goroutines - expected;
  // Clients number their calls, and some all alike.
  if (apart === undefined || apart <= 0)
    return hole > 0 && page.goroutines >= smallestPage && hole % page.goroutines === 0;
  return apart !== 1 && hole >= page.goroutines;
}

function gapText(page: Page, before: Page | undefined): string {
  if (before === undefined && page.start === undefined) {
    // Places of goroutines that are gone count, too.
    const places =
      page.next === Number.POSITIVE_INFINITY ? "" : `, of up to ${page.next - page.goroutines} goroutines`;
    return `neither goroutine 1 nor 2 is in the list, with which each begins: pages before it are missing${places}, or a filter left goroutines out`;
  }
  const next =
    page.start !== undefined
      ? `begins at ${page.start}`
      : page.next === Number.POSITIVE_INFINITY
        ? "is the last"
        : `ends at ${page.next}`;
  return `the page that begins at ${before?.next ?? 0} is missing: the next one ${next}`;
}
