import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goroutineCount } from "../../src/model/dump.ts";
import { passedOverNote } from "../../src/read/passed-over.ts";
import { readDumps } from "../../src/read/read-dumps.ts";

const traceback = (id: number) => `goroutine ${id} [chan send]:\nmain.f()\n\t/src/main.go:11 +0x1d\n\n`;
const profile = "goroutine profile: total 3\n3 @ 0x1 0x2\n#\t0x1\tmain.f+0x1\t/src/main.go:11\n\n";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "read-dumps-"));
  mkdirSync(join(folder, "many/pod-a/.git"), { recursive: true });
  mkdirSync(join(folder, "many/pod-b"));
  mkdirSync(join(folder, "code"));
  mkdirSync(join(folder, "none"));
  writeFileSync(join(folder, "one.txt"), traceback(1));
  writeFileSync(join(folder, "empty.txt"), "");
  writeFileSync(join(folder, "binary"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]));
  writeFileSync(join(folder, "noise"), Buffer.from([1, 0, 2, 0, 3, 200, 190]));
  writeFileSync(join(folder, "page.html"), "<!DOCTYPE html><title>502 Bad Gateway</title>");
  writeFileSync(join(folder, "other.json"), '{"a": 1}');
  writeFileSync(join(folder, "many/pod-b/2.txt"), traceback(2));
  writeFileSync(join(folder, "many/pod-a/1.txt"), profile);
  writeFileSync(join(folder, "many/pod-a/readme.md"), "# not a dump\n");
  writeFileSync(join(folder, "many/pod-a/.git/3.txt"), traceback(3));
  writeFileSync(join(folder, "code/a.go"), "package main\n");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const read = (inputs: string[], more: object = {}) =>
  readDumps(
    inputs.map((input) => (input === "-" ? input : join(folder, input))),
    { threads: 1, ...more },
  );
const names = (result: Awaited<ReturnType<typeof read>>) =>
  result.dumps.map((d) => d.name.slice(folder.length + 1).replaceAll("\\", "/"));

async function* chunksOf(bytes: Uint8Array) {
  yield bytes;
}

async function* stream(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

describe("what is read", () => {
  test("a file, by its content", async () => {
    const { dumps, failures } = await read(["one.txt"]);
    expect(failures).toEqual([]);
    expect(dumps.map((d) => [d.format, goroutineCount(d)])).toEqual([["go-traceback", 1]]);
  });

  test("standard input, whatever its chunks", async () => {
    const { dumps } = await read(["-"], { stdin: stream(...traceback(7)) });
    expect(dumps.map((d) => [d.name, goroutineCount(d)])).toEqual([["stdin", 1]]);
  });

  const tail = "main.main()\n\t/a/main.go:12 +0x1d\n\ngoroutine 12\n";
  test.each([
    "[GIN-debug] [WARNING] Creating an Engine instance with the Logger and Recovery middleware already attached.",
    "[New LWP 123]",
    "[nginx] null",
    "[foo] x",
    "[test]",
    '[[n1] "x] 1',
    "[2026-01-02 03:04:05] up",
    "[    0.123456] Linux",
    "[2026] up",
    "{x} y",
    '{m} "events": [ "',
  ])("text that begins with %s is no JSON", async (line) => {
    const { dumps } = await read(["-"], { stdin: stream(`${line}\n${tail}`) });
    expect(dumps[0]!.problems.map((p) => p.message)).toEqual([
      "goroutine header not understood",
      "frames that belong to no goroutine; its header is missing",
    ]);
    const { failures } = await read(["-"], { stdin: stream(`${line}\nup\n`) });
    expect(failures[0]!.error.message).toContain("it is text in which no goroutine is found");
  });

  test.each([
    "[",
    "[12",
    '["a"]',
    "[1, 2]",
    "[null]\n",
    " [[{",
    "[\n  {\n",
    "{",
    "{}",
    "[]",
    '{\n "a": 1',
    "[-1.5e3,",
  ])("%j is JSON, however large or cut", async (text) => {
    const { failures } = await read(["-"], { stdin: stream(text) });
    expect(failures[0]!.error.message).toMatch(/it looks like JSON|the JSON of the log ends too early/);
  });

  test.each([
    "delve-json/go1.27-dlv1.27-list.json",
    "delve-text/go1.27-dlv1.27-stacks.txt",
    "gdb/go1.27-all.txt",
    "gdb/go1.19-list.txt",
    "profiles/go1.27-debug1.txt",
    "profiles/go1.27-leak1.txt",
    "go-traceback/go1.27-debug2.txt",
  ])("%s behind other output, however much: the same dump", async (name) => {
    const dump = readFileSync(new URL(`../../fixtures/dumps/${name}`, import.meta.url), "utf8");
    const [alone] = (await read(["-"], { stdin: stream(dump) })).dumps;
    const others = {
      log: "INFO request 17 of goroutine 4 [ok]\n".repeat(9_000),
      json: `{"level":"info","msg":"up","result":"ok"}\n`.repeat(9_000),
      blanks: `${" ".repeat(100_000)}\n${"\n".repeat(100_000)}`,
    };
    for (const [kind, before] of Object.entries(others)) {
      const parts = `${before}${dump}`.match(/.{1,5000}/gs) ?? [];
      const { dumps, failures } = await read(["-"], { stdin: stream(...parts) });
      expect(failures).toEqual([]);
      const seen = [dumps[0]!.format, dumps[0]!.complete, goroutineCount(dumps[0]!), dumps.length];
      expect([kind, ...seen]).toEqual([kind, alone!.format, true, goroutineCount(alone!), 1]);
      expect(dumps[0]!.problems).toEqual([]);
    }
  });

  test("problems behind other output name their line of the input", async () => {
    const log = "INFO request served\n".repeat(9_000);
    const { dumps } = await read(["-"], { stdin: stream(`${log}${traceback(1)}goroutine 2 [sel`) });
    expect(dumps[0]!.problems[0]!.line).toBe(9_005);
  });

  test("a long stream, of which the beginning is looked at first", async () => {
    const parts = Array.from({ length: 40_000 }, (_, i) => traceback(i + 1));
    const chunks = Array.from({ length: 400 }, (_, i) => parts.slice(i * 100, i * 100 + 100).join(""));
    const large = Array.from({ length: 4 }, () => chunks.join(""));
    const { dumps } = await read(["-"], { stdin: stream(...chunks, ...large) });
    expect(dumps.map((d) => d.headersSeen)).toEqual([40_000, 40_000, 40_000, 40_000, 40_000]);
  });

  test("all dumps of a directory, in order; hidden ones are left alone and others are said", async () => {
    const result = await read(["many"]);
    expect(names(result)).toEqual(["many/pod-a/1.txt", "many/pod-b/2.txt"]);
    expect(result.failures).toEqual([]);
    expect(result.skipped).toEqual([
      { name: join(folder, "many/pod-a/readme.md"), reason: "it is text in which no goroutine is found" },
    ]);
  });

  test("of directories, patterns and archives as many files as the user allows", async () => {
    const archive = new URL("../../fixtures/dumps/containers/two.tar", import.meta.url).pathname;
    for (const input of [join(folder, "many"), join(folder, "many/*/*"), archive]) {
      const few = await readDumps([input], { threads: 1, maxFiles: 1 });
      expect(few.failures.map((f) => `${f.error.message} ${f.error.hint}`)).toEqual([
        expect.stringMatching(/\b1\b.* --max-files raises the limit/),
      ]);
      const all = await readDumps([input], { threads: 1, maxFiles: 3 });
      expect(all.failures).toEqual([]);
      expect(all.dumps).toHaveLength(2);
    }
  });

  test("a pattern", async () => {
    expect(names(await read(["many/*/*.txt"]))).toEqual(["many/pod-a/1.txt", "many/pod-b/2.txt"]);
  });
});

describe("what can't be read", () => {
  test.each([
    ["missing.txt", "UsageError", "no such file"],
    ["one.txt/x", "UsageError", "no such file"],
    ["many/*.nope", "UsageError", "no file matches"],
    ["none", "UsageError", "has no files"],
    ["code", "InputError", "no file in it holds a goroutine dump"],
    ["empty.txt", "InputError", "the input is empty"],
    ["binary", "InputError", "it looks like an ELF file"],
    ["noise", "InputError", "it looks like binary data"],
    ["page.html", "InputError", 'it looks like an HTML or XML page titled "502 Bad Gateway"'],
    ["other.json", "InputError", "it looks like JSON"],
    ["-", "UsageError", "no standard input"],
  ])("%s is a %s: %s; the others are read", async (input, kind, message) => {
    const result = await read([input, "one.txt"]);
    expect(names(result)).toEqual(["one.txt"]);
    expect(result.failures.map((f) => [f.error.name, f.error.message])).toEqual([
      [kind, expect.stringContaining(message)],
    ]);
  });

  test("an unknown format is named with the known ones", async () => {
    await expect(read(["one.txt"], { inputFormat: "__proto__" })).rejects.toThrow(
      'unknown input format "__proto__"',
    );
  });

  test("a format that the file is not of gives no dump", async () => {
    const result = await read(["one.txt"], { inputFormat: "pprof-text" });
    expect(result.failures.map((f) => f.error.name)).toEqual(["InputError"]);
  });
});

describe("files without a dump beside dumps", () => {
  const put = (name: string, content: string | Uint8Array) => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  const failed = async (input: string) =>
    (await read([input])).failures.map((f) => [f.name.slice(folder.length + 1), f.error.name]);

  test("are failures when they are empty and named like those; others are passed over", async () => {
    put("pods/pod1.txt", traceback(1));
    put("pods/pod2.txt", "");
    put("pods/pod3.txt", " \r\n\n");
    put("pods/pod4.txt.gz", gzipSync(""));
    put("pods/pod5.txt", "curl: (28) Operation timed out\n");
    put("pods/stderr.log", "");
    put("pods/other/notes.txt", "");
    const result = await read(["pods"]);
    expect(names(result)).toEqual(["pods/pod1.txt"]);
    expect(result.failures.map((f) => f.error.message.slice(folder.length + 1))).toEqual([
      "pods/pod2.txt: no goroutine dump: the input is empty, and files like it beside it hold dumps",
      "pods/pod3.txt: no goroutine dump: the input is blank, and files like it beside it hold dumps",
      "pods/pod4.txt.gz: no goroutine dump: the input is empty, and files like it beside it hold dumps",
    ]);
    expect(result.skipped.map((s) => s.name.slice(folder.length + 1))).toEqual([
      "pods/other/notes.txt",
      "pods/pod5.txt",
      "pods/stderr.log",
    ]);
    expect(await failed("pods/*.txt")).toEqual([
      ["pods/pod2.txt", "InputError"],
      ["pods/pod3.txt", "InputError"],
    ]);
  });

  test("are known by the ends of names, with whatever numbers, and before the dumps are read, too", async () => {
    put("ends/a.debug1", "");
    put("ends/b.debug2", traceback(1));
    put("plain/goroutines-a", "");
    put("plain/goroutines-b", traceback(1));
    put("plain/README.md", "");
    expect(await failed("ends")).toEqual([["ends/a.debug1", "InputError"]]);
    expect(await failed("plain")).toEqual([["plain/goroutines-a", "InputError"]]);
  });

  test("are passed over where they are logs, which may be empty", async () => {
    for (const name of ["web.log", "web.log.1", "db.err", "stdout.txt", "stderr-2.txt", "db.log.gz"]) {
      put(`logs/${name}`, "");
      put(`logs/with-${name}`, traceback(1));
    }
    put("logs/stdout-3.txt", traceback(1));
    expect(await failed("logs")).toEqual([]);
  });

  test("in archives, and archives themselves", async () => {
    const archive = readFileSync(new URL("containers/two.tar", fixtures));
    const empty = Buffer.from(archive.subarray(0, 512));
    empty.write("c.txt\0".padEnd(12, "\0"));
    empty.write("00000000000", 124);
    empty.fill(" ", 148, 156);
    empty.write(
      `${empty
        .reduce((a, b) => a + b, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
    );
    put("archives/one.tar", Buffer.concat([empty, archive]));
    put("archives/two.tar", "");
    expect(await failed("archives/one.tar")).toEqual([["archives/one.tar!c.txt", "InputError"]]);
    expect(await failed("archives")).toEqual([
      ["archives/one.tar!c.txt", "InputError"],
      ["archives/two.tar", "InputError"],
    ]);
  });

  test("are told in a note, which names a few", () => {
    const files = Array.from({ length: 7 }, (_, i) => ({ name: `${i}.md`, reason: "it is text" }));
    expect(passedOverNote([])).toBeUndefined();
    expect(passedOverNote(files.slice(0, 1))).toBe(
      "1 file without a goroutine dump was passed over: 0.md (it is text)",
    );
    expect(passedOverNote(files)).toMatch(
      /^7 files .* were passed over: 0\.md .*4\.md \(it is text\), 2 others$/,
    );
  });
});

describe("programs and packed files, though texts of the runtime or of a dump stand in them", () => {
  const texts = `\0\nfatal error: all goroutines are asleep\ngoroutine 1 [running]:\n${traceback(1)}\0`;
  const elf = (type: number) => [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, ...Array(8).fill(0), type, 0];
  const pe = [0x4d, 0x5a, ...Array(58).fill(0), 0x80, 0, 0, 0, ...Array(64).fill(0), 0x50, 0x45, 0, 0];
  const kinds: readonly (readonly [string, number[], string, RegExp])[] = [
    ["server", elf(2), "an ELF file (an executable or a library)", /debug=2/],
    ["lib.so", elf(3), "an ELF file (an executable or a library)", /debug=2/],
    ["core.1", elf(4), "an ELF file (a core file)", /`deadlock-lint collect --core CORE --exe BINARY`/],
    ["mac", [0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 2, 0, 0, 0], "a Mach-O file", /debug=2/],
    [
      "mac.core",
      [0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 4, 0, 0, 0],
      "a Mach-O file (a core",
      /--core/,
    ],
    ["fat", [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2], "a Mach-O file (of several", /debug=2/],
    ["server.exe", pe, "a program of Windows", /debug=2/],
    ["server.wasm", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], "a WebAssembly module", /debug=2/],
    ["dump.lz4", [0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7], "lz4 data", /unlz4/],
    ["dump.bz2", [...Buffer.from("BZh91AY&SY")], "bzip2 data", /bunzip2/],
    ["dump.xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz data", /unxz/],
    ["dump.7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive", /Unpack/],
  ];
  const bytes = (magic: number[]) => Buffer.concat([Buffer.from(magic), Buffer.from(texts)]);

  test.each(kinds)("%s", async (_, magic, title, hint) => {
    const { dumps, failures } = await read(["-"], { stdin: chunksOf(bytes(magic)) });
    expect(dumps).toEqual([]);
    expect(failures.map((f) => [f.error.message, f.error.hint])).toEqual([
      [expect.stringContaining(`no goroutine dump: it looks like ${title}`), expect.stringMatching(hint)],
    ]);
  });

  test("are passed over in directories, and read when the user names the format", async () => {
    mkdirSync(join(folder, "mixed"));
    for (const [name, magic] of kinds) writeFileSync(join(folder, "mixed", name), bytes(magic));
    writeFileSync(join(folder, "mixed/a.txt"), traceback(1));
    const result = await read(["mixed"]);
    expect(names(result)).toEqual(["mixed/a.txt"]);
    expect(result.dumps.map((d) => d.complete)).toEqual([true]);
    expect(result.failures).toEqual([]);
    expect(result.skipped).toHaveLength(kinds.length);
    const forced = await read(["mixed/server"], { inputFormat: "go-traceback" });
    expect(forced.dumps.map((d) => d.headersSeen > 0)).toEqual([true]);
  });
});

const fixtures = new URL("../../fixtures/dumps/", import.meta.url);

test.each(["profiles/go1.19-debug1.txt", "delve-text/go1.24-dlv1.27-stacks.txt", "gdb/go1.19-all.txt"])(
  "a line that is too long to be held is told: %s",
  async (file) => {
    const whole = readFileSync(new URL(file, fixtures), "utf8");
    const half = whole.indexOf("\n", whole.length / 2) + 1;
    const path = join(folder, "long.txt");
    for (const end of ["\n", "\r\n"]) {
      writeFileSync(path, `${whole.slice(0, half)}${" x".repeat(1 << 20)}${end}${whole.slice(half)}`);
      const { dumps } = await readDumps([path], { threads: 1 });
      expect(dumps.at(-1)!.complete).toBe(false);
      expect(
        dumps
          .at(-1)!
          .problems.map((p) => p.message)
          .join(),
      ).toContain("longer than 1 MiB");
    }
  },
);
