import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import { readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";
import { logWrappers } from "./log-wrappers.ts";

async function* chunked(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = 65536) {
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: chunked(text, size) });
  expect(failures).toEqual([]);
  return dumps;
}

/** Without the numbers of lines, which differ where lines are wrapped. */
async function content(text: string, size?: number) {
  const dumps = await read(text, size);
  return dumps.map((d) => dumpText(d).replaceAll(/"line":\d+,|,"line":\d+| line \d+/g, "")).join("\n");
}

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/dumps/go-traceback/${name}.txt`, import.meta.url), "utf8");

describe.each(["go1.27-debug2", "go1.24-quit-system", "go1.19-deadlock", "go1.16-panic"])("%s", (name) => {
  const plain = fixture(name);

  test.each(Object.keys(logWrappers))("%s: the same dump", async (wrapper) => {
    const wrapped = logWrappers[wrapper]!(plain);
    expect(await content(wrapped)).toBe(await content(plain));
    expect(await content(wrapped, 997)).toBe(await content(plain));
    expect(await content(wrapped.replaceAll("\n", "\r\n"))).toBe(await content(plain));
  });

  test.each(["", " pid=12 src=child"])(
    "a line of slog's text for each, behind it%s: the same dump",
    async (behind) => {
      // Quotes stand where a value needs them.
      const lines = plain.replace(/\n$/, "").split("\n");
      const values = lines.map((line) => (/^[!#-<>-~]+$/.test(line) ? line : JSON.stringify(line)));
      const log = values
        .map((value) => `time=2026-01-02T03:04:05.5Z level=INFO msg=${value}${behind}\n`)
        .join("");
      expect(await content(log)).toBe(await content(plain));
      expect(await content(log, 997)).toBe(await content(plain));
    },
  );

  test("in a field of many lines, as hclog escapes tabs: the same dump", async () => {
    const lines = plain.replace(/\n$/, "").replaceAll(/^/gm, "  | ").replaceAll("\t", "\\t");
    const log = `2026-01-02T03:04:05.678Z [ERROR] agent: hang:\n  stack=\n${lines}\n`;
    expect(await content(log)).toBe(await content(plain));
  });
});

test("in a test's error, behind what it says, in kubectl's prefix too: the same dump", async () => {
  const plain = fixture("go1.27-debug2");
  const error = `    a_test.go:22: x 3\n    a_test.go:23: all of it: ${plain.replace(/\n$/, "").replaceAll("\n", "\n        ")}\nFAIL\n`;
  const told = await content(plain);
  expect(await content(error)).toBe(told);
  expect(await content(error.replaceAll(/^/gm, "[pod/a-1/b] "))).toBe(told);
});

test("with the fields of a logger behind its last line: the same dump; pointers that are cut are no fields", async () => {
  const plain = fixture("go1.27-debug2").trimEnd();
  expect(await content(`${plain}  \u001b[31muser\u001b[0m=1 id=x\nINFO[0000] bye\n`)).toBe(
    await content(plain),
  );
  expect((await read(`${plain} fp=0xc0`))[0]!.complete).toBe(false);
});

const debuggers = (name: string) =>
  readFileSync(new URL(`../../fixtures/dumps/${name}.txt`, import.meta.url), "utf8");

describe.each([
  "delve-text/go1.24-dlv1.27-mixed",
  "delve-text/go1.26-dlv1.20-stacks",
  "delve-text/go1.19-dlv1.20-goroutines",
  "gdb/go1.24-all",
  "gdb/go1.27-threads",
  "gdb/go1.19-list",
])("%s", (name) => {
  const session = debuggers(name);

  test.each(Object.keys(logWrappers))("%s: the same session", async (wrapper) => {
    const wrapped = logWrappers[wrapper]!(session);
    expect(await content(wrapped)).toBe(await content(session));
    expect(await content(wrapped, 997)).toBe(await content(session));
  });
});

describe("a dump of megabytes on one line", () => {
  const plain = [...generateDump({ goroutines: 4_000, stacks: 40, seed: 5 })].join("");
  const withQuotes = plain.replaceAll("main.(*Server)", 'main.(*Sörver["😀"])');

  test.each([
    "zap JSON, the stack in one field",
    "logrus text, the stack in one field",
    "one JSON string",
    "pretty-printed JSON",
    "zap JSON in docker's",
    "zap JSON in docker's, parted at 16 KiB",
    "zap JSON in CRI's parts",
    "zap JSON behind a field of megabytes",
    "zap JSON behind a field of megabytes, in docker's",
    "JUnit XML",
    "JUnit XML, text of megabytes before",
  ])("%s: the same dump", async (wrapper) => {
    for (const dump of [plain, withQuotes]) {
      expect(dump.length).toBeGreaterThan(3 * 2 ** 20);
      const wrapped = logWrappers[wrapper]!(dump);
      expect(await content(wrapped)).toBe(await content(dump));
      expect(await content(wrapped.replaceAll("\\t", "\\u0009"), 1_048_577)).toBe(await content(dump));
    }
  });

  test.each([
    ["go test -json", (part: string) => ({ Time: "1", Action: "output", Package: "a/b", Output: part })],
    ["docker's", (part: string) => ({ log: part, stream: "stderr" })],
  ])("in %s, parted into tens of thousands of pieces: the same dump", async (_, record) => {
    // A message that ends with its line shows Docker's lines to have ends.
    const log = `{"msg":"up"}\n${JSON.stringify({ stack: withQuotes })}\n`;
    const parts = log.match(/[^\n]{1,60}\n?/g)!;
    expect(parts.length).toBeGreaterThan(50_000);
    const parted = parts.map((part) => `${JSON.stringify(record(part))}\n`).join("");
    expect(await content(parted)).toBe(await content(withQuotes));
  });

  test("what follows the field, and the next lines, are as they were", async () => {
    const log = `${JSON.stringify({ stack: plain, after: "x".repeat(9_000_000) })}\n${JSON.stringify({ stack: "goroutine 7 [select]:\nmain.f()\n\t/a.go:1 +0x1\n" })}\n`;
    const rows = (await read(log)).map((d) => d.goroutines.length);
    expect(rows).toEqual([4_001]);
  });

  test("no header is lost where a line is read in pieces", async () => {
    const one = "goroutine 7 [select]:\nmain.f()\n\t/a.go:1 +0x1\n\n";
    for (let shift = 0; shift < 40; shift++) {
      const log = JSON.stringify({ padding: "x".repeat(2 ** 20 - 45 - shift), stack: one });
      expect((await read(log)).map((d) => d.goroutines.length)).toEqual([1]);
    }
  });

  test("goroutines that can't be found in it are told to be missing", async () => {
    const log = `${"x".repeat(9_000_000)} goroutine 8 [select]:`;
    const small = JSON.stringify({ stack: "goroutine 7 [select]:\nmain.f()\n\t/a.go:1 +0x1\n" });
    const [dump] = await read(`${small}\n${log}\n`);
    expect(dump!.complete).toBe(false);
    expect(dump!.problems[0]!.message).toContain("longer than 1048576 bytes");
  });
});

test("problems name the line of the log", async () => {
  const dump =
    "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:3 +0x1\n\ngoroutine 2 [select";
  const log = (lines: string[]) => lines.map((line) => `web-1  | ${line}\n`).join("");
  const [wrapped] = await read(log(["INFO a", "INFO b", ...dump.split("\n")]));
  expect(wrapped!.events.map((e) => [e.kind, e.line])).toEqual([["panic", 3]]);
  expect(wrapped!.problems.map((p) => p.line)).toEqual([9]);
  const [field] = await read(`{"a":1}\n{"msg":${JSON.stringify(dump)}}\n`);
  expect([...field!.events, ...field!.problems].map((p) => p.line)).toEqual([2, 2]);
});

test.each([
  ["a logger's", "2026/01/02 03:04:05 main.go:12: hung: "],
  ["a page's", "<![CDATA["],
  ["a quote", "`"],
  ["zeros", "\0".repeat(40)],
])("%s prefix on the first line alone hides no cut", async (_, prefix) => {
  const lines = (id: number) => `goroutine ${id} [sleep]:\nmain.f()\n\t/a.go:1 +0x1\n\n`;
  for (const last of ["goroutine 4 [sleep]:", "goroutine 4 [sl"]) {
    const plain = `${lines(2)}${lines(3)}${last}`;
    expect(await content(prefix + plain)).toBe(await content(plain));
    expect((await read(plain)).map((dump) => dump.complete)).toEqual([false]);
  }
});

test.each([
  "2026-01-02T03:04:05.123Z api ",
  "Jan  2 03:04:05 host-1 api[1234]: ",
  "[pod/a/b] 2026-01-02T03:04:05Z ",
  "    ",
])("a last line that is cut in its prefix %j is none", async (prefix) => {
  const dump = "goroutine 2 [sleep]:\nmain.f()\n\t/a.go:1 +0x1\n\n";
  const log = dump.replaceAll(/^/gm, prefix).slice(0, -prefix.length);
  const next = prefix.replace("04:05", "04:16");
  for (let length = 1; length < next.length; length++)
    expect(await content(log + next.slice(0, length))).toBe(await content(dump));
});

describe("the stream of Docker's API", () => {
  const [one, other] = [fixture("go1.27-debug2"), fixture("go1.24-quit-system")];
  const frame = (stream: number, text: string | Buffer) => {
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const linesOf = (text: string) => text.match(/.*\n|.+$/g)!;
  const readBytes = async (bytes: Buffer, size = 65536) => {
    const stdin = (async function* () {
      for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
    })();
    const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin });
    expect(failures).toEqual([]);
    return dumps.map((d) => dumpText(d).replaceAll(/"line":\d+,|,"line":\d+| line \d+|stdin(?:#\d)?/g, ""));
  };
  const plain = async (text: string) => (await content(text)).replaceAll("stdin", "");
  /** In frames of so many bytes. */
  const framed = (text: string, size: number) => {
    const bytes = Buffer.from(text);
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(frame(2, bytes.subarray(at, at + size)));
    return Buffer.concat(frames);
  };

  test.each([1, 10, 266, 16_384])("frames of %d bytes: the same dump", async (size) => {
    const dump = one.replaceAll("main.(*Server)", "main.(*Sörver)");
    for (const chunk of [65_536, 7])
      expect(await readBytes(framed(dump, size), chunk)).toEqual([await plain(dump)]);
    const zap = logWrappers["zap JSON, the stack in one field"]!(dump);
    expect(await readBytes(framed(zap, size))).toEqual([await plain(dump)]);
  });

  test("a dump of megabytes in a field: the same dump", async () => {
    const dump = [...generateDump({ goroutines: 3_000, stacks: 40, seed: 5 })].join("");
    const zap = logWrappers["zap JSON, the stack in one field"]!(dump);
    expect(zap.length).toBeGreaterThan(2 ** 21);
    expect(await readBytes(framed(zap, 16_384))).toEqual([await plain(dump)]);
  });

  test("a frame for each line; lines of the other stream between parts of one", async () => {
    const lines = linesOf(one).map((line) => frame(2, line));
    expect(await readBytes(Buffer.concat(lines))).toEqual([await plain(one)]);
    const parts = one
      .match(/[\s\S]{1,50}/g)!
      .flatMap((part) => [frame(2, part), frame(1, "served a request\n")]);
    expect(await readBytes(Buffer.concat(parts))).toEqual([await plain(one)]);
  });

  test("both streams: each has its own dump", async () => {
    const sides = [linesOf(one).map((l) => frame(1, l)), linesOf(other).map((l) => frame(2, l))];
    const inTurns = sides[0]!.flatMap((line, i) => [line, ...sides[1]!.slice(i, i + 1)]);
    const all = Buffer.concat([...inTurns, ...sides[1]!.slice(sides[0]!.length)]);
    expect(await readBytes(all)).toEqual([await plain(one), await plain(other)]);
  });

  test("cut in a goroutine, in a frame, in a frame's header, and damaged: told", async () => {
    const cut = one.slice(0, one.lastIndexOf("goroutine ") + 20);
    expect(await readBytes(framed(cut, 100))).toEqual([await plain(cut)]);
    const whole = framed(one, 100);
    const broken = Buffer.concat([whole, Buffer.from("goroutine 7 [select]:\n")]);
    for (const bytes of [whole.subarray(0, -1), Buffer.concat([whole, whole.subarray(0, 5)]), broken])
      expect((await readBytes(bytes)).join()).toMatch(/complete false[\s\S]*the stream of Docker's API/);
  });
});

describe("what grep has found of a dump", () => {
  const goroutine = (id: number) =>
    `goroutine ${id} [chan send]:\nmain.f(0x1)\n\t/a.go:1 +0x1\ncreated by main.main\n\t/a.go:9 +0x1\n`;
  const dump = [2, 30, 4, 5].map(goroutine).join("\n");

  /** `grep -A$after '^goroutine'` with a file's name or numbers of lines before each. */
  function grep(text: string, after: number, name: string, numbered: boolean): string {
    const lines = text.replace(/\n$/, "").split("\n");
    let last = -1;
    let out = "";
    for (const [i, line] of lines.entries()) {
      const header = lines.slice(Math.max(0, i - after), i + 1).findLast((l) => l.startsWith("goroutine"));
      if (header === undefined) continue;
      if (last >= 0 && i > last + 1) out += "--\n";
      last = i;
      const mark = line === header ? ":" : "-";
      out += `${name === "" ? "" : name + mark}${numbered ? i + 8 + mark : ""}${line}\n`;
    }
    return out;
  }

  test.each([
    ["numbers", "", true],
    ["a name", "logs/web-1.log", false],
    ["another name", "web.log", false],
    ["both", "logs/web-1.log", true],
  ])("%s before each line: the same dump", async (_, name, numbered) => {
    expect(await content(grep(dump, 9, name, numbered))).toBe(await content(dump));
  });

  test("that blank lines alone are left out, its numbers tell", async () => {
    for (const name of ["", "web.log"]) {
      const found = grep(dump, 4, name, true);
      expect(found).toContain("\n--\n");
      expect(await content(found)).toBe(await content(dump));
    }
  });

  test.each([
    ["more", grep(dump, 3, "", true)],
    ["a frame's function", grep(dump, 9, "", true).replace(/\n.*main\.f\(.*/, "")],
    ["what no number tells", grep(dump, 4, "web.log", false)],
  ])("that %s is left out is told", async (_, found) => {
    const [shown] = await read(found);
    expect(shown!.complete).toBe(false);
    expect(shown!.problems.map((p) => p.message).join()).toContain("grep has left lines out");
    expect(shown!.goroutines.length).toBe(4);
  });

  test("a number that a logger has put before each dump is none of a line", async () => {
    const log = [goroutine(2), goroutine(3)].map((text, n) => `${n * 50}:${text}\n`).join("");
    expect((await read(log)).map((d) => [d.complete, d.headersSeen])).toEqual([[true, 2]]);
  });
});

describe("a header with more before it than its lines", () => {
  const time = "2026-01-02T03:04:05.678901234Z ";
  const dump = [2, 3, 4]
    .map(
      (id) =>
        `goroutine ${id} [chan send]:\nmain.f(0x1)\n\t/a.go:1 +0x1\ncreated by main.main\n\t/a.go:9 +0x1\n`,
    )
    .join("\n");
  const log = dump.replaceAll(/^/gm, time);

  test("a mark of the byte order in the first line alone changes nothing", async () => {
    const job = log.slice(0, -time.length).replaceAll(/^(?=.)/gm, "job\tstep\t");
    expect(await content(job.replace(time, `\ufeff${time}`))).toBe(await content(dump));
  });

  test("a blank line without its end, behind which the header has the prefix twice", async () => {
    const glued = log.replace(`${time}\n${time}goroutine 3`, `${time}${time}goroutine 3`);
    expect(glued).not.toBe(log);
    expect(await content(glued)).toBe(await content(dump));
  });

  test.each([
    ["a position without its end", log.replaceAll(/\n.*\n(?=.*goroutine 3)/g, "")],
    ["no time", log.replaceAll(/^.*Z (?=[^g\n])/gm, "api: ")],
    ["a stream's name", log.replaceAll(/Z (?!goroutine)/g, "Z api: ")],
    [
      "bytes that count",
      dump.replaceAll(/^(.*)$/gm, (l) => `\u0002\0${String.fromCharCode(l.length + 33)}${l}`),
    ],
    ["a prefix that is too long", log.replaceAll(/^/gm, "x".repeat(600))],
  ])("%s: what can't be read is told, and no name has any of it", async (_, text) => {
    const dumps = await read(text);
    expect(dumps.map((d) => d.complete)).toEqual([false]);
    expect(dumps[0]!.problems.map((p) => p.message).join()).toContain("that its header does not");
    const names = dumps[0]!.stacks.flatMap((s) => s.frames).map((f) => `${f.symbol.name} ${f.file}`);
    expect(names.filter((name) => name !== "main.f /a.go")).toEqual([]);
  });

  test("a prefix before the first line alone is no rest of one", async () => {
    expect(await content(`hung: ${dump}`)).toBe(await content(dump));
  });
});

test("a message that a logger has cut between two frames is told", async () => {
  const lines = fixture("go1.27-debug2").trimEnd().split("\n");
  const lastFrames = lines.findLastIndex((line) => line.startsWith("created by"));
  const cut = lines.slice(0, lastFrames).join("\n");
  for (const wrapper of ["zap JSON, the stack in one field", "rsyslog with all in one message"]) {
    const wrap = logWrappers[wrapper]!;
    expect((await read(wrap(lines.join("\n")))).map((dump) => dump.complete)).toEqual([true]);
    const [dump] = await read(`${wrap(cut)}2026-01-02T03:04:06Z host api[77]: served\n`);
    expect(dump!.complete).toBe(false);
    expect(dump!.problems.map((p) => p.message).join()).toContain("ends in the middle of a goroutine");
  }
});

test("two records on one line are read as two", async () => {
  const plain = fixture("go1.27-debug2");
  const wrap = logWrappers["docker json-file"]!;
  const glued = wrap(plain).replaceAll('Z"}\n{"log"', 'Z"}{"log"');
  expect(glued.split("\n")).toHaveLength(2);
  expect(await content(glued)).toBe(await content(plain));
  // Braces in a record's own text part nothing.
  const braces = wrap(plain.replaceAll("main.start", 'main.st}{"art'));
  expect((await read(braces))[0]!.headersSeen).toBe((await read(plain))[0]!.headersSeen);
});

test("a goroutine that stands in the wrong place of a broken record is told", async () => {
  const record = (text: string) => `{"MESSAGE":${JSON.stringify(text)},"PRIORITY":"6"}\n`;
  const good = fixture("go1.27-debug2").split("\n").map(record).join("");
  const broken = '{"MESSAGE":"main.f(AMP":"129","MESSAGE":"goroutine 33 [select]:"}\n';
  const [dump] = await read(good + broken);
  expect(dump!.complete).toBe(false);
});

test("a profile as text in a log is found too", async () => {
  const profile = "goroutine profile: total 3\n3 @ 0x1 0x2\n#\t0x1\tmain.f+0x1\t/src/main.go:11\n\n";
  for (const wrap of [
    logWrappers.compose!,
    logWrappers["docker json-file"]!,
    logWrappers["one JSON string"]!,
  ]) {
    expect(await content(wrap(profile))).toBe(await content(profile));
  }
});

test("a header told of in prose wraps nothing", async () => {
  const plain = fixture("go1.24-panic");
  const told = `note: goroutine 12 [running] was seen, and "goroutine 1 [select] too\n${plain}`;
  expect(await content(told)).toBe(await content(plain));
});

test.each([
  ["digits", `1 2 3 4 goroutine 1 [running]:\n${"1 ".repeat(50_000)}\n${"1".repeat(1_000_000)}\n`],
  ["spaces", `${" ".repeat(100_000)}x goroutine 1 [running]:\n${" ".repeat(1_000_000)}\n`],
  ["backslashes", `"goroutine 1 [running]:\\n${"\\".repeat(1_000_000)}\n`],
  ["quotes", `"a":"goroutine 1 [running]:\\n"${'"a":'.repeat(300_000)}\n${'"a":'.repeat(300_000)}\n`],
  ["headers", `x ${"goroutine 1 [".repeat(100_000)}\n`],
  ["escapes", `${"\u001b[".repeat(300_000)} goroutine 1 [running]:\n`],
  ["nesting", `${'{"log":"'.repeat(10_000)}goroutine 1 [running]:\\n\n`],
])("hostile %s take no time", async (_, text) => {
  const start = performance.now();
  await readDumps(["-"], { threads: 1, stdin: chunked(text, 65536) });
  expect(performance.now() - start).toBeLessThan(3000);
});

describe("several processes in one log, line by line", () => {
  const [one, other] = [fixture("go1.27-debug2"), fixture("go1.24-quit-system")];
  const prefixes: Record<string, (process: number) => string> = {
    "kubectl logs --prefix": (n) => `[pod/web-7f9c${n}/app] `,
    "kubectl logs --prefix --timestamps": (n) => `[pod/web-7f9c${n}/app] 2026-01-02T03:04:0${n}.123456789Z `,
    compose: (n) => `web-${n}  | `,
    stern: (n) => `web-7f9c8d6b5-x2v${n}q app `,
    "stern, in colours": (n) => `\u001b[3${n}mdb-${n}\u001b[0m \u001b[3${n}mpostgres\u001b[0m `,
    "CRI, stdout and stderr": (n) => `2026-01-02T03:04:05.12345678${n}Z std${n === 1 ? "out" : "err"} F `,
    journald: (n) => `Jan 02 23:59:5${n} n1 api[4${n}]: `,
    "journald, times as in ISO 8601": (n) => `2026-01-02T23:59:59+0000 n1 app.v2-x[4${n}]: `,
    "journald, since boot": (n) => `[   12.34567${n}] n1 api[4${n}]: `,
    "RFC 5424": (n) => `<11>1 2026-01-02T03:04:05.5Z n1 api 4${n} - - `,
    Heroku: (n) => `2026-01-02T03:04:05.123456+00:00 app[web.${n}]: `,
  };

  /** Lines of both in turns that differ in length, after what both say before. */
  function mixed(prefix: (process: number) => string, before: readonly string[]): string {
    const lines = [1, 2].map((n) =>
      [...before, ...(n === 1 ? one : other).split("\n")].map((l) => prefix(n) + l),
    );
    const out: string[] = [];
    for (let turn = 0; lines[0]!.length + lines[1]!.length > 0; turn++)
      out.push(...lines[turn % 2]!.splice(0, 1 + ((turn * 7) % 5)));
    return `${out.join("\n")}\n`;
  }

  test.each(Object.keys(prefixes))("%s: each has its own dump", async (name) => {
    const expected = [await content(one), await content(other)];
    for (const before of [[], Array.from({ length: 200 }, (_, i) => `served request ${i}`)]) {
      const log = mixed(prefixes[name]!, before);
      for (const text of [log, `Attaching to web-1, web-2\n${log}`, log.replaceAll("\n", "\r\n")]) {
        const dumps = await read(text, 4_099);
        expect(dumps.map((d) => d.complete)).toEqual([true, true]);
        const texts = dumps.map((d) => dumpText(d).replaceAll(/"line":\d+,| line \d+/g, ""));
        expect(texts.map((t) => t.replace("stdin#2", "stdin"))).toEqual(expected);
      }
    }
  });

  const journald = prefixes.journald!;

  test("what a system's log has lost is told of each process that shows a dump", async () => {
    const lost = "Jan 02 23:59:59 n1 systemd-journald[212]: Suppressed 1534 messages from shop.service\n";
    const log = `${lost}${"x\n".repeat(250)}${mixed(journald, [])}`;
    expect((await read(log)).map((d) => d.complete)).toEqual([true, true]);
    const dumps = await read(`${mixed(journald, [])}${lost}`);
    expect(dumps.map((d) => d.problems.map((p) => p.message))).toEqual(
      Array(2).fill(["the system's log says that it has lost lines, perhaps of goroutines"]),
    );
  });

  test("what a system's log has lost is told a process once until it goes on, and takes no time among many", async () => {
    const lost = "Jan 02 23:59:59 n1 systemd-journald[212]: Suppressed 1534 messages from shop.service\n";
    const goroutine =
      "goroutine 1 [select]:\nmain.f()\n\t/src/a.go:1 +0x1d\ncreated by main.g\n\t/src/a.go:2 +0x1d";
    const of = (id: number) => goroutine.replace(/^/gm, `Jan 02 23:59:59 n1 api[${id}]: `);
    const text = Array.from({ length: 300 }, (_, id) => `${of(id + 1)}\n`).join("");
    const dumps = await read(`${text}${lost.repeat(1000)}`);
    expect(dumps.map((d) => d.problems.length)).toEqual([expect.any(Number), ...Array(299).fill(1)]);
  });

  test("lines without a process belong to the one before", async () => {
    const lines = other.split("\n");
    const log = lines.map((line, i) => (i === 0 || line !== "" ? journald(1) + line : line)).join("\n");
    const [between, told] = [log.replaceAll("\n\n", `\n\n${journald(2)}served\n`), await content(other)];
    expect(await content(between)).toBe(told);
    const [first, ...others] = lines;
    expect(await content(`${journald(1)}${first}\n${others.join("\n")}`)).toBe(told);
  });

  test("blank lines without a process, where several write at the same time, end nobody's goroutine", async () => {
    const lines = mixed(journald, []).trimEnd().split("\n");
    const log = lines.map((line) => (line.endsWith("]: ") ? "" : line)).join("\n");
    expect((await read(`${log}\n`)).map((d) => [d.complete, d.headersSeen])).toEqual(
      (await Promise.all([read(one), read(other)])).map(([d]) => [true, d!.headersSeen]),
    );
  });

  test("more processes than can be followed, of which few show a dump", async () => {
    const jobs = Array.from(
      { length: 2_500 },
      (_, i) => `Jan 02 23:59:59 n1 CRON[${i + 100}]: (root) CMD (x)`,
    );
    const log = `${jobs.join("\n")}\n${mixed(journald, [])}${jobs.join("\n")}\n`;
    expect((await read(log)).map((d) => [d.complete, d.headersSeen])).toEqual(
      (await Promise.all([read(one), read(other)])).map(([d]) => [true, d!.headersSeen]),
    );
  });

  test("Docker's JSON lines of stdout and stderr: each has its own dump", async () => {
    const lines = [one, other].map((text, n) =>
      text.split("\n").map((l) => JSON.stringify({ log: `${l}\n`, stream: n === 0 ? "stdout" : "stderr" })),
    );
    const turns = Math.max(lines[0]!.length, lines[1]!.length);
    const log = Array.from({ length: turns }, (_, i) => lines.flatMap((l) => l.slice(i, i + 1))).flat();
    const dumps = await read(`${log.join("\n")}\n`);
    expect(dumps.map((d) => d.complete)).toEqual([true, true]);
    const seen = [await read(one), await read(other)].map(([d]) => d!.headersSeen);
    expect(dumps.map((d) => d.headersSeen)).toEqual(seen);
  });

  test("a log that ends too early cuts the dump of each that was writing", async () => {
    const whole = mixed(prefixes.compose!, []);
    const lines = whole.split("\n");
    const middle = lines.length >> 1;
    const cut = await read(`${lines.slice(0, middle).join("\n")}\n`);
    expect(cut.map((d) => [d.name, d.complete])).toEqual([
      ["stdin", false],
      ["stdin#2", false],
    ]);
    // Problems name the line of the log, also those of the second process.
    const last = (process: number) =>
      lines.slice(0, middle).findLastIndex((l) => l.startsWith(`web-${process}`));
    expect(cut.map((d) => d.problems.at(-1)!.line)).toEqual([last(1) + 1, last(2) + 1]);
  });

  test("a last line of Docker's that does not come to its stream is not overlooked", async () => {
    const docker = (text: string, stream: string) =>
      text
        .split("\n")
        .map((l) => `${JSON.stringify({ log: `${l}\n`, stream })}\n`)
        .join("");
    const alone = `${docker(one, "stderr")}{"log":"goroutine 99 [select]:\\`;
    expect((await read(alone)).map((d) => d.complete)).toEqual([false]);
    const both = `${docker(one, "stderr")}${docker("served", "stdout")}{"log":"main.f(0x1)\\n","stre`;
    const [dump] = await read(both);
    expect(dump!.problems.map((p) => p.message)).toEqual([
      "the log ends in a line that does not say which stream it belongs to",
    ]);
  });

  test("packages that go test runs at the same time: each has its own dump", async () => {
    const log = readFileSync(
      new URL("../../fixtures/dumps/logs/go1.26-test-timeouts.jsonl", import.meta.url),
      "utf8",
    );
    const lines = log.trimEnd().split("\n");
    const of = (name: string) => lines.filter((line) => line.includes(`/shop/${name}"`));
    const [store, cart] = [of("store"), of("cart")];
    const inTurns = store.flatMap((line, i) => [line, ...cart.slice(i, i + 1)]);
    for (const text of [log, `${inTurns.join("\n")}\n`]) {
      const dumps = await read(text);
      const seen = dumps.map((d) => [d.goroutines.length, d.complete, d.events.map((e) => e.text)]);
      expect(seen.sort()).toEqual([
        [15, true, ["test timed out after 1s; running: TestCheckout (1s)"]],
        [15, true, ["test timed out after 1s; running: TestPublish (1s)"]],
      ]);
    }
  });

  test("what a test and its subtest log is indented by as much as each", async () => {
    const log = readFileSync(
      new URL("../../fixtures/dumps/logs/go1.26-test-log.txt", import.meta.url),
      "utf8",
    );
    const dumps = await read(log);
    expect(dumps.map((d) => [d.goroutines.length, d.complete])).toEqual([
      [5, true],
      [7, true],
    ]);
    expect(dumps.map((d) => d.stacks.filter((s) => s.frames.length === 0))).toEqual([[], []]);
  });

  test.each([1, 8])(
    "two pods in one log that does not tell them apart, %d lines at once: told",
    async (most) => {
      const cri = (line: string) => `2026-01-02T03:04:05.123456789Z stdout F ${line}\n`;
      const sides = [fixture("go1.24-debug2").split("\n"), fixture("go1.21-debug2").split("\n")];
      let log = "";
      for (let turn = 0; sides[0]!.length + sides[1]!.length > 0; turn++)
        log += sides[turn % 2]!.splice(0, 1 + ((turn * 7) % most))
          .map(cri)
          .join("");
      const dumps = await read(log);
      expect(dumps.some((dump) => !dump.complete)).toBe(true);
      expect(dumps.flatMap((dump) => dump.problems.map((p) => p.message)).join()).toMatch(
        /its header is missing/,
      );
    },
  );

  describe("two pods in one log that does not tell them apart, whole goroutines in turns", () => {
    const goroutines = (text: string) => text.trimEnd().split(/\n\n(?=goroutine )/);
    const inTurns = (one: string, other: string, most: number) => {
      const sides = [goroutines(one), goroutines(other)];
      const out: string[] = [];
      for (let turn = 0; sides[0]!.length + sides[1]!.length > 0; turn++)
        out.push(...sides[turn % 2]!.splice(0, 1 + ((turn * 7) % most)));
      return `${out.join("\n\n")}\n`;
    };
    const names = ["go1.24-debug2", "go1.21-debug2", "go1.24-panic", "go1.27-quit-system"];
    const pairs = names.flatMap((one) => names.map((other) => [one, other] as const));

    test.each(pairs)("%s, %s: no dump is called whole", async (one, other) => {
      for (const most of [1, 3, 8]) {
        const dumps = await read(inTurns(fixture(one), fixture(other), most));
        expect(dumps.filter((dump) => dump.complete).map((dump) => dump.name)).toEqual([]);
      }
    });

    test.each(pairs)("%s and then %s: each is whole", async (one, other) => {
      const dumps = await read(`${fixture(one).trimEnd()}\n\n${fixture(other)}`);
      expect(dumps.map((dump) => dump.complete)).toEqual([true, true]);
    });
  });

  test("a line with a bar in a dump is no process", async () => {
    const lines = one.split("\n").map((l) => `\u001b[31m${l}`);
    lines.splice(lines.length >> 1, 0, "total | 5");
    const [dump, ...more] = await read(lines.join("\n"));
    expect(more).toEqual([]);
    expect(dump!.complete).toBe(true);
  });
});

test("CRI's first part of a line whose rest is lost takes the next line: that is told", async () => {
  const dump =
    "goroutine 2 [select]:\nmain.f(0x1)\n\t/f.go:3 +0x1\nmain.g(0x2)\n\t/g.go:4 +0x2\ncreated by main.main in goroutine 1\n\t/a.go:9 +0x1";
  const log = (part: string) =>
    dump
      .split("\n")
      .map((line) => `2026-01-02T03:04:05.1Z stderr ${line.includes("f.go") ? part : "F"} ${line}\n`)
      .join("");
  for (const part of ["F", "P"]) {
    const [one] = await read(log(part));
    expect([one!.goroutines.length, one!.complete]).toEqual([1, part === "F"]);
  }
});
