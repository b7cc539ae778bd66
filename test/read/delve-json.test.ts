import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { delveJsonReader } from "../../src/read/delve-json.ts";
import { bytesSource } from "./bytes.ts";
import { dumpText } from "./dump-text.ts";

const location = (fn: string, file: string, line: number, pc: number) => ({
  pc,
  file,
  line,
  function: { name: fn, value: pc - (pc % 64), type: 0, goType: 0, optimized: true },
});
const gopark = location("runtime.gopark", "/go/src/runtime/proc.go", 436, 4676398);

interface Options {
  at?: string;
  line?: number;
  start?: string;
  status?: number;
  reason?: number;
  thread?: number;
  since?: number;
  labels?: Record<string, string>;
}

/** A goroutine as Delve 1.27 lists it. */
function goroutine(id: number, o: Options = {}) {
  const { at = "main.work", line = 7, start = at } = o;
  return {
    id,
    currentLoc: gopark,
    userCurrentLoc: location(at, "/src/main.go", line, 6709878 + line),
    goStatementLoc: location("main.main", "/src/main.go", 90, 6709100),
    startLoc: location(start, "/src/main.go", 1, 6710016 + 64 * line),
    threadID: o.thread ?? 0,
    status: o.status ?? 4,
    waitSince: o.since ?? 0,
    waitReason: o.reason ?? 15,
    unreadable: "",
    ...(o.labels ? { labels: o.labels } : {}),
  };
}

const version = (go: string) => ({
  id: 1,
  result: { DelveVersion: "1", TargetGoVersion: `Go cmd/compile ${go}` },
});
const v2 = (list: unknown[], next = -1) => ({
  id: 2,
  result: { Goroutines: list, Nextg: next, Groups: null },
  error: null,
});
const lines = (...values: unknown[]) => values.map((v) => `${JSON.stringify(v)}\n`).join("");

async function read(text: string | Uint8Array, goVersion?: string, chunk?: number): Promise<Dump[]> {
  const options = goVersion === undefined ? { threads: 1 } : { threads: 1, goVersion };
  return delveJsonReader.read(bytesSource("dump", text, chunk), options);
}

async function readOne(text: string | Uint8Array, goVersion?: string, chunk?: number): Promise<Dump> {
  const dumps = await read(text, goVersion, chunk);
  expect(dumps).toHaveLength(1);
  return dumps[0]!;
}

function accounted(dump: Dump): void {
  const lost = dump.problems.reduce((sum, p) => sum + Math.max(p.lost, 0), 0);
  expect(dump.headersSeen).toBe(dump.goroutines.length + dump.repeated + lost);
}

const kindOf = (dump: Dump, row: number) => dump.stacks[dump.goroutines.stack[row]!]!.wait;
const kinds = (dump: Dump) => Array.from({ length: dump.goroutines.length }, (_, row) => kindOf(dump, row));

describe("forms in which people save the list", () => {
  const list = [goroutine(1), goroutine(2, { line: 8, reason: 14, labels: { k: 'a"]b' } }), goroutine(77)];
  const forms: Record<string, string> = {
    "API v2": lines(v2(list)),
    "API v1": lines({ id: 2, result: list, error: null }),
    "result only": lines({ Goroutines: list, Nextg: -1 }),
    "bare list": lines(list),
    "jq .result[]": list.map((g) => JSON.stringify(g, null, 2)).join("\n"),
    "jq -c .result[]": lines(...list),
    pretty: JSON.stringify(v2(list), null, 4),
    "sorted keys": JSON.stringify(
      v2(list),
      [
        ...new Set(JSON.stringify(list).match(/(?<=")\w+(?=":)/g)),
        "k",
        "result",
        "Goroutines",
        "Nextg",
      ].sort(),
    ),
    "with a prompt and trailing text": `(dlv) ${lines(v2(list))}(dlv) `,
  };
  test.each(Object.entries(forms))("%s", async (_, text) => {
    const dump = await readOne(text, "go1.24.1");
    expect([...dump.goroutines.id.subarray(0, 3)]).toEqual([1, 2, 77]);
    expect(kinds(dump)).toEqual(["chan-send", "chan-receive", "chan-send"]);
    expect(dump.labelSets[dump.goroutines.labels[1]!]!.get("k")).toBe('a"]b');
    expect(dump.complete).toBe(true);
    expect(delveJsonReader.sniff(new TextEncoder().encode(text))).toBeGreaterThan(1);
    expect(dumpText(await readOne(text, "go1.24.1", 3))).toBe(dumpText(dump));
  });

  test("before Delve 0.12: flat locations, no states", async () => {
    const flat = { id: 5, pc: 1, file: "/src/a.go", line: 3, function: { name: "main.f", value: 1 } };
    const dump = await readOne(lines({ id: 0, result: [flat], error: null }));
    expect(dump.stacks[0]!.frames.map((f) => f.symbol.name)).toEqual(["main.f"]);
    expect(dump.capabilities.has("wait-reasons")).toBe(false);
  });
});

describe("wait reasons", () => {
  test.each([
    ["go1.19.8", 15, "chan-send"],
    ["go1.24", 21, "mutex-lock"],
    ["go1.25.2", 22, "mutex-lock"],
    ["go1.26.8", 20, "chan-send"],
    ["go1.27.4", 18, "select"],
  ])("%s counts %i as %s", async (go, reason, kind) => {
    const text = lines(v2([goroutine(1, { reason })]), version(go));
    const dump = await readOne(text);
    expect(kinds(dump)).toEqual([kind]);
    expect(dump.goVersion).toBe(go);
  });

  test("are stale unless the goroutine waits", async () => {
    const list = [
      goroutine(1, { status: 2, thread: 9 }),
      goroutine(2, { status: 3 }),
      goroutine(3, { status: 0x1004 }),
      goroutine(4, { status: 10 }),
    ];
    const dump = await readOne(lines(version("go1.26.1"), v2(list.map((g) => ({ ...g, waitReason: 19 })))));
    expect(kinds(dump)).toEqual(["running", "syscall", "chan-receive", "chan-receive"]);
    expect([...dump.goroutines.flags.subarray(0, 4)]).toEqual([4, 0, 0, 1]);
  });

  test("mean what the process itself says, against the version's own numbers", async () => {
    const request = {
      method: "RPCServer.Eval",
      params: [{ Scope: { GoroutineID: 1, Frame: 0 }, Expr: "runtime.curg.waitreason" }],
      id: 3,
    };
    const answer = { id: 3, result: { Variable: { value: "waitReasonSelect (19)" } }, error: null };
    const list = [goroutine(1, { reason: 19 }), goroutine(2, { reason: 19, line: 8 })];
    const parts = [version("go1.26.1"), v2(list)];
    expect(kinds(await readOne(lines(...parts)))).toEqual(["chan-receive", "chan-receive"]);
    expect(kinds(await readOne(lines(...parts, request, answer)))).toEqual(["select", "select"]);
  });

  test("without a version, what the goroutines themselves say chooses the numbering", async () => {
    const plain = {
      ...goroutine(1, { reason: 20 }),
      currentLoc: location("runtime.gopark", "/x/proc.go", 9, 4),
    };
    expect(kinds(await readOne(lines(v2([plain]))))).toEqual(["parked"]);
    const sleeper = (reason: number) => goroutine(2, { at: "time.Sleep", start: "main.main", reason });
    const old = await readOne(lines(v2([plain, { ...sleeper(19), currentLoc: plain.currentLoc }])));
    expect(kinds(old)).toEqual(["cond-wait", "sleep"]);
    const current = await readOne(lines(v2([plain, { ...sleeper(14), currentLoc: plain.currentLoc }])));
    expect(kinds(current)).toEqual(["chan-send", "sleep"]);
  });

  test("without any hint, say that the version is missing", async () => {
    const list = [goroutine(1, { reason: 20 }), goroutine(2, { reason: 2 })].map((g) => ({
      ...g,
      currentLoc: null,
    }));
    const dump = await readOne(lines(v2(list)));
    expect(kinds(dump)).toEqual(["parked", "io-wait"]);
    expect(dump.problems[0]!.message).toMatch(/wait reasons of 1 goroutine can.*--go-version/);
  });
});

test("before Delve 1.6, a goroutine on a thread is not taken for one that waits at the same place", async () => {
  const { status: _s, waitReason: _r, ...old } = goroutine(1);
  const parked = { ...old, currentLoc: gopark };
  const dump = await readOne(lines(v2([parked, { ...parked, id: 2 }, { ...parked, id: 3, threadID: 7 }])));
  expect(kinds(dump)).toEqual(["parked", "parked", "unknown"]);
  expect([...dump.goroutines.flags.subarray(0, 3)]).toEqual([0, 0, 4]);
});

describe("several answers in one file", () => {
  test("pages are joined, a missing one is reported", async () => {
    const pages = [v2([goroutine(1)], 10), v2([goroutine(2)], 20), v2([goroutine(3)])];
    const whole = await readOne(lines(...pages), "go1.24");
    expect(whole.goroutines.length).toBe(3);
    expect(whole.complete).toBe(true);
    const cut = await readOne(lines(...pages.slice(0, 2)), "go1.24");
    expect(cut.complete).toBe(false);
    expect(cut.problems[0]!.message).toContain("the list goes on at 20");
    const ask = (id: number, start: number) => ({
      method: "RPCServer.ListGoroutines",
      params: [{ Start: start, Count: 1 }],
      id,
    });
    const gap = lines(ask(1, 0), ask(2, 10), ask(3, 20), { ...pages[0], id: 1 }, { ...pages[2], id: 3 });
    expect((await readOne(gap, "go1.24")).problems[0]!.message).toContain(
      "the page that begins at 10 is missing",
    );
  });

  describe("pages without their requests", () => {
    const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => goroutine(from + i));
    const pages = [
      { ...v2(ids(1, 40), 40), id: 4 },
      { ...v2(ids(41, 40), 80), id: 5 },
      // Seven places of goroutines that are gone.
      { ...v2(ids(81, 40), 127), id: 6 },
      { ...v2(ids(121, 9)), id: 7 },
    ];
    const told = async (numbers: readonly number[]) => {
      const dump = await readOne(lines(...numbers.map((n) => pages[n])), "go1.24");
      expect(dump.complete).toBe(dump.problems.length === 0);
      return dump.problems.map((p) => p.message);
    };

    test.each([[[0, 1, 2, 3]], [[3, 1, 0, 2]], [[0, 1, 1, 2, 3]]])("%j is whole", async (numbers) => {
      expect(await told(numbers)).toEqual([]);
    });

    test.each([
      [[0, 2, 3], "the page that begins at 40 is missing: the next one ends at 127"],
      [[0, 1, 3], "the page that begins at 80 is missing: the next one is the last"],
      [
        [1, 2, 3],
        "neither goroutine 1 nor 2 is in the list, with which each begins: pages before it are missing, of up to 40 goroutines, or a filter left goroutines out",
      ],
      [
        [3],
        "neither goroutine 1 nor 2 is in the list, with which each begins: pages before it are missing, or a filter left goroutines out",
      ],
      [[0, 1, 2], "the list goes on at 127 (Nextg), but the page that begins there is missing"],
    ])("%j: %s", async (numbers, message) => {
      expect(await told(numbers)).toEqual([message]);
    });

    test("a page that fits is missed without the answers' numbers, too", async () => {
      const bare = (...numbers: number[]) => lines(...numbers.map((n) => pages[n]!.result));
      expect((await readOne(bare(0, 1, 2, 3), "go1.24")).problems).toEqual([]);
      const third = { ...pages[2]!.result, Nextg: 120 };
      expect((await readOne(`${bare(0)}${lines(third)}${bare(3)}`, "go1.24")).complete).toBe(false);
    });
  });

  test("a list is whole without goroutine 1, which has ended with runtime.Goexit", async () => {
    const dump = await readOne(lines(v2([2, 17, 18, 3].map((id) => goroutine(id)))), "go1.26");
    expect([dump.complete, dump.problems]).toEqual([true, []]);
  });

  test.each([
    ["a filter", { Filters: [{ Kind: 4, Negated: false, Arg: "main.park" }] }, false],
    ["groups", { GroupBy: 3 }, false],
    ["all of the user's", { Filters: [{ Kind: 7, Negated: false, Arg: "" }] }, true],
  ])("a list that was asked for with %s", async (_, params, whole) => {
    const ask = { method: "RPCServer.ListGoroutines", params: [{ Start: 0, Count: 0, ...params }], id: 3 };
    const answer = { ...v2([goroutine(1), goroutine(8)]), id: 3 };
    const dump = await readOne(lines(ask, answer), "go1.26");
    expect([dump.goroutines.length, dump.complete]).toEqual([2, whole]);
    if (whole) return;
    expect(dump.problems.map((p) => p.message).join()).toMatch(/asked for some goroutines only/);
    const other = { ...v2([1, 2, 8].map((id) => goroutine(id))), id: 2 };
    const both = await readOne(lines(other, ask, answer), "go1.26");
    expect([both.goroutines.length, both.complete]).toEqual([3, true]);
  });

  test("pages in another order than they were asked for are whole", async () => {
    const ask = (id: number, start: number) => ({
      method: "RPCServer.ListGoroutines",
      params: [{ Start: start, Count: 1 }],
      id,
    });
    const [first, second] = [
      { ...v2([goroutine(1)], 10), id: 1 },
      { ...v2([goroutine(2)]), id: 2 },
    ];
    const dump = await readOne(lines(ask(2, 10), second, ask(1, 0), first), "go1.24");
    expect(dump.problems).toEqual([]);
    expect(dump.complete).toBe(true);
  });

  test("a second whole list of the same goroutines is a second dump", async () => {
    const dumps = await read(
      lines(v2([goroutine(1), goroutine(2)]), v2([goroutine(1, { line: 9 })])),
      "go1.24",
    );
    expect(dumps.map((d) => [d.name, d.goroutines.length])).toEqual([
      ["dump", 2],
      ["dump#2", 1],
    ]);
  });

  test("a second list with the same goroutines at the same places is a second dump", async () => {
    const list = v2([goroutine(1), goroutine(2)]);
    const dumps = await read(lines(list, list, list), "go1.24");
    expect(dumps.map((d) => [d.name, d.goroutines.length, d.stacks.length])).toEqual([
      ["dump", 2, 1],
      ["dump#2", 2, 1],
      ["dump#3", 2, 1],
    ]);
  });

  const frames = [
    { ...gopark, Arguments: null },
    {
      ...location("runtime.chansend", "/go/chan.go", 283, 11),
      Arguments: [{ name: "c", kind: 22, flags: 8, value: "18446744073709551000", unreadable: "" }],
    },
    {
      ...location("main.(*T).work", "/src/main.go", 7, 12),
      Arguments: [{ name: "t", type: "*main.T", kind: 22, flags: 8, value: "824634269824", unreadable: "" }],
    },
  ];
  const stack = { method: "RPCServer.Stacktrace", params: [{ Id: 2, Depth: 50, Full: true }], id: 8 };
  const answer = { id: 8, result: { Locations: frames }, error: null };
  const evaluation = (id: number, goid: number, expr: string, value: string) => [
    { method: "RPCServer.Eval", params: [{ Scope: { GoroutineID: goid, Frame: 0 }, Expr: expr }], id },
    {
      id,
      result: { Variable: { name: expr, kind: 22, value, unreadable: "", realType: "x", addr: 77 } },
      error: null,
    },
  ];
  test.each([
    [
      "requests first",
      [
        stack,
        v2([goroutine(1), goroutine(2)]),
        answer,
        ...evaluation(9, 1, "runtime.curg.waiting.c", "4096"),
        ...evaluation(10, 1, "runtime.curg.parentGoid", "2"),
      ],
    ],
    [
      "requests last",
      [
        v2([goroutine(1), goroutine(2)]),
        ...evaluation(10, 1, "runtime.curg.parentGoid", "2").reverse(),
        answer,
        ...evaluation(9, 1, "runtime.curg.waiting.c", "4096").reverse(),
        stack,
      ],
    ],
    [
      "collected",
      [
        {
          request: { method: "RPCServer.ListGoroutines", params: [{ Start: 0 }], id: 2 },
          response: v2([goroutine(1), goroutine(2)]),
        },
        { request: stack, response: answer },
        ...[
          evaluation(9, 1, "runtime.curg.waiting.c", "4096"),
          evaluation(10, 1, "runtime.curg.parentGoid", "2"),
        ].map(([request, response]) => ({ request, response })),
        { collected: {} },
      ],
    ],
  ])("stacks and evaluations find their goroutine: %s", async (_, messages) => {
    const dump = await readOne(lines(version("go1.24"), ...messages));
    expect(dump.stacks.map((s) => s.extent)).toEqual(["ends", "full"]);
    expect(dump.goroutines.resource[0]).toBe(4096);
    expect(dump.goroutines.creator[0]).toBe(2);
    expect(dump.goroutines.resource[1]).toBeLessThan(0);
    expect(dump.goroutines.argument(1, 0)).toBe(824634269824);
    expect([...dump.capabilities]).toEqual(
      expect.arrayContaining(["stacks", "arguments", "channel-addresses", "creator-ids"]),
    );
    expect(dump.problems).toEqual([]);
  });

  test("a collected file without its last line is cut", async () => {
    const dump = await readOne(
      lines({
        request: { method: "RPCServer.ListGoroutines", params: [{}], id: 2 },
        response: v2([goroutine(1)]),
      }),
    );
    expect(dump.complete).toBe(false);
  });
});

const arbitraryGoroutine = fc
  .record({
    id: fc.nat(5_000_000),
    at: fc.constantFrom("main.a", "main.(*T).b", "main.ü", "main.c[go.shape.int]"),
    line: fc.integer({ min: 1, max: 3 }),
    reason: fc.constantFrom(2, 9, 14, 15),
    status: fc.constantFrom(2, 4, 4, 4, 0x1004, 10),
    thread: fc.constantFrom(0, 0, 0, 12345),
    since: fc.maxSafeNat(),
  })
  .map((o) => goroutine(o.id, o));
const distinct = fc.uniqueArray(arbitraryGoroutine, { selector: (g) => g.id, minLength: 1, maxLength: 40 });
const layouts = fc.constantFrom(
  (list: unknown[]) => JSON.stringify(v2(list)),
  (list: unknown[]) => JSON.stringify({ id: 1, result: list, error: null }, null, 2),
  (list: unknown[]) => lines(...list),
);

test("instructions whose two halves are alike are not looked for one by one", async () => {
  const goroutines = Array.from({ length: 3e4 }, (_, i) => ({
    ...goroutine(i + 1),
    userCurrentLoc: location("main.work", "/src/main.go", 7, (i + 1) * (2 ** 32 + 1)),
  }));
  const [dump] = await read(JSON.stringify({ Goroutines: goroutines, Nextg: -1 }));
  expect(dump!.goroutines.length).toBe(3e4);
});

describe("properties", () => {
  test("recognised goroutines equal parsed ones", async () => {
    await fc.assert(
      fc.asyncProperty(distinct, layouts, fc.integer({ min: 1, max: 5000 }), async (list, layout, chunk) => {
        const dump = await readOne(layout(list), "go1.24", chunk);
        const rows = list.map((_, row) => {
          const stack = dump.stacks[dump.goroutines.stack[row]!]!;
          const at = stack.frames[0]!;
          return [dump.goroutines.id[row], at.symbol.name, at.line, stack.wait, dump.goroutines.flags[row]];
        });
        const wait = new Map([
          [2, "io-wait"],
          [9, "select"],
          [14, "chan-receive"],
          [15, "chan-send"],
        ]);
        expect(rows).toEqual(
          list.map((g) => [
            g.id,
            g.userCurrentLoc.function.name,
            g.userCurrentLoc.line,
            g.status === 2 ? "running" : wait.get(g.waitReason),
            (g.status === 10 ? 1 : 0) | (g.threadID === 0 ? 0 : 4),
          ]),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("cut anywhere, what was read stays and the cut is said", async () => {
    const text = lines(version("go1.24"), v2([goroutine(1), goroutine(2, { line: 9 }), goroutine(3)]));
    const bytes = new TextEncoder().encode(text);
    const listStart = text.indexOf('{"id":1,"currentLoc');
    for (let end = 0; end < bytes.length - 1; end += 7) {
      const dump = await readOne(bytes.subarray(0, end), undefined, 97);
      accounted(dump);
      if (end > listStart) expect(dump.complete).toBe(false);
      const whole = text.slice(0, end).split('"unreadable":""}').length - 1;
      expect(dump.goroutines.length).toBe(whole);
    }
  });

  test("behind a broken one goroutines are found however those before them begin", async () => {
    const mixed = (id: number, odd: boolean) => {
      const { userCurrentLoc, ...others } = goroutine(id);
      return JSON.stringify(odd ? { userCurrentLoc, ...others } : goroutine(id));
    };
    for (const isOdd of [(id: number) => id > 5 && id < 80, (id: number) => id <= 5 || id >= 80]) {
      const ids = Array.from({ length: 130 }, (_, i) => i + 1);
      const elements = ids.map((id) => (id === 90 ? '{"id":90,"current' : mixed(id, isOdd(id))));
      const dump = await readOne(`{"result":{"Goroutines":[${elements.join(",")}],"Nextg":-1}}`, "go1.24");
      accounted(dump);
      expect([...dump.goroutines.id.subarray(0, dump.goroutines.length)]).toEqual(
        ids.filter((id) => id !== 90),
      );
    }
  });

  test("frames that came before do not hide where goroutines begin", async () => {
    const stack = { id: 3, result: [gopark, gopark], error: null };
    const [broken, ...others] = [1, 2, 3].map((id) => JSON.stringify(goroutine(id)));
    const list = `{"id":2,"result":{"Goroutines":[${[broken!.slice(0, -20), ...others].join(",")}],"Nextg":-1}}`;
    const dump = await readOne(`${lines(stack)}${list}`, "go1.24");
    accounted(dump);
    expect([...dump.goroutines.id.subarray(0, dump.goroutines.length)]).toEqual([2, 3]);
  });

  test("a changed byte harms its own goroutine at most, and is never silent about it", async () => {
    const text = lines(v2([1, 2, 3, 4, 5, 6].map((id) => goroutine(id, { line: (id % 2) + 1 }))));
    const clean = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(fc.nat(clean.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = clean.slice();
        bytes[at] = byte;
        for (const dump of await read(bytes, "go1.24", 64)) {
          accounted(dump);
          const known = dump.goroutines.length + dump.repeated;
          expect(known).toBeGreaterThanOrEqual(dump.complete ? 6 : 4);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe("hostile input", () => {
  test("deep nesting, long strings, odd keys", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const list = `[{"__proto__":{"polluted":1},"constructor":1,"deep":${deep},"text":"${"x".repeat(10_000_000)}",${JSON.stringify(goroutine(1)).slice(1)},${JSON.stringify(goroutine(2))}]`;
    const dump = await readOne(`{"result":${list},"deep":${deep}}`, "go1.24");
    expect(kinds(dump)).toEqual(["chan-send", "chan-send"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each([
    deepOpen(),
    "",
    "null",
    '"x"',
    "[]",
    "{}",
    "[1,2,[3]]",
    '{"result":null,"error":"no such process"}',
    '{"id":',
    "{{{{",
    "[[[[[[[[[[[[",
  ])("no goroutine is a problem, never a crash (%#)", async (text) => {
    const dump = await readOne(text);
    expect(dump.goroutines.length).toBe(0);
    expect(dump.problems.length).toBeGreaterThan(0);
  });

  test("an unreadable goroutine is a lost one", async () => {
    const dump = await readOne(
      lines(v2([goroutine(1), { ...goroutine(2), unreadable: "bad memory" }])),
      "go1.24",
    );
    accounted(dump);
    expect(dump.problems[0]).toMatchObject({ lost: 1, message: expect.stringContaining("bad memory") });
  });
});

function deepOpen(): string {
  return '{"result":['.repeat(50_000);
}

test("brackets that are never closed cost no time, and little of what is behind them", async () => {
  const text = lines(v2(Array.from({ length: 40 }, (_, i) => goroutine(i + 1))));
  const at = text.indexOf('"main.work"') + 4;
  const start = performance.now();
  // Behind few of them all are found, behind many the search takes longer and longer steps.
  for (const [brackets, found] of [
    [300, 39],
    [60_000, 10],
  ] as const) {
    const [dump] = await read(text.slice(0, at) + '{"id":['.repeat(brackets) + text.slice(at));
    expect(dump!.complete).toBe(false);
    expect(dump!.goroutines.length).toBeGreaterThanOrEqual(found);
  }
  expect(performance.now() - start).toBeLessThan(5000);
});

test.each([
  "[info] asking Delve\n",
  "[12:30:01.5] (dlv) {x} ",
  "2026-11-26 [main] map[a:{1 2} b:[3]] ",
  "[1] 4711\n{ echo; } [ -n x ]\n",
  "[a, b) \n",
  "[info] ",
])("brackets of the text around JSON open none: %j", async (text) => {
  const list = v2([goroutine(1), goroutine(2)]);
  const pretty = JSON.stringify(list, undefined, 2);
  for (const json of [lines(list), `${pretty}\n`, `${JSON.stringify([goroutine(1), goroutine(2)])}\n`])
    for (const around of [text + json, json + text, text + json + text])
      for (const size of [65536, 7, 1]) {
        const dumps = await read(around, "go1.24", size);
        expect(dumps.map((d) => [d.goroutines.length, d.complete])).toEqual([[2, true]]);
        expect(dumps[0]!.problems.map((p) => p.lost)).toEqual(dumps[0]!.problems.map(() => 0));
      }
});

test("an input that begins in the middle is not whole", async () => {
  const text = lines(v2([goroutine(1), goroutine(2), goroutine(3)]));
  const complete = async (part: string) => (await read(part)).map((d) => d.complete);
  expect(await complete(text)).toEqual([true]);
  const second = text.indexOf('{"id":2,"currentLoc"');
  for (const at of [second - 60, second - 1, second, second + 40]) {
    expect([at, await complete(text.slice(at))]).toEqual([at, [false]]);
    expect(await complete(`(dlv) \n${text.slice(at)}`)).toEqual([false]);
  }
  const list = text.slice(text.indexOf("["));
  for (const damaged of [text.replace("{", "{z"), list.replace("[", "[z"), list.replace("{", "z")])
    expect(await complete(`[info] save {x}\n${damaged}`)).toEqual([false]);
  // Brackets of the text around JSON mean nothing.
  expect(await complete(`saved (dlv) output: (it's done} ])\n${text}bye ]`)).toEqual([true]);
});
