import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Batch } from "./batch.ts";
import { type OnLearned, Scanner } from "./scanner.ts";

/** Where one goroutine ends and the next begins. */
const border = Buffer.from("\n\ngoroutine ");
const blankLine = 2;
const shorter = "the file became shorter while it was read";
const blockSize = 1 << 16;
/** So much is read at once: it is still in the processor's nearer cache when it is scanned. */
const pieceSize = 1 << 18;
/** Batches of so many numbers are worth a message of their own. */
const fullBatch = 1 << 14;

/** A file that several threads scan in segments; every thread finds the same borders between them. */
export interface SegmentedFile {
  readonly path: string;
  readonly size: number;
  readonly segmentSize: number;
}

export function segmentCount(file: SegmentedFile): number {
  return Math.ceil(file.size / file.segmentSize);
}

/** One thread's view of the file. */
export class SegmentScanner {
  readonly scanner: Scanner;
  readonly #file: SegmentedFile;
  readonly #descriptor: number;
  readonly #block = Buffer.alloc(blockSize);

  constructor(file: SegmentedFile, onLearned?: OnLearned) {
    this.scanner = new Scanner(onLearned);
    this.#file = file;
    this.#descriptor = openSync(file.path, "r");
  }

  /**
   * Scans from the segment's first border up to the first border behind it; nothing when it has none.
   * @param emit takes each batch, whose memory is used again
   */
  scan(segment: number, emit: (batch: Batch) => void): void {
    const start = this.#borderIn(segment);
    if (start < 0) return;
    const end = this.#borderAfter(segment);
    const { scanner } = this;
    scanner.seek(start);
    let last = false;
    while (!last) {
      const room = scanner.room;
      const length = Math.min(room.length, pieceSize, end - scanner.position);
      const bytes = this.#read(room, length, scanner.position);
      if (bytes === 0 && scanner.position < end) throw new Error(shorter);
      scanner.filled(bytes);
      last = scanner.position === end;
      const { batch, done } = scanner.scan(last);
      // While the first shapes are learned, whoever takes batches meets those that are known already.
      const isFull = last || segment === 0 || batch.length >= fullBatch;
      if (isFull) emit(batch);
      done(!isFull);
    }
  }

  /** A part of the file; valid until the next call. */
  part(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#read(this.#block, Math.min(length, blockSize), offset);
    if (bytes === 0) throw new Error(shorter);
    return new Uint8Array(this.#block.buffer, this.#block.byteOffset, bytes);
  }

  /** @throws Error when the file has lost what was not read yet */
  checkSize(): void {
    if (fstatSync(this.#descriptor).size < this.#file.size) throw new Error(shorter);
  }

  close(): void {
    this.scanner.close();
    closeSync(this.#descriptor);
  }

  #borderAfter(segment: number): number {
    const count = segmentCount(this.#file);
    for (let next = segment + 1; next < count; next++) {
      const found = this.#borderIn(next);
      if (found >= 0) return found;
    }
    return this.#file.size;
  }

  /** Offset of the first goroutine that begins in the segment behind a blank line; -1 when none does. */
  #borderIn(segment: number): number {
    if (segment === 0) return 0;
    const from = segment * this.#file.segmentSize;
    const to = Math.min(from + this.#file.segmentSize, this.#file.size);
    let offset = from - blankLine;
    while (offset + blankLine < to) {
      const bytes = this.#read(this.#block, blockSize, offset);
      if (bytes < border.length) return -1;
      const found = this.#block.subarray(0, bytes).indexOf(border);
      if (found >= 0) return offset + found + blankLine < to ? offset + found + blankLine : -1;
      offset += bytes - border.length + 1;
    }
    return -1;
  }

  #read(into: Uint8Array, length: number, offset: number): number {
    return length <= 0 ? 0 : readSync(this.#descriptor, into, 0, length, offset);
  }
}
