import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";
import { type ExportedRecord, logExports } from "./log-exports.ts";

async function* once(text: string) {
  yield Buffer.from(text);
}

async function read(text: string): Promise<Dump[]> {
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: once(text) });
  expect(failures).toEqual([]);
  return dumps;
}

const textOf = (dumps: readonly Dump[]) =>
  dumps
    .map((d) => dumpText(d).replaceAll(/"line":\d+,?| line (?:\d+|undefined)|stdin(?:#\d)?/g, ""))
    .join("\n");
const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/dumps/go-traceback/${name}.txt`, import.meta.url), "utf8");

const begin = 1_767_323_045_000_000_000n;
/** A record for each line, so many nanoseconds apart. */
const linesOf = (dump: string, apart: bigint, process = "web-1"): ExportedRecord[] =>
  dump
    .trimEnd()
    .split("\n")
    .map((text, n) => ({ text, time: begin + BigInt(n) * apart, process }));
/** Those of the same millisecond stay in their order, as where the store sorts by time alone. */
const newestFirst = (records: readonly ExportedRecord[]) =>
  [...records].sort((a, b) => Number(b.time / 1_000_000n - a.time / 1_000_000n));
const millisecond = 1_000_000n;

describe.each(Object.entries(logExports))("%s", (_, exported) => {
  const names = ["go1.27-debug2", "go1.24-quit-system", "go1.16-panic"];

  test.each(names)("%s line by line: the same dump, whichever end comes first", async (name) => {
    const plain = textOf(await read(fixture(name)));
    const lines = linesOf(fixture(name), millisecond);
    expect(textOf(await read(exported(lines)))).toBe(plain);
    expect(textOf(await read(exported([...lines].reverse())))).toBe(plain);
    expect(textOf(await read(exported(lines).replaceAll("\n", "\r\n")))).toBe(plain);
  });

  test.each(names)("%s, lines of the same millisecond: the same dump", async (name) => {
    const plain = textOf(await read(fixture(name)));
    const lines = linesOf(fixture(name), 37_000n);
    const orders = [lines, [...lines].reverse(), newestFirst(lines)];
    for (const order of orders) expect(textOf(await read(exported(order)))).toBe(plain);
  });

  test("a whole dump in each record: each its own, oldest first", async () => {
    const [one, other] = ["go1.27-debug2", "go1.24-debug2"].map(fixture);
    const plain = textOf([...(await read(one!)), ...(await read(other!))]);
    const records = [one!, other!].map((text, n) => ({
      text,
      time: begin + BigInt(n) * 60_000_000_000n,
      process: "a",
    }));
    expect(textOf(await read(exported(records)))).toBe(plain);
    expect(textOf(await read(exported([...records].reverse())))).toBe(plain);
  });

  test("lines of two processes in turns: each has its own dump", async () => {
    const sides = [
      linesOf(fixture("go1.27-debug2"), millisecond, "a-1"),
      linesOf(fixture("go1.24-debug2"), millisecond, "b-2"),
    ];
    const mixed = sides.flat().sort((a, b) => Number(a.time - b.time));
    const plain = [
      textOf(await read(fixture("go1.27-debug2"))),
      textOf(await read(fixture("go1.24-debug2"))),
    ];
    for (const order of [mixed, newestFirst(mixed)])
      expect((await read(exported(order))).map((dump) => textOf([dump])).sort()).toEqual(plain.sort());
  });

  test("what is in the records may be wrapped once more", async () => {
    const dump = fixture("go1.27-debug2");
    const plain = textOf(await read(dump));
    const zap = JSON.stringify({ level: "error", msg: "hung", stacktrace: dump });
    const record = (text: string) => exported([{ text, time: begin, process: "a" }]);
    expect(textOf(await read(record(zap)))).toBe(plain);
    const cri = linesOf(dump, millisecond).map((r) => ({
      ...r,
      text: `2026-01-02T03:04:05.1Z stderr F ${r.text}`,
    }));
    expect(textOf(await read(exported([...cri].reverse())))).toBe(plain);
  });

  test("cut anywhere, it is told; lines lost or out of order, too", async () => {
    const dump = fixture("go1.24-debug2");
    const lines = linesOf(dump, millisecond);
    const text = exported(lines);
    const plain = textOf(await read(text));
    const all = async (input: string) => {
      const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: once(input) });
      return failures.length > 0 || dumps.some((d) => !d.complete || d.headersSeen === 0)
        ? "told"
        : textOf(dumps);
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 4), fc.integer({ min: 1, max: 3 }), async (at, count) => {
        const frames = lines.slice(at, at + count).filter((r) => r.text !== "");
        const left = lines.filter((r) => !frames.includes(r));
        // A pair of lines is a frame, which nobody misses.
        if (frames.length % 2 === 1) expect(["told", plain]).toContain(await all(exported(left)));
      }),
      { numRuns: 30, seed: 7 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 40, max: text.length - 40 }), async (end) => {
        const cut = text.slice(0, end);
        if (!cut.endsWith("\n")) expect(["told", plain]).toContain(await all(cut));
      }),
      { numRuns: 30, seed: 7 },
    );
  });
});

test("text beside the records that shows goroutines is told to be unread", async () => {
  const dump = "goroutine 7 [select]:\nmain.f()\n\t/a.go:1 +0x1\n";
  const [read1] = await read(JSON.stringify({ hits: [{ message: dump, timestamp: 1 }], note: dump }));
  expect(read1!.complete).toBe(false);
});

test.each<[string, object]>([
  ["holds 1 of 5 records", { hits: { total: { value: 5, relation: "eq" } } }],
  ["holds 1 of 5 records", { hits: { total: 5 } }],
  ["not everything was searched", { timed_out: true }],
  ["not everything was searched", { _shards: { total: 3, failed: 1 } }],
  ["one page of several", { nextToken: "f/1" }],
  ["one page of several", { nextPageToken: "f" }],
  ["one page of several", { meta: { page: { after: "e" } } }],
  ["one page of several", { cursor: "d:1" }],
  ["one page of several", { pageToken: "B" }],
  ["holds 1 of 5 records", { total_results: 5 }],
  ["holds 1 of 5 records", { totalRows: "5" }],
  ["not everything was searched", { is_partial: true }],
  ["not everything was searched", { error: { code: "PartialError", message: "too large" } }],
])("an answer that says it %s is not whole: %j", async (problem, more) => {
  const hit = { "@timestamp": "2026-01-02T03:04:05Z", message: fixture("go1.27-debug2") };
  const { hits, ...rest } = { hits: {}, ...more };
  const answer = (said: object, beside: object) =>
    JSON.stringify({ took: 3, ...beside, hits: { total: { value: 1 }, ...said, hits: [{ _source: hit }] } });
  const [whole] = await read(answer({}, { timed_out: false, _shards: { total: 3, failed: 0 } }));
  expect(whole!.complete).toBe(true);
  const [part] = await read(answer(hits, rest));
  expect(part!.complete).toBe(false);
  expect(part!.problems.map((p) => p.message).join()).toContain(problem);
});

test("a field that shows the dump is taken, whatever its name", async () => {
  const stack = fixture("go1.27-debug2");
  const entry = (n: number) => ({ ts: n, msg: "slow", level: "warn" });
  const log = [entry(3), { ts: 2, msg: "hung", stacktrace: stack }, entry(1)];
  expect(textOf(await read(JSON.stringify(log)))).toBe(textOf(await read(stack)));
});

test.each(["bad,worse\n\n", "bad,worse\n1,2\n3,4\n", "Dear all; hello\n"])(
  "text that begins like a table of unknown columns is none: %j",
  async (before) => {
    const dump = fixture("go1.27-debug2");
    expect(textOf(await read(before + dump))).toBe(textOf(await read(dump)));
  },
);

const logged: Readonly<Record<string, (record: ExportedRecord, time: string) => string>> = {
  "logcli -o jsonl": ({ text, process }, timestamp) =>
    JSON.stringify({ labels: { pod: process }, line: text, timestamp }),
  "Splunk's export": ({ text, process }, time) =>
    JSON.stringify({ preview: false, result: { _raw: text, _time: time, host: process } }),
  "records whose names nobody knows": ({ text, process }, at) =>
    JSON.stringify({ at, pod: process, said: text }),
  logcli: ({ text, process }, time) => `${time} {pod="${process}"} ${text}`,
};

describe.each(Object.entries(logged))("%s, newest first", (_, line) => {
  const exported = (records: readonly ExportedRecord[]) =>
    `${records.map((r) => line(r, new Date(Number(r.time / millisecond)).toISOString())).join("\n")}\n`;
  const lines = (apart: bigint) => linesOf(fixture("go1.24-quit-system"), apart).reverse();

  test.each([1_000_000, 37_000])("the same dump; %j ns apart", async (nanoseconds) => {
    const apart = BigInt(nanoseconds);
    const plain = textOf(await read(fixture("go1.24-quit-system")));
    expect(textOf(await read(exported(lines(apart))))).toBe(plain);
    expect(textOf(await read(exported(newestFirst(lines(apart).reverse()))))).toBe(plain);
  });

  test("cut anywhere, it is told; and lines that can't be read", async () => {
    const text = exported(lines(millisecond));
    for (let end = text.length - 40; end > 400; end -= 397) {
      if (text[end - 1] === "\n") continue;
      const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: once(text.slice(0, end)) });
      expect(failures.length > 0 || dumps.every((d) => !d.complete)).toBe(true);
    }
  });
});

const yamlRecord = (text: string, more = "") =>
  `---\ninsertId: a\ntextPayload: ${JSON.stringify(text)}\n${more}timestamp: '2026-01-02T03:04:05Z'\n`;

test.each<[string, string]>([
  ["cut behind its text", "---\ninsertId: b\ntextPayload: up\n"],
  ["with aliases", yamlRecord("up", "labels: &a {b: c}\nothers: *a\n")],
  ["of no YAML", "---\ninsertId: [\n"],
])("a record of YAML %s is told", async (_, record) => {
  const dump = fixture("go1.27-debug2");
  const [whole] = await read(yamlRecord(dump) + yamlRecord("up"));
  expect(whole!.complete).toBe(true);
  const [damaged] = await read(yamlRecord(dump) + record);
  expect(damaged!.complete).toBe(false);
});

test("what stands between lines of hyphens before a dump is no record", async () => {
  const dump = fixture("go1.27-debug2");
  const page = `---\ntitle: it hangs\nlayout: post\n---\n\nOur service: it hangs.\n\n${dump}`;
  expect(textOf(await read(page))).toBe(textOf(await read(dump)));
});

test("a list of lines on one line is read", async () => {
  const dump = fixture("go1.27-debug2");
  const plain = textOf(await read(dump));
  expect(textOf(await read(JSON.stringify(dump.trimEnd().split("\n"))))).toBe(plain);
  expect(textOf(await read(JSON.stringify({ lines: dump.trimEnd().split("\n") })))).toBe(plain);
});

test("a table that ends with an open quote is told to be cut", async () => {
  const dump = fixture("go1.27-debug2");
  const [cut] = await read(`When,What\n2026-01-02 03:04:05,"${dump.replaceAll('"', '""')}"\n"`);
  expect(cut!.complete).toBe(false);
});

test("a recording of a terminal is what the terminal showed", async () => {
  const dump = fixture("go1.27-panic");
  const output = `\u001b]0;host\u0007$ curl localhost\r\n${dump.replaceAll("\n", "\r\n")}$ exit\r\n`;
  const events = output.match(/[\s\S]{1,300}/g)!.map((part, n) => JSON.stringify([n / 8, "o", part]));
  const cast = `{"version": 2, "width": 80, "height": 24}\n${events.join("\n")}\n`;
  expect(textOf(await read(cast))).toBe(textOf(await read(dump)));
  const [cut] = await read(cast.slice(0, cast.length >> 1));
  expect(cut!.complete).toBe(false);
  const script = `Script started on 2026-01-02 03:04:05+00:00 [TERM="xterm"]\n\u001b[?2004h${output}\nScript done on 2026-01-02\n`;
  expect(textOf(await read(script))).toBe(textOf(await read(dump)));
});
