/** Tells for each line of an unwrapped text which line of the original it comes from. */
export interface LineMap {
  /** @param line 1-based line of the unwrapped text @returns 1-based line of the original */
  original(line: number): number;
}

/** So many places where the numbers part are kept; beyond them lines are told from the last one. */
const maxBreaks = 200_000;

export class LineMapBuilder implements LineMap {
  /** Where the difference between both numbers changes: line, original line, and 1 when originals go on from there. */
  #breaks: { line: number; original: number; step: 0 | 1 }[] = [];
  #line = 0;

  reset(): void {
    this.#breaks = [];
    this.#line = 0;
  }

  /** The next line of the unwrapped text comes from this line of the original. */
  add(original: number): void {
    this.#line++;
    const last = this.#breaks.at(-1);
    if (last !== undefined && last.original + last.step * (this.#line - last.line) === original) return;
    if (this.#breaks.length === maxBreaks) return;
    // Several lines from one: they stand still.
    const before = last === undefined ? 0 : this.original(this.#line - 1);
    this.#breaks.push({ line: this.#line, original, step: before === original ? 0 : 1 });
  }

  /** As many lines come from as many of the original, which follow each other. */
  addAll(original: number, lines: number): void {
    this.add(original);
    if (lines < 2) return;
    this.add(original + 1);
    this.#line += lines - 2;
  }

  original(line: number): number {
    let low = 0;
    let high = this.#breaks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#breaks[middle]!.line <= line) low = middle + 1;
      else high = middle;
    }
    const found = this.#breaks[low - 1];
    return found === undefined ? line : found.original + found.step * (line - found.line);
  }
}
