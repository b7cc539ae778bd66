import { expect, test } from "vitest";
import type { FilledColumn } from "../../src/model/goroutines.ts";
import { FreshPages } from "../../src/read/traceback/fresh-pages.ts";

/** How far ahead of those that are filled rows are touched. */
const rowsAhead = 1 << 16;

function columnOf(memory: SharedArrayBuffer, bytesPerRow: number): FilledColumn {
  return { memory, start: 0, bytes: memory.byteLength, bytesPerRow };
}

function touchAll(pages: FreshPages, filled: number): number {
  let times = 0;
  while (pages.touch(filled)) times++;
  return times;
}

test("touches memory a limited way ahead of the rows that are filled, and again only when more are", () => {
  const pages = new FreshPages([columnOf(new SharedArrayBuffer(8 << 20), 8)]);
  const first = touchAll(pages, 0);
  expect(first).toBeGreaterThan(1);
  expect(touchAll(pages, 0)).toBe(0);
  expect(touchAll(pages, rowsAhead / 2)).toBe(first / 2);
  expect(touchAll(pages, rowsAhead * 10)).toBe(first);
});

test("changes nothing that is written there, and ends where the memory ends", () => {
  const values = new Float64Array(new SharedArrayBuffer(100_000 * 8)).map((_, i) => i + 0.5);
  const shared = new Float64Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  const small = new Uint32Array(new SharedArrayBuffer(4)).fill(7);
  const pages = new FreshPages([columnOf(shared.buffer, 12.3), columnOf(small.buffer, 4)]);
  for (let filled = 0; filled < 300_000; filled += 10_000) touchAll(pages, filled);
  expect(shared).toEqual(values);
  expect([...small]).toEqual([7]);
});
