import { resolve } from "node:path";
import type { MessagePort, Worker } from "node:worker_threads";
import type { SegmentedFile } from "./segments.ts";

/** A worker that src/cli/start.cjs has set to work on a file before the command line was loaded. */
interface ScanAhead {
  readonly file: SegmentedFile;
  readonly worker: Worker;
  readonly queue: SharedArrayBuffer;
  readonly port: MessagePort;
  /** What went wrong before it was taken over. */
  readonly failure: Error | undefined;
}

/** Where src/cli/start.cjs leaves it. */
const place = Symbol.for("deadlock-lint.scan-ahead");

/** The worker that scans this very file already, if there is one; it is given away once. */
export function takeScanAhead(file: SegmentedFile): ScanAhead | undefined {
  const global = globalThis as { [place]?: ScanAhead };
  const ahead = global[place];
  if (ahead === undefined || resolve(ahead.file.path) !== resolve(file.path)) return undefined;
  delete global[place];
  if (ahead.file.size === file.size && ahead.file.segmentSize === file.segmentSize) {
    ahead.worker.ref();
    return ahead;
  }
  // The file has grown meanwhile.
  void ahead.worker.terminate();
  return undefined;
}
