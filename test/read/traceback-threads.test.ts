import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import type { Dump } from "../../src/model/dump.ts";
import type { SegmentedFile } from "../../src/read/traceback/segments.ts";
import { TracebackBuilder } from "../../src/read/traceback/traceback-builder.ts";
import { dumpText } from "./dump-text.ts";

// Threads run built JavaScript: this tests `dist`, which `npm ci` and `npm run build` make.
const dist = new URL("../../dist/read/traceback/", import.meta.url).href;
const { scanWithThreads } = (await import(
  `${dist}threads.js`
)) as typeof import("../../src/read/traceback/threads.ts");
const built = (await import(
  `${dist}traceback-builder.js`
)) as typeof import("../../src/read/traceback/traceback-builder.ts");

const { formatAddress } = (await import(
  new URL("../../dist/model/address.js", import.meta.url).href
)) as typeof import("../../src/model/address.ts");

const fixtures = new URL("../../fixtures/dumps/go-traceback/", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "threads-"));
const path = join(folder, "dump.txt");
let bytes: Buffer;

beforeAll(() => {
  const real = readdirSync(fixtures)
    .filter((f) => f.endsWith(".txt") && !f.endsWith(".golden.txt"))
    .map((f) => readFileSync(new URL(f, fixtures)));
  const log = Buffer.from("INFO a request was served\n".repeat(2000));
  const made = [...generateDump({ goroutines: 3000, seed: 7 })].join("");
  // Each of a stack of its own, and more headers than are numbered at once.
  const own = Array.from(
    { length: 6_000 },
    (_, i) =>
      `goroutine ${i + 1} [sleep] {"n":"${i % 5_000}"}:\nmain.f${i}(0x1)\n\t/src/f.go:${i + 1} +0x1d\n\n`,
  ).join("");
  const again = [...generateDump({ goroutines: 1000, seed: 7, level: 2 })].join("");
  bytes = Buffer.concat([...real, Buffer.from(made), log, Buffer.from(`\n${again}\n${own}`), log, ...real]);
  writeFileSync(path, bytes);
});

afterAll(() => rmSync(folder, { recursive: true }));

function asText(dumps: Dump[]): string {
  return dumps.map(dumpText).join("\n");
}

const splits = [
  [1, 1 << 20],
  [2, 1 << 18],
  [2, 5000],
  [3, 20011],
] as const;

test.each(splits)(
  "%i threads with segments of %i bytes read what one line parser reads",
  async (threads, segmentSize) => {
    expect(await readBy(threads, { path, size: bytes.length, segmentSize })).toBe(readByLines());
  },
);

test.each(splits)(
  "%i threads with segments of %i bytes, of which one has begun before, read the same",
  async (threads, segmentSize) => {
    const file = { path, size: bytes.length, segmentSize };
    const { worker, ended } = scanAhead(file);
    // It has claimed the first segment, or scanned as far ahead as it may.
    await sleep(300);
    expect(await readBy(threads, file)).toBe(readByLines());
    if (threads === 1) await worker.terminate();
    else await ended;
  },
);

test("a thread that has scanned all waits to be stopped: one that ends by itself may hang in Node 20", async () => {
  const file = { path, size: bytes.length, segmentSize: bytes.length };
  const { worker, ended, queue } = scanAhead(file);
  // When nothing more is posted, the only segment is scanned.
  const posts = () => Atomics.load(new Int32Array(queue), 2);
  let before = -1;
  while (posts() === 0 || posts() !== before) {
    before = posts();
    await sleep(500);
  }
  expect(await Promise.race([ended.then(() => "ended"), sleep(500).then(() => "waits")])).toBe("waits");
  await worker.terminate();
  await ended;
});

async function readBy(threads: number, file: SegmentedFile): Promise<string> {
  const builder = new built.TracebackBuilder("dump", undefined);
  await scanWithThreads(file, threads, builder, () => {});
  return asText(builder.finish(bytes.length));
}

function readByLines(): string {
  const plain = new TracebackBuilder("dump", undefined);
  plain.lines(bytes);
  return asText(plain.finish(bytes.length));
}

test("addresses that no double holds are those of the text, whichever thread has read them", async () => {
  const address = (id: number) => `0xf${id.toString(16).padStart(15, "0")}`;
  const text = Array.from(
    { length: 6_000 },
    (_, i) => `goroutine ${i + 1} [select]:\nmain.f${i}(${address(i + 1)})\n\t/a.go:${i + 1} +0x1\n\n`,
  ).join("");
  const large = join(folder, "large.txt");
  writeFileSync(large, text);
  const builder = new built.TracebackBuilder("dump", undefined);
  await scanWithThreads({ path: large, size: text.length, segmentSize: 20_011 }, 2, builder, () => {});
  const [dump] = builder.finish(text.length);
  const { id, length } = dump!.goroutines;
  expect(length).toBe(6_000);
  const wrong = Array.from(id.subarray(0, length)).filter(
    (id, row) => formatAddress(dump!.goroutines.argument(row, 0)) !== address(id),
  );
  expect(wrong).toEqual([]);
});

/** As src/cli/start.cjs does it. */
function scanAhead(file: SegmentedFile) {
  const { port1, port2 } = new MessageChannel();
  const queue = new SharedArrayBuffer(20);
  const worker = new Worker(new URL(`${dist}scan-worker.cjs`), {
    workerData: { file, queue, port: port2 },
    transferList: [port2],
  });
  const place = globalThis as unknown as Record<symbol, unknown>;
  place[Symbol.for("deadlock-lint.scan-ahead")] = { file, worker, queue, port: port1, failure: undefined };
  return { worker, queue, ended: new Promise((resolve) => worker.once("exit", resolve)) };
}

test("what goes wrong before the file is read is said", async () => {
  const file = { path, size: bytes.length, segmentSize: 5000 };
  const { worker } = scanAhead(file);
  await worker.terminate();
  const place = globalThis as unknown as Record<symbol, { failure: Error | undefined }>;
  place[Symbol.for("deadlock-lint.scan-ahead")]!.failure = new Error("the disk is broken");
  await expect(readBy(2, file)).rejects.toThrow("the disk is broken");
});

test("a file that is gone is an error, not a hang", async () => {
  const file = { path: join(folder, "none"), size: bytes.length, segmentSize: 5000 };
  await expect(readBy(2, file)).rejects.toThrow(/ENOENT/);
  writeFileSync(file.path, bytes);
  const { ended } = scanAhead(file);
  await sleep(300);
  rmSync(file.path);
  await expect(readBy(2, file)).rejects.toThrow(/ENOENT/);
  await ended;
});

test.each([1, 2])(
  "a file that becomes shorter is an error, not a whole dump: %i threads",
  async (threads) => {
    for (const segmentSize of [5000, 1 << 22]) {
      const file = { path, size: bytes.length + 3 * segmentSize, segmentSize };
      await expect(readBy(threads, file)).rejects.toThrow("became shorter");
    }
  },
);
