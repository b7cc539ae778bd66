import { type PrefixPattern, prefixPattern } from "./line-prefix.ts";

const border = "--";
const number = /(\d{1,9})[:-]\s*$/;

/**
 * What grep writes before the lines that it finds, `name:12:`, before those around them, `name-12-`, and between groups of
 * them, `--`. The name or the number may not be there.
 */
export class GrepLines implements PrefixPattern {
  readonly #found: PrefixPattern;
  readonly #around: PrefixPattern;
  /** Of the line before; 0: not known. */
  #number = 0;

  /** @returns `undefined` when this is not grep's */
  static of(prefix: string): GrepLines | undefined {
    return /^(?:[^\s:]{1,200}:)?(?:\d{1,9}:)?$/.test(prefix) && prefix !== ""
      ? new GrepLines(prefix)
      : undefined;
  }

  private constructor(prefix: string) {
    this.#found = prefixPattern(prefix);
    this.#around = prefixPattern(prefix.replaceAll(":", "-"));
  }

  strip(line: string): string | undefined {
    return this.#found.strip(line) ?? this.#around.strip(line);
  }

  isBorder(line: string): boolean {
    return line === border;
  }

  /** Between the line before and this one were others: numbers tell, else a border does. @param text without the prefix */
  leavesOut(line: string, text: string | undefined): boolean {
    const before = this.#number;
    if (text === undefined) {
      if (!this.isBorder(line)) this.#number = 0;
      return this.isBorder(line) && before === 0;
    }
    this.#number = Number(number.exec(line.slice(0, line.length - text.length))?.[1] ?? 0);
    // The blank line before a goroutine is no loss.
    return before > 0 && this.#number > before + (text.startsWith("goroutine ") ? 2 : 1);
  }
}
