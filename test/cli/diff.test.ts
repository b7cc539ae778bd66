import { expect, test } from "vitest";
import { runDiff } from "../../src/cli/diff.ts";
import { InputError } from "../../src/errors.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { bytesSource } from "../read/bytes.ts";

function goroutine(id: number, name: string): string {
  return `goroutine ${id} [chan send]:\nmain.${name}()\n\t/src/main.go:5 +0x1d\n\n`;
}

const sides: Readonly<Record<string, string>> = {
  a: goroutine(1, "one") + goroutine(2, "two") + goroutine(3, "gone"),
  b:
    goroutine(1, "one") +
    Array.from({ length: 1_200 }, (_, i) => goroutine(i + 2, "two")).join("") +
    goroutine(9999, "new\u001b[2J"),
  cut: goroutine(1, "one").slice(0, 30),
};

async function read(path: string) {
  const text = sides[path];
  if (text === undefined)
    return { dumps: [], failures: [{ error: new InputError(`${path} holds no dump`) }] };
  return { dumps: await goTracebackReader.read(bytesSource(path, text), { threads: 1 }), failures: [] };
}

const args = {
  before: "a",
  after: "b",
  by: "entry",
  label: undefined,
  "max-groups": 40,
  all: false,
  json: false,
  color: false,
} as const;

test("text: totals, then the largest change first; hostile names are made visible", async () => {
  const { text, code } = await runDiff(args, read, false);
  expect(text).toBe(
    [
      "a → b: 3 → 1,202 goroutines (+1,199), by entry",
      "  +1,199  1 → 1,200  grown  main.two  (1 still the same)",
      "      +1      0 → 1  new    main.new\\x1b[2J",
      "      −1      1 → 0  gone   main.gone",
      "",
    ].join("\n"),
  );
  expect(code).toBe(0);
});

test("unchanged groups on request, fewer groups on request, colours on request", async () => {
  expect((await runDiff({ ...args, all: true }, read, false)).text).toContain(
    "±0      1 → 1  same   main.one",
  );
  expect((await runDiff({ ...args, "max-groups": 1 }, read, false)).text).toContain("… and 2 further groups");
  expect((await runDiff(args, read, true)).text).toContain("\u001b[31m");
  expect((await runDiff({ ...args, after: "a" }, read, false)).text).toContain("no group changed");
});

test("JSON has everything", async () => {
  const { text } = await runDiff({ ...args, json: true, by: "stack" }, read, false);
  const diff = JSON.parse(text);
  expect(diff.before).toEqual({ names: ["a"], goroutines: 3, complete: true });
  expect(diff.groups).toHaveLength(4);
  expect(diff.groups[0]).toMatchObject({ change: "grown", before: 1, after: 1200, stayed: 1 });
});

test("a cut dump makes the code 3 and is told, a missing one is an error", async () => {
  const cut = await runDiff({ ...args, after: "cut" }, read, false);
  expect(cut.code).toBe(3);
  expect(cut.text).toContain("a dump is incomplete");
  await expect(runDiff({ ...args, after: "missing" }, read, false)).rejects.toBeInstanceOf(InputError);
});
