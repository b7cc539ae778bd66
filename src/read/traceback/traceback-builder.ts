import type { Dump } from "../../model/dump.ts";
import { DumpAssembler, LearnedShape } from "./assembler.ts";
import { type Batch, shapeItem, textItem } from "./batch.ts";
import { LineParser } from "./line-parser.ts";
import { type LearnedRecord, learnRecord } from "./record-learner.ts";

/** Longer lines are cut: no traceback has them, hostile input may. */
const maxLine = 1 << 20;
/** net/http/pprof stops writing here. */
const pprofLimit = 64 << 20;

/** Makes dumps of batches, which come in the order of the input whichever thread made them. */
export class TracebackBuilder {
  readonly #assembler: DumpAssembler;
  readonly #parser: LineParser;

  constructor(name: string, goVersion: string | undefined) {
    this.#assembler = new DumpAssembler(name, goVersion);
    this.#parser = new LineParser(this.#assembler);
  }

  /**
   * Takes a batch.
   * @param shapes those of the scanner that made it; shapes that only the batch's text holds are added
   */
  take(batch: Batch, shapes: LearnedShape[]): void {
    const { numbers } = batch;
    let textAt = 0;
    for (let at = 0; at < batch.length; ) {
      const kind = numbers[at]!;
      if (kind >= 0) {
        const shape = shapes[kind]!;
        this.#parser.skipKnown(shape.lines);
        this.#assembler.learned(shape, numbers, at + 1);
        at += 4 + shape.valueCount;
        continue;
      }
      const text = batch.text.subarray(textAt, textAt + numbers[at + 1]!);
      textAt += text.length;
      if (kind === textItem) this.lines(text);
      // The goroutine itself follows as the first of its shape, whose number it says.
      else if (kind === shapeItem && numbers[at + 2] === shapes.length)
        shapes.push(shapeOf(learnRecord(text)!));
      at += 2;
    }
  }

  /** Parses whole lines one by one. */
  lines(bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      this.#parser.line(buffer.toString("utf8", start, Math.min(end, start + maxLine)));
      start = end + 1;
    }
  }

  /**
   * Ends the input.
   * @param rest what follows the last line end
   * @param size bytes of the whole input
   */
  finish(rest: Uint8Array, size: number): Dump[] {
    if (rest.length > 0) {
      this.#parser.line(
        Buffer.from(rest.buffer, rest.byteOffset, Math.min(rest.length, maxLine)).toString("utf8"),
      );
    }
    if (size === pprofLimit) {
      this.#assembler.cut({
        message: "the input is exactly 64 MiB long, where net/http/pprof stops: goroutines are missing",
        lost: -1,
      });
    }
    this.#parser.end(rest.length > 0);
    return this.#assembler.finish();
  }
}

/** What a learned goroutine says of all of its shape. */
export function shapeOf(learned: LearnedRecord): LearnedShape {
  return new LearnedShape(learned.record, learned.lines);
}
