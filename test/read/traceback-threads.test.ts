import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import type { Dump } from "../../src/model/dump.ts";
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
  const again = [...generateDump({ goroutines: 1000, seed: 7, level: 2 })].join("");
  bytes = Buffer.concat([...real, Buffer.from(made), log, Buffer.from(`\n${again}\n`), log, ...real]);
  writeFileSync(path, bytes);
});

afterAll(() => rmSync(folder, { recursive: true }));

function asText(dumps: Dump[]): string {
  return dumps.map(dumpText).join("\n");
}

test.each([
  [1, 1 << 20],
  [2, 1 << 18],
  [2, 5000],
  [3, 20011],
])("%i threads with segments of %i bytes read what one line parser reads", async (threads, segmentSize) => {
  const plain = new TracebackBuilder("dump", undefined);
  plain.lines(bytes);
  const builder = new built.TracebackBuilder("dump", undefined);
  await scanWithThreads({ path, size: bytes.length, segmentSize }, threads, builder, () => {});
  expect(asText(builder.finish(bytes.length))).toBe(asText(plain.finish(bytes.length)));
});

test("a file that is gone is an error, not a hang", async () => {
  const file = { path: join(folder, "none"), size: 1e6, segmentSize: 1e5 };
  await expect(
    scanWithThreads(file, 2, new built.TracebackBuilder("dump", undefined), () => {}),
  ).rejects.toThrow(/ENOENT/);
});
