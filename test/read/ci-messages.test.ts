import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";

async function* once(text: string) {
  yield Buffer.from(text);
}

const read = (text: string) => readDumps(["-"], { threads: 1, stdin: once(text) });

async function textOf(text: string): Promise<string> {
  const { dumps } = await read(text);
  return dumps.map((d) => dumpText(d).replaceAll(/"line":\d+,?| line (?:\d+|undefined)/g, "")).join("\n");
}

/** TeamCity's escapes. */
const barred = (text: string) => text.replace(/[|'[\]]/g, "|$&").replaceAll("\n", "|n");
const eachLine = (dump: string, wrap: (line: string) => string) =>
  dump
    .trimEnd()
    .split("\n")
    .map((line) => `${wrap(line)}\n`)
    .join("");

describe.each<[string, (dump: string) => string]>([
  [
    "TeamCity, a message for each line",
    (dump) => eachLine(dump, (line) => `##teamcity[testStdErr name='TestX' out='${barred(`${line}\n`)}']`),
  ],
  [
    "TeamCity, messages behind times",
    (dump) =>
      eachLine(
        dump,
        (line) => `2026-01-02T03:04:05Z ##teamcity[testStdErr name='|'X' out='${barred(`${line}\n`)}']`,
      ),
  ],
  [
    "TeamCity, one message",
    (dump) => `##teamcity[testFailed name='TestX' message='timed out' details='${barred(dump)}']\n`,
  ],
  [
    "a command of GitHub's workflows",
    (dump) => `::error file=a.go,line=1::${dump.replaceAll("%", "%25").replaceAll("\n", "%0A")}\n`,
  ],
])("%s", (_, wrap) => {
  const names = ["go1.27-debug2", "go1.24-quit-system", "go1.16-panic"];

  test.each(names)("%s: the same dump", async (name) => {
    const dump = readFileSync(
      new URL(`../../fixtures/dumps/go-traceback/${name}.txt`, import.meta.url),
      "utf8",
    );
    expect(await textOf(wrap(dump))).toBe(await textOf(dump));
  });

  test("cut in a header or a frame, it is told", async () => {
    const dump =
      "goroutine 7 [select]:\nmain.f()\n\t/a.go:1 +0x1\n\ngoroutine 8 [select]:\nmain.g()\n\t/a.go:2 +0x1\n";
    const text = wrap(dump);
    for (const place of ["8 ", "select|", "main.g", "/a.go:2"].map((part) => text.lastIndexOf(part))) {
      if (place < 0) continue;
      const { dumps } = await read(text.slice(0, place + 1));
      expect(dumps.length === 0 || dumps.some((d) => !d.complete)).toBe(true);
    }
  });
});
