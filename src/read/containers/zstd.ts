import { Decompress } from "fzstd";
import type { Unpacker } from "./unpacker.ts";
import { ZstdFrames } from "./zstd-frames.ts";

/**
 * Zstandard, of several frames too.
 * @param maxWindow bytes that a frame may ask for
 */
export async function zstdUnpacker(maxWindow?: number): Promise<Unpacker> {
  let out: Uint8Array<ArrayBuffer>[] = [];
  const stream = new Decompress((bytes) => {
    if (bytes.length > 0) out.push(bytes as Uint8Array<ArrayBuffer>);
  });
  const frames = new ZstdFrames(maxWindow);
  return {
    async push(packed) {
      try {
        if (packed !== undefined) frames.push(packed);
        stream.push(packed?.slice() ?? new Uint8Array(0), packed === undefined);
        return undefined;
      } catch (error) {
        return error as Error;
      }
    },
    take() {
      const taken = out;
      out = [];
      return taken;
    },
    close() {},
  };
}
