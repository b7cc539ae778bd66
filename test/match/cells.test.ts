import fc from "fast-check";
import { expect, test } from "vitest";
import { attribute, type Condition, onCell, truth } from "../../src/match/condition.ts";
import { Facts } from "../../src/match/facts.ts";
import type { Group, Sample } from "../../src/match/group.ts";
import type { Waits } from "../../src/match/rows.ts";
import type { Dump } from "../../src/model/dump.ts";
import { DumpBuilder } from "../../src/model/dump-builder.ts";

interface Given {
  readonly stack: number;
  readonly minutes: number;
  readonly flags: number;
  readonly labels: number;
  readonly weight: number;
}

const given = fc.array(
  fc.record({
    stack: fc.nat(2),
    // Minutes that lie so far apart that no table holds them, too.
    minutes: fc.constantFrom(-1, 0, 1, 5, 90, 2_000_000),
    flags: fc.nat(2),
    labels: fc.constantFrom(0, 0, 0, 0, 1, 2),
    weight: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 120 },
);

function dumpOf(rows: readonly Given[]): Dump {
  const builder = new DumpBuilder("test", "go-traceback", ["ids", "minutes", "labels"]);
  for (const line of [1, 2, 3]) {
    const frames = [{ function: "main.serve", file: "/src/app/a.go", line }];
    builder.stack({ reason: "chan send", frames, extent: "full" });
  }
  rows.forEach(({ stack, minutes, flags, labels, weight }, id) => {
    builder.goroutines.push(stack, id + 1, weight, minutes, flags, Number.NaN, Number.NaN, labels);
    builder.headersSeen += weight;
  });
  return builder.build();
}

function onColumns(test: (minutes: number, flags: number, labels: number) => boolean): Condition {
  return onCell({
    attributes: attribute.minutes | attribute.flags | attribute.labels,
    evaluate({ facts, group }) {
      const { minutes, flags, labels } = facts.dump.goroutines;
      const row = group!.first;
      return truth(test(minutes[row]!, flags[row]!, labels[row]!));
    },
  });
}

const conditions = [
  onColumns((minutes) => minutes >= 5),
  onColumns((minutes, flags, labels) => (minutes + flags + labels) % 2 === 0),
  onColumns(() => true),
];

/** Whole stacks, divided ones, and any rows of a stack. */
function groupsOf(facts: Facts, stackIndex: number, some: (row: number) => boolean): Group[] {
  const whole = facts.whole(stackIndex);
  const divided = conditions.flatMap((c) => [...divide(facts, whole, c).values()]);
  const rows = [...Array.from(whole.rows)].filter(some);
  const rest = facts.without(stackIndex, rows) ?? whole;
  return [whole, ...divided, rest, ...(rows.length === 0 ? [] : [facts.groupOf(stackIndex, rows)])];
}

function answer(facts: Facts, group: Sample, condition: Condition): string {
  const { stackIndex } = group;
  const stack = facts.dump.stacks[stackIndex]!;
  return String(condition.evaluate({ facts, stackIndex, stack, group }).length);
}

/** How long the goroutines of a group wait, and their labels, one by one. */
function waitsOf(facts: Facts, group: Group): Waits {
  const { minutes, labels, weight } = facts.dump.goroutines;
  const rows = Array.from(group.rows);
  const known = rows.map((row) => minutes[row]!).filter((waited) => waited >= 0);
  const byLabels = new Map<number, number>();
  for (const row of rows)
    if (labels[row] !== 0) byLabels.set(labels[row]!, (byLabels.get(labels[row]!) ?? 0) + weight[row]!);
  return {
    minMinutes: known.length === 0 ? -1 : Math.min(...known),
    maxMinutes: Math.max(-1, ...known),
    labels: byLabels,
  };
}

function divide(facts: Facts, group: Group, condition: Condition): ReadonlyMap<string, Group> {
  return facts.cells.divide(group, condition, (cell) => answer(facts, cell, condition));
}

test("cells answer as the goroutines one by one do", () => {
  fc.assert(
    fc.property(given, fc.nat(4), (rows, step) => {
      const facts = new Facts(dumpOf(rows));
      const { weight } = facts.dump.goroutines;
      for (const stackIndex of facts.dump.stacks.keys()) {
        for (const group of groupsOf(facts, stackIndex, (row) => row % 5 <= step)) {
          if (group.rows.length > 0) expect(facts.summary(group).waits).toEqual(waitsOf(facts, group));
          for (const condition of conditions) {
            const expected = new Map<string, number[]>();
            for (const row of Array.from(group.rows)) {
              const key = answer(facts, facts.groupOf(stackIndex, [row]), condition);
              expected.set(key, [...(expected.get(key) ?? []), row]);
            }
            const divided = divide(facts, group, condition);
            expect([...divided.keys()]).toEqual([...expected.keys()]);
            for (const [key, part] of divided) {
              expect([...Array.from(part.rows)]).toEqual(expected.get(key));
              expect(part.first).toBe(part.rows[0]);
              expect(part.weight).toBe(expected.get(key)!.reduce((n, row) => n + weight[row]!, 0));
            }
            const counted = new Map<string, number>();
            for (const kind of facts.kinds(group, condition)) {
              const key = answer(facts, kind, condition);
              counted.set(key, (counted.get(key) ?? 0) + kind.weight);
            }
            expect(counted).toEqual(new Map([...divided].map(([key, part]) => [key, part.weight])));
          }
        }
      }
    }),
  );
});

test("what is left of a stack in which each goroutine has labels of its own", () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => ({
    stack: 0,
    minutes: i % 7,
    flags: 0,
    labels: i,
    weight: 1,
  }));
  const facts = new Facts(dumpOf(rows));
  const { waits } = facts.summary(facts.without(0, [0, 6])!);
  expect([waits.minMinutes, waits.maxMinutes, waits.labels.size]).toEqual([0, 6, 149_998]);
});
