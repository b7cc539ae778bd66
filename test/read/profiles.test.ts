import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { type Dump, goroutineCount } from "../../src/model/dump.ts";
import { goroutineFlags } from "../../src/model/goroutines.ts";
import { pprofProtoReader } from "../../src/read/pprof-proto.ts";
import { pprofTextReader } from "../../src/read/pprof-text.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

const folder = new URL("../../fixtures/dumps/profiles/", import.meta.url);
const files = readdirSync(folder).filter((f) => !f.includes(".golden."));
const profiles = files.filter((f) => !f.includes("2.txt"));
const bytesOf = (file: string) => {
  const bytes = readFileSync(new URL(file, folder));
  return file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
};
const readerFor = (file: string) => (file.endsWith(".gz") ? pprofProtoReader : pprofTextReader);

function read(file: string, bytes: Uint8Array = bytesOf(file), chunk?: number): Promise<Dump[]> {
  return readerFor(file).read(bytesSource("dump", bytes, chunk), { threads: 1 });
}

async function readOne(file: string): Promise<Dump> {
  const { dumps, failures } = await readDumps([new URL(file, folder).pathname], { threads: 1 });
  expect(failures).toEqual([]);
  expect(dumps).toHaveLength(1);
  return dumps[0]!;
}

/** Goroutines by something that their stacks say. */
function tally(dump: Dump, of: (row: number) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  const g = dump.goroutines;
  for (let row = 0; row < g.length; row++) counts[of(row)] = (counts[of(row)] ?? 0) + g.weight[row]!;
  return counts;
}
const waits = (dump: Dump) => tally(dump, (row) => dump.stacks[dump.goroutines.stack[row]!]!.wait);
const labels = (dump: Dump) =>
  tally(dump, (row) => JSON.stringify([...dump.labelSets[dump.goroutines.labels[row]!]!]));

describe("a profile as text", () => {
  const texts = profiles.filter((file) => file.endsWith("1.txt"));
  const isFrame = (line: string | undefined) => line?.startsWith("#\t") ?? false;

  test.each(texts)("%s: a lost line is told", async (file) => {
    const lines = bytesOf(file).toString().split("\n");
    for (let i = 0; i < lines.length; i++) {
      // Nothing tells a function of the runtime, which is not shown, from the innermost of several that is lost.
      const isFirst = !isFrame(lines[i - 1]) && isFrame(lines[i + 1]);
      if (!isFrame(lines[i]) || isFirst) continue;
      const [dump] = await read(file, Buffer.from(lines.toSpliced(i, 1).join("\n")));
      expect(dump!.complete, `${i + 1}: ${lines[i]}`).toBe(false);
    }
  });

  test.each(texts)("%s: cut and folded lines are told, or do no harm", async (file) => {
    const text = bytesOf(file).toString();
    const whole = dumpText((await read(file))[0]!);
    const isFine = async (broken: string) => {
      const [dump] = await read(file, Buffer.from(broken));
      return !dump!.complete || dumpText(dump!) === whole;
    };
    for (let width = 40; width < 160; width++) {
      // The number of a line that lost its last digits is a number, too.
      const cuts = text.split("\n").filter((line) => line.length > width);
      if (cuts.every((line) => /:\d+$/.test(line.slice(0, width)))) continue;
      const cut = text.replace(new RegExp(`^(.{${width}}).*$`, "gm"), "$1");
      expect(await isFine(cut), `cut at ${width}`).toBe(true);
      expect(
        await isFine(text.replace(new RegExp(`.{${width}}(?=.)`, "g"), "$&\n")),
        `folded at ${width}`,
      ).toBe(true);
    }
  });

  test.each(texts)("%s: blanks for tabs are as good", async (file) => {
    const text = bytesOf(file).toString();
    const expected = (await read(file)).map(dumpText);
    for (const blanks of [" ", "  ", "        "]) {
      // All tabs, or the first of each line.
      for (const spaced of [text.replaceAll(/\t+/g, blanks), text.replaceAll("#\t", `#${blanks}`)])
        expect((await read(file, Buffer.from(spaced))).map(dumpText)).toEqual(expected);
    }
  });

  test("Go 1.10 writes no line for the wrapper of a method", async () => {
    const profile = (line: number) =>
      "goroutine profile: total 2\n1 @ 0x10 0x30 0x40 0x20\n#\t0x2f\tmain.T.Run+0x1\t/src/a.go:9\n\n" +
      "1 @ 0x51 0x61 0x20\n#\t0x50\truntime/pprof.(*Profile).WriteTo+0x1\t/go/src/runtime/pprof/pprof.go:" +
      `${line}\n#\t0x60\tmain.main+0x1\t/src/a.go:3\n\n`;
    const complete = async (line: number) => (await read("x.txt", Buffer.from(profile(line))))[0]!.complete;
    expect(await complete(310)).toBe(true);
    expect(await complete(405)).toBe(false);
  });

  test("what follows the prompt of a root shell is no part of it", async () => {
    for (const file of texts) {
      const [dump] = await read(file, Buffer.concat([bytesOf(file), Buffer.from("\n# exit\n")]));
      expect(dump!.complete).toBe(true);
    }
  });
});

describe.each(profiles)("%s", (file) => {
  test("is recognised and read as its golden says", async () => {
    const dump = await readOne(file);
    expect(dump.format).toBe(readerFor(file).id);
    expect(dump.complete).toBe(true);
    expect(goroutineCount(dump)).toBe(dump.headersSeen);
    await expect(dumpText({ ...dump, name: "dump" })).toMatchFileSnapshot(
      new URL(file.replace(/\.(?:txt|pb\.gz)$/, ".golden.txt"), folder).pathname,
    );
  });

  test("in any chunks it is the same", async () => {
    const whole = (await read(file)).map(dumpText);
    for (const chunk of [1, 13, 4096])
      expect((await read(file, bytesOf(file), chunk)).map(dumpText)).toEqual(whole);
  });

  test("cut anywhere, the cut is said and what is lost is counted", async () => {
    const bytes = bytesOf(file);
    const text = readerFor(file) === pprofTextReader;
    const total = (await readOne(file)).headersSeen;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: bytes.length - 3 }), async (length) => {
        const [dump] = await read(file, bytes.subarray(0, length));
        const found = goroutineCount(dump!);
        expect(found).toBeLessThanOrEqual(total);
        if (text && found < total) {
          expect(dump!.missingShare).toBeCloseTo((total - found) / total);
          expect(dump!.headersSeen).toBe(total);
        }
        if (!text || found < total) expect(dump!.complete).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("damaged anywhere, it is read or refused, never worse", async () => {
    const bytes = bytesOf(file);
    const flip = fc.record({
      at: fc.integer({ min: 0, max: bytes.length - 1 }),
      by: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { maxLength: 5 }), async (flips) => {
        const hurt = Buffer.from(bytes);
        for (const { at, by } of flips) hurt[at]! ^= by;
        await read(file, hurt).catch((error: unknown) => {
          expect(error).toBeInstanceOf(InputError);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(files.filter((f) => f.endsWith("debug2.txt")).map((f) => f.slice(0, -"-debug2.txt".length)))(
  "%s",
  (version) => {
    test("the frames of the runtime in debug=0 show the waits that debug=2 names", async () => {
      const [proto, traceback] = [
        await readOne(`${version}-debug0.pb.gz`),
        await readOne(`${version}-debug2.txt`),
      ];
      const { unknown: writer, ...shown } = waits(proto);
      const { running, ...named } = waits(traceback);
      expect([writer, running]).toEqual([1, 1]);
      // Before Go 1.20 profiles don't tell in which line a function begins, which gives nil channels away.
      if (/go1\.1\d/.test(version)) {
        shown["chan-send"]!--;
        shown["chan-receive"]!--;
        Object.assign(shown, { "chan-send-nil": 1, "chan-receive-nil": 1 });
      }
      expect(shown).toEqual(named);
    });

    test("debug=1 tells the same waits, nil channels and a lone select apart, and the same labels", async () => {
      const [proto, text] = [
        await readOne(`${version}-debug0.pb.gz`),
        await readOne(`${version}-debug1.txt`),
      ];
      expect(labels(text)).toEqual(labels(proto));
      const { "chan-send-nil": sendNil = 0, "chan-receive-nil": receiveNil = 0, ...named } = waits(proto);
      const { "select-empty": forEver = 0, select = 0, ...others } = named; // one caller each: they look alike
      expect(waits(text)).toEqual({
        ...others,
        "chan-send": others["chan-send"]! + sendNil,
        "chan-receive": others["chan-receive"]! + receiveNil,
        parked: forEver + select,
      });
    });

    test("of a stack deeper than the runtime records, it is said", async () => {
      for (const file of [`${version}-debug0.pb.gz`, `${version}-debug1.txt`]) {
        const cut = (await readOne(file)).stacks.filter((s) => s.extent === "cut");
        expect(cut.map((s) => s.frames.some((f) => f.symbol.name === "main.deep"))).toEqual([true]);
      }
    });
  },
);

test("leak profiles prove that their goroutines leak", async () => {
  for (const file of ["go1.27-leak0.pb.gz", "go1.27-leak1.txt"]) {
    const dump = await readOne(file);
    expect(goroutineCount(dump)).toBe(9);
    expect(
      dump.goroutines.flags.subarray(0, dump.goroutines.length).every((f) => f === goroutineFlags.leaked),
    ).toBe(true);
  }
});

test("a leak profile that lists nobody is a dump without goroutines", async () => {
  async function* empty() {
    yield Buffer.from("goroutineleak profile: total 0\n");
  }
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: empty() });
  expect([dumps.length, failures.length]).toEqual([1, 0]);
});

describe("profiles joined into one file are a dump each", () => {
  const protos = profiles.filter((file) => file.endsWith(".gz"));

  /** The fields of a profile in the order of their numbers, as other writers than Go give them. */
  const byNumber = (bytes: Uint8Array): Buffer => {
    const fields: [number: number, bytes: Uint8Array][] = [];
    let at = 0;
    const varint = (): number => {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++]!;
        value += (byte % 128) * factor;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const from = at;
      const tag = varint();
      const length = varint();
      if (tag % 8 === 2) at += length;
      fields.push([tag >> 3, bytes.subarray(from, at)]);
    }
    return Buffer.concat(fields.sort((a, b) => a[0] - b[0]).map(([, field]) => field));
  };

  test.each([
    ["as Go writes them", (bytes: Uint8Array) => bytes],
    ["fields in the order of their numbers", byNumber],
  ])("%s", async (_, written) => {
    expect(protos.length).toBeGreaterThan(2);
    for (const one of protos) {
      for (const other of protos) {
        const joined = await read(one, Buffer.concat([written(bytesOf(one)), written(bytesOf(other))]));
        const alone = [await read(one), await read(other)].flat();
        expect(joined.map((dump) => dumpText({ ...dump, name: "" }))).toEqual(
          alone.map((dump) => dumpText({ ...dump, name: "" })),
        );
        expect(joined.map((dump) => dump.name)).toEqual(["dump", "dump#2"]);
      }
    }
  });
});

test("a profile of something else is named", async () => {
  const bytes = Buffer.from(bytesOf("go1.27-debug0.pb.gz"));
  // Field 6, an entry of the string table, nine bytes long.
  bytes.write("in_memory", bytes.indexOf("\u0032\u0009goroutine") + 2);
  await expect(read("x.gz", bytes)).rejects.toThrow("a pprof profile, but not of goroutines (of in_memory)");
});

test("fields that nobody knows yet are kept", async () => {
  const more = Buffer.concat([
    bytesOf("go1.27-debug0.pb.gz"),
    Buffer.from([0x8a, 0x02, 2, 1, 2, 0x98, 0x02, 5]),
  ]);
  const [dump] = await read("x.gz", more);
  expect(dump!.extra).toMatchObject({ "profile field 33": "AQI=", "profile field 35": "5" });
});

test("a profile whose entries all differ is read as it streams", async () => {
  const lines = (from: number) =>
    Array.from(
      { length: 1000 },
      (_, i) =>
        `1 @ 0x1 0x${(from + i + 16).toString(16)}\n#\t0x1\tmain.f${(from + i) % 5000}+0x1\t/a.go:${from + i}\n\n`,
    );
  const source = {
    name: "dump",
    async *chunks() {
      yield Buffer.from("goroutine profile: total 50000\n");
      for (let n = 0; n < 50; n++) yield Buffer.from(lines(n * 1000).join(""));
    },
  };
  const [dump] = await pprofTextReader.read(source, { threads: 1 });
  expect([dump!.goroutines.length, dump!.stacks.length, dump!.complete]).toEqual([50_000, 50_000, true]);
});
