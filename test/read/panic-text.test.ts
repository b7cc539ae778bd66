import { describe, expect, test } from "vitest";
import { readStdin as read } from "./stdin.ts";

const goroutine = (id: number, name = "main.f", state = "running") =>
  `goroutine ${id} [${state}]:\n${name}(0xc000010000)\n\t/src/main.go:11 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:12 +0x1d\n\n`;

const logs: readonly (readonly [string, (text: string) => string])[] = [
  ["alone", (text) => text],
  [
    "in Docker's JSON",
    (text) =>
      text.replaceAll(/^.*$/gm, (log) => JSON.stringify({ log: `${log}\n`, stream: "stderr", time: "x" })),
  ],
  ["in CRI's text", (text) => text.replaceAll(/^/gm, "2026-01-02T03:04:05.5Z stderr F ")],
  ["behind compose's prefix", (text) => text.replaceAll(/^/gm, "web-1  | ")],
];

describe.each(logs)("%s, a panic whose text holds stacks, which Go indents since 1.23", (_, log) => {
  const indented = goroutine(7).trimEnd().replaceAll("\n", "\n\t");
  const dump = goroutine(1) + goroutine(2, "main.f", "chan receive");

  test.each([
    ["from its first line on", `panic: recovered: 1 ${indented}\n\t\n\n${dump}`],
    ["behind a line", `panic: boom\n\t${indented}\n\t\n\t${indented}\n\n${dump}`],
    ["cut within", `panic: boom\n\t${indented.slice(0, -20)}\n\n${dump}`],
    ["in a panic's panic", `panic: boom\n\tpanic: again\n\t${indented}\n\n${dump}`],
  ])("%s: they are no goroutines", async (_, text) => {
    const [found, ...more] = await read(log(text));
    expect(more).toEqual([]);
    expect([...found!.goroutines.id.subarray(0, found!.goroutines.length)]).toEqual([1, 2]);
    expect([found!.complete, found!.problems]).toEqual([true, []]);
    expect(found!.events[0]!.kind).toBe("panic");
  });

  test("that is logged, and not indented, has a stack behind it", async () => {
    const [found] = await read(log(`panic: recovered\n${goroutine(7)}`));
    expect([found!.goroutines.id[0], found!.goroutines.length, found!.complete]).toEqual([7, 1, true]);
    expect(found!.stacks[0]!.frames).toHaveLength(1);
  });
});

test("a stack that is logged behind the word, and not indented, is one", async () => {
  const [found] = await read(`panic: recovered ${goroutine(7)}`);
  expect([found!.goroutines.id[0], found!.goroutines.length, found!.complete]).toEqual([7, 1, true]);
  expect(found!.stacks[0]!.frames).toHaveLength(1);
});

test("a stack as the value of a panic that net/http has caught is not lost", async () => {
  const dumps = await read(
    `2026/11/28 05:18:55 http: panic serving 127.0.0.1:44: e: ${goroutine(7)}${goroutine(7, "main.g")}`,
  );
  expect(dumps.map((d) => [d.goroutines.length, d.complete, d.stacks[0]!.frames.length])).toEqual([
    [1, true, 1],
    [1, true, 1],
  ]);
});
