import { Calls } from "../../model/calls.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import type { FramePool } from "../../model/frame-pool.ts";
import { type Batch, callHead, marks, recordHead } from "./batch.ts";
import type { Header } from "./header.ts";
import type { KnownNames } from "./known-names.ts";
import type { RecordShape, StackText } from "./record.ts";
import type { SingleRecord } from "./record-learner.ts";

/** A goroutine that came as a `recordItem` of a batch. */
export class RegularRecord implements StackText {
  readonly #pool: FramePool;
  readonly calls: Calls = new Calls();
  readonly extent = "full";
  readonly gapAt = undefined;
  readonly elided = 0;
  header!: Header;
  /** 1-based line of the header. */
  line = 0;
  lines = 0;
  id = 0;
  minutes = -1;
  /** NaN when unknown. */
  creator = Number.NaN;
  braces = false;
  marked = false;
  sinceMinor = 0;

  constructor(pool: FramePool) {
    this.#pool = pool;
  }

  /** Takes the item that begins at `at`; answers where the next one does. */
  take(batch: Batch, at: number, names: KnownNames, line: number): number {
    const { calls } = this;
    this.header = names.headers[batch[at + 1]!]!;
    this.id = batch[at + 2]!;
    this.minutes = batch[at + 3]!;
    this.creator = batch[at + 4]!;
    this.lines = batch[at + 5]!;
    const marked = batch[at + 6]!;
    this.braces = (marked & marks.braces) !== 0;
    this.marked = (marked & marks.questionMarks) !== 0;
    this.sinceMinor = Number.isNaN(this.creator) ? 0 : 21;
    this.line = line;
    calls.clear();
    let next = at + recordHead;
    for (let left = batch[at + 7]!; left > 0; left--) {
      const place = batch[next + 2]!;
      const frame = this.#pool.frame(
        names.symbols[batch[next]!]!,
        names.files[batch[next + 1]!]!,
        place < 0 ? -1 - place : place,
        place < 0,
      );
      const end = next + callHead + batch[next + 3]!;
      for (let i = next + callHead; i < end; i++) calls.argument(batch[i]!);
      if (left === 1 && (marked & marks.createdBy) !== 0) calls.createdBy = frame;
      else calls.call(frame);
      next = end;
    }
    return next;
  }

  /** All that it says, for longer than until the next one is taken. */
  get kept(): SingleRecord {
    const { calls, shape, line, id, minutes, creator, lines } = this;
    const args = shape.frames.map((_, call) =>
      Array.from({ length: calls.argumentsOf(call) }, (_, argument) => calls.value(call, argument)),
    );
    return { record: { shape, line, id, minutes, creator, args }, lines };
  }

  /** Made when somebody asks. */
  get shape(): RecordShape {
    const { header, extent, gapAt, elided, braces, marked, sinceMinor, calls } = this;
    const draft = (number: number): FrameDraft => {
      const { symbol, file, line, inlined } = this.#pool.at(number);
      return { function: symbol.name, file, line, inlined };
    };
    return {
      header,
      frames: Array.from(calls.frames.subarray(0, calls.depth), draft),
      createdBy: calls.createdBy < 0 ? undefined : draft(calls.createdBy),
      extent,
      gapAt,
      elided,
      braces,
      marked,
      sinceMinor,
    };
  }
}
