import { workerData } from "node:worker_threads";
import { SegmentQueue } from "./segment-queue.ts";
import { SegmentScanner, segmentCount } from "./segments.ts";
import type { ScanTask, SegmentMessage } from "./threads.ts";

/** The life of a thread: scans segments until none is left, and posts their batches. */
function work({ file, queue: memory, port }: ScanTask): void {
  const queue = new SegmentQueue(memory);
  const scanner = new SegmentScanner(file);
  const post = (message: SegmentMessage, transfer: ArrayBuffer[] = []) => {
    port.postMessage(message, transfer);
    queue.posted();
  };
  const count = segmentCount(file);
  for (;;) {
    queue.waitToClaim();
    const segment = queue.claim();
    if (segment >= count) break;
    scanner.scan(segment, (batch) => {
      const copy = batch.slice();
      post({ segment, batch: copy }, [copy.buffer]);
    });
    post({ segment });
  }
  scanner.close();
  port.close();
}

work(workerData as ScanTask);
