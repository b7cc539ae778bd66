import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import { type UnwrappedSource, unwrapLogLines } from "../../src/read/log-lines.ts";
import { logWrappers } from "./log-wrappers.ts";

async function contentOf(source: UnwrappedSource) {
  const parts: Uint8Array[] = [];
  for await (const chunk of source.chunks()) parts.push(chunk);
  const text = Buffer.concat(parts).toString();
  const from = text.split("\n").map((_, i) => source.lines.original(i + 1));
  return { text, from, problems: source.problems };
}

/** All that comes of a log that is read in chunks of a size. */
async function unwrapped(log: string, size: number) {
  const bytes = new Uint8Array(Buffer.from(log));
  const source = unwrapLogLines({
    name: "log",
    problems: [],
    async *chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  });
  const first = await contentOf(source);
  return { first, others: await Promise.all(source.others.map(contentOf)) };
}

/** Lines that lie in no chunk as a whole are unwrapped one by one. */
const oneByOne = 7;

const dump = [...generateDump({ goroutines: 30, stacks: 6, seed: 3 })].join("");

/** A line of megabytes is handed on in pieces, which the chunks make. */
const isLong = (log: string) => log.split("\n").some((line) => line.length > 100_000);

const logs = Object.entries(logWrappers)
  .map(([wrapper, wrap]) => [wrapper, wrap(dump)] as const)
  .filter(([, log]) => !isLong(log));

describe.each(logs)("%s", (_, log) => {
  test("taken in one go, the same comes of the lines as one by one", async () => {
    expect(await unwrapped(log, 1 << 20)).toEqual(await unwrapped(log, oneByOne));
    expect(await unwrapped(log, 500)).toEqual(await unwrapped(log, oneByOne));
  });
});

/** Texts of lines: of dumps, and all that is told from them by what stands in a line. */
const texts = [
  ...dump.split("\n").slice(0, 40),
  "goroutine 7 [running]:",
  "goroutine 8 [chan receive, 5 minutes, locked to thread]:",
  'goroutine 9 [select] {"a":"b"}:',
  "goroutine 9 [running]: goroutine 10 [running]:",
  "INFO saw goroutine 11 [running]:",
  "goroutine 12 [running] was seen",
  "goroutine profile: total 7",
  "goroutinepool.(*P).run(0xc000010000)",
  "created by main.main in goroutine 1",
  "\tgoroutine running on other thread; stack unavailable",
  "panic: boom",
  "panic: stuck: goroutine 1 [running]:",
  "\tpanic: again",
  "\tgoroutine 13 [running]:",
  "pos:\t/src/main.go:5 +0x12",
  "main.f(...)\t/src/main.go:5 +0x12",
  "* Goroutine 6 - User: /src/main.go:41 main.chanSend (0x564759)",
  "INFO * Goroutine 6 - User: /src/main.go:41 main.chanSend (0x564759)",
  "0  0x000000000043fbfd in runtime.gopark",
  "* 17 waiting  runtime.gopark",
  "#0  runtime.gopark (unlockf=0x0)",
  "",
  " ",
  "\t",
  "\t/src/a b.go:5 +0x12",
  "\t  x",
  "a  b",
  "5 apples",
  "{",
  '{"log":"main.f()\\n","stream":"stderr","time":"2026-01-02T03:04:05.1Z"}',
  '{"Time":"x","Action":"output","Output":"main.f()\\n"}',
  "2026-01-02T03:04:05.5Z stderr F main.f()",
  "2026-01-02T03:04:05.5Z stderr P main.",
  "stdout F main.f()",
  "stderr",
  "| x",
  "web-1  | x",
  "[pod/web-2/api] x",
  "a-b c main.f()",
  "<pre>main.f()</pre>",
  "main.f(&lt;)",
  "main.f(0x1)\u001b[0m",
  "main.ƒ(0x1)",
  "\ufeffmain.f()",
  "a#012b",
  "main.f()\r",
  "main.f() ",
  "a\\nb",
  "--",
];

const times = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:06.5Z", "2026-01-02T03:04:05.123456789Z"];
const wraps: readonly ((text: string, time: string) => string)[] = [
  (text) => text,
  (text, time) => `${time} stderr F ${text}`,
  (text, time) => `${time} stdout F ${text}`,
  (text, time) => `${time} stderr P ${text}`,
  (text, time) => JSON.stringify({ log: `${text}\n`, stream: "stderr", time }),
  (text, time) => JSON.stringify({ log: `${text}\n`, stream: "stdout", time }),
  (text, time) => JSON.stringify({ log: text, stream: "stderr", time }),
  (text, time) => JSON.stringify({ a: `${text}\n`, log: `${text}\n`, stream: "stderr", time }),
  (text) => JSON.stringify({ Time: "x", Action: "output", Package: "a", Output: `${text}\n` }),
  (text) => JSON.stringify({ MESSAGE: text, PRIORITY: "6" }),
  (text) => JSON.stringify({ msg: `${text}\n` }),
  (text) => `web-1  | ${text}`,
  (text) => `web-2  | ${text}`,
  (text) => `\u001b[36mweb-1  | \u001b[0m${text}`,
  (text, time) => `${time} ${text}`,
  (text, time) => `[pod/web-1/api] ${time} ${text}`,
  (text, time) => `${time} stderr F web-1  | ${text}`,
  (text) => `Jan  2 03:04:05 host api[7]: ${text}`,
  (text) => `pod-a-1 api ${text}`,
  (text) => `a-b ${text}`,
  (text) => `app ${text}`,
  (text) => `log:12:${text}`,
  (text) => `    ${text}`,
  (text) => `\t${text}`,
  (text) => `main.${text}`,
];

describe("logs of all kinds of lines", () => {
  const line = fc.record({
    text: fc.constantFrom(...texts),
    time: fc.constantFrom(...times),
    odd: fc.integer({ min: 0, max: 9 }),
    wrap: fc.integer({ min: 0, max: wraps.length - 1 }),
  });
  const log = fc.record({
    wrap: fc.integer({ min: 0, max: wraps.length - 1 }),
    lines: fc.array(line, { minLength: 3, maxLength: 60 }),
    ends: fc.boolean(),
  });

  test("taken in one go, the same comes of the lines as one by one", async () => {
    await fc.assert(
      fc.asyncProperty(log, fc.integer({ min: 40, max: 3_000 }), async ({ wrap, lines, ends }, size) => {
        const header = wraps[wrap]!("goroutine 1 [running]:", times[0]!);
        const frame = [
          wraps[wrap]!("main.f()", times[0]!),
          wraps[wrap]!("\t/src/main.go:5 +0x12", times[0]!),
        ];
        const rest = lines.map((l) => wraps[l.odd === 0 ? l.wrap : wrap]!(l.text, l.time));
        const text = [header, ...frame, ...rest].join("\n") + (ends ? "\n" : "");
        expect(await unwrapped(text, size)).toEqual(await unwrapped(text, 1));
      }),
      { numRuns: 500 },
    );
  });
});

describe("lines that look as if they were wrapped alike", () => {
  const T = "2026-01-02T03:04:05Z";
  const H = "goroutine 1 [running]:";
  const P = "\t/src/main.go:5 +0x1";
  const pre = (prefix: string, ...more: string[]) =>
    [H, "main.a()", P, "main.x()", ...more].map((x) => prefix + x);
  const cri = `${T} stderr F `;
  const J = (o: object) => JSON.stringify(o);
  const cases: Readonly<Record<string, readonly string[]>> = {
    "1 session in prefix": [...pre("X * 17 waiting  ").filter((_, i) => i !== 1), "X * 17 waiting  main.b()"],
    "1b": [
      ..."gp".split("").map((c) => `Foo 0  0x0000000000000000 in ${c === "g" ? H : P}`),
      "Foo 0  0x0000000000000000 in main.b()",
    ],
    "2 ESC": [...pre("web-1  | ", "m\x1b[36mb"), "web-1  | m\x1b[36xmain.b()"],
    "2b OSC": [
      ...[H, "main.a()"].map((t) => J({ log: `${t}\n`, stream: "stderr" })),
      ...[`x${"y".repeat(600)}`, "main.b()"].map(
        (t) => `{"a":"\x1b]","log":"${t}\\n","b":"\x1b\\\\","stream":"stderr"}`,
      ),
    ],
    "3 criStream 40": ["1", "1", "1", "123456789"]
      .map(
        (f, i) => `2026-01-02T03:04:05.${f}Z${"x".repeat(29)} stderr F ${[H, "main.a()", P, "main.b()"][i]}`,
      )
      .flatMap((l, i) => (i === 2 ? [l, l.replace(P, "main.c()")] : [l])),
    "4 zone": pre("2026-01-02T03:04:05", "Zmain.b()"),
    "4b frac": pre("2026-01-02T03:04:05", ".5 main.b()"),
    "5 P": [...pre(cri), `${T} stderr P F `, `${cri}main.b()`, `${cri}main.c()`],
    "6 stdout ": pre(`${T} stdout `, "F main.b()"),
    "6b s": pre(`${T} s`, "tdout F main.b()"),
    "6c T": pre(`2026-01-02T`, "x | main.b()"),
    "7 pod": [...pre(`[pod/a-${T}/b] `), "[pod/a-2026-01-02T03:04:06Z/b] main.b()"],
    "8 bar": pre("App |", "x", ""),
    "9 records": [
      ...[H, "main.a()", P].map((t) => J({ log: `${t}\n`, stream: "stderr" })),
      ...["b", "c", "d"].map((t) => `{"a":"x"}${J({ log: `${t}\n`, stream: "stderr" })}`),
      H,
      "main.z()",
      P,
    ],
    "10 two fields": [
      `Foo "msg":"${H}\\n"`,
      `Foo msg="abc\\n" "msg":"abc\\n"`,
      `Foo msg="xyz\\n" "msg":"abc\\n"`,
    ],
    "11 session behind": [H, "main.a()"].map((t) => J({ msg: `${t}\n`, x: "* Goroutine 6 - User: " })),
    "11b": [
      `{"msg":"${H}\\n"}`,
      ...[H, "main.b()"].map((t) => J({ msg: `${t}\n`, x: "* Goroutine 6 - User: /a.go:1 main.x (0x1)" })),
    ],
    "12 gorout": [...pre("X gorout"), "X goroutine 5 [running]:"],
    "12b Log": [...pre("INFO Log"), "INFO Logoroutine 5 [running]:"],
    "14 key time": [`{"${T}":"${H}\\n"}`, `{"${T}":"main.a()\\n"}`, `{"2027-01-02T03:04:05Z":"main.b()\\n"}`],
    "15 byte 1": [...pre(cri), `${cri.replace("2", "\x01")}main.b()`],
    "16 BOM": [...pre("X ", "\x00").slice(0, 3), "\ufefffoo()", "\ufeffX main.b()"],
    "17 cri tag": [
      `${cri}"log":"${H}\\n"`,
      `${T} stderr F:"log":"x\\n" "log":"x\\n"`,
      `${T} stderr F:"log":"y\\n" "log":"x\\n"`,
    ],
    "18 docker stream in before": [
      ...[H, H, "main.a()", `m${"x".repeat(1000)}`].map(
        (t) => `{"log":"","stream":"stdout","msg":"${t}\\n","stream":"stderr"}`,
      ),
    ],
    "19 record": pre(`{"deadlockLintProcess":1`, ",main.b()"),
    "20 place": [
      ..."1 1 1 123456789"
        .split(" ")
        .map(
          (f, i) => `A 2026-01-02 03:04:05.${f}${"x".repeat(190)}.go:5: ${[H, P, "main.a()", "main.b()"][i]}`,
        ),
    ],
  };

  test.each(Object.keys(cases))("%s", async (name) => {
    const log = `${cases[name]!.join("\n")}\n`;
    expect(await unwrapped(log, 1 << 20)).toEqual(await unwrapped(log, 1));
  });

  test("behind a line that does not end in sight", async () => {
    const lines = [...pre(`${T} `), `x${"y".repeat(3 << 20)}`, `${T} main.b()`];
    const { first } = await unwrapped(`${lines.join("\n")}\n`, 1 << 16);
    expect(first.text.endsWith("y\nmain.b()\n")).toBe(true);
  });
});
