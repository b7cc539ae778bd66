import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { analyze } from "../../src/analyze.ts";
import { readDumps } from "../../src/read/read-dumps.ts";

const stack = "#\t0x1\tmain.work+0x1\t/src/main.go:5\n#\t0x2\tmain.start+0x1\t/src/main.go:9\n";

/** A profile, debug=1, whose goroutines stand in one stack with these labels. */
async function stacksOf(groups: readonly (readonly [number, Readonly<Record<string, string>>])[]) {
  const total = groups.reduce((sum, [count]) => sum + count, 0);
  const texts = groups.map(
    ([count, labels]) =>
      `${count} @ 0x1 0x2\n${Object.keys(labels).length > 0 ? `# labels: ${JSON.stringify(labels)}\n` : ""}${stack}\n`,
  );
  const text = `goroutine profile: total ${total}\n${texts.join("")}`;
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: Readable.from([Buffer.from(text)]) });
  return analyze(dumps, []).dumps[0]!.stacks;
}

test("a stack has the labels of its goroutines, the commonest first, and no more than five sets", async () => {
  const [first, ...others] = await stacksOf([
    [3, {}],
    [4, { tenant: "acme", path: "/" }],
    [9, { tenant: "zeta" }],
    ...[1, 2, 3, 4].map((n) => [1, { tenant: `rare${n}` }] as const),
  ]);
  expect(others).toEqual([]);
  expect(first!.count).toBe(20);
  expect(first!.labels).toEqual([
    { count: 9, labels: { tenant: "zeta" } },
    { count: 4, labels: { path: "/", tenant: "acme" } },
    { count: 1, labels: { tenant: "rare1" } },
    { count: 1, labels: { tenant: "rare2" } },
    { count: 1, labels: { tenant: "rare3" } },
  ]);
});

test("goroutines without labels say nothing of labels, and a label may have any name", async () => {
  const [plain] = await stacksOf([[2, {}]]);
  expect(plain).not.toHaveProperty("labels");
  const [named] = await stacksOf([[2, JSON.parse('{"__proto__":"x","constructor":"y"}')]]);
  expect(Object.entries(named!.labels![0]!.labels)).toEqual([
    ["__proto__", "x"],
    ["constructor", "y"],
  ]);
});
