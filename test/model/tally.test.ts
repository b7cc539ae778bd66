import fc from "fast-check";
import { expect, test } from "vitest";
import { Goroutines } from "../../src/model/goroutines.ts";
import { maxIds } from "../../src/model/smallest-ids.ts";

interface Given {
  readonly stack: number;
  readonly id: number;
  readonly minutes: number;
  readonly flags: number;
  readonly labels: number;
  readonly weight: number;
  readonly creator: number;
  readonly resource: number;
}

const given: fc.Arbitrary<Given> = fc.record({
  stack: fc.nat(3),
  id: fc.constantFrom(1, 2, 3, 70_000, 2 ** 40, Number.NaN),
  minutes: fc.constantFrom(-7, -1, 0, 1, 90, 2_000_000),
  flags: fc.nat(1),
  labels: fc.nat(1),
  // No profile has groups of none, but a made one may.
  weight: fc.oneof({ weight: 30, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(3) }),
  creator: fc.constantFrom(1, 2, 20_000, 2 ** 32 + 1, 0.5, Number.NaN),
  resource: fc.constantFrom(0xc000, 0xc008, 0xc010, Number.NaN),
});

/** What a look at all rows says. */
function plainly(rows: readonly Given[], stack: number) {
  const own = rows.filter((r) => r.stack === stack);
  const kinds = new Map<string, number>();
  for (const { minutes, flags, labels, weight } of own) {
    const kind = `${minutes} ${flags} ${labels}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + weight);
  }
  const ids = own.map((r) => r.id).filter((id) => !Number.isNaN(id));
  const addresses = new Set(own.map((r) => r.resource));
  return {
    rows: own.length,
    kinds: [...kinds],
    ids: ids.sort((a, b) => a - b).slice(0, maxIds),
    creators: new Set(own.map((r) => r.creator)),
    addresses: [...addresses].filter((a) => !Number.isNaN(a)).slice(0, 2),
    unknown: addresses.has(Number.NaN),
  };
}

function tallied({ tally, minutes, flags, labels }: Goroutines, stacks: number, stack: number) {
  const { start, first, weights } = tally.cells(stacks);
  const kinds = Array.from(first.subarray(start[stack], start[stack + 1]), (row, i) => {
    const kind = `${minutes[row]} ${flags[row]} ${labels[row]}`;
    return [kind, weights[start[stack]! + i]] as const;
  });
  const { addresses, unknown } = tally.waitedFor(stack);
  expect(tally.hasAddress(stack)).toBe(addresses.length > 0);
  return {
    rows: tally.rows(stack),
    kinds,
    ids: tally.smallestIds(stack).ids.slice(0, maxIds),
    creators: new Set(tally.creators.ofStack(stack)),
    addresses,
    unknown,
  };
}

function check(parts: readonly (readonly Given[])[], stacks: number, asked: readonly number[]): void {
  const goroutines = new Goroutines();
  for (const part of parts) {
    for (const r of part)
      goroutines.push(r.stack, r.id, r.weight, r.minutes, r.flags, r.creator, r.resource, r.labels);
    goroutines.tally.follow();
  }
  const rows = parts.flat();
  for (const stack of asked) expect(tallied(goroutines, stacks, stack)).toEqual(plainly(rows, stack));
  const { tally } = goroutines;
  expect([...tally.creators.all]).toEqual([...new Set(rows.map((r) => r.creator))]);
  expect(tally.idsKnown).toBe(rows.every((r) => !Number.isNaN(r.id)));
  // Each row's kind is that of a first row with the same.
  rows.forEach((row, i) => {
    const { minutes, flags, labels } = rows[tally.kinds.first[tally.kinds.ofRow[i]!]!]!;
    expect([minutes, flags, labels]).toEqual([row.minutes, row.flags, row.labels]);
  });
}

test("a tally that follows part by part says what a look at all rows says", () => {
  fc.assert(
    fc.property(fc.array(fc.array(given, { maxLength: 60 }), { maxLength: 4 }), (parts) => {
      check(parts, 4, [0, 1, 2, 3]);
    }),
  );
});

test("so does one of more stacks, kinds and creators than tables hold", () => {
  const rows = Array.from({ length: 9000 }, (_, i) => ({
    stack: (i * 7) % 3000,
    id: 100_000 - i,
    minutes: i % 1500,
    flags: i % 2,
    labels: 0,
    weight: i < 5000 ? 1 : 1 + (i % 2),
    creator: 1 + (i % 7000) * 1000,
    resource: i % 3 === 0 ? 0xc000 + i : Number.NaN,
  }));
  check([rows.slice(0, 10), rows.slice(10, 4000), rows.slice(4000)], 3000, [0, 7, 1500, 2999]);
});
