import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { RegularReader } from "../../src/read/traceback/regular-reader.ts";
import { scanKernelSource } from "../../src/read/traceback/scan-kernel.ts";
import { Scanner } from "../../src/read/traceback/scanner.ts";

afterEach(() => vi.restoreAllMocks());

test("the committed kernel was made from the source beside it", () => {
  const source = readFileSync(new URL("../../wasm/scan-kernel.ts", import.meta.url));
  expect(createHash("sha256").update(source).digest("hex"), "run `npm run wasm`").toBe(scanKernelSource);
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

test("a scanner that begins with another's shapes recognises them at once, and learns on", () => {
  const first = new Scanner();
  const fill = (scanner: Scanner, text: string) => {
    const bytes = Buffer.from(text);
    scanner.room.set(bytes);
    scanner.filled(bytes.length);
    return [...scanner.scan(true).batch];
  };
  fill(first, goroutine(1, "select") + goroutine(2, "chan send"));
  const learned: number[] = [];
  const second = new Scanner(({ record }) => learned.push(record.id));
  second.begin(first.seed);
  const rows = fill(
    second,
    goroutine(7, "chan send, 3 minutes") + goroutine(8, "sleep") + goroutine(9, "select"),
  );
  expect(rows.slice(0, 4)).toEqual([1, 7, 3, Number.NaN]);
  expect(learned).toEqual([8]);
  expect(rows.slice(-5)).toEqual([0, 9, -1, Number.NaN, 0xc000019]);
  expect(rows.slice(-10, -5)).toEqual([2, 8, -1, Number.NaN, 0xc000018]);
});
