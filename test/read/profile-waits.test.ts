import { expect, test } from "vitest";
import { pprofProtoReader } from "../../src/read/pprof-proto.ts";
import { bytesSource } from "./bytes.ts";

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))];
const number = (field: number, value: number) => Buffer.from([...varint(field << 3), ...varint(value)]);
const message = (field: number, ...parts: readonly Uint8Array[]) => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(content.length)]), content]);
};

/** A profile of one goroutine; frames as name, first line of the function, line. */
function profileOf(frames: readonly (readonly [string, number, number])[]): Buffer {
  const strings = ["", "goroutine", "count", ...frames.map(([name]) => name)];
  return Buffer.concat([
    message(1, number(1, 1), number(2, 2)),
    message(2, ...frames.map((_, i) => number(1, i + 1)), number(2, 1)),
    ...frames.map(([, , line], i) =>
      message(4, number(1, i + 1), message(4, number(1, i + 1), number(2, line))),
    ),
    ...frames.map(([, first], i) => message(5, number(1, i + 1), number(2, i + 3), number(5, first))),
    ...strings.map((text) => message(6, Buffer.from(text))),
  ]);
}

async function waitOf(frames: readonly (readonly [string, number, number])[]): Promise<string | undefined> {
  const [dump] = await pprofProtoReader.read(bytesSource("dump", profileOf(frames)), { threads: 1 });
  return dump?.stacks[0]?.wait;
}

test.each([
  [
    "receive",
    "chan-receive-nil",
    [
      ["runtime.chanrecv", 524, 536],
      ["runtime.chanrecv1", 506, 509],
    ],
  ],
  [
    "send",
    "chan-send-nil",
    [
      ["runtime.chansend", 176, 180],
      ["runtime.chansend1", 160, 161],
    ],
  ],
] as const)(
  "a goroutine that is at the beginning of a %s has not parked on a nil channel",
  async (_, parked, calls) => {
    const frames = [...calls, ["main.work", 10, 12]] as const;
    expect(await waitOf([["runtime.gopark", 440, 462], ...frames])).toBe(parked);
    expect(await waitOf(frames)).toBe("unknown");
    expect(await waitOf([["runtime.lock2", 20, 40], ...frames])).toBe("unknown");
  },
);
