import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

const folder = new URL("../../fixtures/dumps/go-traceback/", import.meta.url);
const fixtures = readdirSync(folder).filter((f) => f.endsWith(".txt") && !f.endsWith(".golden.txt"));

function read(text: string | Uint8Array, chunk?: number): Promise<Dump[]> {
  return goTracebackReader.read(bytesSource("dump", text, chunk), { threads: 1 });
}

const asText = (dumps: Dump[]) => dumps.map(dumpText).join("\n");
const unindent = (text: string) => text.replace(/\n {4}/g, "\n").replace(/^\n/, "");
const record = (id: number, state = "chan receive") =>
  `goroutine ${id} [${state}]:\nmain.f(0xc000010000)\n\t/src/main.go:11 +0x1d\ncreated by main.main\n\t/src/main.go:12 +0x1d\n\n`;

describe.each(fixtures)("%s", (name) => {
  const bytes = readFileSync(new URL(name, folder));

  test("is read as its golden says", async () => {
    expect(goTracebackReader.sniff(bytes.subarray(0, 65536))).toBe(3);
    await expect(asText(await read(bytes))).toMatchFileSnapshot(
      new URL(name.replace(/\.txt$/, ".golden.txt"), folder).pathname,
    );
  });

  test("every header is a goroutine, a repeat or a problem", async () => {
    const headers = bytes
      .toString()
      .split("\n")
      .filter((line) => /^goroutine \d+ /.test(line)).length;
    const dumps = await read(bytes);
    let accounted = 0;
    for (const dump of dumps) {
      const lost = dump.problems.reduce((sum, p) => sum + Math.max(p.lost, 0), 0);
      expect(dump.headersSeen).toBe(dump.goroutines.length + dump.repeated + lost);
      accounted += dump.headersSeen;
    }
    expect(accounted).toBe(headers);
  });

  test("chunks, CRLF, spaces for tabs and rsyslog's #011 change nothing", async () => {
    const plain = asText(await read(bytes));
    expect(asText(await read(bytes, 7))).toBe(plain);
    const text = bytes.toString();
    expect(asText(await read(text.replaceAll("\n", "\r\n")))).toBe(plain);
    expect(asText(await read(text.replaceAll("\t", "        ")))).toBe(plain);
    expect(asText(await read(text.replaceAll("\t", "#011")))).toBe(plain);
  });
});

describe("several dumps in one input", () => {
  test.each([
    ["a signal", `${record(1)}SIGQUIT: quit\nPC=0x1 m=0 sigcode=0\n\n${record(1)}`],
    ["a panic", `${record(7)}panic: boom\n\n${record(8, "running")}`],
    ["an id that was there", `${record(1)}${record(2)}${record(1)}`],
    ["a goroutine that dumps", `${record(1, "running")}${record(2)}${record(3, "running")}`],
    ["many other lines", `${record(1)}${"INFO request done\n".repeat(250)}${record(2)}`],
  ])("are parted at %s", async (_, text) => {
    const dumps = await read(text);
    expect(dumps.map((d) => d.name)).toEqual(["dump", "dump#2"]);
  });

  test.each([
    ["at goroutine 1", `${record(3)}${record(1)}${record(4)}${record(1)}${record(5)}`],
    ["at the goroutine that the one before begins with", `${record(7)}${record(9)}${record(7)}${record(9)}`],
    [
      "behind many other lines, in any order",
      `${record(1)}${record(2)}${"INFO\n".repeat(250)}${record(2)}${record(1)}`,
    ],
  ])("are whole where they begin %s", async (_, text) => {
    expect((await read(text)).map((d) => d.complete)).toEqual([true, true]);
  });

  test("are not whole where a goroutine comes again that none begins with, but those long before are", async () => {
    const before = `${record(1)}${record(2)}${"INFO\n".repeat(250)}`;
    const dumps = await read(`${before}${record(1)}${record(2)}${record(3)}${record(2)}${record(4)}`);
    expect(dumps.map((d) => d.complete)).toEqual([true, false, false]);
    expect(dumps[1]!.problems).toMatchObject([
      { message: expect.stringMatching(/^goroutine 2 comes again/) },
    ]);
  });

  test("goroutines of the same id in a row are the same one only with the same stack", async () => {
    const other = record(2).replace("main.f", "main.other");
    const dumps = await read(`${record(1)}${record(2)}${other}${record(3)}`);
    expect(dumps.map((d) => [d.goroutines.length, d.complete])).toEqual([
      [2, false],
      [2, false],
    ]);
  });

  test("goroutines without frames are the same one only in the same state, or where a thread shows what another ran", async () => {
    const bare = (state: string) => `goroutine 1 [${state}]:\n\n`;
    const of = async (text: string) => (await read(text)).map((d) => [d.goroutines.length, d.repeated]);
    expect(await of(`${bare("select")}INFO next\n${bare("IO wait")}`)).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect(await of(`${bare("select")}${record(2)}${bare("IO wait")}`)).toEqual([
      [2, 0],
      [1, 0],
    ]);
    expect(await of(bare("select") + bare("select"))).toEqual([[1, 1]]);
    const running = "goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n\n";
    expect(await of(`${running}${record(2)}${record(1, "running")}`)).toEqual([[2, 1]]);
  });

  test("most goroutines twice is no accident", async () => {
    const ids = [1, 2, 3, 4, 5];
    const [dump] = await read(ids.map((id) => record(id) + record(id)).join(""));
    expect([dump!.goroutines.length, dump!.repeated, dump!.complete]).toEqual([5, 5, false]);
  });

  test.each([
    ["a goroutine printed twice", `${record(1)}${record(2)}${record(2)}${record(3)}`, 1],
    ["GOTRACEBACK=crash", `${record(1)}${record(2)}-----\n\nSIGQUIT: quit\nPC=0x1 m=1\n\n${record(1)}`, 1],
    ["some lines of other processes", `${record(1)}INFO a\nINFO b\n${record(2)}`, 0],
    ["threads' schedulers", `${record(0, "idle")}${record(1)}${record(0, "idle")}`, 0],
  ])("are not seen in %s", async (_, text, repeated) => {
    const dumps = await read(text);
    expect(dumps).toHaveLength(1);
    expect(dumps[0]!.repeated).toBe(repeated);
    expect(dumps[0]!.complete).toBe(true);
  });
});

describe("a cut", () => {
  const whole = `${record(1)}${record(2)}`.trimEnd();
  const places: [string, RegExp, number][] = [
    ["goroutine 2 [chan rec", /header/, 1],
    ["goroutine 2", /header/, 1],
    ["goroutine 2 [chan receive]:", /middle of a goroutine/, 0],
    ["main.f(0xc0", /middle of a goroutine/, 0],
    ["main.f(0xc000010000)", /middle of a frame/, 0],
    ["\t/src/main.go:11 +0x", /middle of a/, 0],
    ["created by main.ma", /creator/, 0],
  ];
  test.each(places)("after %s", async (text, message, lost) => {
    const at = whole.lastIndexOf(text) + text.length;
    const [dump] = await read(whole.slice(0, at));
    expect(dump!.complete).toBe(false);
    expect(dump!.problems.map((p) => p.message).join("; ")).toMatch(message);
    expect(dump!.goroutines.length).toBe(2 - lost);
    expect(dump!.headersSeen).toBe(2);
  });

  test("nowhere", async () => {
    for (const end of ["", "\n", "\n\n", "\nexit status 2\n", "\nFAIL\tpkg\t0.5s\nFAIL"]) {
      const [dump] = await read(whole + end);
      expect(dump!.problems).toEqual([]);
      expect(dump!.complete).toBe(true);
    }
  });
});

describe("transport", () => {
  test("foreign lines, missing and doubled blank lines", async () => {
    const text = `${record(1)}${record(2)}`;
    const plain = await read(text);
    const rows = (dumps: Dump[]) => asText(dumps).split("\n").slice(3).join("\n");
    expect(rows(await read(text.replaceAll("\n\n", "\n")))).toBe(rows(plain));
    expect(rows(await read(text.replaceAll("\n", "\n\n")))).toBe(rows(plain));
    expect(rows(await read(text.replaceAll("\ncreated", "\nlevel=info msg=(ok)\ncreated")))).toBe(
      rows(plain),
    );
  });

  test("a goroutine that runs beside the writer of a profile begins no other dump", async () => {
    const writer = (id: number) =>
      `goroutine ${id} [running]:\nruntime/pprof.writeGoroutineStacks({0x1, 0x2})\n\t/go/pprof.go:816 +0x69\n\n`;
    const profile = (id: number) => writer(id) + record(id + 1) + record(id + 2, "running") + record(id + 3);
    const [one, ...none] = await read(profile(8));
    expect(one?.goroutines.length).toBe(4);
    expect(none).toEqual([]);
    expect((await read(profile(8) + profile(20))).map((d) => d.goroutines.length)).toEqual([4, 4]);
  });

  test("a header behind a prefix, or glued to another line", async () => {
    const [dump] = await read(`${record(1).trimEnd()}${record(2)}app-1 | ${record(3)}`);
    expect([...dump!.goroutines.id.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  test.each([
    ["the next line", record(2).replace("]:\n", "]:"), true],
    ["the next line and its prefix", record(2).replace("]:\n", "]:app-1 | "), false],
  ])("a header behind a prefix, glued to %s", async (_, text, whole) => {
    const [dump] = await read(`${record(1)}app-1 | ${text}${record(3)}`);
    expect([[...dump!.goroutines.id.subarray(0, 3)], dump!.complete]).toEqual([[1, 2, 3], whole]);
  });

  test.each([
    ["a header", "goroutine 7 [chan receive]:"],
    ["a header that is cut", "goroutine 7 [chan rec"],
    ["a header with its prefix between", "goroutine 7 [chan receive]:app-1 | "],
    [
      "a creator",
      "goroutine 7 [select]:\nmain.g()\n\t/src/main.go:9 +0x1\ncreated by main.main in goroutine 1",
    ],
  ])("a header glued to %s is seen, and what is lost before it", async (_, before) => {
    const [dump] = await read(`${record(1)}${before}${record(2)}${record(3)}`);
    expect([...dump!.goroutines.id.subarray(0, dump!.goroutines.length)]).toEqual(
      expect.arrayContaining([1, 2, 3]),
    );
    expect([dump!.headersSeen, dump!.complete]).toEqual([4, false]);
  });

  test("a line of nothing but headers takes no time", async () => {
    const start = performance.now();
    const [dump] = await read(`${record(1)}${"goroutine 7 [select]:".repeat(40_000)}\n\n${record(2)}`);
    expect([dump!.headersSeen, dump!.complete]).toEqual([40_002, false]);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test("a line of headers that are begun takes no time", async () => {
    const start = performance.now();
    const begun = "goroutine 7 gp=".repeat(13_000);
    const [dump] = await read(`${record(1)}${`${begun}\nx ${begun}\n`.repeat(5)}\n${record(2)}`);
    expect(dump!.goroutines.length).toBe(2);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test("a label may tell of a goroutine", async () => {
    for (const value of ["goroutine 7 [select]: hung", String.raw`{\"log\":\"goroutine 0 [select]:\\n\"}`]) {
      const [dump] = await read(record(1).replace("]:", `] {"why": "${value}"}:`));
      expect([dump!.headersSeen, dump!.goroutines.length, dump!.complete]).toEqual([1, 1, true]);
    }
  });

  test.each(["stuck: goroutine 7 [select] for 5 minutes", 'msg="goroutine 7 [select]: main.f()"'])(
    "prose of a goroutine is none: %s",
    async (prose) => {
      const [dump] = await read(`${record(1)}${prose}\n${record(3)}`);
      expect([dump!.goroutines.length, dump!.complete]).toEqual([2, true]);
    },
  );

  test("a header that is not understood is a problem with its line", async () => {
    const [dump] = await read(
      `${record(1)}goroutine 2 [chan receive\nmain.f()\n\t/src/main.go:1\n\n${record(3)}`,
    );
    expect(dump!.problems[0]).toMatchObject({ line: 7, text: "goroutine 2 [chan receive", lost: 1 });
    expect(dump!.headersSeen).toBe(3);
    expect(dump!.complete).toBe(false);
  });
});

describe("context", () => {
  test("go test names the running tests", async () => {
    const [dump] = await read(
      unindent(`
    panic: test timed out after 1s
    	running tests:
    		TestTimeout (1s)
    		TestTimeout/sub (1s)

    ${record(5, "running")}FAIL	pkg	1.0s
    `),
    );
    expect(dump!.events).toEqual([
      {
        kind: "test-timeout",
        text: "test timed out after 1s; running: TestTimeout (1s), TestTimeout/sub (1s)",
        line: 1,
      },
    ]);
  });

  test.each([
    ["publishing 3 of 5panic: test timed out after 1s\n\trunning tests:\n\t\tTestA (1s)\n\n", "test-timeout"],
    ["progress 50%fatal error: all goroutines are asleep - deadlock!\n\n", "fatal-error"],
    ["^\\SIGQUIT: quit\nPC=0x46a0a1 m=0 sigcode=128\n\n", "signal"],
  ])("is seen behind what a program has printed without a line end: %j", async (before, kind) => {
    const [dump] = await read(`log line\n${before}${record(1)}rax 0x1\n`);
    expect(dump!.events.map((e) => [e.kind, e.line])).toEqual([[kind, 2]]);
    expect(dump!.events[0]!.text).toMatch(
      /^test timed out after 1s; running: TestA|^all gor|^SIGQUIT: quit$/,
    );
  });

  test("a space behind the last line cuts nothing", async () => {
    const [dump] = await read(`${record(1).trimEnd()} \nINFO down\n`);
    expect(dump!.complete).toBe(true);
    expect(dump!.stacks[0]!.createdBy?.line).toBe(12);
  });

  test("a race report is no goroutine", async () => {
    const [dump] = await read(
      unindent(`
    ==================
    WARNING: DATA RACE
    Write at 0x000000659dd0 by goroutine 7:
      main.main.func1()
          /src/race/main.go:15 +0x32

    Goroutine 7 (running) created at:
      main.main()
          /src/race/main.go:15 +0xa4
    ==================
    ${record(1)}`),
    );
    expect(dump!.goroutines.length).toBe(1);
    expect(dump!.problems).toEqual([]);
    expect(dump!.events).toEqual([
      { kind: "race", text: "DATA RACE: Write at 0x000000659dd0 by goroutine 7", line: 2 },
    ]);
  });

  test("panics nest, and their text may look like a goroutine", async () => {
    const text = `panic: first\n\tgoroutine 5 [running]:\n\tmain.fake()\n\t\t/x/y.go:3 +0x1\n\tpanic: second\n[signal SIGSEGV: x]\n\n`;
    const [dump] = await read(text + record(1, "running"));
    expect(dump!.events.map((e) => e.text)).toEqual(["first", "second", "SIGSEGV: x"]);
    expect(dump!.goroutines.length).toBe(1);
  });

  test("no goroutine at all is said", async () => {
    const [dump] = await read("fatal error: all goroutines are asleep - deadlock!\n");
    expect(dump!.problems[0]!.message).toMatch(/no goroutine/);
    expect(dump!.events[0]!.kind).toBe("fatal-error");
  });
});

test("look-alikes are left to others", () => {
  const sniff = (text: string) => goTracebackReader.sniff(new TextEncoder().encode(text));
  expect(sniff('{"Goroutines":[]}')).toBe(0);
  expect(sniff("<html><body>404")).toBe(0);
  expect(sniff("")).toBe(0);
  expect(sniff("goroutine profile: total 61\n2 @ 0x438e16\n")).toBeLessThan(2);
  expect(sniff("error: x\nmain.f\n\t/src/main.go:12\n")).toBeLessThan(2);
});

test("a dump cut in the name of a frame's function is cut, text that follows a whole goroutine is text", async () => {
  const [cut] = await read(`${record(1)}goroutine 2 [select]:\nmain.f(0x1)\n\t/src/main.go:11 +0x1d\nma`);
  expect(cut!.complete).toBe(false);
  expect(cut!.problems.map((p) => p.message).join()).toContain("the input ends in the middle of a frame");
  const [whole] = await read(`${record(1)}${record(2).trimEnd()}\nbye`);
  expect(whole!.complete).toBe(true);
});

test("a dump cut before a goroutine's creator is told to be cut, and not to have lost lines, too", async () => {
  const begun = record(2).split("created by ")[0]!;
  const [cut] = await read(record(1) + begun);
  expect(cut!.problems.map((p) => p.message)).toEqual([
    expect.stringContaining("the input ends in the middle of a goroutine"),
  ]);
  // Of another goroutine that begins so nobody has told.
  const another = begun.replace("goroutine 2", "goroutine 3");
  const [lost] = await read(`${record(1)}${another}\n${begun}`);
  expect(lost!.problems.map((p) => p.message).join()).toContain("the log has lost lines");
});

describe.each(fixtures.filter((name) => name.includes("debug2")))("%s, cut", (name) => {
  const text = readFileSync(new URL(name, folder), "utf8");

  test("at every byte of its first 4 KB: between goroutines it is whole, elsewhere cut", async () => {
    const unnoticed: string[] = [];
    for (let end = text.indexOf("\ngoroutine ") + 1; end < Math.min(text.length, 4096); end++) {
      // A goroutine that ends with its creator's line, with or without the offset and line break, may be the last.
      const [last] = text.slice(0, end).split("\n\n").slice(-1);
      if (/\ncreated by [^\n]+\n\t[^\n]+:\d+[^\n]*\n?$|^\n*$/.test(last!)) continue;
      const dumps = await read(text.slice(0, end));
      if (dumps.every((d) => d.complete)) unnoticed.push(`${end}: …${text.slice(end - 40, end)}`);
    }
    expect(unnoticed).toEqual([]);
  });
});

test.each(fixtures.filter((name) => name.includes("deadlock")))(
  "%s: cut behind any line of its stack, it is cut",
  async (name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    const lines = text.slice(0, text.indexOf("\n\n", text.indexOf("\ngoroutine 1 ["))).split("\n");
    expect(lines.length).toBeGreaterThan(4);
    const first = lines.findIndex((line) => line.startsWith("goroutine 1 ["));
    for (let end = first + 2; end < lines.length; end++) {
      if (lines[end - 2]!.startsWith("main.main(")) continue;
      for (const tail of ["", "\n"]) {
        const dumps = await read(lines.slice(0, end).join("\n") + tail);
        expect(
          dumps.every((d) => d.complete),
          `${end}: ${lines[end - 1]}`,
        ).toBe(false);
      }
    }
  },
);

test("a goroutine of another thread is cut in the word that begins its creator", async () => {
  const text = "goroutine 7 [running]:\n\tgoroutine running on other thread; stack unavailable\n";
  expect((await read(text))[0]!.complete).toBe(true);
  for (const cut of ["c", "created", "created by"]) expect((await read(text + cut))[0]!.complete).toBe(false);
});

describe("frames whose header is missing", () => {
  const goroutine = (id: number) =>
    `goroutine ${id} [select]:\nmain.f()\n\t/a.go:${id} +0x1\ncreated by main.start in goroutine 1\n\t/a.go:9 +0x2\n`;
  const damaged: Record<string, string> = {
    "a header with a wrong byte": [1, 2, 3].map(goroutine).join("\n").replace("goroutine 2", "goroutKne 2"),
    "a header without its bracket": [1, 2, 3].map(goroutine).join("\n").replace("2 [select]", "2 (select]"),
    "no header": [1, 2, 3].map(goroutine).join("\n").replace("goroutine 2 [select]:\n", ""),
    "no header and no blank line": [1, 2, 3]
      .map(goroutine)
      .join("\n")
      .replace("\ngoroutine 2 [select]:\n", ""),
    "the last has none": [1, 3, 2].map(goroutine).join("\n").replace("goroutine 2 [select]:\n", ""),
    "an input that begins with a frame": [2, 1, 3]
      .map(goroutine)
      .join("\n")
      .replace("goroutine 2 [select]:\n", ""),
    "an input that begins within a frame": [2, 1, 3].map(goroutine).join("\n").slice(40),
    "an input that begins with the creator": [2, 1, 3].map(goroutine).join("\n").slice(49),
    "an input that begins with the last line": [2, 1, 3].map(goroutine).join("\n").slice(84),
  };

  test.each(Object.keys(damaged))("%s: a goroutine is lost", async (name) => {
    const [dump, ...more] = await read(damaged[name]!);
    expect(more).toEqual([]);
    expect([dump!.headersSeen, dump!.goroutines.length, dump!.complete]).toEqual([3, 2, false]);
    const stacks = dump!.stacks.map((s) => s.frames.length);
    expect(stacks).toEqual(stacks.map(() => 1));
  });

  test.each([
    " +0x2",
    "c=0x46a1",
    "+0x2",
    "x2",
    "a.go:9 +0x2",
    "go:9 +0x2 fp=0xc000 sp=0xc000 pc=0x46",
    "sp=0xc000 pc=0x46",
  ])("an input that begins with the end of a line: %s", async (end) => {
    const [dump] = await read(`${end}\n\n${goroutine(1)}\n${goroutine(2)}`);
    expect([dump!.goroutines.length, dump!.complete]).toEqual([2, false]);
  });

  test.each(["2", "1d", "4f"])("an input that begins in the last digits of an offset: %s", async (end) => {
    const frame = "main.g(0x1)\n\t/src/main.go:14 +0x2\n";
    for (const rest of [`\n${goroutine(1)}`, `${frame}\n${goroutine(1)}`]) {
      const [dump] = await read(`${end}\n${rest}\n${goroutine(2)}`);
      expect([dump!.goroutines.length, dump!.complete]).toEqual([2, false]);
    }
  });

  test("an input that begins among frames is not whole, whatever follows them", async () => {
    const frames = "4f\nruntime.mcall()\n\t/go/asm.s:459 +0x4e\nrax    0xca\nrbx    0x0\n\n";
    const middles = [
      frames,
      frames.replace("4f", "201 +0x285 fp=0xc00005ffc0 sp=0xc00005ff60 pc=0x446605"),
      "9 +0x4e fp=0xc00005ffd8 sp=0xc00005ffc0 pc=0x474d0e\nrax    0xca\nrbx    0x0\n\n",
    ];
    for (const before of middles) {
      const [dump] = await read(`${before}-----\n\nSIGQUIT: quit\n\n${goroutine(1)}`);
      expect([before, dump!.complete]).toEqual([before, false]);
    }
  });

  test.each([
    ["a panic", `42\npanic: boom\n\n`],
    ["a panic, behind a blank line", `42\n\npanic: boom\n\n`],
    ["a stack that is printed", "42\n"],
    ["other text", "42\nserving\n\n"],
    ["a hash", "3f7a9c0042d1e8aa5b\n\n"],
  ])("a number that a program prints before its dump is none: %s", async (_, before) => {
    const [dump] = await read(`${before}${goroutine(1)}\n${goroutine(2)}`);
    expect([dump!.goroutines.length, dump!.complete]).toEqual([2, true]);
  });

  test.each(["exit status 2", "pid 0x1", "Attaching to 77", "http://a.b:80", "api-7f9c"])(
    "a line before the first goroutine is none: %s",
    async (line) => {
      const [dump] = await read(`${line}\n\n${goroutine(1)}\n${goroutine(2)}`);
      expect([dump!.goroutines.length, dump!.complete]).toEqual([2, true]);
    },
  );

  test("a stack of the same form elsewhere in a log is none", async () => {
    const log = "INFO served\n".repeat(5);
    const stack = "ERROR recovered\nmain.f()\n\t/a.go:1 +0x1\nmain.g()\n\t/a.go:2 +0x1\n";
    const all = [1, 2, 3].map(goroutine).join("\n");
    for (const text of [log + stack + log + all, all + stack + log, all + log + stack]) {
      const [dump] = await read(text);
      expect([dump!.headersSeen, dump!.goroutines.length, dump!.complete]).toEqual([3, 3, true]);
    }
  });
});

/** Syslog over UDP, a journal that limits its rate: any line may be missing. */
describe("a lost line", () => {
  const names = fixtures.filter((name) => !/variants|crash/.test(name));

  test.each(names)("%s: is told, whichever it is", async (name) => {
    const lines = readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n");
    const first = lines.findIndex((line) => line.startsWith("goroutine "));
    const last = lines.findLastIndex((line) => line.startsWith("\t") && line.includes(":"));
    const silent: string[] = [];
    for (let at = first; at <= last; at += 1 + Math.floor(lines.length / 150)) {
      if (lines[at] === "") continue;
      const dumps = await read(lines.toSpliced(at, 1).join("\n"));
      if (dumps.every((dump) => dump.complete)) silent.push(`${at + 1}: ${lines[at]}`);
    }
    expect(silent).toEqual([]);
  });

  test.each(names)("%s: joined to the next one it is told, or nothing is lost", async (name) => {
    const lines = readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n");
    const first = lines.findIndex((line) => line.startsWith("goroutine "));
    const last = lines.findLastIndex((line) => line.startsWith("\t") && line.includes(":"));
    const rows = (dumps: Dump[]) => asText(dumps).replace(/^event \w\S* line \d+/gm, "event");
    const whole = rows(await read(lines.join("\n")));
    const silent: string[] = [];
    for (let at = first; at < last; at += 1 + Math.floor(lines.length / 150)) {
      const dumps = await read(lines.toSpliced(at, 2, `${lines[at]}${lines[at + 1]}`).join("\n"));
      if (dumps.every((dump) => dump.complete) && rows(dumps) !== whole)
        silent.push(`${at + 1}: ${lines[at]}${lines[at + 1]}`);
    }
    expect(silent).toEqual([]);
  });

  const two = "main.f(0x1)\n\t/srv/f.go:3 +0x1\nmain.(*T).g(0x2, ...)\n\t/srv/g.go:4 +0x2\n";
  const creator = "created by main.main in goroutine 1\n\t/srv/a.go:9 +0x1\n";
  test.each([
    ["a place and a function", "+0x1\nmain", "+0x1main"],
    ["a place without an offset and a function", " +0x1\nmain", "main"],
    ["a place without its tab and a function", "\t/srv/f.go:3 +0x1\n", "/srv/f.go:3 +0x1"],
    ["a place with pointers and a function", "+0x1\nmain", "+0x1 fp=0x1 sp=0x2 pc=0x3main"],
    ["a place that is cut and a function", ".go:3 +0x1\nmain", ".gmain"],
    ["a function and its place", "...)\n", "...)"],
    [
      "a function and its place, the one before lost",
      "\n\t/srv/f.go:3 +0x1\nmain.(*T).g(0x2, ...)\n",
      "\nmain.g(0x2)",
    ],
    ["a function and its place behind spaces", "...)\n\t", "...)    "],
    ["two functions", "\n\t/srv/f.go:3 +0x1\n", ""],
    ["two places", "\nmain.(*T).g(0x2, ...)\n", ""],
    ["a place and the creator", "+0x2\n", "+0x2"],
    ["a place without an offset and the creator", " +0x2\n", ""],
    ["a function and the creator", "...)\n\t/srv/g.go:4 +0x2\n", "...)"],
    ["the creator and its place", "goroutine 1\n", "goroutine 1"],
    ["a creator that is cut", "in goroutine 1", "in gor"],
    ["a creator that is cut in its first word", "in goroutine 1", "i"],
  ])("two on one are told: %s", async (_, from, to) => {
    const whole = `goroutine 2 [select]:\n${two}${creator}\n`;
    const damaged = whole.replace(from, to);
    expect(damaged).not.toBe(whole);
    const [dump] = await read(`${record(1)}${damaged}${record(3)}`);
    expect([dump!.goroutines.length, dump!.complete]).toEqual([3, false]);
    // Nothing stands at a place, or was created by a function, that another line named.
    const frames = dump!.stacks[1]!.frames.map((f) => `${f.symbol.name} ${f.file}:${f.line}`);
    const right = ["main.f /srv/f.go:3", "main.f :0", "main.(*T).g /srv/g.go:4", "main.(*T).g :0"];
    if (!to.includes("main.g(")) expect(right).toEqual(expect.arrayContaining(frames));
  });

  test.each([
    "\tat com.example.Foo.bar(Foo.java:12)",
    "  defer mu.Unlock()",
    `{"stack":"main.f()\\n\\t/x.go:12 +0x1d\\ncreated by main.g"}`,
    `  "stack": "main.f()\\n\\t/x.go:12 +0x1d\\ncreated by main.g"`,
    "http: proxied /a.go:12 by f.g()",
  ])("is none where another process writes between a function and its place: %s", async (line) => {
    const [dump] = await read(
      `${record(1)}${record(2).replace("\t/src/main.go:11", `${line}\n$&`)}${record(3)}`,
    );
    expect([dump!.problems, dump!.stacks[0]!.frames[0]!.file]).toEqual([[], "/src/main.go"]);
  });

  test.each(["\t/src/main.go:11 +0x1d", "main.f(0xc000010000)"])(
    "a header between two lines of goroutines on one is seen: %s",
    async (line) => {
      const joined = record(2).replace(`${line}\n`, `${line}goroutine 4 [select]:main.g(0x1)\n`);
      const [dump] = await read(`${record(1)}${joined}${record(3)}`);
      expect([dump!.headersSeen, dump!.complete]).toEqual([4, false]);
    },
  );

  test.each([
    "Nov 26 13:00:01 host systemd-journald[212]: Suppressed 1534 messages from shop.service",
    "rsyslogd: imuxsock[pid: 42, name: shop] from <shop>: 812 messages lost due to rate-limiting (200 allowed within 5 seconds)",
    "rsyslogd-2177: imuxsock lost 812 messages from pid 42 due to rate-limiting",
    "heroku[logplex]: Error L10 (output buffer overflow): 812 messages dropped since 2026-01-02T03:04:05+00:00.",
    "rsyslogd: imjournal: 812 messages lost due to rate-limiting (20000 allowed within 600 seconds)",
  ])("is told by the log itself: %s", async (line) => {
    const [dump] = await read(`${record(1)}${line}\n${record(2)}`);
    expect([dump!.goroutines.length, dump!.complete]).toEqual([2, false]);
    expect((await read(`${line}\n${"INFO\n".repeat(250)}${record(1)}`))[0]!.complete).toBe(true);
  });

  test.each([
    [
      "a finalizer, whose starter the runtime hides",
      "goroutine 5 [select]:\nmain.closeFile(0xc000010000)\n\t/src/main.go:40 +0x1d\n\n",
    ],
    [
      "a stack that another library prints",
      `${record(2).trimEnd()}\nmain.f\n\t/src/main.go:11\nmain.main\n\t/src/main.go:12\n\n`,
    ],
    [
      "a stack that another library prints inside",
      record(2).replace("created", "main.f\n\t/src/main.go:11\ncreated"),
    ],
  ])("is none: %s", async (_, text) => {
    const [dump] = await read(`${record(1)}${text}${record(3)}`);
    expect(dump!.problems).toEqual([]);
  });
});

test("a finalizer's goroutine that stands last may be whole, or cut: both are said", async () => {
  // Of Go 1.24.1, whose runtime hides that it has started it.
  const text = `fatal error: all goroutines are asleep - deadlock!

goroutine 1 [select (no cases)]:
main.main()
\t/src/main.go:33 +0x1a5

goroutine 5 [chan receive]:
main.main.main.func1.func3(0x0?)
\t/src/main.go:20 +0x1c
`;
  const [dump] = await read(text);
  expect([dump!.complete, dump!.problems.map((p) => p.message)]).toEqual([
    false,
    [
      "the input ends in the middle of a goroutine, unless it is the one that runs finalizers, whose starter Go hides up to 1.24; goroutines after 5 are missing, if there were any",
    ],
  ]);
  const [cut] = await read(text.replace("(0x0?)", "(0x0?, 0x1)"));
  expect(cut!.problems[0]!.message).toContain(
    "the input ends in the middle of a goroutine; goroutines after 5",
  );
});

test.each(["run time.park(...)", "main. *T).f(...)", "ma\tn.f(0x1)"])(
  "a function whose name is damaged is told, also where its place has no offset: %j",
  async (name) => {
    const text = `goroutine 7 [select]:\nmain.a(0x1)\n\t/src/a.go:1 +0x1d\n${name}\n\t/src/b.go:2\nmain.c()\n\t/src/c.go:3 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:12 +0x1d\n`;
    const [dump] = await read(text);
    expect(dump!.complete).toBe(false);
    expect(dump!.problems.map((p) => p.message).join()).toContain("a file and line without their function");
  },
);
