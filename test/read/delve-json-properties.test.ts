import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import type { Dump } from "../../src/model/dump.ts";
import { GoroutineReader } from "../../src/read/delve/goroutine-reader.ts";
import { GoroutineTemplates } from "../../src/read/delve/goroutine-templates.ts";
import { JsonStream } from "../../src/read/delve/json-stream.ts";
import type { JsonObject, JsonValue } from "../../src/read/delve/json-value.ts";
import { Places } from "../../src/read/delve/places.ts";
import { DelveSession } from "../../src/read/delve/session.ts";
import { delveJsonReader } from "../../src/read/delve-json.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

const fixtures = ["dumps/delve-json", "rules"].flatMap((name) => {
  const folder = new URL(`../../fixtures/${name}/`, import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /delve[^/]*\.(?:nd)?json(?:\.gz)?$/.test(`${name}/${file}`))
    .map((file): [string, Buffer] => {
      const bytes = readFileSync(new URL(file, folder));
      return [file, file.endsWith(".gz") ? gunzipSync(bytes) : bytes];
    });
});

const asText = (dumps: readonly Dump[]) => dumps.map(dumpText).join("\n");

async function read(bytes: Uint8Array, chunk?: number): Promise<string> {
  return asText(await delveJsonReader.read(bytesSource("dump", bytes, chunk), { threads: 1 }));
}

/** Learns nothing, so that every goroutine is parsed. */
class NoTemplates extends GoroutineTemplates {
  override get mayLearn(): boolean {
    return false;
  }
}

/** Reads nothing itself, so that every goroutine is parsed to a tree. */
class NoGoroutines extends GoroutineReader {
  override read(): undefined {
    return undefined;
  }
}

/** The reader without its short cuts. */
function readParsed(bytes: Uint8Array): string {
  return readBy(bytes, NoGoroutines);
}

function readBy(bytes: Uint8Array, Goroutines = GoroutineReader): string {
  const places = new Places();
  const session = new DelveSession("dump", places);
  const stream = new JsonStream(session, new Goroutines(places), new NoTemplates());
  stream.feed(bytes);
  stream.finish();
  return asText(session.finish(undefined));
}

const toValue = (value: unknown): JsonValue => {
  if (Array.isArray(value)) return value.map(toValue);
  if (typeof value !== "object" || value === null) return value as JsonValue;
  return new Map(Object.entries(value).map(([key, member]) => [key, toValue(member)]));
};

/** `JSON.parse`, and every list found by hand: shares nothing with the reader but what a goroutine means. */
function readWithJsonParse(text: string): string {
  const session = new DelveSession("dump", new Places());
  const message = toValue(JSON.parse(text)) as JsonObject;
  const result = message.get("result") as JsonObject;
  const list = session.listBegins([message, result]);
  for (const element of result.get("Goroutines") as JsonValue[]) session.element(element, list, 0);
  session.listEnds(list);
  const rest = new Map([...result].filter(([key]) => key !== "Goroutines"));
  session.message(new Map<string, JsonValue>([...message, ["result", rest]]), list, 0);
  return asText(session.finish(undefined));
}

const generated = (goroutines: number, stacks: number, seed: number) =>
  [...generateDump({ goroutines, stacks, seed }, "delve-json")].join("");
const plans = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), fc.nat(1000));
const chunks = fc.integer({ min: 1, max: 5000 });

/** The same list as other programs write it. */
const layouts = fc.constantFrom(
  (text: string) => text,
  (text: string) => JSON.stringify(JSON.parse(text), null, 2),
  (text: string) => JSON.stringify(JSON.parse(text), null, "\t").replaceAll("\n", "\r\n"),
  (text: string) => text.replaceAll(',"', ', "').replaceAll('":', '": '),
);

test("there are fixtures", () => {
  expect(fixtures.length).toBeGreaterThan(30);
});

describe("the fast path equals the plain reader", () => {
  test.each(fixtures)("on %s", async (_, bytes) => {
    const plain = readParsed(bytes);
    expect(await read(bytes)).toBe(plain);
    expect(await read(bytes, 777)).toBe(plain);
    expect(readBy(bytes)).toBe(plain);
  });

  test("on generated lists, which JSON.parse reads too", async () => {
    await fc.assert(
      fc.asyncProperty(plans, layouts, chunks, async (plan, layout, chunk) => {
        const text = layout(generated(...plan));
        const bytes = new TextEncoder().encode(text);
        const plain = readWithJsonParse(text);
        expect(readParsed(bytes)).toBe(plain);
        expect(await read(bytes, chunk)).toBe(plain);
        expect(readBy(bytes)).toBe(plain);
      }),
      { numRuns: 60 },
    );
  });

  const members = fc.record({
    threadID: fc.oneof(fc.constant(0), fc.nat(99), fc.constant(-1), fc.constant(2 ** 53 + 2)),
    waitSince: fc.oneof(fc.constant(0), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER * 1000)),
    status: fc.constantFrom(2, 4, 10, undefined),
    unknown: fc.oneof(fc.constant(undefined), fc.nat(3), fc.json({ maxDepth: 2 })),
    labels: fc.oneof(fc.constant(undefined), fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 })),
  });
  test("with members that vary, repeat, are unknown or too large", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(members, { minLength: 1, maxLength: 60 }), chunks, async (list, chunk) => {
        const { result } = JSON.parse(generated(list.length, 2, 1)) as { result: { Goroutines: object[] } };
        const goroutines = result.Goroutines.map((goroutine, i) => ({ ...goroutine, ...list[i] }));
        const text = JSON.stringify({ id: 1, result: { ...result, Goroutines: goroutines } });
        const doubled = text.replace(/"threadID":(\d+)/, '"threadID":7,"threadID":$1');
        for (const bytes of [text, doubled].map((t) => new TextEncoder().encode(t))) {
          const plain = readParsed(bytes);
          expect(await read(bytes, chunk)).toBe(plain);
          expect(readBy(bytes)).toBe(plain);
          expect(plain).toBe(readWithJsonParse(new TextDecoder().decode(bytes)));
        }
      }),
      { numRuns: 100 },
    );
  });

  const edits = fc.array(
    fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255), drop: fc.nat(3) }),
    { minLength: 1, maxLength: 4 },
  );
  test("on damaged lists: bytes changed, dropped, cut", async () => {
    const sources = [
      ...fixtures.map(([, bytes]) => bytes).filter((bytes) => bytes.length < 40_000),
      Buffer.from(generated(60, 4, 3)),
      Buffer.from(
        JSON.stringify(
          (JSON.parse(generated(40, 3, 4)) as { result: { Goroutines: object[] } }).result.Goroutines,
        ).replaceAll("},{", "}\n{"),
      ).subarray(1),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...sources), edits, fc.boolean(), async (source, changes, cut) => {
        let bytes = Buffer.from(source);
        for (const { at, byte, drop } of changes) {
          const place = Math.floor(at * (bytes.length - 1));
          bytes[place] = byte;
          bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + drop)]);
        }
        if (cut) bytes = bytes.subarray(0, Math.floor(changes[0]!.at * bytes.length));
        const plain = readParsed(bytes);
        expect(await read(bytes)).toBe(plain);
        expect(readBy(bytes)).toBe(plain);
      }),
      { numRuns: 400 },
    );
  });
});
