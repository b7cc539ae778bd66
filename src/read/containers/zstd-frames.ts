import { defaultMaxZstdWindow } from "./budget.ts";

/** Bytes that may be moved in windows whatever comes out, and for each packed byte: a window is moved for each block. */
const freeWork = 2 ** 36;
const workPerByte = 2 ** 17;

/** What comes next in a Zstandard stream, with the bytes that it takes. */
type Part = "magic" | "skippable size" | "header" | "block" | "checksum" | "skipped";

/** Where a frame ends. */
export interface FrameEnd {
  /** Bytes of the pushed chunk up to there. */
  readonly at: number;
  /** What the frame says of its content, if it does: the low 32 bits of XXH64. */
  readonly checksum: number | undefined;
}

/**
 * Walks over the frames of a Zstandard stream (RFC 8878) without unpacking them, and refuses those that would take too
 * much memory or time: a few bytes can ask for gigabytes.
 */
export class ZstdFrames {
  #part: Part = "magic";
  #bytes: number[] = [];
  #needed = 4;
  /** Of "skipped": what follows. */
  #after: Part = "magic";
  #checksum = false;
  #ends: FrameEnd[] = [];
  #at = 0;
  #window = 0;
  #work = 0;
  readonly #maxWindow: number;
  #packed = 0;

  /** @param maxWindow bytes that a frame may ask for; with more, more may be moved, too */
  constructor(maxWindow: number = defaultMaxZstdWindow) {
    this.#maxWindow = maxWindow;
  }

  /**
   * @returns where frames end in the chunk
   * @throws RangeError for a frame that is refused; damage is left to whoever unpacks
   */
  push(chunk: Uint8Array): readonly FrameEnd[] {
    this.#packed += chunk.length;
    this.#ends = [];
    this.#at = 0;
    while (this.#at < chunk.length) {
      if (this.#part === "skipped") {
        const step = Math.min(this.#needed, chunk.length - this.#at);
        this.#at += step;
        this.#needed -= step;
        if (this.#needed === 0) this.#go(this.#after);
        continue;
      }
      this.#bytes.push(chunk[this.#at++]!);
      if (this.#bytes.length === this.#needed) this.#take(this.#bytes);
    }
    return this.#ends;
  }

  /** Goes on to the next part; to a magic number, because a frame has ended. */
  #go(part: Part, checksum?: number): void {
    if (part === "magic") this.#ends.push({ at: this.#at, checksum });
    this.#expect(part);
  }

  #expect(part: Part): void {
    this.#part = part;
    this.#bytes = [];
    this.#needed = part === "block" ? 3 : part === "header" ? 1 : 4;
  }

  #skip(bytes: number, after: Part): void {
    if (bytes === 0) {
      this.#go(after);
      return;
    }
    this.#bytes = [];
    this.#after = after;
    this.#part = "skipped";
    this.#needed = bytes;
  }

  #take(bytes: readonly number[]): void {
    if (this.#part === "magic") this.#expect(isSkippable(littleEndian(bytes)) ? "skippable size" : "header");
    else if (this.#part === "skippable size") this.#skip(littleEndian(bytes), "magic");
    else if (this.#part === "header") this.#header(bytes);
    else if (this.#part === "checksum") this.#go("magic", littleEndian(bytes));
    else this.#block(littleEndian(bytes));
  }

  #header(bytes: readonly number[]): void {
    const descriptor = bytes[0]!;
    const single = (descriptor & 0x20) !== 0;
    const dictionary = [0, 1, 2, 4][descriptor & 3]!;
    const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    const length = 1 + (single ? 0 : 1) + dictionary + size;
    if (bytes.length < length) {
      this.#needed = length;
      return;
    }
    this.#checksum = (descriptor & 4) !== 0;
    // With a single segment the whole content is the window.
    if (single) this.#window = littleEndian(bytes.slice(length - size)) + (size === 2 ? 256 : 0);
    else {
      const base = 2 ** (10 + (bytes[1]! >> 3));
      this.#window = base + (base / 8) * (bytes[1]! & 7);
    }
    if (this.#window > this.#maxWindow)
      throw new RangeError(
        `a frame asks for ${Math.ceil(this.#window / 2 ** 20)} MiB of memory: raise --max-zstd-window, or unpack it with zstd --long=31 first`,
      );
    this.#expect("block");
  }

  #block(header: number): void {
    this.#work += this.#window;
    const factor = Math.max(1, this.#maxWindow / defaultMaxZstdWindow);
    if (this.#work > factor * (freeWork + workPerByte * this.#packed))
      throw new RangeError("its blocks are too small for the memory that they ask for");
    const last = (header & 1) !== 0;
    // A run of one byte is packed as that byte.
    const size = ((header >> 1) & 3) === 1 ? 1 : header >> 3;
    this.#skip(size, !last ? "block" : this.#checksum ? "checksum" : "magic");
  }
}

function isSkippable(magic: number): boolean {
  return magic >= 0x184d2a50 && magic <= 0x184d2a5f;
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}
