import type { ReadProblem } from "../../model/dump.ts";

/** Most bytes that one input may unpack to, unless the user allows more. */
export const defaultMaxDecompressedBytes: number = 8 * 2 ** 30;

/** Largest window of a Zstandard frame, as of the `zstd` command, unless the user allows more: 128 MiB. */
export const defaultMaxZstdWindow: number = 1 << 27;

/** Most files taken from one directory, pattern or archive, unless the user allows more. */
export const defaultMaxFiles = 10_000;

/** How they may be more. */
export const maxFilesHint = "--max-files raises the limit.";

/** Bytes that one input, with everything packed in it, may still unpack to: a bomb ends here. */
export class Budget {
  readonly limit: number;
  /** Bytes of memory that a Zstandard frame may ask for. */
  readonly maxZstdWindow: number;
  /** Files taken from each archive. */
  readonly maxFiles: number;
  #left: number;

  constructor(
    limit: number,
    maxZstdWindow: number = defaultMaxZstdWindow,
    maxFiles: number = defaultMaxFiles,
  ) {
    this.limit = limit;
    this.maxZstdWindow = maxZstdWindow;
    this.maxFiles = maxFiles;
    this.#left = limit;
  }

  /** Asks for `bytes`. @returns how many are granted */
  take(bytes: number): number {
    const granted = Math.min(bytes, this.#left);
    this.#left -= granted;
    return granted;
  }

  /** What to say when fewer were granted than asked for. */
  problem(): ReadProblem {
    return {
      message: `the input unpacks to more than ${this.limit} bytes; what follows is not read (--max-decompressed-bytes raises the limit)`,
      lost: -1,
    };
  }
}
