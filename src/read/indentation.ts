/**
 * Takes off what a page has put before lines of a pasted session: spaces of a block of code and `> ` of a quote before all,
 * the backslash of Markdown before the star of a current goroutine or thread.
 */
export class Indentation {
  readonly #first: RegExp;
  #indent: string | undefined;

  /** @param first matches the first line of which the session's form tells the indentation, its group 1 */
  constructor(first: RegExp) {
    this.#first = first;
  }

  /** The line without it. */
  off(line: string): string {
    return this.#plain(line.includes("\\*") ? line.replace(escapedStar, "$1*") : line);
  }

  #plain(line: string): string {
    this.#indent ??= this.#first.exec(line)?.[1];
    return this.#indent !== undefined && line.startsWith(this.#indent)
      ? line.slice(this.#indent.length)
      : line;
  }
}

const escapedStar = /^([ \t>]*)\\\*/;
