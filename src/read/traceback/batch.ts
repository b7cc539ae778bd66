/**
 * What a scanner makes of a stretch of text, in the order of the text: numbers that one thread can hand to another.
 *
 * | numbers                                        | meaning                                                   |
 * |------------------------------------------------|-----------------------------------------------------------|
 * | shape, id, minutes, creator, values…           | a goroutine of a learned shape                            |
 * | `textItem`, bytes                              | so many of the text's next bytes are for the line parser  |
 * | `shapeItem`, bytes                             | so many are a goroutine that teaches the next shape       |
 */
export interface Batch {
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly length: number;
  readonly text: Uint8Array<ArrayBuffer>;
}

export const textItem = -1;
export const shapeItem = -2;

/** Collects a batch; its memory is used again unless it was taken away. */
export class BatchWriter {
  numbers = new Float64Array(1 << 14);
  length = 0;
  #text = new Uint8Array(1 << 14);
  #textLength = 0;
  /** Where the last text item's length is, to make neighbours one; -1 when the last item is none. */
  #lastText = -1;

  /** A goroutine of a known shape. */
  goroutine(
    shape: number,
    id: number,
    minutes: number,
    creator: number,
    values: Float64Array,
    count: number,
  ): void {
    if (this.length + count + 4 > this.numbers.length) this.#grow(this.length + count + 4);
    const { numbers } = this;
    let at = this.length;
    numbers[at++] = shape;
    numbers[at++] = id;
    numbers[at++] = minutes;
    numbers[at++] = creator;
    for (let i = 0; i < count; i++) numbers[at++] = values[i]!;
    this.length = at;
    this.#lastText = -1;
  }

  text(bytes: Uint8Array, from: number, to: number): void {
    if (this.#lastText >= 0) {
      this.numbers[this.#lastText]! += to - from;
      this.#copy(bytes, from, to);
    } else {
      this.#item(textItem, bytes, from, to);
      this.#lastText = this.length - 1;
    }
  }

  shape(bytes: Uint8Array, from: number, to: number): void {
    this.#item(shapeItem, bytes, from, to);
    this.#lastText = -1;
  }

  /** The batch; it is valid until the next one is begun. */
  get batch(): Batch {
    return { numbers: this.numbers, length: this.length, text: this.#text.subarray(0, this.#textLength) };
  }

  /** The batch, in memory of its own, and a new one is begun. */
  take(): Batch {
    const batch = {
      numbers: this.numbers.slice(0, this.length),
      length: this.length,
      text: this.#text.slice(0, this.#textLength),
    };
    this.clear();
    return batch;
  }

  clear(): void {
    this.length = 0;
    this.#textLength = 0;
    this.#lastText = -1;
  }

  #item(kind: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.length + 2 > this.numbers.length) this.#grow(this.length + 2);
    this.numbers[this.length++] = kind;
    this.numbers[this.length++] = to - from;
    this.#copy(bytes, from, to);
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    const needed = this.#textLength + to - from;
    if (needed > this.#text.length) {
      const larger = new Uint8Array(Math.max(needed, this.#text.length * 2));
      larger.set(this.#text);
      this.#text = larger;
    }
    this.#text.set(bytes.subarray(from, to), this.#textLength);
    this.#textLength = needed;
  }

  #grow(needed: number): void {
    const larger = new Float64Array(Math.max(needed, this.numbers.length * 2));
    larger.set(this.numbers);
    this.numbers = larger;
  }
}
