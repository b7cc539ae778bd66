/** Room behind the window's end, so that looking a little further needs no check. */
const slack = 1 << 16;

/** A window over a stream of bytes: filled behind, consumed in front. */
export class Window {
  #memory: Uint8Array<ArrayBuffer>;
  #from = 0;
  #end = 0;

  constructor(size = 1 << 20) {
    this.#memory = new Uint8Array(size + slack);
  }

  get full(): boolean {
    return this.#end === this.#memory.length - slack;
  }

  /** What is left over. */
  get rest(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(this.#from, this.#end);
  }

  /**
   * Copies from `chunk`, beginning at `at`, as much as there is room for.
   * @returns how many bytes that was
   */
  fill(chunk: Uint8Array, at: number): number {
    const count = Math.min(chunk.length - at, this.#memory.length - slack - this.#end);
    this.#memory.set(chunk.subarray(at, at + count), this.#end);
    this.#end += count;
    return count;
  }

  /** @param take says up to where it took bytes; when it takes none of a full window, the window becomes larger */
  consume(take: (memory: Uint8Array<ArrayBuffer>, from: number, end: number) => number): void {
    this.#from = take(this.#memory, this.#from, this.#end);
    const rest = this.#end - this.#from;
    if (rest > this.#memory.length / 2) {
      const larger = new Uint8Array(this.#memory.length * 2);
      larger.set(this.rest);
      this.#memory = larger;
    } else this.#memory.copyWithin(0, this.#from, this.#end);
    this.#from = 0;
    this.#end = rest;
  }
}
