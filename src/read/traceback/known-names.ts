import type { FramePool } from "../../model/frame-pool.ts";
import { type Header, labelsOfText, parseHeader } from "./header.ts";
import { KnownLabels } from "./known-labels.ts";
import type { Names } from "./regular-reader.ts";

/** What a reader's numbers stand for: numbers in the pool of the dumps, and headers. */
export class KnownNames implements Names {
  readonly #pool: FramePool;
  readonly symbols: number[] = [];
  readonly files: number[] = [];
  readonly headers: Header[] = [];
  readonly labels = new KnownLabels();

  constructor(pool: FramePool) {
    this.#pool = pool;
  }

  symbol(name: string): number {
    return this.symbols.push(this.#pool.symbol(name, true)) - 1;
  }

  file(name: string): number {
    return this.files.push(this.#pool.file(name, true)) - 1;
  }

  /** @param text `Header.labelText` of the next number */
  label(text: string): void {
    this.labels.add(labelsOfText(text));
  }

  header(number: number, text: string): void {
    this.headers[number] = parseHeader(text)!;
  }
}
