import { expect, test } from "vitest";
import { type Dump, goroutineCount } from "../../src/model/dump.ts";
import { readStdin } from "./stdin.ts";

/** A number as protobuf writes it. */
function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))];
}

function message(number: number, ...parts: (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((p) => Uint8Array.from(p)));
  return Buffer.concat([Uint8Array.from([(number << 3) | 2, ...varint(content.length)]), content]);
}

const strings = ["", "goroutine", "count", "main.park", "main.go"].map((s) => message(6, Buffer.from(s)));
const head = [message(1, [0x08, 1, 0x10, 2]), message(11, [0x08, 1, 0x10, 2])];
const parkFunction = message(5, [0x08, 1, 0x10, 3, 0x20, 4]);

/** A location of so many lines, each an inlined function. */
function location(lines: number): Buffer {
  return message(4, [0x08, 1], ...Array<Buffer>(lines).fill(message(4, [0x08, 1, 0x10, 9])));
}

/** One goroutine with the location so many times in its stack. */
function sample(locations: number): Buffer {
  return message(2, message(1, new Uint8Array(locations).fill(1)), message(2, [1]));
}

async function read(parts: readonly Buffer[]): Promise<Dump> {
  const dumps = await readStdin(...parts);
  expect(dumps).toHaveLength(1);
  return dumps[0]!;
}

test("a stack of a hundred million frames in a few kilobytes is read in part, and said to be", async () => {
  const dump = await read([...head, parkFunction, ...strings, location(1_000), sample(100_000)]);
  expect(goroutineCount(dump)).toBe(1);
  expect(dump.problems.map((p) => p.message).join()).toContain("1 stack of more than 10000 frames");
});

test("stacks that are many frames together are read up to a limit, and the dump is not whole", async () => {
  const stacks = Array<Buffer>(8_000).fill(sample(10));
  const dump = await read([...head, ...stacks, location(1_000), parkFunction, ...strings]);
  expect(dump.complete).toBe(false);
  expect(dump.problems.map((p) => p.message).join()).toContain("more than 67108864 frames");
});

test("tables that would fill the memory end at a limit, and the dump is not whole", async () => {
  const long = message(3, message(15, new Uint8Array(1 << 20)));
  const dump = await read([
    ...head,
    sample(1),
    location(1),
    parkFunction,
    ...strings,
    ...Array<Buffer>(100).fill(long),
  ]);
  expect(dump.complete).toBe(false);
  expect(dump.problems.map((p) => p.message).join()).toContain("more samples, locations and names");
  expect(goroutineCount(dump)).toBe(1);
});
