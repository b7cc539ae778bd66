import type { ByteSource } from "../../src/read/reader.ts";

/** A source of these bytes, in chunks of at most `chunk` bytes; each chunk is overwritten after its use. */
export function bytesSource(name: string, data: string | Uint8Array, chunk = 65536): ByteSource {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return {
    name,
    async *chunks() {
      const memory = new Uint8Array(chunk);
      for (let at = 0; at < bytes.length; at += chunk) {
        const part = bytes.subarray(at, at + chunk);
        memory.set(part);
        yield memory.subarray(0, part.length);
        memory.fill(0);
      }
    },
  };
}
