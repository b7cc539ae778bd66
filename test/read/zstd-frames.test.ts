import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
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

describe("the checksum of a frame", () => {
  const whole = readFileSync(new URL("plain.txt.zst", folder));
  const wrong = Buffer.from(whole);
  wrong[wrong.length - 1]! ^= 1;
  const bad = "the zstd data is damaged (the checksum of a frame is wrong)";

  test("is that of its content, in any number of frames, without blocks too", async () => {
    const { length } = await unpack(whole);
    const skippable = Uint8Array.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]);
    const empty = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 4, 0, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51]);
    const all = [skippable, whole, empty, frame(0, 1), skippable, whole];
    expect(await unpack(Buffer.concat(all))).toEqual({ length: 2 * length + 1, problem: undefined });
    empty[9]! ^= 1;
    expect(await unpack(empty)).toEqual({ length: 0, problem: bad });
  });

  test("is wrong: what the frame holds is read, and the damage is told", async () => {
    const { length } = await unpack(whole);
    expect(await unpack(wrong)).toEqual({ length, problem: bad });
    expect((await unpack(Buffer.concat([wrong, whole]))).problem).toBe(bad);
    expect((await unpack(Buffer.concat([whole, wrong]))).problem).toBe(bad);
  });

  test("shows any bit of the content that has changed", async () => {
    // Raw blocks: nothing else tells them.
    const raw = Buffer.from(frame(0, 40));
    raw[4] = 4;
    const sum = Buffer.from("90712b93", "hex");
    const problems = [];
    for (const at of [9, 81, 165]) {
      const hurt = Buffer.from(raw);
      hurt[at]! ^= 1;
      problems.push((await unpack(Buffer.concat([hurt, sum]))).problem);
    }
    expect((await unpack(Buffer.concat([raw, sum]))).problem).toBeUndefined();
    expect(problems).toEqual([bad, bad, bad]);
  });
});
