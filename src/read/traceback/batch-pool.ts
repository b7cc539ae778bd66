import type { Batch } from "./batch.ts";
import type { SegmentQueue } from "./segment-queue.ts";

/** Copies are made a little larger than they must be, so that they fit the next batches too. */
const granule = 1 << 13;

/** Where a batch is in the room that its thread was given: to be posted, views of one memory become several memories. */
export interface RoomPart {
  readonly start: number;
  readonly end: number;
}

/** A copy that is waiting for its segment's turn, or was. */
interface Copy {
  segment: number;
  readonly numbers: Float64Array;
  /** Where it begins in the room; -1 when it is memory of its own. */
  readonly start: number;
}

/**
 * Keeps batches whose segment has not its turn yet, in memory that threads share and that is used again as soon as the
 * dump's builder is through with the segment: fresh memory is slower than the copy itself.
 */
export class BatchPool {
  readonly #queue: SegmentQueue;
  #copies: Copy[] = [];
  #room: Float64Array = new Float64Array(0);
  /** Numbers of the room that copies have. */
  #used = 0;

  constructor(queue: SegmentQueue) {
    this.#queue = queue;
  }

  /** Further copies are to be made in this memory, as far as it goes. */
  useRoom(room: Float64Array): void {
    this.#room = room;
    this.#copies = [];
  }

  /** A copy of the batch, good until its segment is finished; of one in the room where it is. */
  copy(batch: Batch, segment: number): Batch | RoomPart {
    const finished = this.#queue.finishedSegments;
    let copy = this.#copies.find((c) => c.segment < finished && c.numbers.length >= batch.length);
    if (copy === undefined) {
      copy = this.#newCopy(Math.ceil(batch.length / granule) * granule, segment);
      this.#copies.push(copy);
    }
    copy.segment = segment;
    copy.numbers.set(batch);
    const { length } = batch;
    return copy.start < 0
      ? copy.numbers.subarray(0, length)
      : { start: copy.start, end: copy.start + length };
  }

  #newCopy(length: number, segment: number): Copy {
    const start = this.#used;
    if (start + length > this.#room.length) {
      const memory = new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT);
      return { segment, numbers: new Float64Array(memory), start: -1 };
    }
    this.#used += length;
    return { segment, numbers: this.#room.subarray(start, start + length), start };
  }
}
