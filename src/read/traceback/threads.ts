import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { FilledColumn } from "../../model/goroutines.ts";
import { packageRoot } from "../../package-root.ts";
import type { Batch } from "./batch.ts";
import { BatchPool, type RoomPart } from "./batch-pool.ts";
import { takeScanAhead } from "./scan-ahead.ts";
import type { ScannerSeed } from "./scanner.ts";
import { SegmentQueue } from "./segment-queue.ts";
import { type SegmentedFile, SegmentScanner, segmentCount } from "./segments.ts";
import { type Known, learnsInto, type TracebackBuilder } from "./traceback-builder.ts";

/** What a worker is told. */
export interface ScanTask {
  readonly file: SegmentedFile;
  readonly queue: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** What a worker posts: a batch, or, without one, that the segment is finished. */
export interface SegmentMessage {
  readonly segment: number;
  readonly batch?: Batch | RoomPart;
  /** With the end of the first segment, from the worker that has scanned it: what it taught. */
  readonly seed?: ScannerSeed;
}

/** What workers are posted when the columns that the dump's rows will fill are there. */
export interface ColumnsMessage {
  readonly columns: readonly FilledColumn[];
  /** Where the batches are best put that the worker posts from now on. */
  readonly room: Float64Array | undefined;
}

/** Numbers of such a room: as many as the segments have that a thread may be ahead. */
const roomSize = 1 << 20;

/** Batches of a segment whose turn has not come. */
interface Waiting {
  readonly batches: Batch[];
  /** What the thread that scanned it knows. */
  readonly known: Known;
  finished: boolean;
  seed: ScannerSeed | undefined;
}

/** Scans a file with workers and this thread, and builds its dumps here, in the order of the file. */
export async function scanWithThreads(
  file: SegmentedFile,
  threads: number,
  builder: TracebackBuilder,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const ahead = threads > 1 ? takeScanAhead(file) : undefined;
  const queue = new SegmentQueue(ahead?.queue);
  const workers = ahead === undefined ? [] : [started(ahead.worker, ahead.port, builder, ahead.failure)];
  while (workers.length < threads - 1) workers.push(startWorker(file, queue, builder));
  let building: Building | undefined;
  try {
    building = new Building(file, queue, builder, workers, ahead !== undefined);
    while (!building.done) {
      for (const { failure } of workers) if (failure !== undefined) throw failure;
      onProgress(building.step() * file.segmentSize);
      // Lets errors of workers, and the user's progress, through.
      await new Promise((resolve) => setImmediate(resolve));
    }
    building.checkSize();
  } finally {
    building?.close();
    for (const { worker, port } of workers) {
      port.close();
      await worker.terminate();
    }
  }
}

interface StartedWorker {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** What its scanner knows. */
  readonly known: Known;
  /** As in `ColumnsMessage`. */
  room: Float64Array | undefined;
  failure: Error | undefined;
}

function startWorker(file: SegmentedFile, queue: SegmentQueue, builder: TracebackBuilder): StartedWorker {
  const { port1, port2 } = new MessageChannel();
  const task: ScanTask = { file, queue: queue.memory, port: port2 };
  const worker = new Worker(new URL("dist/read/traceback/scan-worker.cjs", packageRoot), {
    workerData: task,
    transferList: [port2],
  });
  return started(worker, port1, builder);
}

function started(
  worker: Worker,
  port: MessagePort,
  builder: TracebackBuilder,
  failure?: Error,
): StartedWorker {
  const known = builder.newKnown();
  const startedWorker: StartedWorker = { worker, port, known, room: undefined, failure };
  worker.once("error", (error: Error) => {
    startedWorker.failure = error;
  });
  return startedWorker;
}

function batchIn(room: Float64Array | undefined, batch: Batch | RoomPart): Batch {
  return "start" in batch ? room!.subarray(batch.start, batch.end) : batch;
}

/** This thread's work: it scans as the others do, and gives all batches to the builder when their turn comes. */
class Building {
  readonly #file: SegmentedFile;
  readonly #queue: SegmentQueue;
  readonly #builder: TracebackBuilder;
  readonly #workers: readonly StartedWorker[];
  readonly #own: SegmentScanner;
  readonly #ownKnown: Known;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pool: BatchPool;
  #room: Float64Array | undefined;
  /** This thread scans the first segment, from which all threads learn. */
  readonly #isFirst: boolean;
  #isSeeded = false;
  #turn = 0;

  constructor(
    file: SegmentedFile,
    queue: SegmentQueue,
    builder: TracebackBuilder,
    workers: readonly StartedWorker[],
    ahead: boolean,
  ) {
    this.#file = file;
    this.#queue = queue;
    this.#builder = builder;
    this.#workers = workers;
    this.#pool = new BatchPool(queue);
    this.#isFirst = !ahead && queue.claimFirst();
    const own = builder.newKnown();
    this.#ownKnown = own;
    this.#own = new SegmentScanner(file, learnsInto(own));
  }

  get done(): boolean {
    return this.#turn >= segmentCount(this.#file);
  }

  /** @returns the number of segments finished */
  step(): number {
    const posts = this.#queue.posts;
    this.#receive();
    this.#advance();
    if (!this.#scanOne() && !this.done) this.#queue.waitForPost(posts);
    return this.#turn;
  }

  /** Segments beyond the end of a file that became shorter look as if no goroutine began in them. */
  checkSize(): void {
    this.#own.checkSize();
  }

  close(): void {
    this.#own.close();
  }

  /** Scans a segment of its own; false when it may not, or none is left. */
  #scanOne(): boolean {
    if (!this.#isSeeded) {
      if (!this.#isFirst) return false;
      this.#scan(0);
      this.#seed(this.#own.scanner.seed, this.#ownKnown);
      return true;
    }
    if (!this.#queue.mayClaim()) return false;
    const segment = this.#queue.claim();
    if (segment >= segmentCount(this.#file)) return false;
    this.#scan(segment);
    return true;
  }

  #scan(segment: number): void {
    const waiting = this.#segment(segment, this.#ownKnown);
    this.#own.scan(segment, (batch) => {
      if (segment === this.#turn) this.#take(batch, this.#ownKnown);
      else waiting.batches.push(batchIn(this.#room, this.#pool.copy(batch, segment)));
    });
    waiting.finished = true;
  }

  /** Tells all other threads what the first segment taught: hardly anything remains to be learned. */
  #seed(seed: ScannerSeed, of: Known): void {
    this.#isSeeded = true;
    const shapes = of.shapes.slice(0, seed.shapes);
    if (!this.#isFirst) {
      this.#ownKnown.shapes = shapes;
      this.#own.scanner.begin(seed);
    }
    for (const worker of this.#workers) {
      if (worker.known === of) continue;
      worker.known.shapes = shapes.slice();
      worker.port.postMessage(seed);
    }
    this.#queue.seeded();
  }

  #receive(): void {
    for (const { port, known, room } of this.#workers) {
      for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
        const { segment, batch, seed } = got.message as SegmentMessage;
        const waiting = this.#segment(segment, known);
        if (batch !== undefined) waiting.batches.push(batchIn(room, batch));
        else {
          waiting.finished = true;
          waiting.seed = seed;
        }
      }
    }
  }

  /** Builds what has its turn. */
  #advance(): void {
    for (;;) {
      const waiting = this.#waiting.get(this.#turn);
      if (waiting === undefined) return;
      for (const batch of waiting.batches) this.#take(batch, waiting.known);
      waiting.batches.length = 0;
      if (!waiting.finished) return;
      // Now the builder knows all shapes of the segment.
      if (waiting.seed !== undefined) this.#seed(waiting.seed, waiting.known);
      this.#waiting.delete(this.#turn);
      this.#queue.finished(++this.#turn);
      // One segment holds thousands of goroutines, or the file is not one that must be read fast.
      if (this.#turn === 1) this.#makeRoom();
    }
  }

  #makeRoom(): void {
    const columns = this.#builder.expect(this.#file.segmentSize, this.#file.size);
    if (columns.length === 0) return;
    this.#room = this.#builder.room(roomSize);
    if (this.#room !== undefined) this.#pool.useRoom(this.#room);
    for (const worker of this.#workers) {
      worker.room = this.#builder.room(roomSize);
      worker.port.postMessage({ columns, room: worker.room } satisfies ColumnsMessage);
    }
  }

  #segment(segment: number, known: Known): Waiting {
    let waiting = this.#waiting.get(segment);
    if (waiting === undefined) {
      waiting = { batches: [], known, finished: false, seed: undefined };
      this.#waiting.set(segment, waiting);
    }
    return waiting;
  }

  #take(batch: Batch, known: Known): void {
    this.#builder.take(batch, known, (offset, length) => this.#own.part(offset, length));
    this.#queue.filled(this.#builder.rows);
  }
}
