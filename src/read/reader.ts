import type { Dump, FormatId, ReadProblem } from "../model/dump.ts";
import type { OnOther } from "./other-formats.ts";

/** Bytes of one input, read as a stream, from the beginning each time `chunks` is called. */
export interface ByteSource {
  /** What the user calls it; goes into `Dump.name` and messages. */
  readonly name: string;
  /**
   * Set only for a plain, seekable file that needs no decoding (not compressed, not UTF-16, no log prefixes),
   * so that a reader may split it over threads.
   */
  readonly file?: { readonly path: string; readonly size: number };
  /** What went wrong while the bytes were unpacked, as far as they were read; readers need not look at it. */
  readonly problems?: ReadProblem[];
  /** Chunks of any length; the consumer must not keep them, their memory is reused. */
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

export interface ReadOptions {
  /** Worker threads that a reader may use, 1 for none. */
  readonly threads: number;
  /** Go version that the user gives, `go1.24`, where the dump does not say it. */
  readonly goVersion?: string;
  /** Called now and then with the number of bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
  /** Told by readers of text of each other format that shows in it, once. */
  readonly onOther?: OnOther;
}

/** A Go version as users give it: `go1.24`, `go1.24.3`. */
export const versionPattern: RegExp = /^go1\.\d{1,3}(?:\.\d{1,3})?$/;

/** How sure `sniff` is: 0 not mine, 1 could be, 2 looks like it, 3 certainly. */
export type Sniffed = 0 | 1 | 2 | 3;

/** One input format. "Not mine" (`sniff` says 0) and "broken" (problems in the dump) are different answers. */
export interface Reader {
  readonly id: FormatId;
  /** For people: `Go traceback (debug=2, SIGQUIT, panic)`. */
  readonly title: string;
  /** Judges by the first bytes (up to 64 KiB), never by the name. */
  sniff(head: Uint8Array): Sniffed;
  /**
   * Reads all dumps of the input, in order. Broken parts become problems of the dump; throws `InputError` only
   * when nothing at all can be read. An input without a single goroutine gives a dump with none, and a problem.
   */
  read(source: ByteSource, options: ReadOptions): Promise<Dump[]>;
}
