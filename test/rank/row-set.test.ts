import { expect, test } from "vitest";
import { Facts } from "../../src/match/facts.ts";
import { RowSets } from "../../src/rank/row-set.ts";
import { reportStacks } from "../../src/rank/stacks.ts";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { bytesSource } from "../read/bytes.ts";

/** A dump with so many goroutines in each of its stacks. */
async function factsOf(...counts: readonly number[]): Promise<Facts> {
  const goroutines = counts.flatMap((count, stack) =>
    Array.from(
      { length: count },
      (_, i) =>
        `goroutine ${stack * 100 + i + 1} [select, ${i} minutes]:\nmain.f${stack}()\n\t/src/a.go:1 +0x1\n`,
    ),
  );
  const source = bytesSource("dump", Buffer.from(`${goroutines.join("\n")}\n`));
  const [dump] = await goTracebackReader.read(source, { threads: 1 });
  return new Facts(dump!);
}

test("a set counts each goroutine once, however its groups overlap", async () => {
  const facts = await factsOf(6, 3);
  const sets = new RowSets(facts);
  const some = facts.groupOf(0, [0, 1, 2]);
  const others = facts.groupOf(0, [2, 3]);
  const size = (...groups: Parameters<RowSets["of"]>[0]) => sets.of(groups).size;
  expect(size(some)).toBe(3);
  expect(size(some, some)).toBe(3);
  expect(size(some, others)).toBe(4);
  expect(size(some, others, facts.whole(0))).toBe(6);
  expect(size(facts.whole(0), some, facts.whole(1))).toBe(9);
});

test("sets overlap where they share a goroutine, not only a stack", async () => {
  const facts = await factsOf(6);
  const sets = new RowSets(facts);
  const of = (...rows: number[]) => sets.of([facts.groupOf(0, rows)]);
  expect(sets.overlap(of(0, 1), 0, of(2, 3), 0)).toBe(false);
  expect(sets.overlap(of(0, 1), 0, of(1, 2), 0)).toBe(true);
  expect(sets.overlap(of(0, 1), 0, sets.of([facts.whole(0)]), 0)).toBe(true);
});

test("of many stacks those with the most goroutines are told, equal counts in the dump's order", async () => {
  const counts = [2, 7, 1, 7, 3, 9, 2];
  const facts = await factsOf(...counts);
  const members = counts.map((_, i) => ({ group: facts.whole(i) }));
  const told = (most: number) => {
    const { stacks, omitted } = reportStacks(facts, members, most, () => []);
    return { stacks: stacks.map((s) => `${s.frames[0]!.function} ${s.count}`), omitted };
  };
  expect(told(3)).toEqual({
    stacks: ["main.f5 9", "main.f1 7", "main.f3 7"],
    omitted: { stacks: 4, goroutines: 8 },
  });
  expect(told(7).stacks).toEqual([
    "main.f5 9",
    "main.f1 7",
    "main.f3 7",
    "main.f4 3",
    "main.f0 2",
    "main.f6 2",
    "main.f2 1",
  ]);
  expect(told(7).omitted).toEqual({ stacks: 0, goroutines: 0 });
});
