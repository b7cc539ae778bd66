import type { ByteSource, ReadOptions } from "./reader.ts";

/** Longer lines are cut: no dump has them, hostile input may. */
const maxLine = 1 << 20;

/** Parts chunks of bytes into lines of text, without their `\n` or `\r\n`. */
export class LineSplitter {
  readonly #maxLine: number;
  readonly #onLine: (line: string) => void;
  #rest: Buffer[] = [];
  #restLength = 0;

  /** @param maxLine bytes of a line beyond these are dropped */
  constructor(maxLine: number, onLine: (line: string) => void) {
    this.#maxLine = maxLine;
    this.#onLine = onLine;
  }

  /** Takes the next chunk, which may be overwritten afterwards. */
  push(chunk: Uint8Array): void {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      this.#line(buffer.subarray(start, end));
      start = end + 1;
    }
    const open = buffer.subarray(start, start + Math.max(0, this.#maxLine - this.#restLength));
    if (open.length === 0) return;
    this.#rest.push(Buffer.from(open));
    this.#restLength += open.length;
  }

  /** Hands out the last line. @returns whether it was left without its end */
  end(): boolean {
    const open = this.#restLength > 0;
    if (open) this.#line(Buffer.alloc(0));
    return open;
  }

  #line(tail: Buffer): void {
    const line = this.#restLength === 0 ? tail : Buffer.concat([...this.#rest, tail]);
    this.#rest = [];
    this.#restLength = 0;
    let end = Math.min(line.length, this.#maxLine);
    if (end > 0 && line[end - 1] === 13) end--;
    this.#onLine(line.toString("utf8", 0, end));
  }
}

/**
 * Calls `onLine` with each line of the source.
 * @returns whether the last line was left without its end
 */
export async function eachLine(
  source: ByteSource,
  options: ReadOptions,
  onLine: (line: string) => void,
): Promise<boolean> {
  const splitter = new LineSplitter(maxLine, onLine);
  let bytes = 0;
  for await (const chunk of source.chunks()) {
    bytes += chunk.length;
    options.onProgress?.(bytes);
    splitter.push(chunk);
  }
  return splitter.end();
}
