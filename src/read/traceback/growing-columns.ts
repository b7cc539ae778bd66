/** A column that is being filled, and how many bytes of it a byte of the input fills. */
export interface GrowingColumn {
  readonly memory: SharedArrayBuffer;
  readonly perByte: number;
}

const pageSize = 4096;

/**
 * Asks the system for the pages of columns before the thread that fills them gets there: pages come one by one, when they
 * are first written to, which takes as long as filling them does.
 */
export class PageToucher {
  readonly #columns: { readonly words: Int32Array; readonly perByte: number; next: number }[];

  constructor(columns: readonly GrowingColumn[]) {
    this.#columns = columns.map(({ memory, perByte }) => ({
      words: new Int32Array(memory, 0, memory.byteLength >> 2),
      perByte,
      next: 0,
    }));
  }

  /** Touches the pages that the first so many bytes of the input fill. */
  touch(bytes: number): void {
    for (const column of this.#columns) {
      const end = Math.min(bytes * column.perByte, column.words.byteLength);
      // Changes nothing, whatever another thread writes there.
      for (; column.next < end; column.next += pageSize) Atomics.or(column.words, column.next >> 2, 0);
    }
  }
}
