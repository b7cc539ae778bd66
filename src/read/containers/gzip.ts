import { createGunzip, type Gunzip, type InflateRaw } from "node:zlib";
import type { Unpacker } from "./unpacker.ts";

/** Gzip, of several members too, as `cat a.gz b.gz` makes it. */
export async function gzipUnpacker(): Promise<Unpacker> {
  return zlibUnpacker(createGunzip());
}

/** Not `pipe` and `for await`: on an error those drop what was unpacked before it. */
export function zlibUnpacker(stream: Gunzip | InflateRaw): Unpacker {
  let out: Uint8Array<ArrayBuffer>[] = [];
  let failed: Error | undefined;
  let settle = () => {};
  stream.on("data", (bytes: Buffer<ArrayBuffer>) => {
    out.push(bytes);
  });
  stream.on("error", (error) => {
    failed = error;
    settle();
  });
  return {
    async push(packed) {
      if (failed === undefined) {
        await new Promise<void>((resolve) => {
          settle = resolve;
          if (packed === undefined) stream.once("end", resolve).end();
          else stream.write(packed, () => resolve());
        });
      }
      return failed;
    },
    take() {
      const taken = out;
      out = [];
      return taken;
    },
    close() {
      stream.destroy();
    },
  };
}
