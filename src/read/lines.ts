import type { ByteSource, ReadOptions } from "./reader.ts";
import { noteProblem } from "./source.ts";

/** Longer lines are cut, and that is said: no dump has them, hostile input may. */
const maxLine = 1 << 20;

/** Parts chunks of bytes into lines of text, without their `\n` or `\r\n`. */
export class LineSplitter {
  readonly #maxLine: number;
  readonly #onLine: (line: string, ends: boolean) => void;
  readonly #inPieces: boolean;
  readonly #takeLines: (bytes: Buffer, from: number) => number;
  #rest: Buffer[] = [];
  #restLength = 0;
  /** A piece of the line that is read was handed out. */
  #begun = false;
  /** A line has been cut: what is beyond `maxLine` was dropped. */
  cut = false;

  /**
   * @param maxLine bytes of a line beyond these are dropped, or come as further pieces of it
   * @param onLine takes a line, or without `ends` a piece of one that goes on
   * @param takeLines may take lines that lie whole in a chunk before `onLine` is given them, and tells where it stopped
   */
  constructor(
    maxLine: number,
    onLine: (line: string, ends: boolean) => void,
    inPieces = false,
    takeLines: (bytes: Buffer, from: number) => number = (_, from) => from,
  ) {
    this.#maxLine = maxLine;
    this.#onLine = onLine;
    this.#inPieces = inPieces;
    this.#takeLines = takeLines;
  }

  /** Takes the next chunk, which may be overwritten afterwards. */
  push(chunk: Uint8Array): void {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      this.#line(buffer, start, end);
      start = this.#takeLines(buffer, end + 1);
    }
    const room = this.#inPieces ? buffer.length : Math.max(0, this.#maxLine - this.#restLength);
    const open = buffer.subarray(start, start + room);
    if (open.length < buffer.length - start) this.cut = true;
    if (open.length === 0) return;
    this.#rest.push(Buffer.from(open));
    this.#restLength += open.length;
    if (this.#inPieces && this.#restLength >= this.#maxLine) this.#piece();
  }

  /** A line has begun whose end has not come. */
  get open(): boolean {
    return this.#restLength > 0 || this.#begun;
  }

  /** Takes back the bytes of a line whose end has not come. */
  takeBack(): Buffer {
    const bytes = Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restLength = 0;
    return bytes;
  }

  /** Hands out the last line. @returns whether it was left without its end */
  end(): boolean {
    const { open } = this;
    if (open) this.#line(Buffer.alloc(0), 0, 0);
    return open;
  }

  /** Ends a line with these bytes. */
  #line(bytes: Buffer, from: number, to: number): void {
    this.#begun = false;
    if (this.#restLength === 0) {
      this.#take(bytes, from, to);
      return;
    }
    const line = Buffer.concat([...this.#rest, bytes.subarray(from, to)]);
    this.#rest = [];
    this.#restLength = 0;
    this.#take(line, 0, line.length);
  }

  #take(bytes: Buffer, from: number, to: number): void {
    let end = this.#inPieces ? to : Math.min(to, from + this.#maxLine);
    if (end < to) this.cut = true;
    if (end > from && bytes[end - 1] === 13) end--;
    this.#onLine(bytes.toString("utf8", from, end), true);
  }

  #piece(): void {
    const bytes = Buffer.concat(this.#rest);
    let end = bytes.length;
    const g = bytes.lastIndexOf(0x67);
    // Not within a goroutine's header.
    if (g > 0 && g > bytes.length - 40) end = g;
    else {
      // Not within a character: its first byte is at most three before the last.
      while (end > bytes.length - 4 && (bytes[end - 1]! & 0xc0) === 0x80) end--;
      if (bytes[end - 1]! >= 0xc0) end--;
      else end = bytes.length;
    }
    this.#rest = end < bytes.length ? [bytes.subarray(end)] : [];
    this.#restLength = bytes.length - end;
    this.#begun = true;
    this.#onLine(bytes.toString("utf8", 0, end), false);
  }
}

/**
 * Calls `onLine` with each line of the source. One that is too long is noted as a problem of it.
 * @returns whether the last line was left without its end
 */
export async function eachLine(
  source: ByteSource,
  options: ReadOptions,
  onLine: (line: string, number: number) => void,
): Promise<boolean> {
  let line = 0;
  const splitter = new LineSplitter(maxLine, (text) => {
    line++;
    const { cut } = splitter;
    if (cut) {
      splitter.cut = false;
      noteProblem(source, {
        line,
        message: "a line is longer than 1 MiB, and what is beyond was not read",
        lost: -1,
      });
    }
    onLine(text, line);
  });
  let bytes = 0;
  for await (const chunk of source.chunks()) {
    bytes += chunk.length;
    options.onProgress?.(bytes);
    splitter.push(chunk);
  }
  return splitter.end();
}
