import { recordLine } from "../logs/record-line.ts";
import type { ByteSource } from "../reader.ts";
import { noteProblem } from "../source.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Before each frame: its stream, three zeros, and how many bytes it has, the first of which is zero, too. */
const headerLength = 8;
/** Bytes of a line whose end has not come; longer ones are parted. */
const maxOpen = 1 << 26;

/** The logs of a container as Docker's API sends them: frames of what it wrote to its two streams. */
export function isDockerStream(head: Uint8Array): boolean {
  if (head.length < headerLength) return false;
  for (let at = 0; at + headerLength <= head.length; at += headerLength + lengthOf(head, at))
    if (!isFrame(head, at)) return false;
  return true;
}

function isFrame(bytes: Uint8Array, at: number): boolean {
  const stream = bytes[at]!;
  return (stream === 1 || stream === 2) && bytes.subarray(at + 1, at + 5).every((byte) => byte === 0);
}

function lengthOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
}

/** The lines of both streams as records, which tell them apart. */
export function dockerStreamSource(framed: ByteSource): ByteSource {
  const source: ByteSource = {
    name: framed.name,
    problems: framed.problems ?? [],
    async *chunks() {
      const lines = new StreamLines((message) => noteProblem(source, { message, lost: -1 }));
      let header = Buffer.alloc(0);
      let left = 0;
      for await (const chunk of framed.chunks()) {
        for (let at = 0; at < chunk.length; ) {
          if (left > 0) {
            const part = chunk.subarray(at, at + left);
            lines.take(header[0]!, part);
            left -= part.length;
            at += part.length;
            if (left === 0) header = Buffer.alloc(0);
            continue;
          }
          const part = chunk.subarray(at, at + headerLength - header.length);
          header = Buffer.concat([header, part]);
          at += part.length;
          if (header.length < headerLength) continue;
          if (!isFrame(header, 0)) {
            noteProblem(source, { message: damaged, lost: -1 });
            yield lines.end();
            return;
          }
          left = lengthOf(header, 0);
          if (left === 0) header = Buffer.alloc(0);
        }
        yield lines.out();
      }
      if (header.length > 0) noteProblem(source, { message: cut, lost: -1 });
      yield lines.end();
    },
  };
  return source;
}

const damaged = "the stream of Docker's API is damaged: what was behind is missing";
const cut = "the stream of Docker's API ends in the middle of a frame";
const tooLong = `a line is longer than ${maxOpen} bytes, and read as several`;

/** Parts what both streams write into lines. */
class StreamLines {
  readonly #onProblem: (message: string) => void;
  readonly #open = new Map<number, OpenLine>();
  #last = 0;
  #out: string[] = [];

  constructor(onProblem: (message: string) => void) {
    this.#onProblem = onProblem;
  }

  take(stream: number, bytes: Bytes): void {
    this.#last = stream;
    const open = this.#open.get(stream) ?? new OpenLine();
    this.#open.set(stream, open);
    const end = bytes.lastIndexOf(10) + 1;
    if (end > 0) {
      open.add(bytes.subarray(0, end - 1));
      for (const line of open.take().split("\n")) this.#out.push(recordLine(stream, line));
    }
    open.add(bytes.subarray(end));
    if (open.length < maxOpen) return;
    this.#onProblem(tooLong);
    this.#out.push(recordLine(stream, open.take()));
  }

  out(): Bytes {
    return Buffer.from(this.#out.splice(0).join(""));
  }

  /** The log's last line may be cut: its record stays open. */
  end(): Bytes {
    const last = this.#open.get(this.#last);
    for (const [stream, open] of this.#open)
      if (open !== last && open.length > 0) this.#out.push(recordLine(stream, open.take()));
    if (last !== undefined && last.length > 0)
      this.#out.push(recordLine(this.#last, last.take()).replace(/"\}\n$/, ""));
    return this.out();
  }
}

/** A line whose end has not come. */
class OpenLine {
  #bytes = Buffer.alloc(1024);
  length = 0;

  add(bytes: Bytes): void {
    const length = this.length + bytes.length;
    if (length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], length * 2);
    this.#bytes.set(bytes, this.length);
    this.length = length;
  }

  take(): string {
    const text = this.#bytes.toString("utf8", 0, this.length);
    this.length = 0;
    return text;
  }
}
