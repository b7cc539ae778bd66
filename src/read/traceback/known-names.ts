import type { FramePool } from "../../model/frame-pool.ts";
import { type Header, parseHeader } from "./header.ts";
import type { Names } from "./regular-reader.ts";

/** What a reader's numbers stand for: numbers in the pool of the dumps, and headers. */
export class KnownNames implements Names {
  readonly #pool: FramePool;
  readonly symbols: number[] = [];
  readonly files: number[] = [];
  readonly headers: Header[] = [];

  constructor(pool: FramePool) {
    this.#pool = pool;
  }

  symbol(name: string): number {
    return this.symbols.push(this.#pool.symbol(name, true)) - 1;
  }

  file(name: string): number {
    return this.files.push(this.#pool.file(name, true)) - 1;
  }

  header(number: number, text: string): void {
    this.headers[number] = parseHeader(text)!;
  }
}
