import { describe, expect, test } from "vitest";
import { goTracebackReader } from "../../src/read/go-traceback.ts";
import { bytesSource } from "./bytes.ts";

async function read(text: string) {
  const [dump, ...more] = await goTracebackReader.read(bytesSource("dump", text), { threads: 1 });
  expect(more).toEqual([]);
  return dump!;
}

const folder = "d:/go/bin/project/src/example.com/gateway/gorouter";
const whole = `goroutine 6537 [semacquire]:
sync.runtime_Semacquire(0x111b2254)
        d:/go/src/runtime/sema.go:47 +0x26
sync.(*Mutex).Lock(0x111b2250)
        d:/go/src/sync/mutex.go:83 +0x19f
example.com/gateway/gorouter/logger.(*Logger).Log(0x111b45a0, 0x3, 0x8091f0, 0xe, 0x63259f50, 0x1, 0x1)
        ${folder}/logger/logger.go:158 +0x25b
example.com/gateway/gorouter/network.(*Connection).serveLoop(0x46be5470)
        ${folder}/network/connection.go:75 +0x65c
example.com/gateway/gorouter/network.(*Connection).serve.func1()
        ${folder}/network/connection.go:78 +0x1
created by example.com/gateway/gorouter/network.(*Connection).AsyncServe in goroutine 12
        ${folder}/network/connection.go:51 +0x32

goroutine 6538 [select]:
main.short(0x1)
        ${folder}/short.go:9 +0x1
created by main.main in goroutine 1
        ${folder}/main.go:3 +0x1
`;

const wrap = (text: string, width: number) => text.replaceAll(new RegExp(`^.{${width}}(?=.)`, "gm"), "$&\n");

async function shown(text: string) {
  const { stacks, goroutines } = await read(text);
  const frames = stacks.map(({ frames, createdBy }) =>
    [...frames, createdBy].map((f) => `${f?.symbol.name} ${f?.file}:${f?.line}`),
  );
  return [frames, [...goroutines.creator.subarray(0, goroutines.length)]];
}

describe("lines that a terminal has wrapped", () => {
  const widths = Array.from({ length: 46 }, (_, i) => 60 + i);

  test.each(widths)("at %i columns are joined, or it is told", async (width) => {
    const text = wrap(whole, width);
    const told = !(await read(text)).complete;
    expect((await read(whole)).complete).toBe(true);
    if (!told) expect(await shown(text)).toEqual(await shown(whole));
  });

  test("are joined at most widths", async () => {
    const complete = await Promise.all(
      widths.map(async (width) => (await read(wrap(whole, width))).complete),
    );
    expect(complete.filter((c) => c).length).toBeGreaterThan(widths.length * 0.8);
  });

  test("are joined where the line break has taken a blank's place", async () => {
    const text = whole.replaceAll(/(:158|, 0xe,|AsyncServe) /g, "$1\n");
    expect([(await read(text)).complete, await shown(text)]).toEqual([true, await shown(whole)]);
  });

  test.each([
    ["a place in its extension", "connection.go:75 +0x65c", "connection.\ngo:75 +0x65c"],
    ["a place before its extension", "connection.go:75 +0x65c", "connection\n.go:75 +0x65c"],
    ["a place in its name", "connection.go:75 +0x65c", "connec\ntion.go:75 +0x65c"],
    ["a place before its line", "connection.go:75 +0x65c", "connection.go:\n75 +0x65c"],
    ["a place in its line", "logger.go:158 +0x25b", "logger.go:15\n8 +0x25b"],
    ["a place behind its line", "logger.go:158 +0x25b", "logger.go:158\n +0x25b"],
    ["a place in its offset", "logger.go:158 +0x25b", "logger.go:158 +0x2\n5b"],
    ["a place before its offset's digits", "logger.go:158 +0x25b", "logger.go:158 +\n0x25b"],
    ["a place in its pointers", "158 +0x25b", "158 +0x25b fp=0xc0001 sp=0xc0\n002 pc=0x4b5b6f"],
    ["a creator's place", "connection.go:51 +0x32", "connection.go:5\n1 +0x32"],
    ["arguments", "0xe, 0x63259f50", "0\nxe, 0x63259f50"],
    ["arguments of which few are left", "0x1, 0x1)", "0x1, 0x1\n)"],
    ["a function in its last word", "serve.func1()", "serve.fu\nnc1()"],
    ["a function in its receiver", "(*Connection).serve.func1()", "(*Connec\ntion).serve.func1()"],
    ["a function before its receiver", "(*Connection).serve.func1()", "(\n*Connection).serve.func1()"],
    ["a short function before its parentheses", "main.short(0x1)", "main.short\n(0x1)"],
    ["a function before its parentheses", "serve.func1()", "serve.func1\n()"],
    ["a creator in its name", "AsyncServe in", "AsyncS\nerve in"],
  ])("are joined: %s", async (_, from, to) => {
    const text = whole.replace(from, to);
    expect(text).not.toBe(whole);
    expect([(await read(text)).problems, await shown(text)]).toEqual([[], await shown(whole)]);
  });

  test.each([
    ["the line of an inlined function", `logger.go:158 +0x25b`, "logger.go:15\n8"],
    ["a creator's number", "in goroutine 12", "in goroutine 1\n2"],
    ["a place that comes in many lines", "connection.go:75", "connec\nother\ntion\n.go:75"],
    ["a function of which the rest is one", "Connection).serve.func1", "Connection).serve\nAll.func1"],
    ["arguments in many lines", "(0x111b45a0, 0x3, 0x8091f0", "(0x111b45a0\n, 0x3, \n0x8091f0"],
    ["a creator's name of old", "AsyncServe in goroutine 12", "AsyncServeThe\nConnection"],
  ])("are told where it is not certain: %s", async (_, from, to) => {
    const text = whole.replace(from, to);
    expect(text).not.toBe(whole);
    const { complete, problems } = await read(text);
    expect([complete, problems.map((p) => p.message).join()]).toEqual([
      false,
      expect.stringContaining("lines are wrapped"),
    ]);
  });

  test("a file that has no name is told", async () => {
    const { complete, problems } = await read(
      "goroutine 7 [select]:\nmain.f(0x1)\ngo:95 +0x65c\ncreated by main.main\n\t/a.go:1 +0x1\n",
    );
    expect([complete, problems[0]!.message]).toEqual([false, expect.stringContaining("lines are wrapped")]);
  });
});

describe("lines that are whole", () => {
  test.each([
    ["numbers of a page's lines", whole.replaceAll(/$/gm, () => "\n17").replaceAll(" +0x25b", "")],
    ["a generated file without an extension", whole.replace("connection.go:75", "lexer:75")],
    ["text that nobody has wrapped", whole.replace(/ +d:\/go\/src\/sync/, "\tat com.example/Foo\n$&")],
    ["a word between two functions", whole.replace("sync.(*Mutex)", "example.com/health\n$&")],
    [
      "what looks like a function's beginning",
      whole.replace("sync.(*Mutex).Lock", "do.it(\nsync.(*Mutex).Lock"),
    ],
    ["a word before a function without a package", whole.replace("sync.(*Mutex).Lock", "done.\npanic")],
    ["a file of no folder", whole.replace(`${folder}/short.go`, "_testmain.go")],
    ["a function that the compiler has made", whole.replace(`${folder}/short.go`, "<autogenerated>")],
  ])("stay so: %s", async (_, text) => {
    expect(text).not.toBe(whole);
    const { complete, problems, stacks } = await read(text);
    expect([problems, complete]).toEqual([[], true]);
    expect(stacks.flatMap((s) => s.frames).filter((f) => /\(.*\(/.test(f.symbol.plain))).toEqual([]);
  });
});
