import type { Reader } from "./reader.ts";
import { sniffReader } from "./readers.ts";
import { headSize } from "./source.ts";

/** What is kept before the place where a format shows, so that the preamble of a dump is read with it. */
const keptBefore = headSize;
/** Windows overlap by so much, so that none cuts the line by which a format is known. */
const overlap = 4096;

const delveJson = ['"Goroutines"', "currentLoc", "CurrentLoc", "Locations", "RPCServer"];

/** Text without which no format is recognised: where none of it stands, nobody needs to look closer. */
const marks: readonly Buffer[] = [
  "goroutine ",
  "goroutineleak profile",
  "Goroutine ",
  ...delveJson,
  "(dlv)",
  "(gdb)",
  "[New LWP",
  " in runtime.",
  "  runtime.",
  "panic: ",
  "fatal error: ",
  "DATA RACE",
  "SIGQUIT",
  "SIGABRT",
  "deadlockLintSnapshot",
].map((text) => Buffer.from(text));
const marksOfDelveJson = delveJson.map((text) => Buffer.from(text));
const longestMark = Math.max(...marks.map((mark) => mark.length));

/** A format that showed in a stream, and the stream from a little before on. */
export interface FoundFormat {
  readonly reader: Reader;
  /** Lines that were left out before the first chunk. */
  readonly skippedLines: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/**
 * Reads on until the bytes show a format. In memory is what is needed to tell; where none shows to the end, the answer is
 * the one that could be for a short input, and `undefined` for a long one.
 */
export async function seekFormat(stream: AsyncIterable<Uint8Array>): Promise<FoundFormat | undefined> {
  const window = new Window(stream[Symbol.asyncIterator]());
  for (let searched = 0; ; ) {
    const mark = searched === 0 ? 0 : window.mark(searched);
    if (mark < 0) {
      searched = window.forget(window.length - longestMark);
      if (!(await window.more())) return undefined;
      continue;
    }
    while (window.length - mark < headSize && (await window.more()));
    const at = Math.max(window.lineStart(mark), mark - overlap);
    const sniffed = await sniffReader(window.bytes(at, at + headSize));
    if (sniffed !== undefined && (sniffed.sure > 1 || window.isAll)) {
      const begin =
        sniffed.reader.id === "delve-json"
          ? window.jsonStart(window.mark(at, marksOfDelveJson))
          : window.textStart();
      return { reader: sniffed.reader, ...window.rest(begin) };
    }
    const next = Math.max(mark + 1, at + headSize - overlap);
    if (next >= window.length) return undefined;
    searched = window.forget(next);
  }
}

/** The part of a stream that is looked at. */
class Window {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #all: Buffer = Buffer.alloc(0);
  #ended = false;
  #skippedLines = 0;
  #skipped = 0;
  /** It begins in the middle of a line. */
  #midLine = false;

  constructor(iterator: AsyncIterator<Uint8Array>) {
    this.#iterator = iterator;
  }

  /** Takes some more of the stream. @returns false at its end */
  async more(): Promise<boolean> {
    const parts = [this.#all];
    // Many small chunks at once, for each time all is copied.
    for (let bytes = 0; bytes < headSize && !this.#ended; ) {
      const next = await this.#iterator.next();
      if (next.done === true) this.#ended = true;
      else {
        parts.push(Buffer.from(next.value));
        bytes += next.value.length;
      }
    }
    if (parts.length > 1) this.#all = Buffer.concat(parts);
    return parts.length > 1;
  }

  /** It is the whole stream, and a short one. */
  get isAll(): boolean {
    return this.#ended && this.#skipped === 0 && this.length <= headSize;
  }

  get length(): number {
    return this.#all.length;
  }

  bytes(from: number, to: number): Uint8Array {
    return this.#all.subarray(from, to);
  }

  /** Index of the first mark from `from` on; -1: none. */
  mark(from: number, wanted: readonly Buffer[] = marks): number {
    let first = -1;
    for (const mark of wanted) {
      const area = first < 0 ? this.#all : this.#all.subarray(0, first + mark.length - 1);
      const at = area.indexOf(mark, from);
      if (at >= 0) first = at;
    }
    return first;
  }

  /** Where the line of a place begins, as far as it is known. */
  lineStart(at: number): number {
    return at === 0 ? 0 : this.#all.lastIndexOf(10, at - 1) + 1;
  }

  /** Where the first whole line begins: of a line without its beginning nobody can tell what it is. */
  textStart(): number {
    return this.#midLine ? this.#all.indexOf(10) + 1 : 0;
  }

  /** Where the JSON around a place begins: the last line before it that begins with a bracket, or one within its line. */
  jsonStart(at: number): number {
    if (at < 0) return 0;
    for (const begins of [/^[{[]/, /^\s*[{[]/]) {
      for (let line = this.lineStart(at); line >= 0; line = line === 0 ? -1 : this.lineStart(line - 1)) {
        if (begins.test(this.#all.toString("latin1", line, line + 1000))) return line;
      }
    }
    const line = this.lineStart(at);
    return line + Math.max(0, this.#all.toString("latin1", line, at).search(/[{[]/));
  }

  /** Leaves out what is too far before `place`. @returns where `place` is now */
  forget(place: number): number {
    if (place <= keptBefore) return Math.max(place, 1);
    const drop = this.#all.lastIndexOf(10, place - keptBefore) + 1 || Math.max(0, place - 2 * keptBefore);
    if (drop === 0) return place;
    this.#skip(drop);
    return place - drop;
  }

  #skip(bytes: number): void {
    const all = this.#all;
    for (let at = all.indexOf(10); at >= 0 && at < bytes; at = all.indexOf(10, at + 1)) this.#skippedLines++;
    this.#skipped += bytes;
    this.#midLine = all[bytes - 1] !== 10;
    this.#all = Buffer.from(all.subarray(bytes));
  }

  /** The stream from `begin` on. */
  rest(begin: number): Omit<FoundFormat, "reader"> {
    if (begin > 0) this.#skip(begin);
    const first = this.#all;
    const iterator = this.#iterator;
    return {
      skippedLines: this.#skippedLines,
      async *chunks() {
        yield first;
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
          yield next.value;
      },
    };
  }
}
