import type { Dump } from "../../model/dump.ts";
import { FramePool } from "../../model/frame-pool.ts";
import type { FilledColumn } from "../../model/goroutines.ts";
import { DumpAssembler } from "./assembler.ts";
import { type Batch, type InputPart, textItem } from "./batch.ts";
import { LearnedShape } from "./learned-shape.ts";
import { LineParser } from "./line-parser.ts";
import { readRecord } from "./record-learner.ts";
import { RegularReader } from "./regular-record.ts";
import { rowHead } from "./shape-trie.ts";

/** Longer lines are cut: no traceback has them, hostile input may. */
const maxLine = 1 << 20;
/** Where one goroutine ends and the next begins. */
const goroutineBorder = Buffer.from("\n\ngoroutine ");
/** net/http/pprof stops writing here. */
const pprofLimit = 64 << 20;

/** Makes dumps of batches, which come in the order of the input whichever thread made them. */
export class TracebackBuilder {
  readonly #assembler: DumpAssembler;
  readonly #parser: LineParser;
  readonly #regular: RegularReader;
  /** The beginning of a line whose end is still to come. */
  #begun: Buffer[] = [];
  #begunLength = 0;

  constructor(name: string, goVersion: string | undefined) {
    const pool = new FramePool();
    this.#assembler = new DumpAssembler(name, goVersion, pool);
    this.#regular = new RegularReader(pool);
    this.#parser = new LineParser(this.#assembler);
  }

  /**
   * Takes a batch.
   * @param shapes those of the scanner that made it, in which shapes that it learned since are missing
   */
  take(batch: Batch, shapes: LearnedShape[], part: InputPart): void {
    for (let at = 0; at < batch.length; ) {
      const kind = batch[at]!;
      if (kind >= 0) {
        const shape = shapes[kind]!;
        this.#parser.skipKnown(1, shape.lines);
        this.#assembler.learned(shape, batch, at + 1);
        const rows = this.#assembler.learnedRows(batch, at + rowHead + shape.valueCount, shapes);
        this.#parser.skipKnown(rows.count, rows.lines);
        at = rows.end;
        continue;
      }
      const offset = batch[at + 1]!;
      const length = batch[at + 2]!;
      at += 3;
      if (kind === textItem) this.#text(offset, length, part);
      else {
        const shape = batch[at++]!;
        // The thread's own scanner has put it there already.
        shapes[shape] ??= shapeOf(whole(offset, length, part));
      }
    }
  }

  /** Makes room for what is to come of an input of so many bytes; returns the columns that it will fill. */
  expect(bytesSeen: number, bytes: number): readonly FilledColumn[] {
    return this.#assembler.expect(bytesSeen, bytes);
  }

  /** Rows of the dump that is being built. */
  get rows(): number {
    return this.#assembler.rows;
  }

  /** Parses text, regular goroutines at once and the rest line by line; it may end in the middle of a line. */
  text(bytes: Uint8Array): void {
    this.#parse(bytes, this.#regular);
  }

  /** Parses text line by line, without any short cut. */
  lines(bytes: Uint8Array): void {
    this.#parse(bytes, undefined);
  }

  #parse(bytes: Uint8Array, regular: RegularReader | undefined): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    regular?.open(buffer);
    let start = 0;
    for (;;) {
      if (this.#begunLength === 0 && regular?.read(start, this.#parser.lineNumber + 1)) {
        this.#parser.skipKnown(1, regular.lines);
        this.#assembler.regular(regular);
        start = regular.end;
        continue;
      }
      const end = buffer.indexOf(10, start);
      if (end < 0) break;
      if (this.#begunLength > 0) {
        this.#begin(buffer.subarray(start, end));
        this.#endLine();
      } else this.#parser.line(buffer.toString("utf8", start, Math.min(end, start + maxLine)));
      start = end + 1;
    }
    if (start < buffer.length) this.#begin(buffer.subarray(start));
  }

  /**
   * Ends the input.
   * @param size bytes of the whole input
   */
  finish(size: number): Dump[] {
    const unterminated = this.#begunLength > 0;
    if (unterminated) this.#endLine();
    if (size === pprofLimit) {
      this.#assembler.cut({
        message: "the input is exactly 64 MiB long, where net/http/pprof stops: goroutines are missing",
        lost: -1,
      });
    }
    this.#parser.end(unterminated);
    return this.#assembler.finish();
  }

  #text(offset: number, length: number, part: InputPart): void {
    for (let done = 0; done < length; ) {
      const bytes = part(offset + done, length - done);
      // Goroutines that are wholly in sight are read faster.
      const border =
        done + bytes.length < length
          ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf(goroutineBorder)
          : -1;
      const whole = border < 0 ? bytes : bytes.subarray(0, border + 2);
      this.text(whole);
      done += whole.length;
    }
  }

  #begin(bytes: Buffer): void {
    const kept = bytes.subarray(0, maxLine - this.#begunLength);
    if (kept.length === 0) return;
    // The bytes' memory is used again.
    this.#begun.push(Buffer.from(kept));
    this.#begunLength += kept.length;
  }

  #endLine(): void {
    this.#parser.line(Buffer.concat(this.#begun).toString("utf8"));
    this.#begun = [];
    this.#begunLength = 0;
  }
}

function whole(offset: number, length: number, part: InputPart): Uint8Array {
  const first = part(offset, length);
  if (first.length === length) return first;
  const bytes = new Uint8Array(length);
  bytes.set(first);
  for (let done = first.length; done < length; ) {
    const next = part(offset + done, length - done);
    bytes.set(next, done);
    done += next.length;
  }
  return bytes;
}

/** What a goroutine says of all of its shape. */
function shapeOf(bytes: Uint8Array): LearnedShape {
  const learned = readRecord(bytes);
  if (learned === undefined) throw new Error("a learned goroutine is not understood");
  return new LearnedShape(learned);
}
