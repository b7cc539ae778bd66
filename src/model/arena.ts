import { instantiate, newSharedMemory, type WasmMemory } from "./wasm.ts";

type Column = Float64Array | Uint32Array | Int32Array | Uint8Array;

/** An address is a positive number of 32 bits. */
const mostBytes = 2 ** 31 - 2 ** 16;
/** A line of the processor's cache. */
const alignment = 64;

const arenas = new WeakMap<ArrayBufferLike, Arena>();

/**
 * Memory that columns, threads and WebAssembly share. What was taken of it is not given back before all of it is: columns
 * that grow leave what they had.
 */
export class Arena {
  readonly #memory: WasmMemory<SharedArrayBuffer>;
  /** 0 is no address. */
  #next = alignment;

  private constructor(memory: WasmMemory<SharedArrayBuffer>) {
    this.#memory = memory;
    arenas.set(memory.buffer, this);
  }

  /** An arena with so much room; `undefined` where there can be none. */
  static withRoom(bytes: number): Arena | undefined {
    if (bytes > mostBytes) return undefined;
    try {
      return new Arena(newSharedMemory(bytes));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return undefined;
    }
  }

  /** The arena that a column is in. */
  static of(column: Column): Arena | undefined {
    return arenas.get(column.buffer);
  }

  /** A column of zeros; outside the arena where that is full. */
  column<T extends Column>(kind: new (length: number) => T, length: number): T {
    const Kind = kind as unknown as {
      new (length: number): T;
      new (memory: SharedArrayBuffer, offset: number, length: number): T;
      readonly BYTES_PER_ELEMENT: number;
    };
    const { buffer } = this.#memory;
    const end = this.#next + length * Kind.BYTES_PER_ELEMENT;
    if (end > buffer.byteLength) return new Kind(length);
    const column = new Kind(buffer, this.#next, length);
    this.#next = Math.ceil(end / alignment) * alignment;
    return column;
  }

  /** Where a column begins; 0 when it is not here. */
  addressOf(column: Column): number {
    return column.buffer === this.#memory.buffer ? column.byteOffset : 0;
  }

  /** What a kernel exports that works in the arena. */
  instantiate<T extends object>(kernel: string): T {
    return instantiate(kernel, this.#memory);
  }
}
