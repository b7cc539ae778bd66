import { Decompress } from "fzstd";
import xxhash from "xxhash-wasm";
import type { Unpacker } from "./unpacker.ts";
import { ZstdFrames } from "./zstd-frames.ts";

/**
 * Zstandard, of several frames too, each with the checksum that it may have.
 * @param maxWindow bytes that a frame may ask for
 */
export async function zstdUnpacker(maxWindow?: number): Promise<Unpacker> {
  const { create64 } = await xxhash();
  const frames = new ZstdFrames(maxWindow);
  const out: Uint8Array<ArrayBuffer>[] = [];
  let frame = newFrame();

  /** A decompressor for each frame, so that what comes out is known to be of that frame. */
  function newFrame() {
    const hash = create64();
    const stream = new Decompress((bytes) => {
      if (bytes.length === 0) return;
      hash.update(bytes);
      out.push(bytes as Uint8Array<ArrayBuffer>);
    });
    return { hash, stream, begun: false };
  }

  function feed(packed: Uint8Array): void {
    // It keeps what it is given.
    if (packed.length > 0) frame.stream.push(packed.slice());
    frame.begun ||= packed.length > 0;
  }

  function end(checksum?: number): void {
    if (!frame.begun) return;
    const { hash, stream } = frame;
    stream.push(new Uint8Array(0), true);
    frame = newFrame();
    if (checksum !== undefined && Number(hash.digest() & 0xffffffffn) !== checksum)
      throw new Error("the checksum of a frame is wrong");
  }

  return {
    async push(packed) {
      try {
        if (packed === undefined) end();
        else {
          let from = 0;
          for (const { at, checksum } of frames.push(packed)) {
            feed(packed.subarray(from, at));
            end(checksum);
            from = at;
          }
          feed(packed.subarray(from));
        }
        return undefined;
      } catch (error) {
        return error as Error;
      }
    },
    take: () => out.splice(0),
    close() {},
  };
}
