import { gzipUnpacker } from "./containers/gzip.ts";
import type { ByteSource } from "./reader.ts";
import { sniffReader } from "./readers.ts";
import { headSize, ReadOnceError } from "./source.ts";

const magic = Buffer.from([0x1f, 0x8b, 0x08]);
/** So much of each is unpacked: enough to know a dump by. */
const packed = 1 << 14;
const most = 1_000;

/**
 * True when what is gzipped within an input is no dump, as the bodies are that programs log. What can't be looked at may be
 * one: bytes that have passed by, or that were made text.
 */
export async function isGzippedOther(source: ByteSource): Promise<boolean> {
  let seen = 0;
  try {
    for await (const bytes of gzipped(source)) {
      if (++seen > most || (await isDump(bytes))) return false;
    }
  } catch (error) {
    if (error instanceof ReadOnceError) return false;
    throw error;
  }
  return seen > 0;
}

/** The beginning of all that is gzipped in a source. */
async function* gzipped(source: ByteSource): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source.chunks()) {
    rest = Buffer.concat([rest, chunk]);
    let at = rest.indexOf(magic);
    for (; at >= 0 && at + packed <= rest.length; at = rest.indexOf(magic, at + 1))
      yield rest.subarray(at, at + packed);
    rest = Buffer.from(rest.subarray(at < 0 ? Math.max(0, rest.length - magic.length + 1) : at));
  }
  for (let at = rest.indexOf(magic); at >= 0; at = rest.indexOf(magic, at + 1))
    yield rest.subarray(at, at + packed);
}

async function isDump(bytes: Buffer): Promise<boolean> {
  const unpacker = await gzipUnpacker();
  try {
    // An error comes of what is behind its end, too, or of bytes that only begin like it.
    await unpacker.push(bytes);
    const sniffed = await sniffReader(Buffer.concat(unpacker.take()).subarray(0, headSize));
    return sniffed !== undefined && sniffed.sure > 1;
  } finally {
    unpacker.close();
  }
}
