import type { Batch } from "./batch.ts";
import type { SegmentQueue } from "./segment-queue.ts";

/** Copies are made a little larger than they must be, so that they fit the next batches too. */
const granule = 1 << 16;

/** A copy that is waiting for its segment's turn, or was. */
interface Copy {
  segment: number;
  readonly memory: SharedArrayBuffer;
}

/**
 * Keeps batches whose segment has not its turn yet, in memory that threads share and that is used again as soon as the
 * dump's builder is through with the segment: fresh memory is slower than the copy itself.
 */
export class BatchPool {
  readonly #queue: SegmentQueue;
  readonly #copies: Copy[] = [];

  constructor(queue: SegmentQueue) {
    this.#queue = queue;
  }

  /** A copy of the batch, good until its segment is finished. */
  copy(batch: Batch, segment: number): Batch {
    const finished = this.#queue.finishedSegments;
    let copy = this.#copies.find((c) => c.segment < finished && c.memory.byteLength >= batch.byteLength);
    if (copy === undefined) {
      const bytes = Math.ceil(batch.byteLength / granule) * granule;
      copy = { segment, memory: new SharedArrayBuffer(bytes) };
      this.#copies.push(copy);
    }
    copy.segment = segment;
    const view = new Float64Array(copy.memory, 0, batch.length);
    view.set(batch);
    return view;
  }
}
