import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { knownRowsKernelSource } from "../../src/model/known-rows-kernel.ts";
import { labelsItem, learnedItem, recordItem } from "../../src/read/traceback/batch.ts";
import { learnedRowsKernelSource } from "../../src/read/traceback/learned-rows-kernel.ts";
import { RegularReader } from "../../src/read/traceback/regular-reader.ts";
import { scanKernelSource } from "../../src/read/traceback/scan-kernel.ts";
import { Scanner } from "../../src/read/traceback/scanner.ts";
import { holes, rowHead, ShapeTrie } from "../../src/read/traceback/shape-trie.ts";

afterEach(() => vi.restoreAllMocks());

test.each([
  ["scan-kernel", scanKernelSource],
  ["learned-rows", learnedRowsKernelSource],
  ["known-rows", knownRowsKernelSource],
])("the committed kernel was made from its source: %s", (name, hash) => {
  const source = readFileSync(new URL(`../../wasm/${name}.ts`, import.meta.url));
  expect(createHash("sha256").update(source).digest("hex"), "run `npm run wasm`").toBe(hash);
});

/** Numbers of the shapes of goroutines, and their minutes, as the kernel finds them; of text that it leaves, -1. */
function scanned(text: string): { shapes: number[]; minutes: number[] } {
  const scanner = new Scanner();
  // Nothing else reads it.
  vi.spyOn(RegularReader.prototype, "read").mockReturnValue(false);
  const bytes = Buffer.from(text);
  scanner.room.set(bytes);
  scanner.filled(bytes.length);
  const { batch } = scanner.scan(true);
  const shapes: number[] = [];
  const minutes: number[] = [];
  for (let at = 0; at < batch.length; ) {
    const kind = batch[at]!;
    if (kind >= 0) {
      shapes.push(kind);
      minutes.push(batch[at + 2]!);
      // Shape, id, minutes, creator, and the one argument.
      at += 5;
    } else {
      if (kind === -1) shapes.push(-1);
      at += kind === -1 ? 3 : 4;
    }
  }
  return { shapes, minutes };
}

const goroutine = (id: number, header: string) =>
  `goroutine ${id} [${header}]:\nmain.f(0xc00001${id})\n\t/a.go:1 +0x1\n\n`;

test("goroutines that differ in their minutes, or have none, are of one shape", () => {
  const headers = [
    "select",
    "select, 5 minutes",
    "select (no cases), 123456789 minutes",
    "select (no cases)",
    "select, locked to thread",
    "select, 1 minutes, locked to thread",
  ];
  const { shapes, minutes } = scanned(headers.map((h, i) => goroutine(i + 1, h)).join(""));
  expect(shapes).toEqual([0, 0, 1, 1, 2, 2]);
  expect(minutes).toEqual([-1, 5, 123456789, -1, -1, 1]);
});

test("minutes as Go never writes them are left to the line parser", () => {
  const { shapes } = scanned(
    ["select", "select, 1 minute", "select, 1234567890 minutes", "select, 5 minutesX"]
      .map((h, i) => goroutine(i + 1, h))
      .join(""),
  );
  expect(shapes).toEqual([0, -1, 1, -1]);
});

/** What a scanner makes of text. */
function batchOf(scanner: Scanner, text: string): number[] {
  const bytes = Buffer.from(text);
  scanner.room.set(bytes);
  scanner.filled(bytes.length);
  return [...scanner.scan(true).batch];
}

test("a scanner that begins with another's shapes recognises them at once, and learns on", () => {
  const first = new Scanner();
  batchOf(first, goroutine(1, "select") + goroutine(2, "chan send"));
  const learned: [id: number, shape: number][] = [];
  const second = new Scanner(({ record }, shape) => learned.push([record.id, shape]));
  second.begin(first.seed);
  // A thread runs the second one, so that it is not regular.
  const running = goroutine(8, "running").replace(" [", " gp=0xc000007340 m=3 mp=0xc000100008 [");
  const rows = batchOf(second, goroutine(7, "chan send, 3 minutes") + running + goroutine(9, "select"));
  expect(rows.slice(0, 4)).toEqual([1, 7, 3, Number.NaN]);
  expect(learned).toEqual([[8, 2]]);
  expect(rows.slice(-5)).toEqual([0, 9, -1, Number.NaN, 0xc000019]);
  expect(rows.slice(-10, -5)).toEqual([2, 8, -1, Number.NaN, 0xc000018]);
});

test("a regular goroutine is read once, and recognised when it comes again", () => {
  const rows = batchOf(new Scanner(), goroutine(7, "select") + goroutine(8, "select, 2 minutes"));
  const row = [0, 8, 2, Number.NaN, 0xc000018];
  const record = [recordItem, 0, 7, -1, Number.NaN, 4, 0, 1, 0, 0, 1, 1, 0xc000017];
  const learned = [learnedItem, 0];
  expect(rows.slice(-(row.length + learned.length + record.length))).toEqual([...record, ...learned, ...row]);
});

test("goroutines that differ in their labels are of one shape, where the labels are known", () => {
  const within = (id: number, labels: string) =>
    goroutine(id, `select labels:{${labels}`).replace("]:", "}]:");
  const behind = (id: number, labels: string) => goroutine(id, "select").replace("]:", `] {${labels}}:`);
  const rowsOf = (text: string) => {
    const rows = batchOf(new Scanner(), text);
    return { labels: rows.filter((n) => n === labelsItem).length, last: rows.slice(-6) };
  };
  const [a, b] = ['"k":"a"', '"k":"b"'];
  for (const form of [within, behind])
    expect(rowsOf(form(1, a) + form(2, b) + form(3, b))).toEqual({
      labels: 2,
      last: [0, 3, -1, Number.NaN, 1, 0xc000013],
    });
  const mixed = rowsOf(behind(1, `${a}}]`).replace("}]}:", "}]:") + within(2, a) + behind(3, a));
  expect(mixed.labels, "labels within the brackets are none behind them").toBe(2);
});

test("as many labels are known as there is room for, and all goroutines are read", () => {
  const labelled = (i: number) => goroutine(1, "select").replace("]:", `] {n: ${i}}:`);
  const rows = batchOf(new Scanner(), Array.from({ length: 6_000 }, (_, i) => labelled(i)).join(""));
  expect(rows.filter((n) => n === labelsItem).length).toBe(4_096);
  expect(rows.filter((n) => n === recordItem).length).toBe(6_000);
});

test("of shapes that are never recognised, though they look as if they came again, not all are learned", () => {
  const scanner = new Scanner();
  for (let i = 0; i < 400; i++) {
    const offset = (k: number) => (i * 100 + k).toString(16);
    batchOf(
      scanner,
      Array.from({ length: 100 }, (_, k) => goroutine(1, "select").replace("+0x1", `+0x${offset(k)}`)).join(
        "",
      ),
    );
    scanner.seek(0);
  }
  expect(scanner.seed.shapes).toBe(1 << 14);
});

test("shapes are learned until they take 32 MB, and the first is recognised still", () => {
  const trie = new ShapeTrie();
  const rest = (shape: number) => Buffer.from(` [${shape}${"x".repeat(1 << 18)}`);
  const word = Buffer.from("goroutine ");
  const add = (shape: number) =>
    trie.add(
      [
        { bytes: word, hole: holes.id },
        { bytes: rest(shape), hole: holes.none },
      ],
      shape,
    );
  let shapes = 0;
  while (add(shapes)) shapes++;
  expect(shapes).toBe(127);
  const known = Buffer.concat([word, Buffer.from("7"), rest(0)]);
  trie.window.set(known);
  expect(trie.match(0, known.length, 0)).toEqual({ at: known.length, row: rowHead });
  expect([...trie.rows.subarray(0, 2)]).toEqual([0, 7]);
  trie.close();
  const next = new ShapeTrie();
  expect(next.window.buffer, "its memory is used again").toBe(trie.window.buffer);
  expect(next.match(0, known.length, 0).row, "what it knew is not").toBe(0);
});
