/** The part of the WebAssembly API that is needed; Node's types leave it out. */
interface WasmApi {
  readonly Memory: new (size: { initial: number; maximum?: number; shared?: true }) => WasmMemory<never>;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

export interface WasmMemory<T extends ArrayBuffer | SharedArrayBuffer> {
  readonly buffer: T;
}

/** Bytes by which memory is given out. */
const pageSize = 1 << 16;

const api = (): WasmApi => (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;

/**
 * Memory of so many bytes, or a little more; what is never touched takes none of the machine's.
 * @throws RangeError where there is no room
 */
export function newMemory(bytes: number): WasmMemory<ArrayBuffer> {
  return new (api().Memory)({ initial: Math.ceil(bytes / pageSize) });
}

/**
 * The same in memory that threads share.
 * @throws RangeError where there is no room
 */
export function newSharedMemory(bytes: number): WasmMemory<SharedArrayBuffer> {
  const pages = Math.ceil(bytes / pageSize);
  return new (api().Memory)({ initial: pages, maximum: pages, shared: true });
}

/** What a kernel exports that works in the memory. */
export function instantiate<T extends object>(
  kernel: string,
  memory: WasmMemory<ArrayBuffer | SharedArrayBuffer>,
): T {
  const { Module, Instance } = api();
  const bytes = Uint8Array.from(atob(kernel), (c) => c.charCodeAt(0));
  return new Instance(new Module(bytes), { env: { memory } }).exports as T;
}
