import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { goroutineFlags } from "../../src/model/goroutines.ts";
import { gdbReader } from "../../src/read/gdb.ts";
import { isWrapped } from "../../src/read/logs/header.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

const read = (text: string): Promise<Dump[]> => gdbReader.read(bytesSource("dump", text), { threads: 1 });

async function one(text: string): Promise<Dump> {
  const dumps = await read(text);
  expect(dumps.length).toBe(1);
  for (const dump of dumps) {
    const lost = dump.problems.reduce((sum, p) => sum + Math.max(p.lost, 0), 0);
    expect(dump.headersSeen).toBe(dump.goroutines.length + dump.repeated + lost);
  }
  return dumps[0]!;
}

const messages = (dump: Dump) => dump.problems.map((p) => p.message).join("\n");
const functions = (dump: Dump) => dump.stacks.map((s) => s.frames.map((f) => f.symbol.name));

/** A stack as gdb prints it. */
const stack = (...names: string[]) =>
  names
    .map((name, i) => `#${i}  ${i === 0 ? "" : "0x000000000040f145 in "}${name} () at /src/a.go:${i + 7}\n`)
    .join("");
const list = (...ids: number[]) => ids.map((id) => `  ${id} waiting  runtime.gopark\n`).join("");

const main = stack("runtime.gopark", "main.wait", "main.main");
const sender = stack("runtime.gopark", "runtime.chansend", "main.send", "main.work", "runtime.goexit");
const scheduler = stack("runtime.futex", "runtime.stopm", "runtime.schedule", "runtime.mcall");
const session = `(gdb) info goroutines\n${list(1, 9)}(gdb) goroutine 1 bt\n${main}(gdb) goroutine 9 bt\n${sender}`;

describe("gdb: lost lines", () => {
  test("a whole session is whole", async () => {
    const dump = await one(session);
    expect([dump.complete, dump.problems]).toEqual([true, []]);
    expect(dump.stacks.map((s) => [s.extent, s.elided])).toEqual([
      ["full", 0],
      ["full", 0],
    ]);
  });

  test("the frames behind a lost one are kept, with a gap", async () => {
    const dump = await one(session.replace(/#2 .*main\.send.*\n/, ""));
    expect(dump.stacks[1]).toMatchObject({ extent: "elided", gapAt: 2, elided: 1, wait: "chan-send" });
    expect(functions(dump)[1]).toEqual(["runtime.gopark", "runtime.chansend", "main.work", "runtime.goexit"]);
    expect(dump.complete).toBe(false);
    expect(messages(dump)).toContain("a frame without those before it");
  });

  test.each([
    ["interactive", session],
    ["a walk", `${list(1, 9)}${main}${sender}`],
    ["a walk of three", `${list(1, 9, 10)}${main}${sender}${sender}`],
  ])("each of them is told: %s", async (_, text) => {
    const lines = text.split("\n");
    for (const [at, line] of lines.entries()) {
      if (!line.startsWith("#")) continue;
      const dump = await one(lines.toSpliced(at, 1).join("\n"));
      expect([line, dump.complete, dump.goroutines.length]).toEqual([
        line,
        false,
        text.split("#0").length - 1,
      ]);
    }
  });

  test("behind the end of a stack there are frames that are none of it", async () => {
    const past = "#5  0x0000000000000000 in ?? ()\n#6  0x0000000000000002 in ?? ()\n";
    const without = (name: string) => `${session}${past}`.replace(new RegExp(`.*${name}.*\\n(?=#[56])`), "");
    expect((await one(session + past)).complete).toBe(true);
    for (const [name, extent] of [
      ["#5", "full"],
      ["goexit", "cut"],
    ] as const) {
      const dump = await one(without(name));
      expect([name, dump.complete, dump.stacks[1]!.extent]).toEqual([name, false, extent]);
    }
  });

  test("a stack without its first frame does not say what its goroutine waits for", async () => {
    const dump = await one(`${main}${sender.slice(sender.indexOf("#1"))}`);
    expect(dump.stacks[1]).toMatchObject({ extent: "elided", gapAt: 0, elided: 1, wait: "unknown" });
  });

  test("lines that come twice, are wrapped or answer other commands lose nothing", async () => {
    const twice = session.replace(/(#2 .*main\.send.*\n)/, "$1$1");
    const wrapped = session.replaceAll(") at ", ")\n    at ");
    const more = "--Type <RET> for more, q to quit, c to continue without paging--";
    const paged = session.replaceAll("#3", `${more}\n#3`).replaceAll("#4", `${more}#4`);
    const pagedInside = wrapped.replaceAll("\n    at", `\n${more}\n    at`);
    const answers =
      "(gdb) up\n#1  main.g () at /src/a.go:9\n9\t\tg()\n(gdb) frame 7\n#7  main.h () at /src/a.go:9\n9\t\th()\n";
    const position =
      "(gdb) thread 2\n[Switching to thread 2 (LWP 7)]\n#0  main.f () at /src/a.go:7\n7\t\tf()\n";
    const unseen = `(gdb) ${scheduler}(gdb) ${scheduler.slice(0, scheduler.indexOf("#2"))}(More stack frames follow...)\n`;
    const inC =
      "(gdb) thread 3\n[Switching to thread 3 (LWP 8)]\n#0  0x00007f2a1c0916c7 in futex_wait () from /lib/libc.so.6\n";
    const batch = "#1  main.g () at /src/a.go:9\n9\t\tg()\n#2  main.h () at /src/a.go:9\n9\t\th()\n";
    const texts = [
      twice,
      wrapped,
      paged,
      pagedInside,
      session + answers,
      session + position,
      session + inC,
      session + unseen,
      session + batch,
    ];
    const plain = await one(session);
    for (const text of texts) {
      const dump = await one(text);
      expect([text, dump.complete, messages(dump)]).toEqual([text, true, ""]);
      expect([text, dump.goroutines.length, functions(dump)]).toEqual([text, 2, functions(plain)]);
    }
  });
});

describe("gdb: stacks that end early", () => {
  const short = stack("runtime.gopark", "runtime.chansend");
  const few = `(gdb) info goroutines\n${list(1, 9)}(gdb) goroutine 1 bt\n${main}(gdb) goroutine 9 bt 2\n${short}`;
  test.each([
    ["(More stack frames follow...)\n", "1 of 2 stacks ends where gdb was asked to end"],
    ["Backtrace limit of 2 exceeded.\n", "1 of 2 stacks ends where gdb was asked to end"],
    [
      "Backtrace stopped: previous frame identical to this frame (corrupt stack?)\n",
      "1 of 2 stacks ends where gdb could not read on",
    ],
    [
      "Python Exception <class gdb.error>: Cannot access memory at address 0x10\nError occurred in Python: Cannot\n",
      "1 of 2 stacks ends where Go's script for gdb failed",
    ],
    ["Quit\n", "ended at the end of a page"],
    ["", "1 of 2 stacks ends before the function that its goroutine began with"],
  ])("%j", async (marker, message) => {
    const dump = await one(`${few}${marker}(gdb) quit\n`);
    expect(dump.stacks[1]).toMatchObject({ extent: "cut", elided: -1, wait: "chan-send" });
    expect(dump.complete).toBe(false);
    expect(messages(dump)).toContain(message);
    // What it was started with is not known, so it is none of the runtime's own.
    expect([...dump.goroutines.flags.subarray(0, dump.goroutines.length)]).toEqual([0, 0]);
  });

  test("gdb marks nothing in a walk: stacks end in functions that nothing begins with", async () => {
    const walk = `${short}${stack("runtime.gopark", "runtime.forcegchelper")}${stack("runtime.gopark", "main.f")}`;
    const dump = await one(`${list(1, 2, 9)}${walk}`);
    expect(messages(dump)).toContain(
      "3 of 3 stacks end before the function that their goroutines began with",
    );
    expect([dump.complete, ...dump.stacks.map((s) => s.elided)]).toEqual([false, -1, -1, -1]);
    expect([...dump.goroutines.flags.subarray(0, dump.goroutines.length)]).toEqual([
      0,
      goroutineFlags.system,
      0,
    ]);
  });

  test("a stack that an error ends may be the last of a walk", async () => {
    const failed = "Error occurred in Python: Cannot access memory at address 0x10\n";
    expect((await one(main + sender + failed)).complete).toBe(false);
    expect((await one(list(1, 9) + main + sender + failed)).complete).toBe(true);
    expect((await one(`${main}${sender}(gdb) p x\n${failed}`)).complete).toBe(true);
  });

  test.each([
    ["main.main", "runtime.main", "runtime.goexit"],
    ["main.work", "runtime.goexit", "??"],
    ["main.call", "runtime.cgocall", "main._Cfunc_f", "main.g", "runtime.goexit"],
    ["runtime.stopm", "runtime.schedule", "runtime.park_m", "runtime.mcall", "??"],
    ["runtime.stopm", "runtime.mstart1", "runtime.mstart0", "runtime.mstart"],
    ["runtime.usleep", "runtime.sysmon", "runtime.mstart1", "runtime.mstart", "clone3"],
    ["runtime.entersyscall", "runtime.systemstack"],
    ["read", "f", "??"],
  ])("stacks end like this: %s", async (...names) => {
    const walk = main + sender + stack(...names);
    for (const text of [walk, list(1, 9, 10) + walk]) {
      const dump = await one(
        `${text}Backtrace stopped: previous frame inner to this frame (corrupt stack?)\n`,
      );
      expect([dump.complete, dump.problems]).toEqual([true, []]);
      expect(dump.stacks.map((s) => s.extent)).not.toContain("elided");
    }
  });
});

describe("gdb: a goroutine is counted once", () => {
  const idle = stack("runtime.gopark", "runtime.forcegchelper", "runtime.goexit");
  const walk = main + idle + sender;
  const all = `(gdb) info goroutines\n${list(1, 2, 9)}`;
  const spin = stack("main.spin", "main.work", "runtime.goexit");
  const threads = `\nThread 2 (LWP 9 "p"):\n${scheduler}\nThread 1 (LWP 8 "p"):\n`;
  const ids = (dump: Dump) => [...dump.goroutines.id.subarray(0, dump.goroutines.length)];
  const sorted = (dump: Dump) => ids(dump).sort((a, b) => a - b);

  test.each([
    ["named, then in a walk", `${all}(gdb) goroutine 9 bt\n${sender}(gdb) goroutine all bt\n${walk}`],
    ["in a walk, then named", `${all}(gdb) goroutine all bt\n${walk}(gdb) goroutine 9 bt\n${sender}`],
    [
      "named twice",
      `${all}(gdb) goroutine 9 bt\n${sender}(gdb) goroutine 9 bt\n${sender}(gdb) goroutine all bt\n${walk}`,
    ],
    ["two walks", `${all}(gdb) goroutine all bt\n${walk}(gdb) goroutine all bt\n${walk}`],
    ["in a batch, before the walk", list(1, 2, 9) + sender + walk],
    ["in a batch, two walks", list(1, 2, 9) + walk + walk],
    ["in a batch, all of it", list(1, 2, 9) + sender + main + walk + walk],
    ["the list comes last", sender + walk + list(1, 2, 9)],
    ["threads, in a batch", list(1, 2, 9) + walk + threads + scheduler],
    ["threads first, in a batch", list(1, 2, 9) + threads + scheduler + walk],
    ["threads", `${all}(gdb) goroutine all bt\n${walk}(gdb) thread apply all bt\n${threads}${sender}`],
  ])("%s", async (_, text) => {
    const dump = await one(text);
    expect([sorted(dump), dump.complete, dump.problems]).toEqual([[1, 2, 9], true, []]);
    expect(functions(dump).map((names) => names.at(-1))).toEqual(
      expect.arrayContaining(["main.main", "runtime.goexit", "runtime.goexit"]),
    );
  });

  test("prompts that nobody answered are none of a log's", () => {
    expect(isWrapped(Buffer.from(`(gdb) (gdb) ${list(1, 9)}(gdb) \u001b[m${main}`))).toBe(true);
    expect(isWrapped(Buffer.from(`(gdb) (gdb) ${list(1, 9)}(gdb) ${main}`))).toBe(false);
  });

  test("without a list, a walk has those that commands name", async () => {
    const dump = await one(
      `(gdb) goroutine 9 bt\n${sender}(gdb) goroutine all bt\n${walk}${threads}${sender}`,
    );
    expect([ids(dump), dump.complete, dump.problems]).toEqual([[Number.NaN, Number.NaN, 9], true, []]);
    expect((await one(sender + walk)).goroutines.length).toBe(3);
    const twice = await one(`(gdb) goroutine 9 bt\n${sender}`.repeat(2));
    expect([ids(twice), twice.complete]).toEqual([[9], false]);
  });

  test("a goroutine that gdb could not find is in the list", async () => {
    const dump = await one(`${list(1, 17, 2, 9) + main}No such goroutine:  17\n${idle}${sender}`);
    expect([sorted(dump), dump.problems]).toEqual([[1, 2, 9, 17], []]);
    const dead = await one(`${list(1, 2, 9) + main}No such goroutine:  17\n${idle}${sender}`);
    expect([sorted(dead), dead.problems]).toEqual([[1, 2, 9], []]);
  });

  test("the stack of the only thread that runs a goroutine is that of the only one that runs", async () => {
    const running = `${list(1, 2)}* 7 running  runtime.systemstack_switch\n`;
    const dump = await one(running + threads + spin);
    expect([sorted(dump), dump.problems]).toEqual([[1, 2, 7], []]);
    expect(functions(dump)).toContainEqual(["main.spin", "main.work", "runtime.goexit"]);
    const two = await one(`${running}  8 running  main.f\n${threads}${spin}`);
    expect([sorted(two), messages(two)]).toEqual([
      [1, 2, 7, 8],
      "1 stack of threads is left out: gdb does not say whose",
    ]);
  });

  test("stacks that differ from those before are told", async () => {
    const later = main + idle + spin;
    const dump = await one(`${all}(gdb) goroutine all bt\n${walk}(gdb) goroutine all bt\n${later}`);
    expect([dump.goroutines.length, messages(dump)]).toEqual([
      3,
      "1 stack of goroutines that were shown before is left out: the program went on between",
    ]);
    const less = await one(`${session}(gdb) goroutine 9 bt 2\n${sender.slice(0, sender.indexOf("#2"))}`);
    expect([less.complete, less.problems]).toEqual([true, []]);
    const without = await one(`(gdb) goroutine all bt\n${walk}(gdb) goroutine all bt\n${later}`);
    expect([without.goroutines.length, messages(without)]).toEqual([
      3,
      "1 stack of goroutines that were shown before is left out: the program went on between",
    ]);
  });

  test.each([
    ["other goroutines", list(1, 9) + walk],
    ["goroutines that look like others", list(1, 2, 9) + walk + sender],
    ["the first", list(2, 9) + walk],
  ])("a list that is shorter than the walk may have lost lines: %s", async (_, text) => {
    const dump = await one(text);
    expect([dump.goroutines.length, dump.complete]).toEqual([text.split("#0").length - 1, false]);
    expect(ids(dump).every(Number.isNaN)).toBe(true);
    expect(messages(dump)).toContain("these are less: lines may be lost");
  });

  test("what is behind the end of a stack does not make it another", async () => {
    const past = "#5  0x0000000000000000 in ?? ()\n";
    const dump = await one(list(1, 2, 9) + sender + past + walk);
    expect([sorted(dump), dump.problems]).toEqual([[1, 2, 9], []]);
  });

  test.each([
    ["the thread's stack behind the walk", `${list(1, 9, 10)}${main}${sender}${sender}${scheduler}`],
    ["the thread's stack before it", `${list(1, 9, 10)}${scheduler}${main}${sender}${sender}`],
    ["the main goroutine behind it", `${list(1, 9, 10)}${main}${sender}${sender}${main}`],
    ["both", `${scheduler}${list(1, 9, 10)}${main}${main}${sender}${sender}${scheduler}${main}`],
  ])("a batch shows a walk, and %s", async (_, text) => {
    const [dump] = await read(text);
    expect([sorted(dump!), dump!.complete, dump!.problems]).toEqual([[1, 9, 10], true, []]);
  });

  test("a list is kept beside stacks of nobody knows whom", async () => {
    const syscall = "* 7 syscall  runtime.systemstack_switch\n";
    const dump = await one(
      `${list(1, 2, 9)}${syscall}(gdb) #0  runtime.gopark () at /src/a.go:7\n${sender.slice(sender.indexOf("#1"))}`,
    );
    expect([dump.goroutines.length, dump.complete]).toEqual([4, true]);
    expect(ids(dump).filter((id) => !Number.isNaN(id))).toEqual([7]);
    expect(messages(dump)).toBe("1 stack can't be joined to the 4 goroutines of the list: gdb prints no ids");
  });
});

describe("gdb: several sessions are several dumps", () => {
  const all = `${list(1, 9)}${main}${sender}`;
  const other = `${list(1, 9, 10)}${main}${sender}${sender}`;
  const detached = "[Inferior 1 (process 7) detached]\n";
  test.each([
    ["batches", `[New LWP 8]\n${all}${detached}[New LWP 18]\n[New LWP 19]\n${other}${detached}`],
    ["without the line that ends them", `[New LWP 8]\n${all}[New LWP 18]\n[New LWP 19]\n${other}`],
    ["banners", `GNU gdb (GDB) 13.1\n${all}(gdb) quit\nGNU gdb (GDB) 13.1\n${other}(gdb) quit\n`],
    [
      "it goes on",
      `(gdb) goroutine all bt\n${all}(gdb) c\nContinuing.\n^C\n(gdb) goroutine all bt\n${other}`,
    ],
    ["its output is all there is", `${all}Continuing.\n${other}`],
    ["another process", `${all}(gdb) attach 9\n${other}`],
    ["another list", `${all}${other}`],
    ["a smaller list", `${other}${all}`],
    [
      "stacks before lists",
      `${main}${sender}${list(1, 9)}${detached}${main}${sender}${sender}${list(1, 9, 10)}`,
    ],
  ])("%s", async (name, text) => {
    const dumps = await read(text);
    const counts = name === "a smaller list" ? [3, 2] : [2, 3];
    expect(dumps.map((d) => [d.name, d.goroutines.length, d.complete, d.problems])).toEqual([
      ["dump", counts[0], true, []],
      ["dump#2", counts[1], true, []],
    ]);
  });

  test.each([
    ["the list comes again", `${all}(gdb) info goroutines\n${list(1, 9)}`, 2],
    ["other output comes between", `${list(1)}warning: x\n${list(9)}${main}${sender}`, 0],
    ["it is left", `${all}${detached}`, 0],
    ["commands that show", `${all}(gdb) info threads\n(gdb) list\n(gdb) signals\n(gdb) runtime\n`, 0],
  ])("but not when %s", async (_, text, repeated) => {
    const dump = await one(text);
    expect([dump.goroutines.length, dump.repeated, dump.complete, dump.problems]).toEqual([
      2,
      repeated,
      true,
      [],
    ]);
  });

  test("a list is of the time before the command that follows it", async () => {
    const walk = `(gdb) goroutine all bt\n${main}${sender}`;
    const again = `(gdb) info goroutines\n${list(1, 9)}`;
    for (const command of ["continue", "kill", "next"]) {
      const dumps = await read(`${again}${walk}${again}(gdb) ${command}\n${again}${walk}(gdb) `);
      const told = dumps.map((d) => [d.goroutines.length, d.repeated, d.complete]);
      expect([command, ...told]).toEqual([command, [2, 2, true], [2, 0, true]]);
    }
  });

  test("a variable that is shown behind a prompt is no command", async () => {
    for (const value of ["c = 4738353", "r = 0", "signal = 2", "start = {ext = 1}"]) {
      const dump = await one(`${session}(gdb) ${value}\n(gdb) ${list(1, 9)}`);
      expect([value, dump.goroutines.length, dump.complete]).toEqual([value, 2, true]);
    }
  });

  test("each tells what is missing of it", async () => {
    const cut = await read(`${all}${detached}${other.slice(0, -9)}`);
    expect(cut.map((d) => d.complete)).toEqual([true, false]);
    const lost = await read(`${all.replace(/#1 .*\n/, "")}${detached}${other}`);
    expect(lost.map((d) => d.complete)).toEqual([false, true]);
  });
});

test("gdb: frames beyond those that are kept are told", async () => {
  const deep = (...outer: string[]) =>
    stack("runtime.gopark", ...Array<string>(2100).fill("main.rec"), ...outer);
  const dump = await one(`${list(1, 9)}${main}${deep("runtime.goexit", "??")}`);
  expect(dump.stacks.map((s) => [s.extent, s.elided, s.frames.length])).toEqual([
    ["full", 0, 3],
    ["cut", -1, 2000],
  ]);
  expect(messages(dump)).toBe("1 stack of more than 2,000 frames: what is further out is left out");
  expect(dump.complete).toBe(true);
});

test.each(["go1.19-all", "go1.24-all", "go1.27-all", "go1.27-threads"])(
  "gdb/%s: a line is lost: that is told, or it changes nothing",
  async (name) => {
    const text = readFileSync(new URL(`../../fixtures/dumps/gdb/${name}.txt`, import.meta.url), "utf8");
    const lines = text.split("\n");
    const asText = (dumps: Dump[]) => dumps.map(dumpText).join("\n");
    const whole = asText(await read(text));
    for (const at of lines.keys()) {
      const dumps = await read(lines.toSpliced(at, 1).join("\n"));
      if (dumps.some((d) => d.complete)) expect([lines[at], asText(dumps)]).toEqual([lines[at], whole]);
    }
  },
);
