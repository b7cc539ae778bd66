import { describe, expect, test } from "vitest";
import { readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";
import { logWrappers } from "./log-wrappers.ts";

async function read(text: string) {
  const stdin = (async function* () {
    yield Buffer.from(text);
  })();
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin });
  expect(failures).toEqual([]);
  return dumps;
}

/** Without the numbers of lines, which differ where lines are wrapped. */
async function content(text: string) {
  const dumps = await read(text);
  return dumps.map((d) => dumpText(d).replaceAll(/"line":\d+,| line \d+/g, "")).join("\n");
}

/** Values of labels that look like something around a line, as Go quotes them. */
const values: Readonly<Record<string, string>> = {
  "a header": '"goroutine 0 [select]:"',
  "a header and a line end": String.raw`"goroutine 0 [select]:\n"`,
  "a header in Docker's JSON": String.raw`"{\"log\":\"goroutine 0 [select]:\\n\"}"`,
  "lines of SQL": String.raw`"SELECT *\n\tFROM t\n\n"`,
  "a path with an escape in it": String.raw`"C:\\new\\table"`,
  "what ends labels": String.raw`"a]: {b}:\n"`,
  "a backslash before the quote": String.raw`"a\\"`,
  "rsyslog's line end and tab": '"a#012b#011c"',
  "a page's line end": '"a&#10;b&#xA;c"',
  "a page's quote": '"a&#34;b&lt;"',
  "very much": `"${"x".repeat(1500)}\\n"`,
};

/** Wrappers that part a line where no runtime does: in the middle of a label. */
const parted: Readonly<Record<string, RegExp>> = {
  "CRI, long lines in parts": /rsyslog|page/,
  "docker json-file": /very much/,
};

const versions: Readonly<Record<string, (state: string, value: string) => string>> = {
  "Go 1.26": (state, value) => `[${state} labels:{"msg": ${value}}]`,
  "Go 1.27": (state, value) => `[${state}] {msg: ${value}}`,
};

describe.each(Object.keys(versions))("labels of %s", (version) => {
  const dump = (value: string) =>
    [7, 8, 9]
      .map(
        (id) =>
          `goroutine ${id} ${versions[version]!("chan send (nil chan)", value)}:\nmain.f(0x1)\n\t/srv/f.go:3 +0x1\ncreated by main.main in goroutine 1\n\t/srv/a.go:9 +0x1\n`,
      )
      .join("\n");

  describe.each(Object.keys(values))("%s", (name) => {
    const plain = dump(values[name]!);

    test("plain: three goroutines with that label", async () => {
      const [found, ...more] = await read(plain);
      expect(more).toEqual([]);
      expect([found!.complete, [...found!.goroutines.id.slice(0, found!.goroutines.length)]]).toEqual([
        true,
        [7, 8, 9],
      ]);
      expect(found!.stacks.map((s) => [s.reason, s.frames.length])).toEqual([["chan send (nil chan)", 1]]);
      const value = JSON.parse(values[name]!) as string;
      expect(found!.labelSets.map((set) => [...set])).toContainEqual([["msg", value]]);
    });

    const wrappers = Object.keys(logWrappers).filter((wrapper) => !parted[wrapper]?.test(name));

    test.each(wrappers)("%s: the same dump", async (wrapper) => {
      expect(await content(logWrappers[wrapper]!(plain))).toBe(await content(plain));
    });
  });
});

/** Where profiles and debuggers tell labels, on a line of their own. */
const listings: Readonly<Record<string, (label: string) => string>> = {
  "a profile": (label) =>
    `goroutine profile: total 3\n2 @ 0x1 0x2\n# labels: {${label}}\n#\t0x1\tmain.f+0x1\t/src/main.go:11\n\n1 @ 0x1 0x3\n#\t0x1\tmain.g+0x1\t/src/main.go:12\n\n`,
  "Delve's list": (label) =>
    `Type 'help' for list of commands.\n(dlv)   Goroutine 1 - User: /src/main.go:11 main.f (0x48a665) [chan receive]\n\tLabels: ${label}\n  Goroutine 2 - User: /src/main.go:12 main.g (0x48a665) [select]\n[2 goroutines]\n`,
};

describe.each(Object.keys(listings))("labels of %s", (name) => {
  const listing = listings[name]!;
  const hostile = listing('"k:5":"goroutine 5 [running]:"');

  test.each(["goroutine 5 [running]:", "<b>&amp;", "goroutine 5 [running]:&#10;"])(
    "%s: just a label",
    async (text) => {
      const [plain] = await read(listing(`"k:5":"${text}"`));
      expect([plain!.format === "go-traceback", plain!.complete]).toEqual([false, true]);
      expect(plain!.labelSets.map((set) => [...set])).toContainEqual([["k:5", text]]);
    },
  );

  test.each(Object.keys(logWrappers))("%s: the same", async (wrapper) => {
    expect(await content(logWrappers[wrapper]!(hostile))).toBe(await content(hostile));
  });
});

test.each([
  ["quotes", 'x goroutine 1 [a] {"'],
  ["escaped quotes", String.raw`x goroutine 1 [a] {\"k\\\": &#34;`],
  ["no quotes", "x goroutine 1 [a] {b: &"],
  ["braces", "x goroutine 1 [a labels:{{"],
])("hostile labels with %s take no time", async (_, text) => {
  const start = performance.now();
  const stdin = (async function* () {
    yield Buffer.from(`${text.repeat(150_000)}\n`);
  })();
  await readDumps(["-"], { threads: 1, stdin });
  expect(performance.now() - start).toBeLessThan(3000);
});
