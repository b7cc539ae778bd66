import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateDump } from "../../scripts/generate-dump.mjs";
import type { Dump } from "../../src/model/dump.ts";
import { FramePool } from "../../src/model/frame-pool.ts";
import { scanStream } from "../../src/read/go-traceback.ts";
import { KnownNames } from "../../src/read/traceback/known-names.ts";
import { RegularReader } from "../../src/read/traceback/regular-reader.ts";
import { TracebackBuilder } from "../../src/read/traceback/traceback-builder.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

const folder = new URL("../../fixtures/dumps/go-traceback/", import.meta.url);
const fixtures = readdirSync(folder)
  .filter((f) => f.endsWith(".txt") && !f.endsWith(".golden.txt"))
  .map((f) => readFileSync(new URL(f, folder)));

const asText = (dumps: Dump[]) => dumps.map(dumpText).join("\n");

/** The reader that learns shapes, whatever the size. */
async function read(bytes: Uint8Array, chunk?: number): Promise<Dump[]> {
  const builder = new TracebackBuilder("dump", undefined);
  return builder.finish(await scanStream(bytesSource("dump", bytes, chunk), builder, { threads: 1 }, 0));
}

/** The reader without any short cut: line by line. */
function readPlainly(bytes: Uint8Array): Dump[] {
  const builder = new TracebackBuilder("dump", undefined);
  builder.lines(bytes);
  return builder.finish(bytes.length);
}

/** The reader that takes regular goroutines at once, and learns no shapes. */
function readByGoroutine(bytes: Uint8Array): Dump[] {
  const builder = new TracebackBuilder("dump", undefined);
  builder.text(bytes);
  return builder.finish(bytes.length);
}

/** Lines that begin like a header, counted without the reader's means. */
function countHeaders(bytes: Uint8Array): number {
  let count = 0;
  for (const line of Buffer.from(bytes).toString("latin1").split("\n")) {
    if (!line.startsWith("goroutine ")) continue;
    const rest = line.slice("goroutine ".length);
    let digits = 0;
    while (rest[digits]! >= "0" && rest[digits]! <= "9") digits++;
    if (digits > 0 && digits <= 20 && rest[digits] === " " && rest.includes("[", digits)) count++;
  }
  return count;
}

function seen(dumps: Dump[]): number {
  let sum = 0;
  for (const dump of dumps) {
    const lost = dump.problems.reduce((total, p) => total + Math.max(p.lost, 0), 0);
    expect(dump.headersSeen).toBe(dump.goroutines.length + dump.repeated + lost);
    sum += dump.headersSeen;
  }
  return sum;
}

async function expectSame(bytes: Uint8Array, chunk?: number): Promise<Dump[]> {
  const dumps = await read(bytes, chunk);
  const plain = asText(readPlainly(bytes));
  expect(asText(dumps)).toBe(plain);
  expect(asText(readByGoroutine(bytes))).toBe(plain);
  return dumps;
}

const fixture = fc.constantFrom(...fixtures);

describe("the fast path equals the plain reader", () => {
  test("on generated dumps, in any chunks", async () => {
    const plan = fc.record({
      goroutines: fc.integer({ min: 1, max: 300 }),
      stacks: fc.integer({ min: 1, max: 400 }),
      seed: fc.integer(),
      level: fc.constantFrom(1, 2),
    });
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 100000 }), async (made, chunk) => {
        const bytes = Buffer.from([...generateDump({ ...made, level: made.level === 2 ? 2 : 1 })].join(""));
        const dumps = await expectSame(bytes, chunk);
        expect(dumps[0]!.goroutines.length).toBe(made.goroutines);
        expect(dumps[0]!.complete).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("on headers of all kinds above the same frames", async () => {
    const header = fc.record({
      reason: fc.constantFrom(
        "chan send",
        "chan send (nil chan)",
        "chan sendX",
        "chan send~",
        "select",
        "",
        "a,b",
      ),
      minutes: fc.constantFrom(
        "",
        "",
        ", 1 minute",
        ", 5 minutes",
        ", 123456789 minutes",
        ", 1234567890 minutes",
      ),
      attribute: fc.constantFrom(
        "",
        "",
        ", locked to thread",
        ",x",
        "x",
        ", 7 minutes",
        ", synctest bubble 1",
      ),
      labels: fc.constantFrom("", "", ' labels:{"k": "v"}', ' labels:{"k": "a, 9 minutes"}', " labels:{"),
      tail: fc.constantFrom("", "", ' {k: "v"}', ' {"k": "b, 8 minutes"}'),
      thread: fc.constantFrom("", "", " gp=0xc000007340 m=nil", " gp=0xc000048708 m=3 mp=0xc000048708"),
      value: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(header, { minLength: 1, maxLength: 60 }), async (headers) => {
        const text = headers.map(
          ({ reason, minutes, attribute, labels, tail, thread, value }, i) =>
            `goroutine ${i + 1}${thread} [${reason}${minutes}${attribute}${labels}]${tail}:\n` +
            `main.f(0xc000${value.toString(16)})\n\t/a.go:1 +0x1\n\n`,
        );
        await expectSame(Buffer.from(text.join("")));
      }),
      { numRuns: 200 },
    );
  });

  test("on labels that differ between goroutines of one stack", async () => {
    const labels = fc.oneof(
      { weight: 3, arbitrary: fc.nat(30).map((n) => `"handler": "/api/${n}", user: u${n % 3}`) },
      fc.constantFrom(
        "k: v",
        "empty: ",
        '"k": "a]: {b}"',
        '"k": "v"}] {"l": "w"',
        '"k": "goroutine 7 [x]:"',
        '"k": "a, 9 minutes"',
        'k: "not closed',
        "k]: v",
        "k}: v",
        "{k: v}",
        '"k": "\\u00e4"',
        '"k": "ä"',
        `"k": "${"x".repeat(1009)}"`,
        `"k": "${"x".repeat(2000)}"`,
        "",
        "}",
        "}]",
      ),
    );
    const goroutine = fc.record({
      thread: fc.constantFrom("", "", "", " gp=0xc000007340 m=nil", " gp=0xc000048708 m=3 mp=0xc000048708"),
      reason: fc.constantFrom("chan send", "select", "x labels:", "a b {c", 'q"uoted'),
      minutes: fc.constantFrom("", ", 5 minutes", ", 71 minutes, locked to thread"),
      labels,
      form: fc.constantFrom("plain", "within", "within", "behind", "behind", "both", "joined", "glued"),
      frame: fc.constantFrom(
        "f(0x1)",
        "g({0x1?, 0x2})",
        "h(...)",
        "f(0x1)\n\t/a.go:7 +0x1\n...3 frames elided...",
      ),
      extra: fc.constantFrom("", "", "", "\n"),
    });
    const forms: Record<string, (labels: string) => string> = {
      plain: () => "]:",
      within: (text) => ` labels:{${text}}]:`,
      behind: (text) => `] {${text}}:`,
      both: (text) => ` labels:{${text}}] {${text}}:`,
      joined: (text) => `] {${text}}]:`,
      glued: (text) => ` labels:{${text}} ]:`,
    };
    const frames = (frame: string) =>
      frame.includes("\n") ? `main.${frame}` : `main.${frame}\n\t/a.go:1 +0x1`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(goroutine, { minLength: 30, maxLength: 120 }),
        fc.constantFrom("\n", "\r\n"),
        async (goroutines, end) => {
          const text = goroutines.map(
            ({ thread, reason, minutes, labels: its, form, frame, extra }, i) =>
              `goroutine ${i + 1}${thread} [${reason}${minutes}${forms[form]!(its)}\n${frames(frame)}\n${extra}\n`,
          );
          await expectSame(Buffer.from(text.join("").replaceAll("\n", end)));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("on headers alone, many times further than one goroutine's text is looked for, between whole goroutines", async () => {
    const whole = [...generateDump({ goroutines: 400, stacks: 20, seed: 9 })].join("");
    const headers = Array.from({ length: 9_000 }, (_, i) => `goroutine ${i + 1_000} [chan send]:\n`).join("");
    const again = whole.replaceAll(
      /^goroutine (\d+)/gm,
      (_, id: string) => `goroutine ${Number(id) + 20_000}`,
    );
    for (const text of [headers + whole, whole + headers + again, whole + headers]) {
      for (const bytes of [Buffer.from(text), Buffer.from(text.replaceAll("\n", "\r\n"))]) {
        await expectSame(bytes);
        await expectSame(bytes, 70_001);
      }
    }
  });

  test("on fixtures after one another, so that shapes meet in several dumps", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fixture, { minLength: 2, maxLength: 4 }), async (parts) => {
        const bytes = Buffer.concat(parts);
        expect(seen(await expectSame(bytes))).toBe(countHeaders(bytes));
      }),
      { numRuns: 40 },
    );
  });
});

test("the profile writer's stack under a header that says it waits is no sign of a profile", async () => {
  const frames = "runtime/pprof.writeGoroutineStacks(0x1)\n\truntime/pprof/pprof.go:693 +0x9f\n\n";
  const running = "goroutine 1 [running]:\nmain.f(0x1)\n\t/a.go:1 +0x1\n\n";
  const dumps = await expectSame(Buffer.from(`goroutine 18 [chan send]:\n${frames}${running}`));
  expect(dumps.map(({ goroutines }) => goroutines.length)).toEqual([1, 1]);
});

test("what pages have made of stars", async () => {
  const one = (id: number, eaten: string) =>
    `goroutine ${id} [select]:\nmain.f(0x1)\n\t/a.go:1 +0x1\ncreated by main.${eaten}.Run in goroutine 1\n\t/a.go:2 +0x1\n\n`;
  const forms = ["(_T)", "(T)", "(*T)", "(_T[...])", "(__T)"];
  const [dump] = await expectSame(
    Buffer.from(
      forms
        .map((eaten, at) => one(at + 1, eaten))
        .join("")
        .repeat(3),
    ),
  );
  expect(dump!.stacks.map((s) => s.createdBy?.symbol.name)).toEqual([
    "main.(*T).Run",
    "main.(*T[...]).Run",
    "main.(*_T).Run",
  ]);
});

test("what pages have made of numbers", async () => {
  const link = "[1](https://example.com/x#step:6:1)";
  const whole =
    "goroutine 21 [select, 1 minutes]:\nmain.f1(0x1)\n\t/1/a.go:1 +0x1\ncreated by main.T1 in goroutine 1\n\t/a.go:1 +0x1\n\n";
  const ones = [...whole.matchAll(/1/g)];
  const linked = ones.map(({ index }) => whole.slice(0, index) + link + whole.slice(index + 1));
  const [dump] = await expectSame(
    Buffer.from([...linked, ...linked].map((text, i) => text.replace("2", String(i + 2))).join("")),
  );
  expect([dump!.stacks.length, dump!.goroutines.length, dump!.complete]).toEqual([1, 2 * ones.length, true]);
});

test("labels that pages have made links of, headers that two may begin in, and labels as if they were attributes", async () => {
  const link = (number: number, path = "x") => `[${number}](https://example.com/${path}#step:6:1)`;
  const long = "x".repeat(400);
  const labels = [
    "k: 1",
    `k: ${link(1)}`,
    `k: "${link(1)}"`,
    `k: ${link(1, long)}${link(2, long)}${link(3, long)}`,
    `k: ${link(1, "\u00e4")}`,
    "k: v[",
  ];
  const header = fc.constantFrom(
    ["select] {", "}:"],
    ["select labels:{", "}]:"],
    ["goroutine 7 x] {", "}:"],
    ["goroutine 7 x labels:{", "}]:"],
    ["select, 5 minutes, labels:{", "}]:"],
    ["select, labels:{", "}]:"],
  );
  const frame = fc.constantFrom("main.f(0x1)", "main.f(0x1)\n\t/a.go:1 +0x1\n...3 frames elided...");
  const goroutine = fc.record({ header, frame, its: fc.constantFrom(...labels) });
  await fc.assert(
    fc.asyncProperty(fc.array(goroutine, { minLength: 20, maxLength: 60 }), async (goroutines) => {
      const text = goroutines.map(
        ({ header: [before, behind], frame, its }, i) =>
          `goroutine ${i + 1} [${before}${its}${behind}\n${frame}\n${frame.includes("\n") ? "" : "\t/a.go:1 +0x1\n"}\n`,
      );
      await expectSame(Buffer.from(text.join("")));
    }),
    { numRuns: 100 },
  );
});

test("more numbers than a batch holds, and more headers than are numbered at once", async () => {
  const tiny = Array.from({ length: 40_000 }, (_, i) => `goroutine ${i + 1} [x]:\na.b${i}()\n\t/${i}:1\n\n`);
  await expectSame(Buffer.from(tiny.join("")));
  const labelled = (i: number) =>
    `goroutine ${i + 1} [sleep] {"n":"${i % 9_000}"}:\na.b${i}()\n\t/${i}:1\n\n`;
  const [dump] = await expectSame(
    Buffer.from(Array.from({ length: 12_000 }, (_, i) => labelled(i)).join("")),
  );
  expect(dump!.labelSets.length).toBe(9_001);
});

test("more dumps than are told apart, and where that begins", async () => {
  const frames = "main.f(0x1)\n\t/a.go:1 +0x1\n\n";
  const dump = `goroutine 1 [running]:\n${frames}goroutine 2 [select]:\n${frames}`;
  const dumps = await expectSame(Buffer.from(dump.repeat(1_100)));
  expect(dumps.at(-1)!.problems[0]?.line).toBe(8_001);
});

test("shapes that would be learned where no number has room left", async () => {
  let id = 0;
  const goroutine = (call: string, place: string) => `goroutine ${++id} [select]:\n${call}\n\t${place}\n\n`;
  const known = Array.from({ length: 48_700 }, () => goroutine("main.w()", "/w.go:1"));
  // Of no known shape, and of many arguments, then of ever fewer, so that little room is left.
  const filling = Array.from({ length: 380 }, (_, i) => {
    const hidden = i < 300 ? 1_000 : i < 360 ? 60 : 1;
    return goroutine(`main.b${i}(0x12345678901234,${"_".repeat(hidden)})`, `/b${i}.go:1`);
  });
  const toLearn = Array.from({ length: 1_500 }, (_, i) => goroutine(`main.c${i}()`, "/c.go:1"));
  const [dump] = await expectSame(Buffer.from([...known, ...filling, ...toLearn].join("")));
  expect(dump!.goroutines.length).toBe(id);
});

test.each([1, 2] as const)("all goroutines of a dump of level %i are regular", (level) => {
  const bytes = Buffer.from([...generateDump({ goroutines: 500, stacks: 500, level })].join(""));
  const reader = new RegularReader(new KnownNames(new FramePool()), true);
  reader.open(bytes);
  let at = 0;
  let count = 0;
  while (reader.read(at)) {
    at = reader.end;
    count++;
  }
  // No blank line follows the last one.
  expect(count).toBe(499);
});

describe("damaged input is never lost silently", () => {
  test("cut anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(fixture, fc.double({ min: 0, max: 1, noNaN: true }), async (whole, share) => {
        const bytes = whole.subarray(0, Math.floor(whole.length * share));
        const count = countHeaders(bytes);
        const total = seen(await expectSame(bytes));
        // A last line like `goroutine 12` is a header too, though its bracket is missing.
        expect([count, count + 1]).toContain(total);
      }),
      { numRuns: 150 },
    );
  });

  test("cut at every byte of the last goroutine", async () => {
    const whole = fixtures[0]!;
    for (let end = whole.length - 250; end < whole.length; end++) {
      const [dump] = await expectSame(whole.subarray(0, end));
      expect(dump!.headersSeen).toBeGreaterThanOrEqual(countHeaders(whole.subarray(0, end)));
    }
  });

  test("bytes changed", async () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fixture, flips, async (whole, changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        expect(seen(await expectSame(bytes))).toBeGreaterThanOrEqual(countHeaders(bytes));
      }),
      { numRuns: 150 },
    );
  });

  test("lines exchanged, doubled, dropped and joined", async () => {
    const edits = fc.array(fc.tuple(fc.constantFrom("swap", "double", "drop", "join"), fc.nat(), fc.nat()), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(fixture, edits, async (whole, changes) => {
        const lines = whole.toString().split("\n");
        for (const [kind, first, second] of changes) {
          const a = first % lines.length;
          const b = second % lines.length;
          if (kind === "swap") [lines[a], lines[b]] = [lines[b]!, lines[a]!];
          else if (kind === "double") lines.splice(a, 0, lines[a]!);
          else if (kind === "drop") lines.splice(a, 1);
          else lines.splice(a, 2, lines.slice(a, a + 2).join(""));
        }
        const bytes = Buffer.from(lines.join("\n"));
        expect(seen(await expectSame(bytes))).toBeGreaterThanOrEqual(countHeaders(bytes));
      }),
      { numRuns: 150 },
    );
  });

  test("text that is no dump", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        seen(await expectSame(bytes));
      }),
      { numRuns: 100 },
    );
  });

  test("hostile sizes", async () => {
    const long = `goroutine 1 [${"x".repeat(3e6)}]:\nmain.f(${"0x1, ".repeat(3e5)}0x1)\n\t${":1".repeat(1e6)}\n\n`;
    seen(await expectSame(Buffer.from(long)));
    seen(await expectSame(Buffer.from("goroutine ".repeat(3e5))));
    // What differs in one thing only must not be looked for one by one.
    const reasons = Array.from(
      { length: 3e4 },
      (_, i) => `goroutine ${i + 1} [reason ${i}]:\nmain.f()\n\t/a.go:1 +0x1\n`,
    );
    seen(await expectSame(Buffer.from(reasons.join("\n"))));
    seen(await expectSame(Buffer.from("goroutine 1 [running]:\nmain.f()\n\t/a.go:1 +0x1\n\n".repeat(3000))));
  });
});
