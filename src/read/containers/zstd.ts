import { Decompress } from "fzstd";
import type { Unpacker } from "./unpacker.ts";
import { ZstdFrames } from "./zstd-frames.ts";

/** Zstandard, of several frames too. */
export async function zstdUnpacker(): Promise<Unpacker> {
  let out: Uint8Array<ArrayBuffer>[] = [];
  const stream = new Decompress((bytes) => {
    if (bytes.length > 0) out.push(bytes as Uint8Array<ArrayBuffer>);
  });
  const frames = new ZstdFrames();
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
