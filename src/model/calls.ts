import { type Address, unknownAddress } from "./address.ts";
import { widened } from "./typed-array.ts";

/** The calls of one goroutine in numbers, innermost first; its memory is used again for the next goroutine. */
export class Calls {
  /** Numbers of frames in a pool. */
  frames: Int32Array<ArrayBuffer> = new Int32Array(128);
  depth = 0;
  /** Number of the frame with the `go` statement; -1 for none. */
  createdBy = -1;
  /** Arguments of all frames, braces flattened, NaN for those not to be trusted. */
  #values = new Float64Array(512);
  #length = 0;
  /** Where those of each frame end. */
  #ends = new Int32Array(128);

  clear(): void {
    this.depth = 0;
    this.createdBy = -1;
    this.#length = 0;
  }

  /** Adds an argument of the call that comes next. */
  argument(value: Address): void {
    if (this.#length === this.#values.length) this.#values = widened(this.#values, this.#length + 1);
    this.#values[this.#length++] = value;
  }

  /** Adds a call; its arguments have come. */
  call(frame: number): void {
    const at = this.depth++;
    if (at === this.frames.length) {
      this.frames = widened(this.frames, at + 1);
      this.#ends = widened(this.#ends, at + 1);
    }
    this.frames[at] = frame;
    this.#ends[at] = this.#length;
  }

  /** How many arguments a call has. */
  argumentsOf(call: number): number {
    return this.#ends[call]! - this.#start(call);
  }

  /** Value of a call's argument; NaN where it is unknown or there is none. */
  value(call: number, argument: number): Address {
    if (call >= this.depth) return unknownAddress;
    const at = this.#start(call) + argument;
    return at < this.#ends[call]! ? this.#values[at]! : unknownAddress;
  }

  #start(call: number): number {
    return call === 0 ? 0 : this.#ends[call - 1]!;
  }
}
