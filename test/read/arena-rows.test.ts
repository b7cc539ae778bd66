import fc from "fast-check";
import { expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import type { Dump } from "../../src/model/dump.ts";
import { Scanner } from "../../src/read/traceback/scanner.ts";
import { learnsInto, TracebackBuilder } from "../../src/read/traceback/traceback-builder.ts";
import { dumpText } from "./dump-text.ts";

// Ids of whatever comes behind it begin beyond its own; so many rows are counted before WebAssembly counts any.
const begun = Buffer.from([...generateDump({ goroutines: 4500, stacks: 40, seed: 3 })].join(""));
const firstId = 100_000;

/**
 * Reads as a thread that knows the size of its input does: from the second part on in an arena.
 * @param size what the input's is taken for
 */
function readInArena(parts: readonly Buffer[], size: number): Dump[] {
  const all = Buffer.concat(parts);
  const builder = new TracebackBuilder("dump", undefined);
  const known = builder.newKnown();
  const scanner = new Scanner(learnsInto(known));
  const scan = (last: boolean) => {
    const { batch, done } = scanner.scan(last);
    builder.take(batch, known, (offset, length) => all.subarray(offset, offset + length));
    done();
  };
  parts.forEach((part, i) => {
    for (let at = 0; at < part.length; ) {
      const bytes = Math.min(scanner.room.length, part.length - at);
      scanner.room.set(part.subarray(at, at + bytes));
      scanner.filled(bytes);
      at += bytes;
      scan(i === parts.length - 1 && at === part.length);
    }
    if (i === 0) expect(builder.expect(part.length, size)).toHaveLength(8);
  });
  scanner.close();
  return builder.finish(all.length);
}

function readPlainly(bytes: Buffer): Dump[] {
  const builder = new TracebackBuilder("dump", undefined);
  builder.lines(bytes);
  return builder.finish(bytes.length);
}

/** What a dump's goroutines say together. */
function tallyOf({ goroutines, stacks }: Dump) {
  const { tally } = goroutines;
  const { kinds, first, weights, start } = tally.cells(stacks.length);
  return {
    cells: [start, kinds, first, weights].map((column) => [...column]),
    kinds: [...tally.kinds.ofRow.subarray(0, goroutines.length)],
    creators: [...tally.creators.all],
    idsKnown: tally.idsKnown,
    stacks: stacks.map((_, i) => [
      tally.rows(i),
      tally.weights[i],
      tally.smallestIds(i).ids,
      tally.smallestIds(i).rows,
      tally.waitedFor(i),
      [...tally.creators.ofStack(i)],
      tally.creators.isKnown(i),
    ]),
  };
}

function expectSame(text: string, size: (bytes: number) => number): void {
  const rest = Buffer.from(text);
  const half = Math.floor(rest.length / 2);
  const parts = [begun, rest.subarray(0, half), rest.subarray(half)];
  const dumps = readInArena(parts, size(begun.length + rest.length));
  const plain = readPlainly(Buffer.concat(parts));
  expect(dumps.map(dumpText).join("\n") === plain.map(dumpText).join("\n")).toBe(true);
  expect(dumps.map(tallyOf)).toEqual(plain.map(tallyOf));
}

/** One of a few, the first of them most often. */
const oftenFirst = <T>(first: T, ...others: T[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

// Few shapes, or none came again.
const goroutine = fc.record({
  id: oftenFirst(-1, 0, 5, firstId + 40, 2 ** 32 + 9, 2 ** 49),
  reason: fc.constantFrom("chan send", "sync.Mutex.Lock"),
  minutes: fc.constantFrom("", ", 1 minutes", ", 90 minutes", ", 2000000 minutes"),
  attribute: oftenFirst("", ", locked to thread"),
  labels: oftenFirst("", ' {"k": "v"}'),
  address: oftenFirst("0xc000010000", "0xc000020000", "0x0", "0xffffffffffffff10"),
  creator: fc.constantFrom(1, 7, 70_000, 80_000),
  started: oftenFirst(true, false),
  before: oftenFirst("", "a line of a log\n\n"),
});

test("rows that WebAssembly takes and counts are those of the plain reader", () => {
  fc.assert(
    fc.property(fc.array(goroutine, { minLength: 100, maxLength: 400 }), (made) => {
      const text = made.map((g, i) =>
        [
          `${g.before}goroutine ${g.id < 0 ? firstId + 50 + i : g.id} [${g.reason}${g.minutes}${g.attribute}]${g.labels}:`,
          ...(g.reason === "sync.Mutex.Lock"
            ? [`sync.(*Mutex).Lock(${g.address})`, "\t/usr/local/go/src/sync/mutex.go:90 +0x1"]
            : []),
          `main.f(${g.address}, 0xc000${(i * 8).toString(16)})`,
          "\t/src/main.go:7 +0x1",
          ...(g.started ? [`created by main.main in goroutine ${g.creator}`, "\t/src/main.go:9 +0x1"] : []),
          "\n",
        ].join("\n"),
      );
      expectSame(text.join(""), (bytes) => bytes * 3);
    }),
    { numRuns: 30 },
  );
});

test("so are they where there are more of them, and of their stacks and waits, than room was made for", () => {
  const made = [...generateDump({ goroutines: 40_000, stacks: 3000, seed: 4 })].join("");
  const others = made.replace(/^goroutine (\d+) /gm, (_, id) => `goroutine ${firstId + Number(id)} `);
  expectSame(others, (bytes) => bytes / 4);
});
