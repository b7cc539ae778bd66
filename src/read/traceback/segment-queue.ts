/** So many segments may be scanned before their turn: their batches wait in memory. */
const mostAhead = 12;

/** Counters that threads share, each of four bytes. */
const counters = 5;

/** Shared by the threads: which segment is next to be scanned, and how far the one that builds the dump is. */
export class SegmentQueue {
  readonly memory: SharedArrayBuffer;
  /** Segments claimed and finished in order, messages posted, whether there are shapes to begin with, rows filled. */
  readonly #counters: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(counters * 4)) {
    this.memory = memory;
    this.#counters = new Int32Array(memory);
  }

  /** The next segment that nobody scans yet. */
  claim(): number {
    return Atomics.add(this.#counters, 0, 1);
  }

  /** Claims the first segment; false when somebody else has. */
  claimFirst(): boolean {
    return Atomics.compareExchange(this.#counters, 0, 0, 1) === 0;
  }

  /** A segment may be scanned now without running too far ahead. */
  mayClaim(): boolean {
    return Atomics.load(this.#counters, 0) - Atomics.load(this.#counters, 1) < mostAhead;
  }

  /** Blocks the thread until it may claim. */
  waitToClaim(): void {
    while (!this.mayClaim()) Atomics.wait(this.#counters, 1, Atomics.load(this.#counters, 1), 100);
  }

  /** All segments before this one are finished. */
  finished(segments: number): void {
    Atomics.store(this.#counters, 1, segments);
    Atomics.notify(this.#counters, 1);
  }

  get finishedSegments(): number {
    return Atomics.load(this.#counters, 1);
  }

  /** So many rows of the dump's columns are filled. */
  filled(rows: number): void {
    Atomics.store(this.#counters, 4, rows);
  }

  get filledRows(): number {
    return Atomics.load(this.#counters, 4);
  }

  /** The shapes of the first segment were posted to all other threads. */
  seeded(): void {
    Atomics.store(this.#counters, 3, 1);
    Atomics.notify(this.#counters, 3);
  }

  /** Blocks the thread until there are shapes to begin with. */
  waitForSeed(): void {
    while (Atomics.load(this.#counters, 3) === 0) Atomics.wait(this.#counters, 3, 0, 100);
  }

  /**
   * Blocks the thread until it is terminated. One that ended by itself could hang in Node 20: it waits for V8's compiler
   * in the background, which waits for that very thread to collect garbage.
   */
  park(): void {
    for (;;) Atomics.wait(this.#counters, 0, Atomics.load(this.#counters, 0));
  }

  posted(): void {
    Atomics.add(this.#counters, 2, 1);
    Atomics.notify(this.#counters, 2);
  }

  get posts(): number {
    return Atomics.load(this.#counters, 2);
  }

  /** Blocks the thread until there are other than so many posts, for some milliseconds at most. */
  waitForPost(posts: number): void {
    Atomics.wait(this.#counters, 2, posts, 20);
  }
}
