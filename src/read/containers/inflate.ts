import type { InflateRaw } from "node:zlib";
import type { Unpacker } from "./unpacker.ts";

/**
 * Bytes unpacked at once: each time another thread is waited for, which with zlib's usual 16 KB takes a third of the time.
 * With many more, memory for thousands of small files costs more than it saves.
 */
export const unpackedAtOnce = 1 << 16;

/** Not `pipe` and `for await`: on an error those drop what was unpacked before it. */
export function zlibUnpacker(stream: InflateRaw): Unpacker {
  const out: Uint8Array<ArrayBuffer>[] = [];
  let failed: Error | undefined;
  let settle = () => {};
  stream.on("data", (bytes: Buffer<ArrayBuffer>) => {
    out.push(bytes);
  });
  stream.on("error", (error) => {
    failed = error;
    settle();
  });
  // It may come before all that was written is taken, and then nobody calls back.
  stream.on("end", () => settle());
  return {
    async push(packed) {
      if (failed === undefined && !stream.readableEnded) {
        await new Promise<void>((resolve) => {
          settle = resolve;
          if (packed === undefined) stream.end();
          else stream.write(packed, () => resolve());
        });
      }
      return failed;
    },
    take: () => out.splice(0),
    close() {
      stream.destroy();
    },
  };
}
