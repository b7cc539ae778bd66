import type { PageData, PageDump, PageStack } from "../page-data.ts";

/** What the reader asked for: the one state of the page. */
export interface Selection {
  /** Index of the dump. */
  dump: number;
  /** Lower-case words, all of which a stack must have. */
  words: readonly string[];
  /** Wait groups that are switched off. */
  hidden: ReadonlySet<number>;
  /** Functions from the entry inwards that the flame graph is zoomed to; indexes into the texts. */
  zoom: readonly number[];
}

/** The goroutines of the report, with what search needs. */
export class Goroutines {
  readonly #data: PageData;
  /** Per dump and stack, everything that a reader may search for, in lower case; made when first needed. */
  readonly #searched = new Map<PageStack, string>();

  constructor(data: PageData) {
    this.#data = data;
  }

  dump(index: number): PageDump {
    return this.#data.dumps[index]!;
  }

  get dumps(): readonly PageDump[] {
    return this.#data.dumps;
  }

  text(index: number): string {
    return this.#data.texts[index] ?? "";
  }

  /** Function of a frame, as an index into the texts; -1 for no frame. */
  functionOf(frame: number): number {
    return this.#data.frames[frame]?.[0] ?? -1;
  }

  functionName(frame: number): string {
    return this.text(this.functionOf(frame));
  }

  /** `metrics.go:105`, "" for no frame. */
  place(frame: number): string {
    const found = this.#data.frames[frame];
    if (found === undefined) return "";
    const file = this.text(found[1]).replace(/^.*[/\\]/, "");
    return found[2] > 0 ? `${file}:${found[2]}` : file;
  }

  /** True when the stack has all words. */
  matches(stack: PageStack, words: readonly string[]): boolean {
    if (words.length === 0) return true;
    const text = this.#searchText(stack);
    return words.every((word) => text.includes(word));
  }

  #searchText(stack: PageStack): string {
    const known = this.#searched.get(stack);
    if (known !== undefined) return known;
    const frames = [...stack.frames, stack.creator].map((f) => `${this.functionName(f)} ${this.place(f)}`);
    const text = [
      stack.wait,
      ...(stack.labels ?? []).map(([text]) => text),
      (stack.ids ?? []).join(" "),
      ...frames,
    ]
      .join("\n")
      .toLowerCase();
    this.#searched.set(stack, text);
    return text;
  }

  /** The frame that a column of the table is about; -1 for none. */
  frameOf(stack: PageStack, column: "site" | "entry" | "creator"): number {
    return column === "entry" ? (stack.frames[stack.entry] ?? -1) : stack[column];
  }

  /** True when the stack lies below the functions, which are counted from the entry inwards. */
  isUnder(stack: PageStack, zoom: readonly number[]): boolean {
    return zoom.every((fn, depth) => this.functionOf(stack.frames[stack.entry - depth] ?? -1) === fn);
  }
}
