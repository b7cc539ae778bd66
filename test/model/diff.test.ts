import { describe, expect, test } from "vitest";
import { diffDumps } from "../../src/model/diff.ts";
import type { Dump } from "../../src/model/dump.ts";
import { DumpBuilder } from "../../src/model/dump-builder.ts";
import { type GroupBy, groupings } from "../../src/model/grouping.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { bytesSource } from "../read/bytes.ts";

/** A goroutine of a traceback. */
function goroutine(id: number, state: string, line: number, entry = "worker"): string {
  return (
    `goroutine ${id} [${state}]:\nmain.step(...)\n\t/src/main.go:${line}\nmain.${entry}()\n\t/src/main.go:9 +0x1d\n` +
    `created by main.start in goroutine 1\n\t/src/main.go:3 +0x2f\n\n`
  );
}

async function dump(name: string, ...goroutines: readonly string[]): Promise<Dump> {
  const dumps = await goTracebackReader.read(bytesSource(name, goroutines.join("")), { threads: 1 });
  return dumps[0]!;
}

const before = dump(
  "before",
  goroutine(1, "chan receive", 20),
  goroutine(2, "chan send", 30),
  goroutine(3, "chan send", 30),
  goroutine(4, "select", 40, "loop"),
  goroutine(5, "sleep", 50),
  goroutine(6, "sleep", 50),
);
const after = dump(
  "after",
  goroutine(1, "chan send", 30),
  goroutine(2, "chan send", 30),
  goroutine(7, "chan send", 30),
  goroutine(8, "chan send", 30),
  goroutine(4, "select", 40, "loop"),
  goroutine(5, "sleep", 50),
  goroutine(9, "sync.Mutex.Lock", 60),
);

async function groups(by: GroupBy): Promise<readonly (readonly unknown[])[]> {
  const diff = diffDumps([await before], [await after], by);
  return diff.groups.map((g) => [g.key, g.change, g.before, g.after, g.stayed]);
}

test("by site: grown, new, gone, shrunk and unchanged, the largest change first, larger groups before smaller", async () => {
  expect(await groups("site")).toEqual([
    ["main.step /src/main.go:30", "grown", 2, 4, 1],
    ["main.step /src/main.go:50", "shrunk", 2, 1, 1],
    ["main.step /src/main.go:60", "new", 0, 1, 0],
    ["main.step /src/main.go:20", "gone", 1, 0, 0],
    ["main.step /src/main.go:40", "same", 1, 1, 1],
  ]);
});

test("by entry, creator and wait", async () => {
  expect(await groups("entry")).toEqual([
    ["main.worker", "grown", 5, 6, 3],
    ["main.loop", "same", 1, 1, 1],
  ]);
  expect(await groups("creator")).toEqual([["main.start /src/main.go:3", "grown", 6, 7, 4]]);
  expect((await groups("wait")).map(([key, change]) => [key, change])).toEqual([
    ["chan-send", "grown"],
    ["mutex-lock", "new"],
    ["sleep", "shrunk"],
    ["chan-receive", "gone"],
    ["select", "same"],
  ]);
});

test("by stack, a frame a line", async () => {
  expect((await groups("stack"))[0]).toEqual([
    "[chan-send]\nmain.step /src/main.go:30\nmain.worker /src/main.go:9\ncreated by main.start /src/main.go:3",
    "grown",
    2,
    4,
    1,
  ]);
});

test.each(groupings)("by %s, counts add up to the totals", async (by) => {
  const diff = diffDumps([await before], [await after], by);
  expect(diff.groups.reduce((sum, g) => sum + g.before, 0)).toBe(diff.before.goroutines);
  expect(diff.groups.reduce((sum, g) => sum + g.after, 0)).toBe(diff.after.goroutines);
});

test("a dump differs in nothing from itself", async () => {
  for (const by of groupings) {
    const { groups } = diffDumps([await before], [await before], by);
    expect(groups.map((g) => [g.change, g.stayed])).toEqual(groups.map((g) => ["same", g.before]));
  }
});

/** A profile as debug=1 gives it: groups, labels, no ids, reasons or creators. */
function profile(
  name: string,
  counts: readonly (readonly [line: number, count: number, path: string])[],
): Dump {
  const builder = new DumpBuilder(name, "pprof-text", ["stacks"]);
  for (const [line, weight, path] of counts) {
    const frames = [
      { function: "main.step", file: "/src/main.go", line },
      { function: "main.worker", file: "/src/main.go", line: 9 },
    ];
    const stack = builder.stack({ reason: "", frames, extent: "full" });
    const labels = builder.labels([["path", path]]);
    builder.goroutines.push(stack.index, Number.NaN, weight, -1, 0, Number.NaN, Number.NaN, labels);
  }
  return builder.build();
}

describe("formats that know less", () => {
  test("labels, one or all", () => {
    const a = profile("a", [
      [1, 5, "/x"],
      [1, 5, "/y"],
    ]);
    const b = profile("b", [
      [1, 50, "/x"],
      [1, 5, "/y"],
    ]);
    const diff = diffDumps([a], [b], "label");
    expect(diff.groups[0]).toMatchObject({ key: "path=/x", before: 5, after: 50, stayed: undefined });
    expect(diffDumps([a], [b], "label", { label: "path" }).groups[0]?.key).toBe("/x");
    expect(diffDumps([a], [b], "label", { label: "tenant" }).groups[0]?.key).toBe("(no such label)");
  });

  test("stacks of different formats are compared by their frames, with a note", async () => {
    const diff = diffDumps([await before], [profile("p", [[30, 9, "/"]])], "stack");
    expect(diff.groups.find((g) => g.key.includes(":30"))).toMatchObject({ before: 2, after: 9 });
    expect(diff.notes.join()).toContain("by their frames alone");
    expect(diff.notes.join()).toContain("can't be followed by their ids");
  });

  test("several instances are added up", async () => {
    const diff = diffDumps([await before, await before], [await after], "entry");
    expect(diff.before).toMatchObject({ goroutines: 12, names: ["before", "before"] });
    expect(diff.groups[0]?.stayed).toBeUndefined();
  });
});
