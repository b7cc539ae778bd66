import { describe, expect, test } from "vitest";
import { readStdin as read } from "./stdin.ts";

/** Frames and the creator of each goroutine. */
async function shown(text: string) {
  const dumps = await read(text);
  return dumps.flatMap(({ goroutines, stacks }) =>
    [...goroutines.stack.subarray(0, goroutines.length)].map((index) => {
      const { frames, createdBy } = stacks[index]!;
      return [...frames, ...(createdBy === undefined ? [] : [createdBy])].map(
        (f) => `${f.symbol.name} ${f.file}:${f.line}`,
      );
    }),
  );
}

const messages = (dumps: Awaited<ReturnType<typeof read>>) =>
  dumps.flatMap((d) => d.problems.map((p) => p.message)).join("; ");

const header = "goroutine 7 [sync.Mutex.Lock, 5 minutes]:\n";
const frames =
  "main.(*Registry).lock(...)\n\tapp/registry.go:473\nmain.work(0xc000010000)\n\t/srv/work.go:12 +0x1d\n";
const creator = "created by main.main in goroutine 1\n\t/srv/main.go:9 +0x1d\n";
const next =
  "\ngoroutine 9 [chan send]:\nmain.a()\n\t/x/a.go:3 +0x11\ncreated by main.b\n\t/x/b.go:3 +0x11\n";
const stack = [
  ["main.(*Registry).lock app/registry.go:473", "main.work /srv/work.go:12", "main.main /srv/main.go:9"],
  ["main.a /x/a.go:3", "main.b /x/b.go:3"],
];

/** Each line of a goroutine below its header, functions and places apart. */
const below = (place: string, line: string) =>
  header + (frames + creator).replaceAll(/^\t?(?=.)/gm, (tab) => (tab === "" ? line : place)) + next;

describe("functions indented below a header that is not", () => {
  test.each([
    ["two and four spaces", "    ", "  "],
    ["four and eight spaces", "        ", "    "],
    ["one and two tabs", "\t\t", "\t"],
    ["two and three tabs", "\t\t\t", "\t\t"],
    ["spaces and a tab more", "  \t", "  "],
    ["the same for both", "    ", "    "],
  ])("are read: %s", async (_, place, line) => {
    const text = below(place, line);
    expect([messages(await read(text)), await shown(text)]).toEqual(["", stack]);
  });

  test("are read in a page's text that is indented, too", async () => {
    const text = below("    ", "  ").replaceAll(/^(?=.)/gm, "  ");
    expect([messages(await read(text)), await shown(text)]).toEqual(["", stack]);
  });

  test.each(["//", "#", "--", ";", " *", ">", "|"])(
    "are read behind a comment's mark, which stands before other text of the header's line: %s",
    async (mark) => {
      for (const [place, line] of [
        ["     ", "   "],
        ["\t\t", "\t"],
      ] as const) {
        const text = `${mark} Output: ${below(`${mark}${place}`, `${mark}${line}`).replace("\n\n", `\n${mark}\n\n`)}`;
        expect([messages(await read(text)), await shown(text)]).toEqual(["", stack]);
      }
    },
  );

  test("are read where only the first is indented", async () => {
    const text = header + frames.replace(/^/, "    ") + creator + next;
    expect([messages(await read(text)), await shown(text)]).toEqual(["", stack]);
  });

  test("are read behind a header that a test's log shows", async () => {
    for (const log of ["\tleak_test.go:86: ", "    leak_test.go:86: still there: "]) {
      const text = `--- FAIL: TestA (0.1s)\n${log}${below("\t\t\t", "\t\t").split("\n\n")[0]}\nFAIL\n`;
      expect([messages(await read(text)), await shown(text)]).toEqual(["", stack.slice(0, 1)]);
    }
  });

  test("without any place are kept, and told", async () => {
    const text = `${header}    runtime.selectgo(...)\n    main.run(...)\n${next}`;
    const [dump] = await read(text);
    expect((await shown(text))[0]).toEqual(["runtime.selectgo :0", "main.run :0"]);
    expect([dump!.complete, messages([dump!])]).toEqual([false, expect.stringContaining("without its file")]);
  });

  test("that another program's line looks like stay unread", async () => {
    const text = `${header}  defer mu.Unlock()\n${frames}${creator}${next}`;
    expect([messages(await read(text)), await shown(text)]).toEqual(["", stack]);
  });
});

test("a goroutine of which no line is understood is not said to have none", async () => {
  const [dump] = await read(`${header}=> main.run(0x1)\n=>   /srv/run.go:3 +0x1\n${next}`);
  expect([dump!.complete, messages([dump!])]).toEqual([false, expect.stringMatching(/not understood/)]);
  const [bare] = await read(`${header}${next}`);
  expect([bare!.complete, messages([bare!])]).toEqual([true, expect.stringMatching(/has no stack/)]);
});

describe("functions and their places on one line", () => {
  const lines = [
    "main.(*Registry).lock(...)   app/registry.go:473",
    "main.work(0xc000010000)              /srv/work.go:12 +0x1d",
    "created by main.main in goroutine 1   /srv/main.go:9",
  ];
  const oneLine = (indent: string) => `${header}${lines.map((line) => `${indent}${line}\n`).join("")}${next}`;

  test.each(["", "  ", "\t"])("are read, and nothing is missing: indented by %j", async (indent) => {
    const dumps = await read(oneLine(indent));
    expect([messages(dumps), await shown(oneLine(indent))]).toEqual(["", stack]);
    expect(dumps[0]!.goroutines.creator[0]).toBe(1);
  });

  test.each(["", "  "])("are read without arguments: indented by %j", async (indent) => {
    const text = oneLine(indent).replaceAll(/\((?:\.\.\.|0xc000010000)\) /g, " ");
    expect(text).toContain("lock   ");
    expect([messages(await read(text)), await shown(text)]).toEqual(["", stack]);
  });

  test("are damage among those on two", async () => {
    for (const line of lines.slice(0, 2)) {
      const text = `${header}${line}\n${frames}${creator}${next}`;
      const [dump] = await read(text);
      expect([dump!.complete, dump!.stacks[0]!.frames.length]).toEqual([false, 3]);
    }
    const text = `${header}${frames}created by main.main in goroutine 1 /srv/main.go:9 +0x1d\n${next}`;
    expect([(await read(text))[0]!.complete, await shown(text)]).toEqual([false, stack]);
  });

  test("without arguments are another program's among those on two", async () => {
    const text = `${header + frames}main.handle   handler.go:12\n${creator}${next}`;
    expect(await shown(text)).toEqual(stack);
  });
});

describe("what pages make of a traceback's marks", () => {
  const text = header + frames + creator.replace("main.main", "main.(*App).Run") + next;
  const whole = shown(text);

  test.each([
    ["an underscore", "(_$1)"],
    ["nothing", "($1)"],
  ])("%s where a star was is read as one", async (_, name) => {
    const eaten = text.replaceAll(/\(\*(\w+)\)/g, name);
    expect(eaten).not.toContain("*");
    expect([messages(await read(eaten)), await shown(eaten)]).toEqual(["", await whole]);
    expect((await read(eaten))[0]!.stacks[0]!.wait).toBe("mutex-lock");
  });

  test("also where only a creator has one, and in types of types", async () => {
    const creatorOnly = text.replace("main.(*Registry).lock", "main.lock").replace("(*App)", "(_App[...])");
    expect((await shown(creatorOnly))[0]![2]).toBe("main.(*App[...]).Run /srv/main.go:9");
    const anonymous = text.replace("(*Registry)", "(*struct { sync.Mutex })");
    expect((await shown(anonymous))[0]![0]).toBe("main.(*struct { sync.Mutex }).lock app/registry.go:473");
  });
});

describe("numbers that a page has made links", () => {
  const link = (digits: string) =>
    `[${digits}](https://example.com/x/runs/1?check_suite_focus=true#step:6:${digits})`;
  const text = header + frames + creator + next;

  test.each([
    ["in an id", "goroutine 7", `goroutine ${link("7")}`],
    ["in a part of an id", "goroutine 9", `goroutine ${link("9")}00`],
    ["in minutes", "5 minutes", `${link("5")} minutes`],
    ["in arguments", "0xc000010000", `0xc000${link("010")}000`],
    ["in a line", ".go:473", `.go:${link("473")}`],
    ["in an offset", "+0x1d", `+0x${link("1")}d`],
    ["in a creator", "in goroutine 1", `in goroutine ${link("1")}`],
  ])("are numbers: %s", async (_, from, to) => {
    const linked = text.replace(from, to);
    expect(linked).not.toBe(text);
    const dumps = await read(linked);
    expect([messages(dumps), await shown(linked)]).toEqual(["", stack]);
    const { minutes, creator: by, id } = dumps[0]!.goroutines;
    expect([minutes[0], by[0], id[0], id[1]]).toEqual([5, 1, 7, from === "goroutine 9" ? 900 : 9]);
  });

  test("on lines of their own are a page's, and end nothing", async () => {
    const numbered = text.replaceAll(/^(?=.)/gm, () => `${link("12")}\n`);
    expect([messages(await read(numbered)), await shown(numbered)]).toEqual(["", stack]);
  });

  test("in a label are its text", async () => {
    const labelled = text.replace("]:", `] {"why": "${link("12")}"}:`);
    const [dump] = await read(labelled);
    expect([...dump!.labelSets[dump!.goroutines.labels[0]!]!]).toEqual([["why", link("12")]]);
  });
});

test("what a header says and nobody understands is kept and told, and nothing is lost", async () => {
  const [dump] = await read(
    header.replace("5 minutes", "2 hours, foo bar, synctest bubble 3") + frames + creator + next,
  );
  expect([dump!.complete, messages([dump!])]).toEqual([
    true,
    "what headers say is not understood: 2 hours, foo bar",
  ]);
  expect(dump!.extra["header attribute 2 hours"]).toBe("1 goroutine");
  expect(await shown(header.replace("5 minutes", "50ms") + frames + creator + next)).toEqual(stack);
});

test("a goroutine that begins another dump is what that dump lacks lines of", async () => {
  const whole = `goroutine 1 [chan send]:\n${frames}${creator}\n`;
  const dumps = await read(whole + whole.replace("\tapp/registry.go:473\n", "").replaceAll("\n\n", "\n"));
  expect(dumps.map((dump) => [dump.complete, dump.problems.length])).toEqual([
    [true, 0],
    [false, 1],
  ]);
});
