import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { bytesSource } from "./bytes.ts";
import { readStdin } from "./stdin.ts";

function read(text: string): Promise<Dump[]> {
  return goTracebackReader.read(bytesSource("dump", text), { threads: 1 });
}

const frame = (name: string, line: number) => `main.${name}(0xc000010000)\n\t/src/main.go:${line} +0x1d\n`;
const creator = "created by main.main in goroutine 1\n\t/src/main.go:12 +0x1d\n";
const header = (id: number) => `goroutine ${id} [chan receive]:\n`;
const goroutine = (id: number) => `${header(id)}${frame("f", 11)}${creator}\n`;
const told = (dump: Dump) => dump.problems.map((p) => p.message).join("; ");

/** Text that somebody has shortened before it was pasted. */
describe("lines that an author has left out", () => {
  test.each([
    "...",
    "\t...",
    "....",
    "…",
    "。。。",
    ". . .",
    ".\n.\n.",
    "[...]",
    "(...)",
    "// ...",
    "<snip>",
    "[snip]",
    "(snip)",
    "...snip...",
    "--- 8< --- snip --- 8< ---",
    "[ ... elided ... ]",
    "... (20 more frames)",
    "... 20 more frames",
    "… and 20 more",
    "... (栈跟踪信息) ...",
    "... 省略 ...",
    "(stacks elided for clarity)",
    "--- omitted ---",
    "/* omitted */",
    "[truncated]",
  ])("in a goroutine are told: %s", async (mark) => {
    const [a, b] = [frame("a", 1), frame("b", 2)];
    const places: [string, string, number | undefined][] = [
      [`${mark}\n${a}${b}${creator}`, "elided", 0],
      [`${a}${mark}\n${b}${creator}`, "elided", 1],
      [`${a}${b}${mark}\n${creator}`, "cut", undefined],
      [`${a}${b}${mark}\n`, "cut", undefined],
    ];
    for (const [stack, extent, gapAt] of places) {
      const [dump] = await read(`${goroutine(2)}${header(7)}${stack}\n${goroutine(8)}`);
      expect([dump!.goroutines.length, dump!.complete]).toEqual([3, false]);
      expect(dump!.stacks[1]).toMatchObject({ extent, elided: -1 });
      expect([dump!.stacks[1]!.gapAt, dump!.stacks[1]!.frames.length]).toEqual([gapAt, 2]);
      expect(told(dump!)).toMatch(/^the text leaves out lines of goroutine 7/);
    }
  });

  test("in place of a stack are told instead of its absence", async () => {
    const [dump] = await read(`${header(7)}(stacks elided for clarity)\n\n${goroutine(8)}`);
    expect(dump!.stacks[0]!.extent).toBe("none");
    expect(told(dump!)).toMatch(/^the text leaves out lines of goroutine 7[^;]*$/);
  });

  test("behind a function's line are its place, too", async () => {
    const [dump] = await read(`${header(7)}${frame("a", 1)}main.b(0x1)\n...\n`);
    expect(dump!.stacks[0]!.frames.map((f) => `${f.symbol.plain}:${f.line}`)).toEqual([
      "main.a:1",
      "main.b:0",
    ]);
    expect(told(dump!)).toMatch(/^the text leaves out lines of goroutine 7[^;]*$/);
  });

  test("are none between a function's line and its place: another program's line is there", async () => {
    for (const mark of ["...", "[...]", "... 3 more", "[truncated]", ".\n."]) {
      for (const place of ["\t/src/main.go:1 +0x1d", "\t/src/main.go:1"]) {
        const stack = `main.a(0x1)\n${mark}\n${place}\n${creator.replace("\n", `\n${mark}\n`)}`;
        const [dump] = await read(`${goroutine(2)}${header(7)}${stack}\n${goroutine(8)}`);
        expect([dump!.complete, dump!.problems]).toEqual([true, []]);
        expect(dump!.stacks[1]).toMatchObject({ extent: "full", createdBy: { line: 12 } });
        expect(dump!.stacks[1]!.frames.map((f) => `${f.symbol.plain}:${f.line}`)).toEqual(["main.a:1"]);
      }
    }
  });

  test("twice leave a gap at the inner place, and the outer end unknown", async () => {
    const [dump] = await read(`${header(7)}${frame("a", 1)}...\n${frame("b", 1)}...\n\n`);
    expect(dump!.stacks[0]).toMatchObject({ extent: "cut", gapAt: 1, elided: -1 });
  });

  test("do not make the last goroutine whole", async () => {
    for (const end of ["...\n", "...", "...\n```\n", "...\nsome prose\n"]) {
      const [dump] = await read(`${goroutine(2)}${header(7)}${frame("a", 1)}${end}`);
      expect([dump!.complete, dump!.stacks[1]!.extent]).toEqual([false, "cut"]);
    }
    // What follows the cut is judged as any end.
    const [dump] = await read(`${goroutine(2)}${header(7)}...\n${frame("a", 1)}`);
    expect(told(dump!)).toContain("the input ends in the middle of a goroutine");
  });

  test.each([
    ["... 14 more goroutines", 14],
    ["[... 46 more goroutines ...]", 46],
    ['[... 14 goroutines más en "chan receive" …]', 14],
    ["(200 more like this)", 200],
    ["... (1,234 similar goroutines)", 1234],
    ["[12 more goroutines of retries, 3 attempts each]", 12],
    ["... other goroutines ...", -1],
    ["[ ... elided ... ]", -1],
    ["...", -1],
  ])("between goroutines are goroutines: %s", async (mark, lost) => {
    const seen = 2 + Math.max(lost, 0);
    for (const text of [
      `${goroutine(7)}${mark}\n\n${goroutine(8)}`,
      `${goroutine(7).trimEnd()}\n${mark}\n${goroutine(8)}`,
      `${goroutine(7)}${goroutine(8)}${mark}\n`,
    ]) {
      const [dump] = await read(text);
      expect([dump!.goroutines.length, dump!.headersSeen, dump!.complete]).toEqual([2, seen, false]);
      expect(dump!.problems).toMatchObject([{ text: mark, lost }]);
      expect(dump!.stacks.map((s) => s.extent)).toEqual(["full"]);
    }
  });

  test("that are goroutines end the one before", async () => {
    const text = `${header(7)}${frame("a", 1)}[... 14 goroutines more ...]\n${goroutine(8)}`;
    const [dump] = await read(text);
    expect(dump!.problems).toMatchObject([{ line: 4, lost: 14 }]);
    expect(dump!.stacks[0]!.extent).toBe("full");
  });

  test("are told once, how ever the runtime itself tells", async () => {
    for (const line of ["...additional frames elided...", "...20 frames elided..."]) {
      const [dump] = await read(
        `${header(7)}${frame("a", 1)}${line}\n${frame("b", 1)}${creator}\n${goroutine(8)}`,
      );
      expect([dump!.problems, dump!.complete]).toEqual([[], true]);
    }
  });

  test.each([
    "connecting...",
    "...connecting to 4 goroutines",
    "starting 4 more goroutines...",
    "[INFO] 3 more frames (sent)",
    "[GIN-debug] redirecting ...",
    "--- SKIP: TestTruncated (0.00s)",
    "--- FAIL: TestOmitted (0.00s)",
    "=== CONT  TestSnip",
    "----------",
    "..",
    "go vet ./...",
    "./...",
    "...)",
    "(pprof)",
    "[]",
    "INFO body omitted",
    "[2 rows omitted]",
    "... and 2 other requests",
    "(3 more attempts)",
    "<1 more warning>",
    "(no more goroutines)",
    "................................................................",
  ])("are no lines of a log: %s", async (line) => {
    const inside = goroutine(7).replace("created", `${line}\ncreated`);
    const [dump] = await read(`${inside}${line}\n${goroutine(8)}${line}\n`);
    expect([dump!.problems, dump!.complete]).toEqual([[], true]);
  });

  test("are none behind other lines of a log", async () => {
    const [dump] = await read(`${goroutine(7)}INFO a\n...\nINFO b\n${goroutine(8)}`);
    expect([dump!.problems, dump!.complete]).toEqual([[], true]);
  });
});

/** A page shows several texts, each of them in a block of its own. */
describe("the end of a block of text", () => {
  const begun: [string, RegExp][] = [
    [header(9), /^the text ends in the middle of a goroutine; goroutines after 9/],
    [`${header(9)}main.f(0x1)\n`, /^the text ends in the middle of a frame/],
    [`${header(9)}${frame("f", 11)}`, /^the text ends in the middle of a goroutine/],
    [`${header(9)}${frame("f", 11)}${creator.split("\n")[0]}\n`, /middle of a goroutine's creator/],
  ];
  test.each(["```", "  ```", "~~~", "</pre>", "</code></pre>", "{% endcodeblock %}", "[/code]"])(
    "ends the last goroutine as the input does: %s",
    async (fence) => {
      for (const [end, message] of begun) {
        const [dump] = await read(`\`\`\`\n${goroutine(7)}${end}${fence}\n\nSome prose.\n\n${goroutine(8)}`);
        expect(dump!.problems.map((p) => p.message)).toEqual([expect.stringMatching(message)]);
        expect([dump!.goroutines.length, dump!.complete]).toEqual([3, false]);
      }
    },
  );

  test("is told of the dump that ends there", async () => {
    const panic = "fatal error: concurrent map writes\n\n";
    const page = (text: string) => `\`\`\`\n${panic}${text}\`\`\`\n\n`;
    const whole = goroutine(7);
    const cut = `${header(9)}${frame("f", 11)}`;
    const ofCuts = async (...texts: string[]) =>
      (await read(texts.map(page).join("Then:\n"))).map((d) => [d.goroutines.length, d.complete]);
    expect(await ofCuts(whole + cut, whole)).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(await ofCuts(whole, cut)).toEqual([
      [1, true],
      [1, false],
    ]);
    expect(await ofCuts(whole, `${header(9)}...\n${frame("f", 11)}${creator}`)).toEqual([
      [1, true],
      [1, false],
    ]);
  });

  test("behind a whole goroutine cuts nothing", async () => {
    for (const last of [goroutine(8), goroutine(8).trimEnd(), `${goroutine(8)}exit status 2`]) {
      const [dump] = await read(`\`\`\`\n${goroutine(7)}${last}\n\`\`\`\n\nSome prose.\n`);
      expect([dump!.problems, dump!.complete]).toEqual([[], true]);
    }
  });

  test("is no end of frames that come behind it", async () => {
    const [dump] = await read(`${header(7)}${frame("f", 11)}\`\`\`\n${frame("g", 12)}`);
    expect(dump!.stacks[0]!.frames.length).toBe(1);
    expect(dump!.complete).toBe(false);
  });
});

describe("the end of a YAML document around a dump", () => {
  const text = `${goroutine(1)}${goroutine(7)}`.trimEnd();
  const indented = (by: string) => text.replaceAll(/^(?=.)/gm, by);
  const around = {
    TAP: (dump: string) => `TAP version 13\nnot ok 1 - x\n  ---\n  message: |\n${dump}\n  ...\nok 2 - y\n`,
    "TAP, with keys behind": (dump: string) =>
      `TAP version 13\nnot ok 1 - x\n  ---\n  stack: |-\n${dump}\n  duration: 3\n  ...\n`,
    "a document": (dump: string) => `---\nat: hang\nstack: |2\n${dump}\n...\n`,
  };
  test.each(Object.entries(around))("is no author's: %s", async (_, yaml) => {
    for (const by of ["    ", "      "]) {
      const [dump] = await readStdin(yaml(indented(by)));
      expect([told(dump!), dump!.complete, dump!.goroutines.length]).toEqual(["", true, 2]);
    }
  });

  test("tells a goroutine that is not whole", async () => {
    const [dump] = await readStdin(around.TAP(indented("    ").split("\n").slice(0, -3).join("\n")));
    expect([dump!.complete, told(dump!)]).toEqual([
      false,
      expect.stringContaining("the text ends in the middle"),
    ]);
  });

  test("is known by the beginning: dots in the text, or below a rule of Markdown, are an author's", async () => {
    for (const cut of [
      around.TAP(`${indented("    ")}\n    ...`),
      `---\n${text}\n...\n`,
      `---\nIt hangs:\n\n${text}\n...\n`,
    ])
      expect((await readStdin(cut)).map((dump) => dump.complete)).toEqual([false]);
  });
});

describe("headers alone, in a block of text behind the dump's", () => {
  const states = (ids: number[], state: string) => ids.map((id) => `goroutine ${id} [${state}]:\n`).join("");
  const page = (quote: string) =>
    `\`\`\`\n${goroutine(1)}${goroutine(7)}${goroutine(8)}\`\`\`\n\nTwo of them wait:\n\n\`\`\`\n${quote}\`\`\`\n\nSo it hangs.\n`;

  test("quote goroutines of it", async () => {
    for (const ids of [[7], [7, 8], [1, 7], [8, 7]]) {
      const dumps = await read(page(states(ids, "chan receive")));
      expect(dumps.map((d) => [d.goroutines.length, d.repeated, d.problems, d.complete])).toEqual([
        [3, ids.length, [], true],
      ]);
    }
  });

  test.each([
    ["of another state", states([7], "select")],
    ["of others", states([9], "chan receive")],
    ["with frames", `${header(7)}${frame("g", 12)}`],
  ])("are goroutines when they are %s", async (_, quote) => {
    const dumps = await read(page(quote));
    expect(dumps.every((d) => d.complete)).toBe(false);
    expect(dumps.reduce((sum, d) => sum + d.goroutines.length, 0)).toBe(4);
  });
});
