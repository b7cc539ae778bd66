import { expect, test } from "vitest";
import { readStdin as read } from "./stdin.ts";

const dump = [1, 5, 6]
  .map(
    (id) =>
      `goroutine ${id} [chan send]:\nmain.f(0x1)\n\t/src/a.go:${id} +0x1d\ncreated by main.main\n\t/src/a.go:9 +0x1d\n\n`,
  )
  .join("");
const shown = async (text: string) =>
  (await read(text)).map((d) => [d.headersSeen, d.goroutines.length, d.complete]);
const message = (msg: string) => `${JSON.stringify({ level: "warn", msg })}\n`;

test.each([
  ["with a word behind it", message("goroutine 7 [chan send]: stuck")],
  ["alone", message("goroutine 7 [chan send]:")],
  [
    "alone, with other messages behind it",
    message("goroutine 7 [chan send]:") + message("served") + message("up"),
  ],
  [
    "alone, with text behind it",
    `${message("goroutine 7 [chan send]:")}exit requested\nfatal error: all goroutines are asleep - deadlock!\n\n`,
  ],
])("a message that quotes a header before a dump is no goroutine: %s", async (_, log) => {
  expect(await shown(log + dump)).toEqual([[3, 3, true]]);
  expect(await shown(dump + log)).toEqual([[3, 3, true]]);
});

test("a header is a goroutine's where its lines come behind those of others, or no more of it", async () => {
  const lines = dump.trimEnd().split("\n");
  const between = lines.flatMap((line) => [message(line), "a line of another program\n", message("served")]);
  expect(await shown(between.join(""))).toEqual([[3, 3, true]]);
  const bare = [
    "goroutine 8 [running]:",
    "\tgoroutine running on other thread; stack unavailable",
    "",
    ...lines,
  ];
  expect(await shown(bare.map(message).join(""))).toEqual([[4, 4, true]]);
  expect(await shown(lines.slice(0, 13).map(message).join(""))).toEqual([[3, 3, false]]);
});

test("a log that is cut in what stands before a text is told", async () => {
  const lines = dump.split("\n").slice(0, 8);
  const log = lines
    .map((line, n) => `[${n}] api: [[1767323045.0, {}], {"log"=>${JSON.stringify(line)}}]\n`)
    .join("");
  for (const rest of ["[", "[8] api: [[17673", '[8] api: [[1767323045.0, {}], {"lo'])
    expect((await read(log + rest)).map((d) => d.complete)).toEqual([false]);
});
