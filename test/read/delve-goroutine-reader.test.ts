import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { goroutineOf } from "../../src/read/delve/api.ts";
import { GoroutineReader } from "../../src/read/delve/goroutine-reader.ts";
import { JsonParser, JsonStop } from "../../src/read/delve/json-value.ts";
import { Places } from "../../src/read/delve/places.ts";

const varying = new Set(["id", "threadID", "waitSince"]);

const places = new Places();
const newReader = () => new GoroutineReader(places);

/** What a goroutine means, where it ends, and where its numbers are; `undefined` when it is none. */
function parsed(bytes: Buffer, start: number) {
  const parser = new JsonParser();
  try {
    const goroutine = goroutineOf(parser.parse(bytes, start, bytes.length));
    const spans = parser.spans.filter(({ key }) => varying.has(key));
    return goroutine && { goroutine: places.placed(goroutine), end: parser.pos, spans };
  } catch (stop) {
    if (stop instanceof JsonStop) return undefined;
    throw stop;
  }
}

function read(reader: GoroutineReader, bytes: Buffer, start: number) {
  const goroutine = reader.read(bytes, start, bytes.length);
  return goroutine && { goroutine, end: reader.pos, spans: [...reader.spans] };
}

/** Whether it is read; twice, for places are known when they come again, and with something in front. */
function isRead(text: string, reader = newReader()): boolean {
  let usual = false;
  for (const before of ["", " ,", ""]) {
    const bytes = Buffer.from(`${before}${text}, {"id":`);
    const found = read(reader, bytes, before.length);
    usual = found !== undefined;
    if (found !== undefined) expect(found).toEqual(parsed(bytes, before.length));
  }
  return usual;
}

const location = (name = "main.work", line: unknown = 7) => ({
  pc: 4676398,
  file: "/src/main.go",
  line,
  function: { name, value: 4676352, type: 0, goType: 0, optimized: true },
});
const goroutine = {
  id: 7,
  currentLoc: location("runtime.gopark"),
  userCurrentLoc: location(),
  goStatementLoc: location("main.main"),
  startLoc: location("main.work.func1"),
  threadID: 0,
  status: 4,
  waitSince: 2725780000001,
  waitReason: 15,
  unreadable: "",
};
type Changes = Readonly<Record<string, unknown>>;
const changed = (changes: Changes) => JSON.stringify({ ...goroutine, ...changes });

describe("reads what Delve writes", () => {
  const sorted = Object.fromEntries(Object.entries(goroutine).sort());
  test.each<[string, string]>([
    ["as it is", changed({})],
    ["indented", JSON.stringify(goroutine, null, "\t")],
    ["with spaces before colons", changed({}).replaceAll('":', '" : ')],
    ["sorted", JSON.stringify(sorted)],
    ["before it had states", changed({ status: undefined, waitSince: undefined, waitReason: undefined })],
    ["without a function", changed({ startLoc: { pc: 0, file: "?", line: 0 } })],
    ["with an empty place", changed({ userCurrentLoc: { pc: 0, file: "", line: 0 } })],
    ["with names of its own", changed({ currentLoc: location("main.größe[go.shape.int]") })],
    ["with escapes", changed({ currentLoc: location("x") }).replaceAll('"x"', '"\\u003cx\\u003e\\\\"')],
    ["with labels", changed({ labels: { a: "b", "": '"}' } })],
    ["with members of times to come", changed({ pcs: [1, { a: [] }], ü: 1, more: null })],
    ["with a time that no double holds", changed({}).replace("2725780000001", "9223372036854775807")],
    ["unreadable", changed({ unreadable: "could not read" })],
  ])("%s", (_, text) => {
    expect(isRead(text)).toBe(true);
  });
});

describe("leaves alone", () => {
  test.each<[string, string]>([
    ["no object", "[1]"],
    ["an empty object", "{}"],
    ["a thread", '{"id":1,"pc":2,"file":"a","line":3,"goroutineID":4}'],
    ["a frame", JSON.stringify(location())],
    ["an id that is text", changed({ id: "7" })],
    ["an id that no double holds", changed({}).replace('"id":7', '"id":9007199254740993')],
    ["numbers that are none of Delve's", changed({ waitReason: 1.5 })],
    ["negative ones", changed({ threadID: -1 })],
    ["a place that is null", changed({ startLoc: null })],
    ["a line that is text", changed({ startLoc: location("a", "7") })],
    ["members that are there twice", changed({}).replace('"status"', '"id":8,"status"')],
    ["places that are there twice", changed({}).replace('"status"', '"startLoc":{"pc":1},"status"')],
    ["a file that is there twice", changed({}).replace('"line"', '"file":"b.go","line"')],
    ["a line break in a string", changed({ unreadable: "x" }).replace('"x"', '"x\n"')],
    ["a comma too many", changed({}).replace('"unreadable":""', '"unreadable":"",')],
    ["thousands of lists", changed({ more: Array.from({ length: 2000 }, () => []) })],
  ])("%s", (_, text) => {
    expect(isRead(text)).toBe(false);
  });

  test("names that are written with escapes are those names", () => {
    expect(isRead(changed({ more: 1 }).replace('"more"', '"\\u0069d"'))).toBe(false);
    expect(isRead(changed({}).replace('"id"', '"\\u0069d"'))).toBe(true);
  });

  test("whatever is cut", () => {
    const bytes = Buffer.from(changed({ labels: { a: "b" } }));
    const reader = newReader();
    for (let end = 0; end < bytes.length; end++) expect(reader.read(bytes, 0, end)).toBeUndefined();
    expect(reader.read(bytes, 0, bytes.length)).toBeDefined();
  });
});

test("places with the same address are told apart, and places are found again after others", () => {
  const reader = newReader();
  for (let i = 0; i < 3000; i++) {
    const startLoc = { ...location(`main.f${i % 3}`, (i % 2) + 1), pc: i % 7 < 3 ? 1 : i % 1500 };
    expect(isRead(changed({ id: i, startLoc }), reader)).toBe(true);
  }
});

const numbers = fc.oneof(fc.constantFrom(0, 1, 4, 2 ** 31, 2 ** 53, -1, 0.5, null), fc.maxSafeNat());
const texts = fc.oneof(fc.constantFrom("", "?", "main.f", "/a.go"), fc.string({ unit: "binary" }));
const functions = fc.record(
  { name: texts, value: numbers, type: numbers, optimized: fc.boolean() },
  { requiredKeys: [] },
);
const locations = fc.oneof(
  fc.record(
    { pc: numbers, file: texts, line: numbers, function: functions, pcs: fc.array(fc.nat()) },
    { requiredKeys: [] },
  ),
  fc.constantFrom(location(), location("main.other"), null, 5),
);
const goroutines = fc.record(
  {
    id: fc.oneof({ weight: 5, arbitrary: fc.nat() }, numbers),
    currentLoc: locations,
    userCurrentLoc: locations,
    goStatementLoc: locations,
    startLoc: locations,
    threadID: numbers,
    status: numbers,
    waitSince: numbers,
    waitReason: numbers,
    unreadable: texts,
    labels: fc.oneof(fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }), fc.constant(null)),
    unknown: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: [] },
);

describe("what is read is what the parser reads", () => {
  const indents = fc.constantFrom("", " ", "\t");
  test("of any members in any order", () => {
    const reader = newReader();
    const orders = fc.tuple(goroutines, fc.nat(), indents).map(([members, turn, indent]) => {
      const entries = Object.entries(members);
      const at = entries.length === 0 ? 0 : turn % entries.length;
      return JSON.stringify(
        Object.fromEntries([...entries.slice(at), ...entries.slice(0, at)]),
        null,
        indent,
      );
    });
    fc.assert(
      fc.property(orders, (text) => {
        isRead(text, reader);
      }),
      { numRuns: 2000 },
    );
  });

  test("of damaged bytes", () => {
    const reader = newReader();
    const edits = fc.array(
      fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(...'"\\{}[],:0\n')), fc.nat(2)),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(
        edits,
        fc.constantFrom(changed({}), JSON.stringify(goroutine, null, 1)),
        (changes, text) => {
          let bytes = Buffer.from(text);
          for (const [place, byte, drop] of changes) {
            const at = place % bytes.length;
            const own = typeof byte === "number" ? byte : byte.charCodeAt(0);
            bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([own]), bytes.subarray(at + drop)]);
          }
          const found = read(reader, bytes, 0);
          if (found !== undefined) expect(found).toEqual(parsed(bytes, 0));
        },
      ),
      { numRuns: 3000 },
    );
  });
});
