import type { Dump } from "../../model/dump.ts";
import { FramePool } from "../../model/frame-pool.ts";
import type { FilledColumn } from "../../model/goroutines.ts";
import type { OnOther } from "../other-formats.ts";
import { DumpAssembler } from "./assembler.ts";
import {
  type Batch,
  fileItem,
  headerItem,
  type InputPart,
  labelsItem,
  learnedItem,
  recordItem,
  shapeItem,
  symbolItem,
  textItem,
} from "./batch.ts";
import { KnownNames } from "./known-names.ts";
import { LearnedShape } from "./learned-shape.ts";
import { LineParser } from "./line-parser.ts";
import { readRecord } from "./record-learner.ts";
import { RegularReader } from "./regular-reader.ts";
import { RegularRecord } from "./regular-record.ts";
import type { OnLearned } from "./scanner.ts";
import { rowHead } from "./shape-trie.ts";

/** Longer lines are cut: no traceback has them, hostile input may. */
const maxLine = 1 << 20;
/** Where one goroutine ends and the next begins. */
const goroutineBorder = Buffer.from("\n\ngoroutine ");
/** net/http/pprof stops writing here. */
const pprofLimit = 64 << 20;

/** What the numbers of one scanner's batches stand for. */
export interface Known {
  shapes: LearnedShape[];
  readonly names: KnownNames;
}

/** For a scanner of the builder's own thread: puts what it learns where the builder looks for it. */
export function learnsInto(known: Known): OnLearned {
  return (learned, shape) => {
    known.shapes[shape] = new LearnedShape(learned);
  };
}

/** Makes dumps of batches, which come in the order of the input whichever thread made them. */
export class TracebackBuilder {
  readonly #assembler: DumpAssembler;
  readonly #parser: LineParser;
  readonly #pool = new FramePool();
  readonly #regular: RegularReader;
  /** What `#regular` names. */
  readonly #names: KnownNames;
  readonly #record: RegularRecord;
  /** The beginning of a line whose end is still to come. */
  #begun: Buffer[] = [];
  #begunLength = 0;

  constructor(name: string, goVersion: string | undefined, onOther?: OnOther) {
    this.#assembler = new DumpAssembler(name, goVersion, this.#pool, onOther);
    this.#names = new KnownNames(this.#pool);
    this.#regular = new RegularReader(this.#names, true);
    this.#record = new RegularRecord(this.#pool);
    this.#parser = new LineParser(this.#assembler);
  }

  /** Nothing yet, for a scanner whose batches are to come. */
  newKnown(): Known {
    return { shapes: [], names: new KnownNames(this.#pool) };
  }

  /**
   * Takes a batch.
   * @param known of the scanner that made it; shapes that it learned since are missing
   */
  take(batch: Batch, { shapes, names }: Known, part: InputPart): void {
    for (let at = 0; at < batch.length; ) {
      const kind = batch[at]!;
      if (kind >= 0) {
        const shape = shapes[kind]!;
        this.#parser.skipKnown(1, shape.lines);
        const line = this.#parser.lineNumber - shape.lines + 1;
        this.#assembler.learned(shape, batch, at + 1, names.labels, line);
        const rows = this.#assembler.learnedRows(
          batch,
          at + rowHead + shape.valueCount,
          shapes,
          names.labels,
        );
        this.#parser.skipKnown(rows.count, rows.lines);
        at = rows.end;
      } else if (kind === recordItem) at = this.#regularRecord(batch, at, names);
      else if (kind === symbolItem) {
        names.symbol(textAt(batch, at + 1));
        at = behindText(batch, at + 1);
      } else if (kind === fileItem) {
        names.file(textAt(batch, at + 1));
        at = behindText(batch, at + 1);
      } else if (kind === headerItem) {
        names.header(batch[at + 1]!, textAt(batch, at + 2));
        at = behindText(batch, at + 2);
      } else if (kind === labelsItem) {
        names.label(textAt(batch, at + 1));
        at = behindText(batch, at + 1);
      } else if (kind === textItem) {
        this.#text(batch[at + 1]!, batch[at + 2]!, part);
        at += 3;
      } else if (kind === shapeItem) {
        // The thread's own scanner has put it there already.
        shapes[batch[at + 3]!] ??= shapeOf(whole(batch[at + 1]!, batch[at + 2]!, part));
        at += 4;
      } else if (kind === learnedItem) {
        shapes[batch[at + 1]!] = this.#assembler.learn(this.#record);
        at += 2;
      } else throw new Error(`no item of a batch: ${kind}`);
    }
  }

  /** Takes a goroutine that was read without the line parser; answers where the next item begins. */
  #regularRecord(batch: Batch, at: number, names: KnownNames): number {
    const record = this.#record;
    const next = record.take(batch, at, names, this.#parser.lineNumber + 1);
    this.#parser.skipKnown(1, record.lines);
    this.#assembler.regular(record);
    return next;
  }

  /** Makes room for what is to come of an input of so many bytes; returns the columns that it will fill. */
  expect(bytesSeen: number, bytes: number): readonly FilledColumn[] {
    return this.#assembler.expect(bytesSeen, bytes);
  }

  /** Memory for so many numbers of batches, where they are taken faster; `undefined` where none is. */
  room(numbers: number): Float64Array | undefined {
    return this.#assembler.room(numbers);
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
      if (this.#begunLength === 0 && regular?.read(start)) {
        this.#regularRecord(regular.numbers, 0, this.#names);
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

/** Text of an item, whose length stands at `at`. */
function textAt(batch: Batch, at: number): string {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset + (at + 1) * 8, batch[at]);
  return bytes.toString("utf8");
}

function behindText(batch: Batch, at: number): number {
  return at + 1 + Math.ceil(batch[at]! / 8);
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
