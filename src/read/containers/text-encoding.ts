import type { ByteSource } from "../reader.ts";
import { noteProblem } from "../source.ts";

type Bytes = Uint8Array<ArrayBuffer>;
export type TextEncoding = "utf-16le" | "utf-16be" | "utf-8-bom";

/** The encoding that the first bytes give away, by a byte order mark or by the zeros of ASCII in UTF-16. */
export function textEncodingOf(head: Uint8Array): TextEncoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8-bom";
  const zeros = [0, 0];
  const looked = Math.min(head.length & ~1, 512);
  for (let i = 0; i < looked; i++) if (head[i] === 0) zeros[i & 1]!++;
  if (looked < 8 || zeros[0]! + zeros[1]! < looked / 4) return undefined;
  if (zeros[0] === 0) return "utf-16le";
  return zeros[1] === 0 ? "utf-16be" : undefined;
}

/** The same text as UTF-8 without a byte order mark. */
export function utf8Source(encoded: ByteSource, encoding: TextEncoding): ByteSource {
  const source: ByteSource = {
    name: encoded.name,
    problems: encoded.problems ?? [],
    chunks: () =>
      encoding === "utf-8-bom"
        ? withoutBom(encoded.chunks())
        : fromUtf16(encoded.chunks(), encoding, () =>
            noteProblem(source, { message: "the input ends in the middle of a character", lost: -1 }),
          ),
  };
  return source;
}

async function* fromUtf16(
  chunks: AsyncIterable<Bytes>,
  encoding: "utf-16le" | "utf-16be",
  onCut: () => void,
): AsyncGenerator<Bytes> {
  let bytes = 0;
  const decoder = new TextDecoder("utf-16le");
  const toLittleEndian = encoding === "utf-16be" ? byteSwapper() : (chunk: Bytes) => chunk;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    const text = decoder.decode(toLittleEndian(chunk), { stream: true });
    if (text !== "") yield Buffer.from(text);
  }
  if (bytes % 2 !== 0) onCut();
  const last = decoder.decode();
  if (last !== "") yield Buffer.from(last);
}

/** Node without full ICU has no big-endian decoder. */
function byteSwapper(): (chunk: Bytes) => Bytes {
  let odd: Bytes = new Uint8Array(0);
  return (chunk) => {
    const whole = Buffer.concat([odd, chunk]);
    const even = whole.length & ~1;
    odd = new Uint8Array(whole.subarray(even));
    return whole.subarray(0, even).swap16();
  };
}

async function* withoutBom(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  let skip = 3;
  for await (const chunk of chunks) {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}
