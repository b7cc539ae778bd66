import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { pprofTextReader } from "../../src/read/pprof-text.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

function read(text: string): Promise<Dump[]> {
  return goTracebackReader.read(bytesSource("dump", text), { threads: 1 });
}

const asText = (dumps: Dump[]) => dumps.map(dumpText).join("\n");
const frames = (dump: Dump) => dump.stacks[0]!.frames.map((f) => `${f.symbol.plain} ${f.file}:${f.line}`);

const annotations = [
  " <-- HERE",
  "   ← 卡在这行 5 分钟",
  "  // called from here",
  "\t# stuck",
  "  <<<<< waits",
  " (blocked)",
  "   這裡",
  "  ⚠️ line 12",
  " --> see main.go:77",
  " ==> main.x(0x1, ...)",
  " /* why? */",
  "<br>",
  "<br />",
];

/** Explanations that somebody has written behind the lines of a dump. */
describe.each(annotations)("behind a line: %j", (note) => {
  const text = `goroutine 7 [chan send, 5 minutes]:
main.a(0x1)
\t/src/a.go:3 +0x11
main.b(...)
\t/src/b.go:4
main.(*T).c(0xc000010000, {0x1, 0x2?})
\t/src/c.go:5 +0x11
created by main.d in goroutine 1
\t/src/d.go:6 +0x11

goroutine 8 [select]:
main.a(0x1)
\t/src/a.go:3 +0x11
created by main.d in goroutine 1
\t/src/d.go:6 +0x11
`;
  const lines = text.split("\n");

  test.each(lines.flatMap((line, at) => (line === "" ? [] : [[line, at] as const])))(
    "nothing is lost with %s",
    async (_, at) => {
      const whole = asText(await read(text));
      expect(asText(await read(lines.with(at, `${lines[at]}${note}`).join("\n")))).toBe(whole);
    },
  );

  test("nothing is lost with all of them, nor at the end", async () => {
    const whole = asText(await read(text));
    const all = text.replaceAll(/(?<=.)$/gm, note);
    expect(asText(await read(all))).toBe(whole);
    expect(asText(await read(all.trimEnd()))).toBe(whole);
  });

  test("a text profile's places are kept", async () => {
    const profile = `goroutine profile: total 2
2 @ 0x43e0c6 0x4a7268 0x475cb1
#\t0x4a7267\tmain.slow.func1+0x87\t/src/main.go:19${note.replaceAll("\t", " ")}
`;
    const [dump] = await pprofTextReader.read(bytesSource("dump", profile), { threads: 1 });
    expect(frames(dump!)).toEqual(["main.slow.func1 /src/main.go:19"]);
    expect([dump!.problems, dump!.complete]).toEqual([[], true]);
  });
});

describe("a line of a frame that is not understood", () => {
  test.each([
    "main.c(0x1) called from here",
    "main.c({…}, {…, 0xc009c36820}, …)",
    "main.(*T).c(0x1, ...) and more",
    "\t/src/a.go:3 +0x11 right here",
  ])("does not give its place to the function before it: %s", async (line) => {
    const [dump] = await read(
      `goroutine 7 [select]:\nmain.a()\n${line}\n\t/src/c.go:3 +0x11\nmain.d()\n\t/src/d.go:9 +0x11\ncreated by main.b\n\t/src/b.go:3 +0x11\n`,
    );
    expect(frames(dump!)).toEqual(["main.a :0", "main.d /src/d.go:9"]);
    expect(dump!.complete).toBe(false);
  });

  test.each([
    "main.load(url) failed",
    "WARN /srv/handler.go:88 (slow)",
    "/srv/handler.go:88 slow",
    "Close()  # x",
    "\tat com.example.Foo.bar(Foo.java:12) ~[app.jar:1]",
  ])("is another process's, which writes between: %s", async (line) => {
    const [dump] = await read(
      `goroutine 7 [select]:\nmain.a()\n${line}\n\t/src/a.go:3 +0x11\ncreated by main.b\n\t/src/b.go:3 +0x11\n`,
    );
    expect([frames(dump!), dump!.problems]).toEqual([["main.a /src/a.go:3"], []]);
  });
});

test("a page's blanks before a place are no part of it", async () => {
  const [dump] = await read(
    "goroutine 1 [running]:<br>\nmain.a(0x1)<br>\n&nbsp;&nbsp;/src/a.go:3 +0x11<br>\nmain.main()<br>\n&nbsp;&nbsp;/src/b.go:4 +0x1\n</div>\n",
  );
  expect(frames(dump!)).toEqual(["main.a /src/a.go:3", "main.main /src/b.go:4"]);
});

test.each([
  " ".repeat(3900),
  " (".repeat(1900),
  `a${".".repeat(100)}${"(".repeat(3800)}`,
  " <br>".repeat(700),
  "]: ".repeat(1200),
])("lines of marks take no time: %#", async (line) => {
  const start = performance.now();
  await read(`goroutine 7 [select]:\nmain.a()\n${`x${line}x\n`.repeat(2000)}`);
  expect(performance.now() - start).toBeLessThan(3000);
});

describe("behind a header", () => {
  const rest = "main.a(0x1)\n\t/src/a.go:3 +0x11\ncreated by main.d in goroutine 1\n\t/src/d.go:6 +0x11\n\n";
  const plain = `goroutine 7 [chan receive, 5 minutes]:\n${rest}goroutine 8 [select]:\n${rest}`;

  test.each([":(阻塞了5 分钟)", ":(stuck)", ":          ← STUCK for 5 minutes!", ":// why", ":<br/>"])(
    "a remark is no part of it: %s",
    async (note) => {
      for (const indent of ["", "    "]) {
        const dumps = await read(plain.replace("goroutine 7", `${indent}$&`).replace(":", note));
        expect(asText(dumps)).toBe(asText(await read(plain)));
      }
    },
  );

  test.each([
    "goroutine 7 [select]:  <-- waits for goroutine 9 [select]: as all",
    "goroutine 7 [select]: hung",
  ])("other text is not understood: %s", async (line) => {
    const [dump] = await read(`${line}\n${rest}goroutine 8 [select]:\n${rest}`);
    expect(dump!.complete).toBe(false);
  });

  test.each(["stuck: goroutine 7 [select]:  // hung", "see goroutine 7 [select]: (main)"])(
    "prose is none: %s",
    async (line) => {
      const [dump] = await read(`goroutine 8 [select]:\n${rest}${line}\n`);
      expect([dump!.goroutines.length, dump!.complete]).toEqual([1, true]);
    },
  );
});
