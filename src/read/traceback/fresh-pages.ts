import type { FilledColumn } from "../../model/goroutines.ts";

/** Bytes of memory that the system hands over at once, when it is first touched. */
const pageSize = 4096;
/** Rows whose memory is touched ahead of who fills them, and at one go. */
const rowsAhead = 1 << 16;
const rowsAtOnce = 1 << 12;

/**
 * Touches the fresh memory of columns ahead of the thread that fills them: to clear a page when it is first touched takes
 * the system longer than to fill it takes anybody, and who fills them has most to do.
 */
export class FreshPages {
  readonly #columns: { readonly words: Int32Array; readonly bytesPerRow: number }[];
  #rows = 0;

  constructor(columns: readonly FilledColumn[]) {
    this.#columns = columns.map(({ memory, start, bytes, bytesPerRow }) => ({
      words: new Int32Array(memory, start, Math.floor(bytes / 4)),
      bytesPerRow,
    }));
  }

  /**
   * Touches some memory behind the rows that are filled.
   * @returns false when enough of it is touched
   */
  touch(filled: number): boolean {
    const from = Math.max(this.#rows, filled);
    if (from >= filled + rowsAhead) return false;
    this.#rows = from + rowsAtOnce;
    for (const { words, bytesPerRow } of this.#columns) {
      const end = Math.min(Math.ceil(this.#rows * bytesPerRow), words.byteLength);
      // Changes nothing, even if somebody writes there at the same time. Other operations read first, and the system hands a
      // page that was read over a second time when it is written.
      for (let at = pageOf(from * bytesPerRow); at < end; at += pageSize)
        Atomics.compareExchange(words, at >> 2, 0, 0);
    }
    return true;
  }
}

function pageOf(offset: number): number {
  return Math.floor(offset / pageSize) * pageSize;
}
