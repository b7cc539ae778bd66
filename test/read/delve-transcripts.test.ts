import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { delveTextReader } from "../../src/read/delve-text.ts";
import { bytesSource } from "./bytes.ts";

const read = (text: string): Promise<Dump[]> =>
  delveTextReader.read(bytesSource("dump", text), { threads: 1 });

/** Frames as Delve prints them, the innermost first; equal functions stand at equal addresses. */
function stack(indent: string, ...functions: string[]): string {
  return functions.map((f, i) => `${indent}${i}  ${pcOf(f)} in ${f}\n${indent}    at /src/a.go:7\n`).join("");
}

function pcOf(name: string): string {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + char.charCodeAt(0)) % 0xffffff;
  return `0x${hash.toString(16).padStart(16, "0")}`;
}

const header = (id: number, at: string, reason = "select", mark = " ") =>
  `${mark} Goroutine ${id} - User: /src/a.go:7 ${at} (${pcOf(at).replace(/^0x0+/, "0x")}) [${reason} 17]\n`;

/** What is known of each goroutine: its id, how much of its stack is there, and the functions. */
function goroutines(dump: Dump): [number, string, ...string[]][] {
  return [...dump.goroutines.stack.slice(0, dump.goroutines.length)].map((index, row) => {
    const { extent, frames } = dump.stacks[index]!;
    return [dump.goroutines.id[row]!, extent, ...frames.map((f) => f.symbol.name)];
  });
}

describe("Delve: several stacks of one goroutine", () => {
  const main = ["runtime.gopark", "main.wait", "main.main", "runtime.goexit"];
  const send = [
    "runtime.gopark",
    "runtime.chansend",
    "main.send",
    "main.run",
    "main.serve",
    "runtime.goexit",
  ];
  const list = (depth: number, mark: string) => {
    const frames = (all: string[]) =>
      stack("\t", ...all.slice(0, depth)) + (all.length > depth ? "\t(truncated)\n" : "");
    return `${header(1, "main.main", "sync.WaitGroup.Wait", mark)}${frames(main)}${header(6, "main.send", "chan send")}${frames(send)}[2 goroutines]\n`;
  };
  const whole = [
    [1, "full", ...main],
    [6, "full", ...send],
  ];

  test.each([
    [1, 50, " "],
    [1, 50, "*"],
    [50, 2, "*"],
    [50, 50, "*"],
    [6, 5, "*"],
  ])("lists of %d and %d frames, %j before the first goroutine", async (first, second, mark) => {
    for (const prompt of ["(dlv) goroutines -t\n", "(dlv) ", ""]) {
      const [dump] = await read(`${prompt}${list(first, mark)}${prompt}${list(second, mark)}(dlv) `);
      expect(goroutines(dump!)).toEqual(whole);
      expect([dump!.complete, dump!.problems, dump!.repeated]).toEqual([true, [], 2]);
    }
  });

  test("a goroutine that is selected gets no stack of a list", async () => {
    const selected = `(dlv) goroutine 6\nSwitched from 1 to 6 (thread 4)\n(dlv) `;
    const [dump] = await read(`(dlv) ${list(50, " ")}${selected}${list(50, "*")}`);
    expect(goroutines(dump!)).toEqual(whole);
  });

  test("arguments of a short stack are those of the long one's frames", async () => {
    const [first, second] = stack("", "runtime.gopark", "main.wait").split(/(?=^1)/m);
    const full = `${first}${second}        p = (*main.T)(0xc000086080)\n(truncated)\n`;
    const [dump] = await read(`(dlv) ${list(50, "*")}(dlv) goroutine 1 stack 1 -full\n${full}(dlv) `);
    expect(goroutines(dump!)).toEqual(whole);
    expect(dump!.stacks[0]!.slots).toEqual([{ frame: 1, argument: 0 }]);
  });

  test("a stack that is not the one before, cut or continued, is left out, and that is told", async () => {
    const moved = stack("", "runtime.gopark", "main.later", "main.then", "main.main", "runtime.goexit");
    const [dump] = await read(`(dlv) ${list(50, "*")}(dlv) ${moved}(dlv) `);
    expect(goroutines(dump!)).toEqual(whole);
    const message = "1 stack was left out: the goroutine had another stack before";
    expect(dump!.problems).toEqual([{ message, lost: 0 }]);
  });

  test("a stack below another one in a list is nobody's, not the selected goroutine's", async () => {
    const lost = list(50, "*").replace(/^ {2}Goroutine 6.*\n/m, "");
    const [dump] = await read(`(dlv) goroutines -t\n${lost}`);
    expect(goroutines(dump!)).toEqual([whole[0]]);
    expect(dump!.complete).toBe(false);
  });
});

describe("Delve: lists of several moments in one file", () => {
  const banner = "Type 'help' for list of commands.\n";
  const list = (...lines: string[]) => `${lines.join("")}[${lines.length} goroutines]\n`;
  const first = list(header(1, "main.main"), header(6, "main.send"), header(7, "main.idle"));
  const later = list(header(1, "main.main"), header(6, "main.receive"), header(7, "main.idle"));
  const places = (dumps: readonly Dump[]) =>
    dumps.map((d) => goroutines(d).map(([id, , at]) => `${id} ${at}`));
  const apart = [
    ["1 main.main", "6 main.send", "7 main.idle"],
    ["1 main.main", "6 main.receive", "7 main.idle"],
  ];

  test.each([
    [
      "sessions",
      `${banner}(dlv) goroutines\n${first}(dlv) exit\n${banner}(dlv) goroutines\n${later}(dlv) exit\n`,
    ],
    ["commands from a pipe", `${banner}(dlv) ${first}(dlv) ${banner}(dlv) ${later}(dlv) `],
    ["the program went on unseen", `(dlv) ${first}(dlv) > main.f() /src/a.go:7\n(dlv) ${later}(dlv) `],
    ["without prompts", first + later],
    [
      "Delve that counts first",
      `(dlv) [3 goroutines]\n${first.slice(0, -15)}(dlv) [3 goroutines]\n${later.slice(0, -15)}(dlv) `,
    ],
  ])("%s: each is a dump, in order", async (_, text) => {
    const dumps = await read(text);
    expect(places(dumps)).toEqual(apart);
    expect(dumps.map((d) => [d.name, d.complete, d.problems])).toEqual([
      ["dump", true, []],
      ["dump#2", true, []],
    ]);
  });

  test.each(["exit", "quit", "q", "detach", "restart", "r"])(
    "%s ends a session, alike or not",
    async (command) => {
      const dumps = await read(`(dlv) goroutines\n${first}(dlv) ${command}\n(dlv) goroutines\n${first}`);
      expect(places(dumps)).toEqual([apart[0], apart[0]]);
    },
  );

  test.each(["c = 0", "next = *main.node nil", "q = []int len: 0, cap: 0, []"])(
    "the variable %s, which a piped session shows behind its prompt, is no command",
    async (variable) => {
      expect(places(await read(`(dlv) ${first}(dlv) ${variable}\n(dlv) ${first}(dlv) `))).toEqual([apart[0]]);
    },
  );

  test("another process starts a goroutine elsewhere, under an id that was there", async () => {
    for (const kind of ["Go", "Start"]) {
      const [one, two] = [first, later].map((l) => l.replaceAll("User:", `${kind}:`));
      expect(await read(`(dlv) ${first}(dlv) ${one}(dlv) ${two}(dlv) `)).toHaveLength(2);
    }
  });

  test("lists of one moment are one dump, whatever they show", async () => {
    const start = list(header(1, "runtime.main"), header(6, "main.run")).replaceAll("User:", "Start:");
    const stacks = list(
      header(6, "main.send") + stack("\t", "runtime.gopark", "main.send", "runtime.goexit"),
    );
    const dumps = await read(`(dlv) ${first}(dlv) ${start}(dlv) ${stacks}(dlv) ${first}(dlv) `);
    expect(places(dumps)).toEqual([["1 main.main", "6 runtime.gopark", "7 main.idle"]]);
    expect([dumps[0]!.headersSeen, dumps[0]!.repeated, dumps[0]!.problems]).toEqual([9, 6, []]);
  });

  test("stacks that differ are of two moments", async () => {
    const [a, b] = ["main.one", "main.two"].map((caller) =>
      list(header(6, "main.send") + stack("\t", "runtime.gopark", "main.send", caller, "runtime.goexit")),
    );
    expect(await read(`(dlv) ${a}(dlv) ${b}(dlv) `)).toHaveLength(2);
  });

  test("groups of one list stay together", async () => {
    const grouped = (text: string) =>
      text.replace(/(?=^ {2}Goroutine)/gm, "main.f\n").replace(/(^ {2}Goroutine.*\n)/gm, "$1\tTotal: 1\n");
    expect(places(await read(`(dlv) ${grouped(first)}(dlv) ${grouped(later)}(dlv) `))).toEqual(apart);
  });

  test("a list that ends before a new session is not whole", async () => {
    const dumps = await read(`(dlv) ${first.slice(0, -15)}${banner}(dlv) ${later}(dlv) `);
    expect(dumps.map((d) => [d.goroutines.length, d.complete])).toEqual([
      [3, false],
      [3, true],
    ]);
  });

  test("what is lost behind the last list is told", async () => {
    const [dump] = await read(
      `(dlv) goroutines\n${first}(dlv) next\n(dlv) goroutine 6 bt\n    at /src/a.go:7\n`,
    );
    expect(dump!.complete).toBe(false);
  });

  test("a session says its Go version once, of its own process", async () => {
    const version = "Go version go1.22.3\n";
    const text = `(dlv) ${version}(dlv) ${first}(dlv) ${later}(dlv) exit\n${banner}(dlv) ${first}(dlv) `;
    expect((await read(text)).map((d) => d.goVersion)).toEqual(["go1.22.3", "go1.22.3", undefined]);
  });
});

describe("Delve: a goroutine that is not there is not selected", () => {
  const list = `${header(1, "main.main", "select", "*")}${header(6, "main.send")}[2 goroutines]\n`;
  const main = ["runtime.gopark", "main.wait", "main.main", "runtime.goexit"];
  const send = ["runtime.gopark", "main.send", "runtime.goexit"];

  test.each([
    "(dlv) goroutine 99\nCommand failed: unknown goroutine 99\n",
    "(dlv) gr 99\nCommand failed: Unknown goroutine 99\n",
    "Command failed: unknown goroutine 99\n(dlv) goroutine 99\nunknown goroutine 99\n",
    "(dlv) goroutine 99 bt\nCommand failed: unknown goroutine 99\n",
    "(dlv) goroutine 98\nCommand failed: unknown goroutine 98\n(dlv) goroutine 99\nCommand failed: unknown goroutine 99\n",
  ])("%j", async (failed) => {
    const [dump] = await read(`(dlv) goroutines\n${list}${failed}(dlv) bt\n${stack("", ...main)}(dlv) `);
    expect(goroutines(dump!)).toEqual([
      [1, "full", ...main],
      [6, "ends", "main.send"],
    ]);
    expect([dump!.complete, dump!.problems]).toEqual([true, []]);
  });

  test("nor does a command that fails later undo a selection", async () => {
    const selected = "(dlv) goroutine 6\nSwitched from 1 to 6 (thread 4)\n";
    const failed = "(dlv) print x\nCommand failed: could not find symbol value for x\n";
    for (const begin of [selected, selected + failed, `(dlv) goroutine 6\n${failed}`]) {
      const [dump] = await read(`(dlv) goroutines\n${list}${begin}(dlv) bt\n${stack("", ...send)}(dlv) `);
      expect(goroutines(dump!)).toEqual([
        [1, "ends", "main.main"],
        [6, "full", ...send],
      ]);
    }
  });
});

describe("Delve: a stack of more frames than are kept", () => {
  const deep = (depth: number) => [
    "runtime.gopark",
    ...Array<string>(depth - 3).fill("main.rec"),
    "main.main",
    "runtime.goexit",
  ];
  const list = (frames: string[], more = "") =>
    `${header(1, "main.rec")}${stack("\t", ...frames)}${more}[1 goroutines]\n`;

  test("as many as are kept are a full one", async () => {
    const [dump] = await read(list(deep(2000)));
    expect(dump!.stacks.map((s) => [s.extent, s.frames.length, s.elided])).toEqual([["full", 2000, 0]]);
    expect(dump!.problems).toEqual([]);
  });

  test("both ends are kept, and what is left out between them is told", async () => {
    const [dump] = await read(list(deep(5002)));
    const [found] = dump!.stacks;
    expect([found!.extent, found!.frames.length, found!.gapAt, found!.elided]).toEqual([
      "elided",
      2000,
      1900,
      3002,
    ]);
    expect([0, 1998, 1999].map((i) => found!.frames[i]!.symbol.name)).toEqual([
      "runtime.gopark",
      "main.main",
      "runtime.goexit",
    ]);
    const message =
      "1 stack of more than 2000 frames: those behind the 1900 innermost are left out, but for the 100 outermost of a stack that is whole";
    expect([dump!.complete, dump!.problems]).toEqual([true, [{ message, lost: 0 }]]);
  });

  test("one that Delve has truncated ends where the frames do that follow each other", async () => {
    const [dump] = await read(list(deep(5002).slice(0, 3000), "\t(truncated)\n"));
    expect(dump!.stacks.map((s) => [s.extent, s.frames.length, s.gapAt, s.elided])).toEqual([
      ["cut", 1900, undefined, -1],
    ]);
    expect(dump!.problems).toHaveLength(1);
  });

  test("the deepest of several is kept", async () => {
    const texts = [list(deep(5002).slice(0, 2500), "\t(truncated)\n"), list(deep(5002))];
    for (const [first, second] of [texts, texts.toReversed()]) {
      const dumps = await read(`(dlv) ${first}(dlv) ${second}(dlv) `);
      expect(dumps.map((d) => d.stacks.map((s) => [s.extent, s.elided]))).toEqual([[["elided", 3002]]]);
    }
  });

  test("arguments find their frame beyond the gap", async () => {
    const full = deep(2500).map((f) => stack("", f).replace("0", "N"));
    const text = full.map(
      (f, i) => f.replace("N", String(i)) + (f.includes("main.main") ? "        p = 0xc000086080\n" : ""),
    );
    const [dump] = await read(
      `(dlv) ${list(deep(2500))}(dlv) goroutine 1 stack 9999 -full\n${text.join("")}(dlv) `,
    );
    expect(dump!.stacks.map((s) => [s.elided, s.slots])).toEqual([[500, [{ frame: 1998, argument: 0 }]]]);
  });
});

describe("Delve: reasons in lists that do not say where goroutines are", () => {
  const line = (id: number, kind: string, at: string, reason: string) =>
    `  Goroutine ${id} - ${kind}: /src/a.go:7 ${at} (0x${id}) [${reason} 17]\n`;

  test("a text that Delve did not have before it was right", async () => {
    for (const kind of ["Go", "Start", "Runtime"]) {
      const lines = [
        line(1, kind, "main.main", "sync.WaitGroup.Wait"),
        line(6, kind, "main.serve", "sync.Mutex.Lock"),
        line(7, kind, "main.serve", "sleep"),
      ];
      const [dump] = await read(`(dlv) ${lines.join("")}[3 goroutines]\n(dlv) `);
      expect(dump!.stacks.map((s) => s.wait)).toEqual(["waitgroup-wait", "mutex-lock", "sleep"]);
      expect(dump!.problems).toEqual([]);
    }
  });

  test.each([
    ["runtime.bgscavenge", "sleep", "sleep", "sleep"],
    ["runtime.updateMaxProcsGoroutine", "semacquire", "sync.Cond.Wait", "sleep"],
  ])("what goroutines of the runtime can wait for: %s, %s", async (start, known, reason, wait) => {
    const lines = [
      line(2, "Start", "runtime.forcegchelper", "force gc (idle)"),
      line(5, "Start", start, known),
      line(6, "Start", "main.serve", reason),
    ];
    const [dump] = await read(`(dlv) ${lines.join("")}[3 goroutines]\n(dlv) `);
    expect(dump!.stacks.at(-1)!.wait).toBe(wait);
    expect(dump!.problems).toEqual([]);
  });
});

test("a pager shows what was cut at the end of a page once more, from its beginning", async () => {
  const stack = (id: number) =>
    `  Goroutine ${id} - User: /src/a.go:3 main.f (0x4a00) [chan send]\n\t0  0x0000000000004300 in runtime.gopark\n\t    at /go/src/runtime/proc.go:463\n\t1  0x0000000000004a00 in main.f\n\t    at /src/a.go:3\n`;
  const output = `${[1, 2, 3].map(stack).join("")}[3 goroutines]\n`;
  const lines = output.split("\n");
  for (let cut = 1; cut < lines.length; cut++) {
    const page = `${lines.slice(0, cut).join("\n")}\n`;
    const text = (shown: string) =>
      `(dlv) goroutines -t\n${page}Sending output to pager...\n${shown}(dlv) exit\n`;
    const [dump, ...others] = await read(text(output));
    expect([others.length, dump!.complete, dump!.goroutines.length, dump!.stacks[0]!.frames.length]).toEqual([
      0,
      true,
      3,
      2,
    ]);
    const [shorter] = await read(text(output.replace(stack(3), "")));
    if (!page.includes("Goroutine 3 ")) expect(shorter!.complete).toBe(false);
  }
});
