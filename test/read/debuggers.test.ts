import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import type { Dump } from "../../src/model/dump.ts";
import { delveJsonReader } from "../../src/read/delve-json.ts";
import { delveTextReader } from "../../src/read/delve-text.ts";
import { gdbReader } from "../../src/read/gdb.ts";
import type { Reader } from "../../src/read/reader.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

const readers: readonly Reader[] = [delveJsonReader, delveTextReader, gdbReader];
const fixtures = readers.flatMap((reader) => {
  const folder = new URL(`../../fixtures/dumps/${reader.id}/`, import.meta.url);
  return readdirSync(folder)
    .filter((name) => !name.includes(".golden."))
    .map((name) => ({
      name: `${reader.id}/${name}`,
      reader,
      folder,
      bytes: readFileSync(new URL(name, folder)),
    }));
});

const read = (reader: Reader, bytes: Uint8Array | string, chunk?: number): Promise<Dump[]> =>
  reader.read(bytesSource("dump", bytes, chunk), { threads: 1 });
const asText = (dumps: Dump[]) => dumps.map(dumpText).join("\n");

function accounted(dumps: readonly Dump[]): void {
  for (const dump of dumps) {
    const lost = dump.problems.reduce((sum, p) => sum + Math.max(p.lost, 0), 0);
    expect(dump.headersSeen).toBe(dump.goroutines.length + dump.repeated + lost);
  }
}

describe.each(fixtures)("$name", ({ name, reader, folder, bytes }) => {
  test("is read as its golden says", async () => {
    expect(reader.sniff(bytes.subarray(0, 65536))).toBeGreaterThan(1);
    for (const other of readers) {
      if (other !== reader) expect(other.sniff(bytes)).toBeLessThan(reader.sniff(bytes));
    }
    const dumps = await read(reader, bytes);
    accounted(dumps);
    const golden = name.slice(reader.id.length + 1).replace(/\.\w+$/, ".golden.txt");
    await expect(asText(dumps)).toMatchFileSnapshot(new URL(golden, folder).pathname);
  });

  test("chunks and CRLF change nothing", async () => {
    const plain = asText(await read(reader, bytes)).replace(/"offset":\d+/g, "");
    expect(asText(await read(reader, bytes, 7)).replace(/"offset":\d+/g, "")).toBe(plain);
    const text = bytes.toString().replaceAll("\n", "\r\n");
    expect(asText(await read(reader, text)).replace(/"offset":\d+/g, "")).toBe(plain);
  });

  test("cut anywhere, flipped anywhere: no crash, every goroutine accounted for", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.nat(bytes.length - 1), fc.nat(255), async (end, at, byte) => {
        accounted(await read(reader, bytes.subarray(0, end)));
        const flipped = Uint8Array.from(bytes);
        flipped[at] = byte;
        accounted(await read(reader, flipped));
      }),
      { numRuns: 40 },
    );
  });
});

const pasted = fixtures.filter(
  ({ reader, name }) => reader !== delveJsonReader && !name.endsWith("-list.txt"),
);
describe.each(pasted)("$name", ({ reader, bytes }) => {
  test.each(["    ", "\t", "> "])("pasted with %j before all lines, it is the same", async (indent) => {
    const plain = asText(await read(reader, bytes));
    const text = bytes.toString().replaceAll(/^(?=.)/gm, indent);
    expect(reader.sniff(Buffer.from(text).subarray(0, 65536))).toBeGreaterThan(1);
    const withoutIndent = asText(await read(reader, text)).replaceAll(
      JSON.stringify(indent).slice(0, -1),
      '"',
    );
    expect(withoutIndent).toBe(plain);
  });

  test.each(["", "> "])(
    "with Markdown's backslash before stars, behind %j, it is the same",
    async (indent) => {
      const plain = asText(await read(reader, bytes));
      const text = bytes.toString().replaceAll(/^( ?)(?=\*)/gm, `${indent}$1\\`);
      expect(text.includes("\\*") || !/^ ?\*/m.test(bytes.toString())).toBe(true);
      expect(asText(await read(reader, text))).toBe(plain);
    },
  );
});

/** What the program of the fixtures waits for, by the function that its goroutines are in. */
const expected: Readonly<Record<string, string>> = {
  "main.(*Pool).send": "chan-send",
  "main.(*Pool).receive": "chan-receive",
  "main.choose": "select",
};

test.each(fixtures.filter((f) => /delve|-all/.test(f.name)))(
  "$name: every wait is told right",
  async ({ reader, bytes }) => {
    const [dump] = await read(reader, bytes);
    const seen = new Map<string, string>();
    for (const stack of dump!.stacks)
      for (const frame of stack.frames) {
        const name = frame.symbol.plain;
        if (Object.hasOwn(expected, name)) seen.set(name, stack.wait);
      }
    expect(Object.fromEntries(seen)).toEqual(expected);
  },
);

describe("Delve transcripts", () => {
  const one = (text: string) => read(delveTextReader, text).then((dumps) => dumps[0]!);

  test("commands between the lists: stacks find their goroutine", async () => {
    const dump = await one(`(dlv) goroutines
* Goroutine 1 - User: /src/a b.go:5 main.main (0x10) (thread 9)
  Goroutine 7 - User: /src/a.go:41 main.f[go.shape.struct { a int; b int }] (0x20) [chan send 1489h2m3.5s]
  Goroutine 8 - User: /src/a.go:41 main.g (0x30) [unknown wait reason 20]
  Goroutine 9 (unreadable bad)
[4 goroutines]
(dlv) goroutine 8 bt
0  0x0000000000000099 in runtime.gopark
   at /opt/go1.26.3/src/runtime/proc.go:463
1  0x0000000000000098 in runtime.chansend
   at /opt/go1.26.3/src/runtime/chan.go:283
2  0x0000000000000030 in main.g
   at /src/a.go:41
(truncated)
(dlv) quit
`);
    accounted([dump]);
    expect(dump.goVersion).toBe("go1.26.3");
    expect(dump.stacks.map((s) => [s.wait, s.extent, s.frames[0]!.symbol.name, s.frames[0]!.file])).toEqual([
      ["running", "ends", "main.main", "/src/a b.go"],
      ["chan-send", "ends", "main.f[go.shape.struct { a int; b int }]", "/src/a.go"],
      ["chan-send", "cut", "runtime.gopark", "/opt/go1.26.3/src/runtime/proc.go"],
    ]);
    expect(dump.problems).toEqual([expect.objectContaining({ lost: 1, line: 5 })]);
  });

  test("the program goes on: a second dump", async () => {
    const list = "  Goroutine 1 - User: /a.go:5 main.main (0x10) [select]\n[1 goroutines]\n";
    const dumps = await read(
      delveTextReader,
      `(dlv) goroutines\n${list}(dlv) continue\n(dlv) goroutines\n${list}`,
    );
    expect(dumps.map((d) => [d.name, d.goroutines.length])).toEqual([
      ["dump", 1],
      ["dump#2", 1],
    ]);
  });

  const frames = "0  0x0000000000000030 in main.g\n   at /src/a.go:41\n";
  const list = "  Goroutine 1 - User: /a.go:5 main.main (0x10) [select]\n[1 goroutines]\n";
  test.each([
    ["(dlv) goroutine 8 bt\n", frames, "only the stack of one goroutine is here"],
    ["(dlv) goroutines -with userloc main\n", list, "only the stack of one goroutine is here"],
    ["(dlv) goroutines\n", `${list}(dlv) goroutine 1 bt\n${frames}`, undefined],
    ["(dlv) goroutines -with userloc main\n", `${list}(dlv) goroutines -t\n${list}`, undefined],
  ])("some goroutines are not the whole dump: %s", async (command, rest, message) => {
    const dump = await one(command + rest);
    expect(dump.complete).toBe(message === undefined);
    if (message !== undefined) expect(dump.problems.at(-1)?.message).toContain(message);
  });

  test("the stacks of ancestors are not the goroutine's, and what follows them is", async () => {
    const stack = (indent: string, ...names: string[]) =>
      names
        .map((f, i) => `${indent}${i}  0x000000000000002${i} in ${f}\n${indent}   at /a.go:${i + 1}\n`)
        .join("");
    const ancestors = `Created by Goroutine 7:\n${stack("\t", "main.a", "main.b", "main.c")}Created by Goroutine 9:\n${stack("\t", "main.d")}`;
    const dump = await one(
      `(dlv) goroutines\n${list}(dlv) goroutine 1 stack -a 2\n${stack("", "main.f", "runtime.goexit")}${ancestors}` +
        `(dlv) goroutine 2 stack\n${stack("", "main.g", "runtime.goexit")}(dlv) quit\n`,
    );
    const stacks = dump.stacks.map((s) => s.frames.map((f) => f.symbol.name));
    expect(stacks).toEqual([
      ["main.f", "runtime.goexit"],
      ["main.g", "runtime.goexit"],
    ]);
    expect([dump.complete, dump.problems]).toEqual([true, []]);
  });

  test("a list that ends early is cut", async () => {
    const dump = await one("  Goroutine 1 - User: /a.go:5 main.main (0x10) [select]\n  Goroutine 2 - Us");
    expect([dump.goroutines.length, dump.complete]).toEqual([1, false]);
  });
});

describe.each(fixtures.filter(({ name }) => /delve-text\/.*-(?:goroutines|stacks)/.test(name)))(
  "$name: a line is lost",
  ({ reader, bytes }) => {
    test("that is told, or it changes nothing", async () => {
      const lines = bytes.toString().split("\n");
      const whole = asText(await read(reader, bytes));
      for (const at of lines.keys()) {
        // Whether frames follow or not, a stack whose outermost function is missing is not a full one.
        if (lines[at]!.trim() === "(truncated)") continue;
        const dumps = await read(reader, lines.toSpliced(at, 1).join("\n"));
        const told = dumps.some((d) => !d.complete && d.problems.some((p) => p.lost !== 0));
        if (!told) expect([lines[at], asText(dumps)]).toEqual([lines[at], whole]);
      }
    });
  },
);

describe("Delve: what is wrong with frames is told", () => {
  const list = (frames: string) =>
    `  Goroutine 1 - User: /a.go:7 main.f (0x1) [select]\n${frames}[1 goroutines]\n`;
  const at = "\t    at /src/a.go:7\n";
  const frame = (n: number, name = "main.f") => `\t${n}  0x000000000000000${n + 1} in ${name}\n${at}`;
  test.each([
    [frame(0) + frame(2), "a frame without those before it"],
    [frame(1), "a frame without those before it"],
    [`${frame(0).split("\n")[0]!}\n${frame(1)}`, "a frame without its file and line"],
    [`${frame(0) + frame(1).split("\n")[0]!}\n`, "a frame without its file and line"],
    [frame(0) + at, "a file and line without their function"],
    [at, "a file and line without their function"],
    [frame(0, "main.f[go.shape.struct {\n A int }]") + frame(1), "a frame without its file and line"],
    [frame(0).replace("a.go:7", "a.go:\n7"), "a frame without its file and line"],
    [frame(0).replace("a.go:7", "a.go:7\n7"), "the end of a line that is folded"],
    [`\t(0x2)\n${frame(0)}`, undefined],
    [`[select]\n${frame(0)}`, "the end of a line that is folded"],
    [`\t0  0x0000000000000001 in ???\n\t    at ?:-1\n${frame(1)}`, undefined],
    [`${frame(0)}\t    error: input/output error\n${frame(2)}\t(truncated)\n`, undefined],
    [
      `${frame(0)}\t        defer 1: 0x0000000000000009 in main.g\n\t${at}\t      deferred by main.f at /src/a.go:6\n${frame(1)}`,
      undefined,
    ],
    [`${frame(0)}\t        defer 1: (unreadable defer: EOF)\n${frame(1)}`, undefined],
    [`${frame(0)}\t    frame: -0x10 frame pointer -0x18\n\n${frame(1)}\n`, undefined],
  ])("%j", async (frames, message) => {
    const [dump] = await read(delveTextReader, list(frames));
    expect(dump!.complete).toBe(message === undefined);
    const text = dump!.problems.map((p) => p.message).join();
    expect(text).toContain(message ?? "");
  });

  test.each([
    "  Goroutine 2 - User: /a.go:7 main.f (0x\n1) [select]\n[2 goroutines]\n",
    "  Goroutine 2 - User: /a.go:7 main.f (0x1) [sync.Cond\n.Wait]\n[2 goroutines]\n",
    "  Goroutine 2 - User: /a.go:7 main.f (0x1)\n [select]\n[2 goroutines]\n",
    "(dlv) quit\n",
  ])("the list goes on with %j", async (rest) => {
    const header = "(dlv) goroutines\n  Goroutine 1 - User: /a.go:7 main.f (0x1) [select]\n";
    const [dump] = await read(delveTextReader, header + rest);
    expect(dump!.complete).toBe(false);
  });
});

test("Delve: a stack behind a whole list may end behind a frame, not in it", async () => {
  const list = "  Goroutine 1 - User: /a.go:7 main.f (0x1)\n[1 goroutines]\n(dlv) goroutine 1 bt\n";
  const frame = (n: number) => `${n}  0x000000000000000${n + 1} in main.f\n   at /a.go:7\n`;
  const complete = async (text: string) => (await read(delveTextReader, text)).map((d) => d.complete);
  expect(await complete(list + frame(0) + frame(1))).toEqual([true]);
  expect(await complete(list + frame(0) + frame(1).split("\n")[0]!)).toEqual([false]);
  expect(await complete(`${list}${frame(0)}${frame(1).split("\n")[0]!}\n`)).toEqual([false]);
});

test("gdb: wrapped lines are one frame, kernel addresses are stale values", async () => {
  const text = `(gdb) goroutine 5 bt
#0  runtime.gopark (unlockf=<optimized out>, lock=<optimized out>)
    at /go/src/runtime/proc.go:436
#1  0x000000000040f145 in runtime.chansend (c=0xc0000780e0, ep=0x0,
    block=true) at /go/src/runtime/chan.go:283
#2  0x0000000000420c2f in main.(*T).send (t=0xfffffffffffffe00, s="a), (b")
    at /src/a b.go:7
`;
  const [dump] = await read(gdbReader, text);
  expect(dumpText(dump!)).toContain("g5 stack 0 x1 minutes -1 flags 0 by NaN on 0xc0000780e0");
  expect(dump!.stacks[0]!.frames.map((f) => `${f.symbol.name} ${f.file}:${f.line}`)).toEqual([
    "runtime.gopark /go/src/runtime/proc.go:436",
    "runtime.chansend /go/src/runtime/chan.go:283",
    "main.(*T).send /src/a b.go:7",
  ]);
});

test("gdb: one goroutine, or the threads, are not the whole dump", async () => {
  const frame = (command: string) => `(gdb) ${command}\n#0  main.f () at /src/a.go:7\n`;
  for (const text of [frame("goroutine 5 bt"), frame("bt"), `${frame("thread apply all bt")}`]) {
    const [dump] = await read(gdbReader, text);
    expect(dump!.complete).toBe(false);
  }
  const [walk] = await read(gdbReader, frame("goroutine all bt") + frame("goroutine all bt"));
  expect(walk!.complete).toBe(true);
});

test("gdb: a session that begins in the middle of a list is not whole", async () => {
  const list = [1, 2, 17, 18].map((id) => `  ${id} waiting  runtime.gopark\n`).join("");
  const complete = async (text: string) => (await read(gdbReader, text)).map((d) => d.complete);
  for (const before of ["", "(gdb) ", "(gdb) info goroutines\n", "info goroutines\n", "[New LWP 7]\n"])
    expect(await complete(before + list)).toEqual([true]);
  const second = list.indexOf("  2 ");
  for (let at = 4; at < second - 1; at++) expect([at, await complete(list.slice(at))]).toEqual([at, [false]]);
  expect(await complete(list.slice(list.indexOf("  17")))).toEqual([false]);
});

test("gdb: a session that begins in the middle of a stack is not whole", async () => {
  const walk = `#0  main.f () at /src/a.go:7\n#1  main.g () at /src/a.go:9\n`.repeat(3);
  const complete = async (text: string) => (await read(gdbReader, text)).map((d) => d.complete);
  expect(await complete(walk)).toEqual([true]);
  expect(await complete(walk.slice(10))).toEqual([false]);
  expect(await complete(walk.slice(walk.indexOf("#1")))).toEqual([false]);
  expect(await complete(walk.slice(walk.indexOf("#1") + 8))).toEqual([false]);
  expect(await complete(`runtime.futex () at runtime/sys.s:560\n560\tin sys.s\n${walk}`)).toEqual([true]);
  expect(await complete(`(gdb) up\n#1  main.g () at /src/a.go:9\n(gdb) goroutine all bt\n${walk}`)).toEqual([
    true,
  ]);
});

test("gdb: a list that names only the scheduler's functions decides nothing", async () => {
  const [dump] = await read(
    gdbReader,
    "(gdb) info goroutines\n  1 waiting  runtime.gopark\n  2 waiting  runtime.gopark\n",
  );
  const { exitCode } = analyze([dump!], builtinRules()).gate;
  expect([dump!.complete, exitCode]).toEqual([true, 3]);
});

test("Delve: answers to Stacktrace without a list are not the whole dump", async () => {
  const answer = (line: number) =>
    `{"id":1,"result":{"Locations":[{"pc":1,"file":"/a.go","line":${line},"function":{"name":"main.f"}}]},"error":null}\n`;
  const [dump] = await read(delveJsonReader, answer(1) + answer(2));
  expect([dump!.goroutines.length, dump!.complete]).toEqual([2, false]);
});

test.each([
  "\n".repeat(65536),
  " ".repeat(65536),
  "\t\n *".repeat(16384),
  `${" ".repeat(60000)}Goroutine`,
  "(".repeat(65536),
])("runs of the same bytes cost no time (%#)", async (text) => {
  const start = performance.now();
  for (const reader of readers) {
    reader.sniff(Buffer.from(text));
    await read(reader, text);
    await read(reader, `* Goroutine 1 - User: ${text}`);
    await read(reader, `#0 ${text}`);
  }
  expect(performance.now() - start).toBeLessThan(10_000);
});
