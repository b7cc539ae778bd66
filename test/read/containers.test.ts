import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReadDumpsOptions, readDumps } from "../../src/read/read-dumps.ts";
import { dumpText } from "./dump-text.ts";

const fixtures = new URL("../../fixtures/dumps/containers/", import.meta.url).pathname;
const plain = readFileSync(join(fixtures, "plain.txt"));

async function* chunked(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

const withoutName = (text: string) => text.slice(text.indexOf(" ("));
async function contents(path: string, more: Partial<ReadDumpsOptions> = {}) {
  const { dumps, failures } = await readDumps([path], { threads: 1, ...more });
  expect(failures).toEqual([]);
  return dumps.map((d) => withoutName(dumpText(d)));
}

let expected = "";
let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "containers-"));
  [expected] = (await contents(join(fixtures, "plain.txt"))) as [string];
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Files made by the tools themselves; how often each holds the plain dump. */
const made: Readonly<Record<string, number>> = {
  "plain.txt": 1,
  "plain.txt.gz": 1,
  "twice.gz": 2,
  "gzip-in-gzip": 1,
  "plain.txt.zst": 1,
  "pzstd.zst": 1,
  "two.zip": 2,
  "streamed.zip": 2,
  "two.tar": 2,
  "pax-long-names.tar": 2,
  "two.tar.gz": 2,
  "two.tar.zst": 2,
  "zip-in-tar.tar": 2,
  "sparse.tar": 2,
  "sparse-pax.tar": 2,
  "sparse-pax-0.0.tar": 2,
  "sparse-pax-0.1.tar": 2,
  "utf16le-bom.txt": 1,
  "utf16be-bom.txt": 1,
  "utf16le.txt": 1,
  "utf8-bom.txt": 1,
  "crlf.txt": 1,
};

test("gzip with zeros behind its end, as disks and tapes pad files, is whole; with anything else it is not", async () => {
  const path = join(folder, "padded.gz");
  const packed = gzipSync(plain);
  for (const zeros of [1, 512, 20_000, 100_000]) {
    writeFileSync(path, Buffer.concat([packed, Buffer.alloc(zeros)]));
    expect(await contents(path)).toEqual([expected]);
  }
  writeFileSync(path, Buffer.concat([packed, Buffer.alloc(20_000), packed]));
  const { dumps } = await readDumps([path], { threads: 1 });
  expect(dumps.map((d) => d.complete)).toEqual([false]);
  expect(dumps[0]!.problems.map((p) => p.message)).toEqual([expect.stringContaining("gzip data")]);
});

/** A member with all that its header may have: extra bytes, a name, a comment, a checksum of itself. */
function dressedGzip(): Buffer {
  const packed = gzipSync(plain);
  const header = Buffer.from(packed.subarray(0, 10));
  header[3] = 2 | 4 | 8 | 16;
  const extra = Buffer.concat([Buffer.from([44, 1]), Buffer.alloc(300, 7)]);
  const texts = Buffer.from(`dump.txt\0${"about ".repeat(4000)}\0`);
  return Buffer.concat([header, extra, texts, Buffer.alloc(2), packed.subarray(10)]);
}

test("gzip members of any header and length follow one another", async () => {
  const dressed = dressedGzip();
  const empty = gzipSync("");
  const members = [empty, dressed, empty, gzipSync(plain, { level: 0 }), dressed];
  const one = await contents("-", { stdin: chunked(gzipSync(Buffer.concat([plain, plain, plain])), 4096) });
  for (const size of [1, 10, 313, 1 << 14, 1 << 20])
    expect(await contents("-", { stdin: chunked(Buffer.concat(members), size) })).toEqual(one);
});

test("gzip members that are small may be many", { timeout: 10_000 }, async () => {
  const parts = Array.from({ length: Math.ceil(plain.length / 50) }, (_, i) =>
    gzipSync(plain.subarray(i * 50, i * 50 + 50)),
  );
  const none = Buffer.concat(Array<Buffer>(100_000).fill(gzipSync("")));
  for (const size of [7, 4096, 1 << 16]) {
    const small = Buffer.concat(parts);
    expect(await contents("-", { stdin: chunked(small, size) })).toEqual([expected]);
  }
  expect(await contents("-", { stdin: chunked(Buffer.concat([none, ...parts]), 1 << 16) })).toEqual([
    expected,
  ]);
});

describe("gzip that is not whole is read as far as it is there, and that is told:", () => {
  const packed = gzipSync(plain);
  const flipped = (at: number) => {
    const bytes = Buffer.from(packed);
    bytes[packed.length + at]! ^= 1;
    return bytes;
  };
  test.each([
    ["a wrong checksum", [flipped(-6)], "incorrect data check"],
    ["a wrong length", [flipped(-1)], "incorrect length check"],
    ["something else behind its end", [packed, Buffer.from("other text")], "something else behind its end"],
    ["another format behind its end", [packed, plain], "something else behind its end"],
    ["a cut trailer", [packed.subarray(0, -3)], "unexpected end of file"],
    ["no trailer", [packed.subarray(0, -8)], "unexpected end of file"],
    ["a cut header behind its end", [packed, packed.subarray(0, 5)], "unexpected end of file"],
  ])("%s", async (_, parts, message) => {
    for (const size of [1, 1 << 20]) {
      const stdin = chunked(Buffer.concat(parts), size);
      const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin });
      expect(failures).toEqual([]);
      expect(dumps.map((d) => [d.complete, d.headersSeen])).toEqual([[false, 19]]);
      expect(dumps[0]!.problems.map((p) => p.message)).toEqual([expect.stringContaining(message)]);
    }
  });
});

test("no file is forgotten", () => {
  expect(Object.keys(made).sort()).toEqual(readdirSync(fixtures).sort());
});

describe.each(Object.entries(made))("%s", (name, times) => {
  test("holds the plain dump, as a file and as a stream in any chunks", async () => {
    const dumps = Array.from({ length: times }, () => expected);
    expect(await contents(join(fixtures, name))).toEqual(dumps);
    const bytes = readFileSync(join(fixtures, name));
    for (const size of [1, 511, 65536]) {
      expect(await contents("-", { stdin: chunked(bytes, size) })).toEqual(dumps);
    }
  });

  test("cut or damaged anywhere, it gives what is readable or says what is wrong", async () => {
    const bytes = readFileSync(join(fixtures, name));
    const damage = fc.record({
      cut: fc.integer({ min: 0, max: bytes.length }),
      flip: fc.option(fc.integer({ min: 0, max: bytes.length - 1 })),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ cut, flip }) => {
        const hurt = Buffer.from(bytes.subarray(0, cut));
        if (flip !== null && flip < cut) hurt[flip]! ^= 0x55;
        const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: chunked(hurt, 4096) });
        expect(dumps.length + failures.length).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    );
  });
});

test("entries are named after the archive", async () => {
  const { dumps } = await readDumps([join(fixtures, "two.zip")], { threads: 1 });
  expect(dumps.map((d) => d.name.slice(fixtures.length))).toEqual(["two.zip!a.txt", "two.zip!sub/b.txt"]);
});

test("what a cut file has is read, and the cut is said", async () => {
  const path = join(folder, "cut.gz");
  const packed = gzipSync(plain, { level: 1 });
  writeFileSync(path, packed.subarray(0, packed.length >> 1));
  const { dumps } = await readDumps([path], { threads: 1 });
  expect(dumps).toHaveLength(1);
  expect(dumps[0]!.goroutines.length).toBeGreaterThan(3);
  expect(dumps[0]!.complete).toBe(false);
  expect(dumps[0]!.problems.map((p) => p.message)).toContainEqual(
    expect.stringContaining("gzip data is cut"),
  );
});

test("a wrong checksum in a zip is said", async () => {
  const archive = readFileSync(join(fixtures, "two.zip"));
  archive[14]! ^= 1;
  const { dumps } = await readDumps(["-"], { threads: 1, stdin: chunked(archive, 4096) });
  expect(dumps.map((d) => d.complete)).toEqual([false, true]);
});

describe("bombs stop at the limit", () => {
  const goroutines = `${"goroutine 1 [select]:\nmain.f()\n\t/a.go:1 +0x1\n\n".repeat(20_000)}`;
  const big = Buffer.from(goroutines);

  test.each([
    ["gzip", () => gzipSync(big)],
    ["gzip in gzip", () => gzipSync(gzipSync(big))],
    ["zip", () => zipOf("a.txt", big)],
  ])("%s", async (_, make) => {
    const { dumps } = await readDumps(["-"], {
      threads: 1,
      stdin: chunked(make(), 65536),
      maxDecompressedBytes: 300_000,
    });
    expect(dumps.at(-1)!.complete).toBe(false);
    expect(dumps.at(-1)!.problems.map((p) => p.message)).toContainEqual(
      expect.stringContaining("unpacks to more than 300000 bytes"),
    );
  });

  test("however often it is packed", async () => {
    let packed: Buffer = Buffer.from(plain);
    for (let i = 0; i < 7; i++) packed = gzipSync(packed);
    const { failures } = await readDumps(["-"], { threads: 1, stdin: chunked(packed, 65536) });
    expect(failures.map((f) => f.error.message)).toEqual([
      expect.stringContaining("packed more than 5 times"),
    ]);
  });
});

function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt16LE(name.length, 26);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return Buffer.concat([header, Buffer.from(name), packed, end]);
}
