import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { dumpText } from "./dump-text.ts";
import { readStdin as read } from "./stdin.ts";

const bytesOf = (path: string): Buffer =>
  readFileSync(new URL(`../../fixtures/dumps/${path}`, import.meta.url));

/** A dump of each format of text, and one of JSON. */
const texts: Readonly<Record<string, Buffer>> = {
  traceback: bytesOf("go-traceback/go1.24-debug2.txt"),
  profile: bytesOf("profiles/go1.24-debug1.txt"),
  delve: bytesOf("delve-text/go1.24-dlv1.27-stacks.txt"),
  gdb: bytesOf("gdb/go1.24-all.txt"),
  "gdb's threads": bytesOf("gdb/go1.27-threads.txt"),
};
const json = bytesOf("delve-json/go1.24-dlv1.27-list.json");

/** What a dump holds beside its name, its place in the file, and what is known of Go's version from elsewhere. */
const told = (dumps: readonly Dump[]) =>
  dumps.map((dump) => dumpText({ ...dump, name: "dump" }).replaceAll(/ line \d+:|"line":\d+,/g, ""));
const joined = (...parts: readonly Buffer[]) =>
  Buffer.concat(parts.flatMap((part) => [part, Buffer.from("\n\n")]));

describe("dumps of several formats in one file are each read, in order", () => {
  const names = Object.keys(texts);
  const pairs = names.flatMap((one) =>
    names
      .filter((other) => !one.startsWith(other) && !other.startsWith(one))
      .map((other) => [one, other] as const),
  );

  test.each(pairs)("%s, then %s", async (one, other) => {
    const dumps = await read(joined(texts[one]!, texts[other]!));
    expect(dumps.map((dump) => dump.name)).toEqual(
      dumps.map((_, i) => (i === 0 ? "stdin" : `stdin#${i + 1}`)),
    );
    expect(told(dumps)).toEqual(told([await read(texts[one]!), await read(texts[other]!)].flat()));
  });
});

test("a dump directly behind the lines of a lone goroutine comes second", async () => {
  const panic = Buffer.from("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/a.go:1 +0x1d\n");
  const dumps = await read(panic, Buffer.from("exit status 2\n"), texts.profile!);
  expect(dumps.map((dump) => dump.format)).toEqual(["go-traceback", "pprof-text"]);
});

describe("a dump that can't be read beside another one is told", () => {
  test.each(Object.keys(texts))("Delve's JSON behind and before a %s", async (name) => {
    const [behind] = (await read(joined(texts[name]!, json))).slice(-1);
    expect(behind!.complete).toBe(false);
    expect(behind!.problems.map((p) => p.message).join()).toContain("another dump begins here");
    const [before] = await read(joined(json, texts[name]!));
    expect(before!.complete).toBe(false);
  });

  test("behind more than is kept of a stream", async () => {
    const header = "goroutine 7 [chan send]:\nmain.f()\n\t/src/main.go:1 +0x1\n";
    const goroutines = Array.from({ length: 120_000 }, (_, i) => header.replace("7", String(i + 1)));
    const all = goroutines.join("\n");
    expect(all.length).toBeGreaterThan(6 << 20);
    const chunks = (all.match(/.{1,65536}/gs) ?? []).map((part) => Buffer.from(part));
    const dumps = await read(...chunks, Buffer.from("\n"), texts.profile!);
    expect(dumps.map((dump) => [dump.goroutines.length, dump.complete])).toEqual([[120_000, false]]);
    expect(dumps[0]!.problems.map((p) => p.message)).toEqual([
      "another dump begins here (pprof goroutine profile as text (debug=1)), which is not read with this one: save it as a file of its own",
    ]);
  });
});

describe("a traceback in a field of a log's JSON lines is told, where it is not read", () => {
  const text = bytesOf("go-traceback/go1.24-debug2.txt").toString();
  const whole = `${JSON.stringify({ level: "error", fields: { stack: text } })}\n`;
  const lines = text.split("\n").map((line) => `${JSON.stringify({ log: `${line}\n`, stream: "stderr" })}\n`);
  const others = { ...texts, "Delve's JSON": json };
  for (const [form, log] of Object.entries({ "in one line": whole, "line by line": lines.join("") }))
    test.each(Object.keys(others).filter((name) => name !== "traceback"))(
      `${form}, beside a %s`,
      async (name) => {
        const other = others[name as keyof typeof others]!;
        const alone = (await read(other)).length;
        for (const parts of [
          [Buffer.from(log), other],
          [other, Buffer.from(log)],
        ]) {
          const dumps = await read(joined(...parts));
          const isRead = dumps.length > alone && dumps.some((d) => d.format === "go-traceback");
          expect(isRead || dumps.some((d) => !d.complete)).toBe(true);
        }
      },
    );
});

/** Tracebacks of two goroutines, of the same calls. */
const stack = ["[running]", "[select]"]
  .map((state, i) => `goroutine ${i + 1} ${state}:\nmain.f(0x1)\n\t/src/a.go:1 +0x1d\n\n`)
  .join("");

describe("however logs hold a traceback, it is told", () => {
  const whole = JSON.stringify({ stack });
  const labelled = stack.replaceAll("]:", '] {"k": "v"}:');
  const lines = (text: string) => text.split("\n").map((line) => JSON.stringify({ log: `${line}\n` }));
  const forms = {
    "beside the method of a request": JSON.stringify({
      method: "GET",
      request: "/x",
      result: "panic",
      stack,
    }),
    "as a list of lines": JSON.stringify({ stack: stack.split("\n") }),
    "in a list of errors": JSON.stringify({ errors: [{ stack }] }),
    deep: JSON.stringify({ a: { b: { c: { d: { stack } } } } }),
    "in a list of records": JSON.stringify([{ stack }, { stack: "" }]),
    indented: JSON.stringify({ stack }, undefined, 2),
    "as a list of lines, indented": JSON.stringify({ stack: stack.split("\n") }, undefined, 2),
    "as a list of lines, indented by tabs": JSON.stringify({ stack: stack.split("\n") }, undefined, "\t"),
    "as JSON in JSON": JSON.stringify({ log: `${whole}\n` }),
    "with labels": JSON.stringify({ stack: labelled }),
    "with labels, line by line": lines(labelled).join("\n"),
    "behind a time": `2026-01-02T03:04:05Z stdout F ${whole}`,
    "behind a container's name": lines(stack)
      .map((line) => `web-1  | ${line}`)
      .join("\n"),
    "with carriage returns": JSON.stringify({ stack: stack.replaceAll("\n", "\r\n") }),
    "behind a word": JSON.stringify({ msg: `recovered: ${stack}` }),
  };
  const others = { profile: texts.profile!, gdb: texts.gdb!, traceback: texts.traceback! };
  test.each(Object.entries(forms))("%s, behind Delve's JSON", async (_, log) => {
    expect((await read(joined(json, Buffer.from(`${log}\n`)))).map((d) => d.complete)).toEqual([false]);
  });
  for (const [place, other] of Object.entries(others))
    test.each(Object.entries(forms))(`%s, behind a ${place}: it is read`, async (form, log) => {
      const dumps = await read(joined(other, Buffer.from(`${log}\n`)));
      // Several texts on a line, which are read as an export only.
      if (form === "as a list of lines") expect(dumps.map((d) => d.complete)).toEqual([false]);
      else
        expect(told(dumps)).toEqual(
          told([...(await read(other)), ...(await read(joined(Buffer.from(log))))]),
        );
    });
  test.each(Object.entries(forms))("%s, before Delve's JSON", async (_, log) => {
    const dumps = await read(joined(Buffer.from(`${log}\n`), json));
    expect(dumps.length === 2 || dumps.some((d) => !d.complete)).toBe(true);
  });
});

describe("in a list of YAML, or in logfmt, it is told, too", () => {
  const forms = {
    "as YAML's list of texts": `stack:\n${stack.replaceAll(/^(.*)$/gm, (line) => `  - ${JSON.stringify(line)}`)}`,
    "as YAML's list": `stack:\n${stack.trimEnd().replaceAll(/^/gm, "  - ")}`,
    "in logfmt": `level=error stack=${JSON.stringify(stack)}`,
    "in logfmt, behind more": `time="2026-01-02T03:04:05Z" level=error msg="${"a b".repeat(90)}" stack=${JSON.stringify(`recovered:\n${stack}`)}`,
    "in logfmt, with labels": `level=error stack=${JSON.stringify(stack.replaceAll("]:", '] {"k": "v"}:'))}`,
  };
  for (const [place, other] of Object.entries({ ...texts, "Delve's JSON": json }))
    test.each(Object.entries(forms))(`%s, beside a ${place}`, async (_, log) => {
      const alone = (await read(other)).length;
      for (const parts of [
        [Buffer.from(`${log}\n`), other],
        [other, Buffer.from(`${log}\n`)],
      ]) {
        const dumps = await read(joined(...parts));
        const isMore = place === "traceback" && dumps[0]!.headersSeen > 19;
        expect(isMore || dumps.length > alone || dumps.some((d) => !d.complete)).toBe(true);
      }
    });
});

describe("what only quotes a traceback leaves other dumps whole", () => {
  const header = "goroutine 7 [running]:";
  const variable = { name: "s", type: "string", realType: "string", kind: 24, value: stack };
  const quoted = {
    "a message that is a header": JSON.stringify({ msg: header }),
    "a message that ends in one": JSON.stringify({ msg: `it says\n${header}\n` }),
    "a message with prose behind one": JSON.stringify({ msg: `it says\n${header}\nand no more (at all)` }),
    "a message of logfmt": `level=warn msg="${header} stuck" n=[1]`,
    "a message of logfmt that is one": `level=warn msg="${header}" n=1`,
    "a count by headers": JSON.stringify({ [header]: 5, "goroutine 8 [select]:": 4 }),
    "a variable of Delve's": JSON.stringify({ Variable: variable }),
    "an answer of Delve's": JSON.stringify({ id: 1, result: { Variable: variable }, error: null }),
    "a variable of an editor's": JSON.stringify({
      type: "response",
      body: { variables: [{ name: "s", value: stack, variablesReference: 0 }] },
    }),
  };
  const shown = {
    "a variable that Delve prints": `(dlv) p x\n[]main.T len: 1, cap: 1, [\n\t{Stack: ${JSON.stringify(stack)}, N: 1},\n]`,
    "a variable that gdb prints": `$2 = {${JSON.stringify(stack)}, "b"}`,
  };
  for (const [place, other] of Object.entries({ profile: texts.profile!, gdb: texts.gdb! }))
    test.each(Object.entries({ ...quoted, ...shown }))(`%s, behind a ${place}`, async (_, text) => {
      expect((await read(joined(other, Buffer.from(`${text}\n`)))).map((d) => d.complete)).toEqual([true]);
    });
  test("a list of lines that Delve prints, in its session", async () => {
    const lines = stack.trimEnd().split("\n");
    const list = `[]string len: 7, cap: 7, [\n${lines.map((line) => `\t${JSON.stringify(line)},\n`).join("")}]\n`;
    const session =
      "(dlv) goroutines\n  Goroutine 1 - User: /a/m.go:3 main.main (0x4a) [select]\n[1 goroutines]\n";
    const dumps = await read(`${session}(dlv) p lines\n${list}(dlv) `);
    expect(dumps.map((d) => [d.format, d.complete])).toEqual([["delve-text", true]]);
  });
  test.each(Object.entries(quoted))("%s, around Delve's JSON", async (_, text) => {
    const around = Buffer.from(`${text}\n`);
    expect((await read(joined(around, json, around))).map((d) => d.complete)).toEqual([true]);
  });
});

test("what is not text directly behind a debugger's prompt is told", async () => {
  const prompt = Buffer.from(`${texts.delve!.toString().trimEnd()} `);
  for (const other of [json, bytesOf("profiles/go1.24-debug0.pb.gz")])
    expect((await read(Buffer.concat([prompt, other]))).map((d) => d.complete)).toEqual([false]);
});

test("a binary profile behind text is told", async () => {
  const profile = bytesOf("profiles/go1.24-debug0.pb.gz");
  for (const text of Object.values(texts))
    expect((await read(joined(text, profile))).some((dump) => !dump.complete)).toBe(true);
});

describe("what else is gzipped in a log", () => {
  const body = gzipSync(Buffer.from("served\n".repeat(500)));
  const logged = Buffer.concat([Buffer.from("body "), body, Buffer.from("\nnext\n")]);

  // The session of Delve has colours: it is made text anew, and what was gzipped is gone.
  test.each(Object.keys(texts).filter((name) => name !== "delve"))(
    "leaves a %s whole, and hides no profile behind it",
    async (name) => {
      const alone = (await read(texts[name]!)).map((d) => d.complete);
      expect((await read(joined(texts[name]!, logged))).map((d) => d.complete)).toEqual(alone);
      const profile = bytesOf("profiles/go1.24-debug0.pb.gz");
      const both = await read(joined(texts[name]!, logged, profile));
      expect(both.some((dump) => !dump.complete)).toBe(true);
    },
  );

  test("is no dump where it is cut or damaged", async () => {
    for (const bytes of [body.subarray(0, 12), Buffer.concat([body.subarray(0, 20), body.subarray(4, 30)])]) {
      const dumps = await read(joined(texts.traceback!, bytes));
      expect(dumps.map((d) => d.complete)).toEqual([true]);
    }
  });
});

test("a line of another format that is quoted is no dump of its own", async () => {
  const quoted = Buffer.from("goroutine profile: total 23014\nis what the other page says first\n\n");
  expect((await read(quoted, texts.traceback!)).map((dump) => dump.format)).toEqual(["go-traceback"]);
});

describe("what other programs write of goroutines and tasks is no dump of its own", () => {
  test.each([
    '{"level":"info","msg":"stats","Goroutines":12}',
    '{\n  "Goroutines": 12,\n  "Heap": 3\n}',
    '[{"id":1,"currentLoc":"Vienna"}]',
    "Goroutine 5 - User: logged in",
    "Goroutine 12 - Start: worker began",
    "* 1 running  tasks\n* 2 waiting  tasks",
    "  1 running  3h  /opt/job.sh\n  2 waiting  4h  /opt/job.sh",
    "#1 build at lib.go:3\n#2 build at main.go:9",
  ])("%s", async (lines) => {
    const other = Buffer.from(`${lines}\n`);
    for (const parts of [
      [other, texts.traceback!],
      [texts.traceback!, other],
    ])
      expect((await read(...parts)).map((dump) => [dump.format, dump.complete])).toEqual([
        ["go-traceback", true],
      ]);
  });
});

test("Delve's JSON is seen beside another dump when it is indented, too", async () => {
  const pretty = Buffer.from(JSON.stringify(JSON.parse(json.toString()), undefined, 2));
  const [dump] = await read(joined(texts.traceback!, pretty));
  expect(dump!.complete).toBe(false);
});
