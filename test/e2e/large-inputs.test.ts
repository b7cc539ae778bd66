/**
 * Inputs larger than the longest string of V8 (512 MB), and than the memory that the command line is given: they come
 * through a pipe, so that nothing but the reader could hold them.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { expect, test } from "vitest";

const cli = new URL("../../dist/cli/main.js", import.meta.url).pathname;
/** MB of JavaScript heap, and MB of everything: the program itself, columns of goroutines, buffers. */
const heap = 128;
const mostMemory = 400;
const patience = 240_000;

interface Outcome {
  readonly code: number;
  readonly dump: { readonly goroutines: number; readonly complete: boolean; readonly distinctStacks: number };
  readonly fed: number;
  /** MB, where the system tells. */
  readonly peak: number;
}

/** Runs the command line on what passes through a pipe. */
async function lint(pieces: Iterable<string>, packed = false): Promise<Outcome> {
  const child = spawn(process.execPath, [`--max-old-space-size=${heap}`, cli, "--format", "json", "-"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid!));
  }, 50);
  let fed = 0;
  async function* counted() {
    for (const piece of pieces) {
      fed += piece.length;
      yield Buffer.from(piece, "latin1");
    }
  }
  const closed = once(child, "close") as Promise<[number]>;
  const input = Readable.from(counted(), { objectMode: false, highWaterMark: 1 << 20 });
  const stdin: Writable = child.stdin;
  await (packed ? pipeline(input, createGzip({ level: 1 }), stdin) : pipeline(input, stdin));
  const [code] = await closed;
  clearInterval(watch);
  const { dumps } = JSON.parse(stdout) as { dumps: [Outcome["dump"]] };
  return { code, dump: dumps[0], fed, peak };
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Goroutines in pieces of about a megabyte. */
function* many(count: number, goroutine: (id: number) => string): Generator<string> {
  let piece = "";
  for (let id = 1; id <= count; id++) {
    piece += goroutine(id);
    if (piece.length < 1 << 20) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function* around(before: string, pieces: Iterable<string>, after: string): Generator<string> {
  yield before;
  yield* pieces;
  yield after;
}

/** Four stacks, forty frames each. */
const bodies = Array.from({ length: 4 }, (_, which) =>
  Array.from(
    { length: 40 },
    (_, depth) =>
      `example.com/app/internal/layer${depth}.(*Service).Handle${which}(0xc000${which}${depth}000)\n\t/src/app/internal/layer${depth}/service.go:${100 + depth} +0x${(64 + depth).toString(16)}\n`,
  ).join(""),
);
const text = (id: number) => `goroutine ${id} [select, ${id % 50} minutes]:\n${bodies[id % 4]!}\n`;
const escaped = bodies.map((body) => JSON.stringify(`${body}\n`).slice(1, -1));
const escapedText = (id: number) => `goroutine ${id} [select, ${id % 50} minutes]:\\n${escaped[id % 4]!}`;

const place = (name: string, line: number, space: string) =>
  JSON.stringify(
    { pc: 4_000_000 + line, file: "/src/app/service.go", line, function: { name, value: 4_000_000 } },
    null,
    space,
  );
const listed = ["", "  "].map((space) =>
  [1, 2, 3, 4].map(
    (line) =>
      `,"currentLoc":${place("runtime.gopark", 436, space)},"userCurrentLoc":${place("main.serve", line, space)},"startLoc":${place("main.serve", line, space)},"threadID":0,"status":4,"waitReason":9,"text":"${"x".repeat(2000)}"}`,
  ),
);

function check({ code, dump, fed, peak }: Outcome, goroutines: number, bytes: number): void {
  expect(fed).toBeGreaterThan(bytes);
  expect(dump).toMatchObject({ goroutines, complete: true, distinctStacks: 4 });
  expect(code).toBeLessThan(2);
  expect(peak).toBeLessThan(mostMemory);
}

test("1.2 GB of traceback in gzip", { timeout: patience }, async () => {
  check(await lint(many(280_000, text), true), 280_000, 1.2e9);
});

test("600 MB of traceback in one field of one line of a log", { timeout: patience }, async () => {
  const line = around('{"level":"error","stack":"', many(140_000, escapedText), '","msg":"hung"}\n');
  check(await lint(line), 140_000, 6e8);
});

test.each([
  ["on one line", 0],
  ["pretty-printed", 1],
])("600 MB of Delve's JSON, %s", { timeout: patience }, async (_, spaces) => {
  const goroutine = (id: number) => `${id === 1 ? "" : ","}{"id":${id}${listed[spaces]![id % 4]!}`;
  const answer = around(
    '{"id":1,"result":{"Goroutines":[',
    many(260_000, goroutine),
    '],"Nextg":-1},"error":null}\n',
  );
  check(await lint(answer), 260_000, 6e8);
});

test("a large file by one thread and by several, begun before the command line is loaded", {
  timeout: patience,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "large-"));
  const file = join(folder, "dump.txt");
  // Behind a line of another kind, and with a last goroutine that is cut.
  const pieces = [...around("2026/11/26 the server hangs\n", many(10_000, text), "goroutine 10001 [sel")];
  writeFileSync(file, pieces.join(""));
  expect(pieces.join("").length).toBeGreaterThan(32 << 20);
  const start = new URL("../../dist/cli/main.cjs", import.meta.url).pathname;
  const by = (...options: string[]) => {
    const words = [start, file, "--no-config", "--format", "json", "--min-confidence", "low", ...options];
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8", maxBuffer: 1 << 28 });
    return { status, report: JSON.parse(stdout) as { dumps: [{ goroutines: number; complete: boolean }] } };
  };
  const several = by();
  expect(several.report.dumps[0]).toMatchObject({ goroutines: 10_000, complete: false });
  expect(several).toEqual(by("--threads", "1"));
  expect(several).toEqual(by("--threads=3"));
  rmSync(folder, { recursive: true });
});
