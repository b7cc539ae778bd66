import fc from "fast-check";
import { expect, test } from "vitest";
import { Split } from "../../src/match/split.ts";

/** Rows by their key, in the order in which the keys first occur. */
function plainly(rows: readonly number[], keyOf: (row: number) => string): number[][] {
  const parts = new Map<string, number[]>();
  for (const row of rows) {
    const key = keyOf(row);
    parts.set(key, [...(parts.get(key) ?? []), row]);
  }
  return [...parts.values()];
}

const few = fc.constantFrom(Number.NaN, 0, 1, 2 ** 31, 2 ** 32, 0xc000012345, -1);
const table = fc.array(
  fc.record({ wide: few, small: fc.integer({ min: -1, max: 3 }), text: fc.constantFrom("", "a", "b") }),
  { minLength: 1, maxLength: 300 },
);

test("rows are split by all columns, unknown numbers being equal, in the order in which the keys occur", () => {
  fc.assert(
    fc.property(table, fc.boolean(), (given, byText) => {
      const rows = given.map((_, i) => i).filter((i) => i % 3 !== 1);
      const wide = Float64Array.from(given, (r) => r.wide);
      const small = Int32Array.from(given, (r) => r.small);
      const split = new Split(rows);
      split.byNumbers(small);
      split.byNumbers(wide);
      if (byText) split.byText((row) => given[row]!.text);
      const expected = plainly(rows, (r) => `${small[r]} ${wide[r]} ${byText ? given[r]!.text : ""}`);
      expect(split.parts().map((part) => [...Array.from(part)])).toEqual(expected);
    }),
  );
});

test("many distinct values, and several values a row", () => {
  const length = 10_000;
  const column = Float64Array.from({ length: length * 2 }, (_, i) => (i % 2 === 0 ? i * 4096 : Number.NaN));
  const start = Uint32Array.from({ length }, (_, i) => i * 2);
  const rows = start.map((_, i) => i);
  const first = new Split(rows);
  first.byNumbers(column, start, 0);
  expect(first.parts().map((p) => p[0])).toEqual([...rows]);
  const second = new Split(rows);
  second.byNumbers(column, start, 1);
  expect(second.parts()).toEqual([rows]);
});
