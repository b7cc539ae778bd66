const opening = /^([ \t]*)---(?: |$)/;
/** A key, or an entry, whose text stands in the lines below it. */
const textBelow = /^([ \t]*)(?:- )?\S.*:[ \t]*[|>][-+\d]{0,2}$/;

/** A document of YAML around a dump, as TAP puts it below a test that failed: its end is no author's dots. */
export class YamlBlock {
  #indent: string | undefined;
  /** A text has begun in it. */
  #holdsText = false;

  /** Takes a line that is part of no dump. */
  line(line: string): void {
    const opened = opening.exec(line)?.[1];
    if (opened !== undefined) {
      this.#indent = opened;
      this.#holdsText = false;
    } else if (this.#indent !== undefined && textBelow.exec(line)?.[1]?.startsWith(this.#indent) === true)
      this.#holdsText = true;
  }

  /** True for the line that ends it. */
  closes(line: string): boolean {
    if (!this.#holdsText || line !== `${this.#indent}...`) return false;
    this.#indent = undefined;
    this.#holdsText = false;
    return true;
  }
}
