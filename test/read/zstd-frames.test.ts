import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Budget } from "../../src/read/containers/budget.ts";
import { unpackedSource } from "../../src/read/containers/unpacker.ts";
import { zstdUnpacker } from "../../src/read/containers/zstd.ts";
import { ZstdFrames } from "../../src/read/containers/zstd-frames.ts";
import { bytesSource } from "./bytes.ts";

const folder = new URL("../../fixtures/dumps/containers/", import.meta.url);

/** A frame of raw blocks with one byte each; the exponent of its window counts from a KiB. */
function frame(exponent: number, blocks: number): Uint8Array {
  const bytes = [0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3];
  for (let i = 1; i <= blocks; i++) bytes.push((1 << 3) | (i === blocks ? 1 : 0), 0, 0, 65);
  return Uint8Array.from(bytes);
}

async function unpack(
  bytes: Uint8Array,
  maxWindow?: number,
): Promise<{ length: number; problem: string | undefined }> {
  const packed = { ...bytesSource("dump", bytes), problems: [] };
  const source = unpackedSource(packed, "zstd", () => zstdUnpacker(maxWindow), new Budget(1 << 30));
  let length = 0;
  for await (const chunk of source.chunks()) length += chunk.length;
  return { length, problem: source.problems![0]?.message };
}

test.each(["plain.txt.zst", "pzstd.zst", "two.tar.zst"])(
  "frames are followed in %s, however they come",
  (file) => {
    const bytes = readFileSync(new URL(file, folder));
    for (const size of [1, 2, 3, 7, 1000, bytes.length]) {
      const frames = new ZstdFrames();
      for (let at = 0; at < bytes.length; at += size) frames.push(bytes.subarray(at, at + size));
      // Had a border been missed, the next frame would not be seen as one.
      expect(() => frames.push(frame(20, 1))).toThrow("1024 MiB");
    }
  },
);

test("a frame that asks for much memory is refused, behind others too", async () => {
  expect(await unpack(frame(17, 3))).toEqual({ length: 3, problem: undefined });
  const { length, problem } = await unpack(Buffer.concat([frame(0, 5), frame(18, 1)]));
  expect(problem).toBe(
    "the zstd data is not unpacked (a frame asks for 256 MiB of memory: raise --max-zstd-window, or unpack it with zstd --long=31 first)",
  );
  expect(length).toBeLessThanOrEqual(5);
  expect(await unpack(frame(18, 2), 2 ** 28)).toEqual({ length: 2, problem: undefined });
});

test("many small blocks in a large window are refused, in a small one they are not", async () => {
  const walk = (exponent: number, blocks: number) => new ZstdFrames().push(frame(exponent, blocks));
  expect(() => walk(17, 1_000)).toThrow("too small for the memory");
  expect(() => walk(8, 100_000)).not.toThrow();
});
