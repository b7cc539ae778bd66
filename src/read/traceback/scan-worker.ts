import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { BatchPool } from "./batch-pool.ts";
import { FreshPages } from "./fresh-pages.ts";
import type { ScannerSeed } from "./scanner.ts";
import { SegmentQueue } from "./segment-queue.ts";
import { SegmentScanner, segmentCount } from "./segments.ts";
import type { ColumnsMessage, ScanTask, SegmentMessage } from "./threads.ts";

/** The life of a thread: scans segments until none is left, posts their batches, and waits for its end. */
function work({ file, queue: memory, port }: ScanTask): void {
  const queue = new SegmentQueue(memory);
  const pool = new BatchPool(queue);
  const segments = new SegmentScanner(file);
  const post = (message: SegmentMessage) => {
    port.postMessage(message);
    queue.posted();
  };
  const scan = (segment: number) =>
    segments.scan(segment, (batch) => post({ segment, batch: pool.copy(batch, segment) }));
  const count = segmentCount(file);
  if (queue.claimFirst()) {
    scan(0);
    post({ segment: 0, seed: segments.scanner.seed });
  } else {
    queue.waitForSeed();
    segments.scanner.begin(receiveMessageOnPort(port)?.message as ScannerSeed);
  }
  let fresh: FreshPages | undefined;
  /** Touches memory for the rows to come; false when there is none to touch. */
  const touch = () => {
    if (fresh === undefined) {
      const message = receiveMessageOnPort(port)?.message as ColumnsMessage | undefined;
      if (message === undefined) return false;
      fresh = new FreshPages(message.columns);
      if (message.room !== undefined) pool.useRoom(message.room);
    }
    return fresh.touch(queue.filledRows);
  };
  for (;;) {
    // A segment holds about as many rows as are touched at once.
    for (let i = 0; i < 2 && touch(); i++);
    while (!queue.mayClaim()) if (!touch()) queue.waitToClaim();
    const segment = queue.claim();
    if (segment >= count) break;
    scan(segment);
    post({ segment });
  }
  segments.close();
  queue.park();
}

work(workerData as ScanTask);
