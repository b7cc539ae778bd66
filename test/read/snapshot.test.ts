import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import { analyze } from "../../src/analyze.ts";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";
import { snapshotText } from "../../src/read/snapshot.ts";
import { builtinRules } from "../../src/rules/builtin.ts";
import { readableFixtures, readFixture } from "../rule-fixtures.ts";
import { dumpText } from "./dump-text.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../schemas/snapshot.schema.json", import.meta.url), "utf8"),
);
const isValid = new Ajv({ allErrors: true, strict: false }).compile(schema);
const rules = builtinRules();

async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function read(bytes: Uint8Array | string): Promise<Dump[]> {
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: once(Buffer.from(bytes)) });
  expect(failures).toEqual([]);
  return dumps;
}

/** A dump of each format that fires and one that does not, and one that fires for each rule: the rest differs in little. */
const chosen = new Set([
  ...new Map(readableFixtures.map((entry) => [`${entry.format} ${entry.expect}`, entry])).values(),
  ...new Map(readableFixtures.map((entry) => [`${entry.rule} ${entry.expect === "fires"}`, entry])).values(),
]);

describe("condensed and read back, the same findings", () => {
  test.each([...chosen].map((entry) => [entry.file, entry] as const))("%s", async (_, entry) => {
    const dumps = await read(readFixture(entry));
    const text = snapshotText(dumps);
    isValid(JSON.parse(text));
    expect(isValid.errors).toBe(null);
    const restored = await read(text);
    expect(snapshotText(restored)).toBe(text);
    expect(JSON.stringify(analyze(restored, rules))).toBe(JSON.stringify(analyze(dumps, rules)));
    // Stand-ins are only for crowds; elsewhere everything is as it was.
    if (JSON.parse(text).dumps.every((d: { standIns: number }) => d.standIns === 0)) {
      expect(restored.map(dumpText)).toEqual(dumps.map(dumpText));
    }
  });
});

describe("what few dumps have survives", () => {
  const fixture = (name: string) => readFileSync(new URL(`../../fixtures/dumps/${name}`, import.meta.url));
  const labelled = fixture("go-traceback/go1.27-debug2.txt")
    .toString()
    .replace(/^(goroutine \d+ [^\n]*)\]:$/gm, '$1, colour 7] {"tenant": "a\\"b", path: /x}:');
  const inputs: Record<string, string | Uint8Array> = {
    "kinds of wait that are inferred": fixture("profiles/go1.27-debug1.txt"),
    "of leaked goroutines, too": fixture("profiles/go1.27-leak1.txt"),
    "labels of a profile": fixture("profiles/go1.24-debug0.pb.gz"),
    "labels and attributes that nobody knows": labelled,
    "headers of all versions": fixture("go-traceback/header-variants.txt"),
    "events of tests": fixture("logs/go1.26-test-timeouts.jsonl"),
    "a transcript": fixture("delve-text/go1.27-dlv1.27-mixed.txt"),
    "requests and answers": fixture("delve-json/go1.27-dlv1.27-api2.ndjson"),
  };

  test.each(Object.keys(inputs))("%s", async (name) => {
    const dumps = await read(inputs[name]!);
    const text = snapshotText(dumps);
    isValid(JSON.parse(text));
    expect(isValid.errors).toBe(null);
    const restored = await read(text);
    expect(JSON.stringify(analyze(restored, rules))).toBe(JSON.stringify(analyze(dumps, rules)));
    expect(restored.map((dump) => dump.extra)).toEqual(dumps.map((dump) => dump.extra));
    expect(restored.map((dump) => dump.labelSets)).toEqual(dumps.map((dump) => dump.labelSets));
  });

  test("labels of the test above are there", async () => {
    const [dump] = await read(labelled);
    expect(dump!.extra["header attribute colour 7"]).toMatch(/goroutines$/);
    expect(dump!.labelSets.some((set) => set.get("tenant") === 'a"b')).toBe(true);
  });
});

describe("a large dump", () => {
  const parts = [...generateDump({ goroutines: 100_000, stacks: 300 })];

  test("becomes a hundred times smaller and gives the same findings", async () => {
    const bytes = Buffer.from(parts.join(""));
    const dumps = await read(bytes);
    const text = snapshotText(dumps);
    expect(bytes.length / text.length).toBeGreaterThan(100);
    const restored = await read(text);
    expect(JSON.stringify(analyze(restored, rules))).toBe(JSON.stringify(analyze(dumps, rules)));
    expect(snapshotText(restored)).toBe(text);
  });
});

test("numbers of any size survive", async () => {
  const header = (id: string) => `goroutine ${id} [chan receive, 2000000 minutes]:\n`;
  const frame = (arg: string) =>
    `main.(*T).f(${arg})\n\t/a b.go:7 +0x1\ncreated by main.main in goroutine 9007199254740991\n`;
  const dump = `${header("9007199254740991")}${frame("0xffffffffffffffff")}\n${header("1")}${frame("0x0")}\n`;
  const dumps = await read(dump);
  const restored = await read(snapshotText(dumps));
  expect(restored.map(dumpText)).toEqual(dumps.map(dumpText));
});

describe("what is no whole snapshot", () => {
  const text = `{"deadlockLintSnapshot":1,"dumps":[]}`;
  const failuresOf = async (bytes: string) =>
    (await readDumps(["-"], { threads: 1, stdin: once(Buffer.from(bytes)) })).failures.map(
      (f) => f.error.message,
    );

  test.each([
    [text.replace("1", "2"), "a snapshot of version 2"],
    [text.slice(0, -3), "cut or damaged"],
    [text.replace("[]", "7"), "dumps is no list"],
    [text.replace("[]", "[7]"), "dumps[0] is no object"],
    [text.replace("[]", '[{"name":3}]'), "dumps[0].name is not as it must be"],
  ])("%s: %s", async (bytes, message) => {
    expect(await failuresOf(bytes)).toEqual([expect.stringContaining(message)]);
  });

  test("damaged anywhere, it is refused or read, never worse", async () => {
    const [entry] = readableFixtures;
    const whole = snapshotText(await read(readFixture(entry!)));
    const damage = fc.record({
      at: fc.integer({ min: 30, max: whole.length - 1 }),
      by: fc.constantFrom("0", "9", "A", '"', "}", "[", "-", "1e9", '"__proto__":1,'),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, by }) => {
        const hurt = Buffer.from(whole.slice(0, at) + by + whole.slice(at + 1));
        const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: once(hurt) });
        expect(dumps.length + failures.length).toBe(1);
      }),
      { numRuns: 300 },
    );
  });
});
