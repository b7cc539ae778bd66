import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { defaultHttpLimits } from "../../src/collect/limits.ts";
import { type CollectOptions, collectSnapshots, type Snapshot } from "../../src/collect/snapshots.ts";
import { parsePprofTarget } from "../../src/collect/target.ts";
import { UsageError } from "../../src/errors.ts";
import { countedText, httpServer, pprofServer, tcpServer, temporaryDirectory, traceback } from "./servers.ts";

const plain = { "goroutine?debug=1": countedText(1), "goroutine?debug=2": traceback };
const leaky = { ...plain, "goroutineleak?debug=2": traceback };

function options(urls: readonly string[], changes: Partial<CollectOptions> = {}): CollectOptions {
  return {
    targets: urls.map((url) => ({ kind: "pprof", target: parsePprofTarget(url) })),
    snapshots: 1,
    everyMs: 20,
    pprof: {
      limits: { ...defaultHttpLimits, answerMs: 200 },
      debug2Goroutines: 50_000,
      leak: true,
      retries: 0,
    },
    delve: {},
    dlv: {},
    ...changes,
  };
}

async function all(from: CollectOptions): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for await (const snapshot of collectSnapshots(from)) snapshots.push(snapshot);
  return snapshots;
}

test("one file an instance and snapshot, the leak profile in the last one only", async () => {
  const a = await pprofServer(leaky);
  const b = await pprofServer(plain);
  const directory = temporaryDirectory();
  const urls = [a, b].map((s) => `http://127.0.0.1:${s.port}/`);
  const snapshots = await all(options(urls, { snapshots: 3, directory }));
  expect(snapshots.map((s) => s.instances.map((i) => i.dumps.map((d) => d.kind)))).toEqual([
    [["goroutine-debug2"], ["goroutine-debug2"]],
    [["goroutine-debug2"], ["goroutine-debug2"]],
    [["goroutineleak-debug2"], ["goroutine-debug2"]],
  ]);
  const files = snapshots.flatMap((s) => s.instances.flatMap((i) => i.dumps.map((d) => d.name)));
  expect(readdirSync(directory).sort()).toEqual([...files].sort());
  expect(files).toHaveLength(6);
});

test("a dead instance does not lose the others", async () => {
  const alive = await pprofServer(plain);
  const hung = await tcpServer(() => undefined);
  const directory = temporaryDirectory();
  const urls = ["http://127.0.0.1:1/", `http://127.0.0.1:${alive.port}/`, `http://127.0.0.1:${hung}/`];
  const [snapshot] = await all(options(urls, { directory }));
  expect(snapshot?.instances.map((i) => i.failure?.message ?? i.dumps.length)).toEqual([
    expect.stringContaining("nothing listens there"),
    1,
    expect.stringContaining("did not answer"),
  ]);
  expect(readdirSync(directory)).toHaveLength(1);
});

test("a server that dies between two snapshots", async () => {
  let alive = true;
  const port = await httpServer((request, response) => {
    if (!alive) request.socket.destroy();
    else response.end(request.url?.endsWith("debug=1") ? countedText(1) : traceback);
  });
  const failures: boolean[] = [];
  for await (const snapshot of collectSnapshots(options([`http://127.0.0.1:${port}/`], { snapshots: 2 }))) {
    failures.push(snapshot.instances[0]?.failure !== undefined);
    alive = false;
  }
  expect(failures).toEqual([false, true]);
});

test("temporary files live until the next snapshot", async () => {
  const server = await pprofServer(plain);
  const paths: string[] = [];
  for await (const snapshot of collectSnapshots(
    options([`http://127.0.0.1:${server.port}/`], { snapshots: 2 }),
  )) {
    for (const path of paths) expect(existsSync(path)).toBe(false);
    paths.push(snapshot.instances[0]!.dumps[0]!.path);
    expect(readFileSync(paths.at(-1)!, "utf8")).toBe(traceback);
  }
  expect(paths).toHaveLength(2);
  for (const path of paths) expect(existsSync(path)).toBe(false);
});

test("stops at the first finding", async () => {
  const server = await pprofServer(plain);
  const seen: number[] = [];
  const snapshots = await all(
    options([`http://127.0.0.1:${server.port}/`], {
      snapshots: 10,
      untilFinding: async (s) => {
        seen.push(s.index);
        return s.index === 1;
      },
    }),
  );
  expect(seen).toEqual([0, 1]);
  expect(snapshots).toHaveLength(2);
});

test("two servers behind one name get two files", async () => {
  const port = await httpServer((request, response) =>
    response.end(request.url?.endsWith("debug=1") ? countedText(1) : traceback),
  );
  const directory = temporaryDirectory();
  const urls = ["a", "b"].map((path) => `http://127.0.0.1:${port}/${path}/pprof/`);
  await all(options(urls, { directory }));
  expect(readdirSync(directory)).toHaveLength(2);
});

describe("what ends all of it", () => {
  test("a directory that can't be written", async () => {
    const server = await pprofServer(plain);
    const run = all(options([`http://127.0.0.1:${server.port}/`], { directory: "/dev/null/x" }));
    await expect(run).rejects.toBeInstanceOf(UsageError);
  });

  test("the user's interruption, which leaves no half of a file", async () => {
    const server = await pprofServer({
      ...plain,
      "goroutine?debug=2": (_, response) => response.write(traceback),
    });
    const directory = temporaryDirectory();
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(new Error("interrupted")), 50);
    const urls = [`http://127.0.0.1:${server.port}/`];
    await expect(all(options(urls, { directory, signal: interruption.signal }))).rejects.toThrow(
      "interrupted",
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  test("no dlv, with the way to install it", async () => {
    const run = all(
      options([], {
        targets: [{ kind: "dlv", target: { pid: process.pid } }],
        dlv: { dlv: "/nonexistent/dlv" },
      }),
    );
    await expect(run).rejects.toMatchObject({
      name: "UsageError",
      hint: expect.stringContaining("go install"),
    });
  });

  test("a core that is not there", async () => {
    const target = { kind: "dlv", target: { core: "/nonexistent/core", executable: "/bin/sh" } } as const;
    await expect(all(options([], { targets: [target] }))).rejects.toThrow("cannot read /nonexistent/core");
  });
});
