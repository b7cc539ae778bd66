import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConnectionError } from "../../src/collect/connection-error.ts";
import { collectDelve, type DelveOptions, type DelveResult } from "../../src/collect/delve.ts";
import { DumpFile } from "../../src/collect/dump-file.ts";
import { defaultDelveLimits } from "../../src/collect/limits.ts";
import { type FakeGoroutine, fakeDelve } from "./fake-delve.ts";
import { httpServer, tcpServer, temporaryDirectory } from "./servers.ts";

const limits = { ...defaultDelveLimits, connectMs: 1_000, greetMs: 300, idleMs: 2_000 };

interface Line {
  readonly request?: { readonly method: string; readonly params: readonly Record<string, unknown>[] };
  readonly response?: { readonly result: unknown };
  readonly channel?: string;
  readonly collected?: DelveResult;
}

async function collect(
  port: number,
  options: DelveOptions = {},
): Promise<{ result: DelveResult; text: string; lines: Line[] }> {
  const directory = temporaryDirectory();
  const file = await DumpFile.create(directory, "delve.ndjson");
  const result = await collectDelve({ host: "127.0.0.1", port }, { limits, ...options }, file);
  const text = readFileSync(await file.finish(), "utf8");
  return {
    result,
    text,
    lines: text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line),
  };
}

async function failure(port: number): Promise<ConnectionError> {
  const directory = temporaryDirectory();
  const file = await DumpFile.create(directory, "delve.ndjson");
  const error = await collectDelve({ host: "127.0.0.1", port }, { limits }, file).catch((e: unknown) => e);
  await file.discard();
  expect(error).toBeInstanceOf(ConnectionError);
  expect(readdirSync(directory)).toEqual([]);
  return error as ConnectionError;
}

const channel = 0xc000_0123_40n;
/** 1 goroutine asleep, 2 that send at line 105, `many` that send at line 95; all on one channel. */
function pileUp(many: number): FakeGoroutine[] {
  const goroutines: FakeGoroutine[] = [{ id: 1, place: 5 }];
  for (let i = 0; i < 2; i++) goroutines.push({ id: 2 + i, place: 105, channel });
  for (let i = 0; i < many; i++) goroutines.push({ id: 10 + i, place: 95, channel });
  return goroutines;
}

function called(lines: readonly Line[], method: string): Line[] {
  return lines.filter((line) => line.request?.method === `RPCServer.${method}`);
}

describe("what is asked of Delve", () => {
  test("10,000 goroutines at one line: few requests, and the channel of everyone", async () => {
    const delve = await fakeDelve({ goroutines: pileUp(10_000) });
    const { result, lines } = await collect(delve.port);
    expect(delve.asked.length).toBeLessThanOrEqual(200);
    expect(result).toMatchObject({ goroutines: 10_003, locations: 3, stacks: 6, apiVersion: 2 });
    const pages = called(lines, "ListGoroutines").filter((line) => line.channel === undefined);
    expect(pages.map((line) => line.request?.params[0]?.Start)).toEqual(
      Array.from({ length: 11 }, (_, page) => 1_000 * page),
    );
    const bulk = lines.filter((line) => line.channel !== undefined);
    expect(bulk.map((line) => line.channel)).toEqual([String(channel)]);
    expect(bulk[0]?.response?.result).toHaveProperty("Goroutines.length", 10_002);
    expect(lines[0]?.request?.method).toBe("RPCServer.GetVersion");
    expect(lines.at(-1)?.collected).toMatchObject({ goroutines: 10_003 });
  });

  const stuck = { place: 95, started: 2, channel };
  test.each([
    ["by go statement, when all that it started are there", [stuck, { place: 5, started: 3 }], [3]],
    ["by place, when it started others too", [stuck, { place: 5, started: 2 }], [2]],
    [
      "by place at last, when only some of another go statement wait",
      [stuck, { ...stuck, place: 105, started: 3 }, { place: 5, started: 3 }],
      [3, 2],
    ],
    ["as a list, when only some of a place wait", [stuck, { place: 95, started: 2 }], [2, undefined]],
  ])("who waits on a channel is counted %s", async (_, kinds, groupings) => {
    const goroutines = kinds.flatMap((kind, k) =>
      Array.from({ length: 100 }, (_, i) => ({ ...kind, id: 1_000 * k + i + 1 })),
    );
    const delve = await fakeDelve({ goroutines });
    const { lines } = await collect(delve.port);
    const asked = delve.asked.map((request) => request.params[0]).filter((p) => p?.Filters !== undefined);
    expect(asked.map((p) => p?.GroupBy)).toEqual(groupings);
    const { result } = lines.find((line) => line.channel === String(channel))!.response!;
    const waiting = goroutines.filter((g) => "channel" in g).map(({ id }) => ({ id }));
    expect(result).toMatchObject({ Goroutines: waiting });
  });

  test("who waits on a channel in two cases of a select is no two that wait", async () => {
    const other = channel + 256n;
    const goroutines = Array.from({ length: 200 }, (_, i) => {
      const waitsOn = i % 2 === 0 ? channel : other;
      return { id: i + 1, place: 95, channel: waitsOn, second: waitsOn };
    });
    const delve = await fakeDelve({ goroutines });
    const { lines } = await collect(delve.port);
    for (const [i, waitedFor] of [channel, other].entries()) {
      const { result } = lines.find((line) => line.channel === String(waitedFor))!.response!;
      const waiting = goroutines.filter((g) => g.id % 2 !== i).map(({ id }) => ({ id }));
      expect(result).toMatchObject({ Goroutines: waiting });
    }
  });

  test("all of the rare ones, and each of them with its channel", async () => {
    const delve = await fakeDelve({ goroutines: pileUp(3) });
    const { lines } = await collect(delve.port);
    expect(called(lines, "Stacktrace")).toHaveLength(6);
    expect(lines.filter((line) => line.channel !== undefined)).toEqual([]);
    expect(
      called(lines, "Eval").filter((l) => l.request?.params[0]?.Expr === "runtime.curg.waiting.c"),
    ).toHaveLength(5);
  });

  test("more of a place whose stacks differ above it", async () => {
    const goroutines = pileUp(100).map((g) => (g.id >= 10 ? { ...g, caller: g.id } : g));
    const delve = await fakeDelve({ goroutines });
    const { result } = await collect(delve.port);
    expect(result.stacks).toBeGreaterThan(30);
    expect(result.stacks).toBeLessThanOrEqual(103);
  });

  test("every channel of a place where several are sent to", async () => {
    const goroutines = pileUp(60).map((g, i) =>
      g.id >= 10 ? { ...g, channel: channel + BigInt((i % 3) * 256) } : g,
    );
    const delve = await fakeDelve({ goroutines });
    const { lines } = await collect(delve.port);
    const bulk = lines.filter((line) => line.channel !== undefined);
    expect(new Set(bulk.map((line) => line.channel)).size).toBe(3);
    const told = bulk.flatMap(
      (line) => JSON.parse(JSON.stringify(line.response?.result)).Goroutines as { id: number }[],
    );
    expect(new Set(told.map((g) => g.id)).size).toBe(62);
  });

  test("the stack of everyone, when asked", async () => {
    const delve = await fakeDelve({ goroutines: pileUp(50) });
    const { result } = await collect(delve.port, { everyGoroutine: true });
    expect(result.stacks).toBe(53);
  });

  test("no more stacks than allowed, with a note", async () => {
    const goroutines = Array.from({ length: 50 }, (_, i) => ({ id: i + 1, place: i + 1, channel }));
    const delve = await fakeDelve({ goroutines });
    const { result } = await collect(delve.port, { maxStacks: 20 });
    expect(result.stacks).toBe(20);
    expect(result.notes.join()).toContain("--max-stacks");
  });

  test("answers are kept byte for byte", async () => {
    const delve = await fakeDelve({ goroutines: pileUp(1) });
    const { text } = await collect(delve.port);
    expect(text).toContain(`"addr":${0x1234567890abcd01n + 80n}`);
  });

  test("a Delve that does not know the filter is not believed", async () => {
    const delve = await fakeDelve({ goroutines: pileUp(100), delveVersion: "1.20.2" });
    const { lines } = await collect(delve.port);
    expect(lines.filter((line) => line.channel !== undefined)).toEqual([]);
  });

  test("API version 1 is left for 2, and spoken where there is no other", async () => {
    const both = await fakeDelve({ goroutines: pileUp(20), apis: [1, 2], delveVersion: "1.20.2" });
    expect((await collect(both.port)).result.apiVersion).toBe(2);
    const old = await fakeDelve({ goroutines: pileUp(20), apis: [1], delveVersion: "1.0.0" });
    const { result, lines } = await collect(old.port);
    expect(result).toMatchObject({ apiVersion: 1, goroutines: 23 });
    expect(called(lines, "StacktraceGoroutine").length).toBeGreaterThan(0);
    expect(called(lines, "EvalSymbol").length).toBeGreaterThan(0);
  });
});

describe("the target goes on", () => {
  const native = { goroutines: pileUp(10), backend: "native" };
  const commands = (asked: readonly { method: string; params: readonly Record<string, unknown>[] }[]) =>
    asked.filter((r) => /Command|Detach/.test(r.method)).map((r) => r.params[0]?.name ?? r.method.slice(10));

  test("a running one is halted, asked and continued", async () => {
    const delve = await fakeDelve({ ...native, running: true, multiclient: true });
    const { result } = await collect(delve.port);
    expect(commands(delve.asked)).toEqual(["halt", "continue"]);
    expect(delve.state.running).toBe(true);
    expect(result.haltedMs).toBeGreaterThanOrEqual(0);
    expect(result.versions.go).toBe("go1.24.0");
  });

  test("a Delve of one client is detached, never killing", async () => {
    const delve = await fakeDelve({ ...native });
    await collect(delve.port, { attachedAt: performance.now() });
    expect(commands(delve.asked)).toEqual(["Detach"]);
    expect(delve.asked.at(-1)?.params).toEqual([{ Kill: false }]);
  });

  test("one that others halted stays as it was, unless asked", async () => {
    const delve = await fakeDelve({ ...native, multiclient: true });
    const { result } = await collect(delve.port);
    expect(commands(delve.asked)).toEqual([]);
    expect(result.notes.join()).toContain("--detach");
    expect(result.haltedMs).toBeUndefined();
    await collect(delve.port, { detach: true });
    expect(commands(delve.asked)).toEqual(["Detach"]);
  });

  test("at the limit of the halt, with a note", async () => {
    const delve = await fakeDelve({ ...native, running: true, multiclient: true });
    const { result } = await collect(delve.port, { maxHaltMs: 0 });
    expect(result.notes.join()).toContain("--max-halt");
    expect(delve.state.running).toBe(true);
  });

  test("when we are interrupted", async () => {
    const delve = await fakeDelve({ ...native, running: true, multiclient: true });
    const signal = AbortSignal.abort(new Error("interrupted"));
    await expect(collect(delve.port, { signal })).rejects.toThrow("interrupted");
    expect(delve.state.running).toBe(true);
  });
});

describe("what is no Delve", () => {
  test("nothing listens", async () => {
    expect((await failure(1)).message).toContain("nothing listens there");
  });

  test("an HTTP server", async () => {
    const port = await httpServer((_, response) => response.end("hello"));
    const error = await failure(port);
    expect(error.message).toContain("an HTTP server answers there");
    expect(error.hint).toContain(`--pprof http://127.0.0.1:${port}/debug/pprof/`);
  });

  test("a DAP server, which gives up on our first request", async () => {
    const port = await tcpServer((socket) => {
      let heard = "";
      socket.on("data", (chunk: Buffer) => {
        heard += chunk.toString();
        if (heard.includes("\r\n\r\n")) socket.end();
      });
    });
    expect((await failure(port)).hint).toContain("dlv dap");
  });

  test("a DAP server that answers", async () => {
    const port = await tcpServer((socket) => socket.write('Content-Length: 5\r\n\r\n{"x"}'));
    expect((await failure(port)).message).toContain("DAP");
  });

  test("a server that hangs up", async () => {
    const port = await tcpServer((socket) => socket.once("data", () => socket.end()));
    const error = await failure(port);
    expect(error.message).toContain("without answering");
    expect(error.hint).toContain("--accept-multiclient");
  });

  test("a server that keeps silent", async () => {
    const port = await tcpServer(() => undefined);
    expect((await failure(port)).message).toContain("no answer for 0.3 s");
  });

  test("a server that talks without end", async () => {
    const port = await tcpServer((socket) => socket.write(`{"id":1,"result":"${"x".repeat(3_000_000)}`));
    const file = await DumpFile.create(temporaryDirectory(), "a");
    const endless = collectDelve(
      { host: "127.0.0.1", port },
      { limits: { ...limits, maxReplyBytes: 1_000_000 } },
      file,
    );
    await expect(endless).rejects.toThrow("larger than 1000000 bytes");
    await file.discard();
  });

  test("a core read with another executable, whose list has no end and no goroutine", async () => {
    const goroutines = Array.from({ length: 10_000 }, (_, i) => ({ id: i, place: 1, unreadable: true }));
    const error = await failure((await fakeDelve({ goroutines })).port);
    expect(error.message).toContain("can read no goroutine");
  });

  test("a Delve that dies in the middle", async () => {
    const delve = await fakeDelve({ goroutines: pileUp(50), breaksAfter: 8 });
    expect((await failure(delve.port)).message).toContain("Delve closed the connection");
  });
});
