import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveCore, stacktraceForEach, writeCore } from "../../scripts/capture/delve.mjs";
import { sleep, startProgram } from "../../scripts/capture/program.mjs";
import { buildProgram, defaultToolchain } from "../../scripts/capture/toolchains.mjs";
import { defaultHttpLimits } from "../../src/collect/limits.ts";
import { type CollectTarget, collectSnapshots, type InstanceResult } from "../../src/collect/snapshots.ts";
import { parseEndpoint, parsePprofTarget } from "../../src/collect/target.ts";
import { cli, dlv, missingTools, programs } from "./tools.ts";

const goroutines = 10_000;
const missing = missingTools(["go", "gcore", dlv]);

/** The built module, for processes that are killed. */
const built = pathToFileURL(join(cli, "../../collect/snapshots.js")).href;

async function collect(target: CollectTarget, directory: string): Promise<InstanceResult> {
  const snapshots = collectSnapshots({
    targets: [target],
    directory,
    snapshots: 1,
    everyMs: 1,
    pprof: { limits: defaultHttpLimits, debug2Goroutines: 50_000, leak: true, retries: 0 },
    delve: {},
    dlv: { dlv },
  });
  for await (const snapshot of snapshots) return snapshot.instances[0]!;
  throw new Error("no snapshot");
}

describe.skipIf(missing.length > 0)("a server with 10,000 goroutines parked at one line", () => {
  let folder = "";
  let binary = "";
  let server: ReturnType<typeof startProgram>;
  let address = "";
  const pid = () => server.pid;
  const answers = async () => (await fetch(`http://${address}/debug/pprof/cmdline`)).status;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "deadlock-lint-e2e-"));
    binary = join(folder, "parked");
    await buildProgram((await defaultToolchain())!, { module: programs, program: "parked", output: binary });
    server = startProgram(binary, [String(goroutines)]);
    address = (await server.saw(/listening at (\S+)/, 10_000))[1]!;
  });
  afterAll(() => {
    void server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test("pprof: all of them, little time beyond the server's own", async () => {
    const result = await collect({ kind: "pprof", target: parsePprofTarget(`http://${address}`) }, folder);
    const text = readFileSync(result.dumps[0]!.path, "utf8");
    expect(text.match(/^goroutine \d+ \[/gm)!.length).toBeGreaterThan(goroutines - 10);
    const ofServer = result.requests.reduce((sum, r) => sum + r.totalMs, 0);
    console.info(`pprof: ${result.tookMs} ms, of these the server's ${ofServer} ms`);
    expect(result.tookMs - ofServer).toBeLessThan(1_000);
  });

  test("attached: the process is halted for seconds at most and goes on", async () => {
    const result = await collect({ kind: "dlv", target: { pid: pid() } }, folder);
    expect(result.failure).toBeUndefined();
    console.info(`attach: halted for ${result.delve?.haltedMs} ms, ${result.delve?.requests} requests`);
    expect(result.delve?.requests).toBeLessThanOrEqual(200);
    expect(result.delve?.haltedMs).toBeLessThan(20_000);
    expect(await answers()).toBe(200);
    expect(tracer(pid())).toBe(0);
  });

  test("attached, and killed in the middle: the process goes on", async () => {
    for (const victim of ["collector", "collector at once", "dlv"]) {
      const collector = startCollector(pid(), join(folder, victim.replaceAll(" ", "-")));
      const ended = new Promise((resolve) => collector.once("exit", resolve));
      await until(() => tracer(pid()) !== 0);
      if (victim !== "collector at once") await sleep(1_000);
      process.kill(victim === "dlv" ? tracer(pid()) : collector.pid!, "SIGKILL");
      await ended;
      await until(() => tracer(pid()) === 0);
      expect(await answers(), victim).toBe(200);
      expect(filesIn(join(folder, victim.replaceAll(" ", "-"))), victim).toEqual([]);
    }
  });

  test("a core: all of it, and who waits on the channel, with few requests and little memory", async () => {
    const core = await writeCore(pid(), join(folder, "core"));
    const target = { kind: "dlv", target: { core, executable: binary } } as const;
    const { result, peakMb } = collectInProcess(target, join(folder, "core-dumps"));
    console.info(
      `core: ${result.delve?.requests} requests, ${result.tookMs} ms with Delve's start, peak ${peakMb} MB`,
    );
    expectEveryone(result);
    expect(peakMb).toBeLessThan(300);
  });

  test("a Delve that serves a core: far less time than a Stacktrace for each takes it", async () => {
    const core = await writeCore(pid(), join(folder, "served"));
    // Each beside its own peer, so that a machine whose speed changes changes both; the median of three.
    const times: number[] = [];
    for (const round of [1, 2, 3]) {
      const { tookMs } = await served(core, async (port) => {
        const endpoint = parseEndpoint(`127.0.0.1:${port}`);
        const { result } = collectInProcess({ kind: "delve", endpoint }, join(folder, `served-${round}`));
        expectEveryone(result);
        expect(result.tookMs).toBeGreaterThan(0);
        return result;
      });
      const eachMs = await served(core, stacktraceForEach);
      console.info(`served: ${tookMs} ms; a Stacktrace for each: ${Math.round(eachMs)} ms`);
      times.push(eachMs / tookMs);
    }
    const median = times.sort((x, y) => x - y)[1]!;
    console.info(`a Stacktrace for each takes ${median.toFixed(1)} times as long`);
    expect(median).toBeGreaterThanOrEqual(20);
  });

  test("what can't be debugged is named: no process, no Go program, another executable", async () => {
    const none = await collect({ kind: "dlv", target: { pid: 4_194_303 } }, folder);
    expect(none.failure?.message).toContain("can't attach to process 4194303");
    const sleeper = startProgram("sleep", ["60"]);
    const noGo = await collect({ kind: "dlv", target: { pid: sleeper.pid } }, folder);
    expect(noGo.failure?.hint).toContain("Go program");
    await sleeper.kill();
    const core = await writeCore(pid(), join(folder, "other"));
    const other = await collect({ kind: "dlv", target: { core, executable: "/bin/sleep" } }, folder);
    expect(other.failure?.hint).toContain("the very executable");
    const noCore = await collect({ kind: "dlv", target: { core: binary, executable: binary } }, folder);
    expect(noCore.failure).toBeDefined();
    expect(filesIn(folder).filter((name) => name.endsWith(".ndjson") && !name.startsWith("pid-"))).toEqual(
      [],
    );
  });

  test("the wrong port is named: HTTP for Delve, Delve for pprof, DAP", async () => {
    const http = await collect({ kind: "delve", endpoint: parseEndpoint(address) }, folder);
    expect(http.failure?.message).toContain("an HTTP server answers there");
    const headless = startProgram(dlv, ["attach", String(pid()), "--headless", "--listen=127.0.0.1:0"]);
    const port = (await headless.saw(/listening at: (\S+)/, 30_000))[1]!;
    const delve = await collect({ kind: "pprof", target: parsePprofTarget(`http://${port}`) }, folder);
    expect(delve.failure?.hint).toContain("--delve");
    await until(() => tracer(pid()) === 0);
    const dap = startProgram(dlv, ["dap", "--listen=127.0.0.1:0"]);
    const dapPort = (await dap.saw(/listening at: (\S+)/, 30_000))[1]!;
    const refused = await collect({ kind: "delve", endpoint: parseEndpoint(dapPort) }, folder);
    expect(refused.failure?.hint).toContain("dlv dap");
    expect(await answers()).toBe(200);
  });

  /** The collector in a process of its own, asking for everything, so that it takes its time. */
  function startCollector(target: number, directory: string): ChildProcess {
    const script = collectorScript({ kind: "dlv", target: { pid: target } }, directory, true);
    return spawn(process.execPath, [script], { stdio: "ignore" });
  }

  function expectEveryone(result: InstanceResult): void {
    expect(result.failure).toBeUndefined();
    expect(result.delve?.goroutines).toBeGreaterThan(goroutines - 10);
    expect(result.delve?.requests).toBeLessThanOrEqual(200);
    const lines = readFileSync(result.dumps[0]!.path, "utf8").trimEnd().split("\n");
    const bulk = lines.map((line) => JSON.parse(line)).filter((line) => line.channel !== undefined);
    expect(Math.max(...bulk.map((line) => line.response.result.Goroutines.length))).toBeGreaterThan(
      goroutines - 10,
    );
  }

  /** With a Delve of its own that has read the core. */
  async function served<T>(core: string, use: (port: number) => Promise<T>): Promise<T> {
    const server = await serveCore(dlv, binary, core);
    try {
      return await use(server.port);
    } finally {
      await server.kill();
    }
  }

  function collectInProcess(
    target: CollectTarget,
    directory: string,
  ): { result: InstanceResult; peakMb: number } {
    const output = execFileSync(process.execPath, [collectorScript(target, directory, false)], {
      encoding: "utf8",
      timeout: 50_000,
    });
    return JSON.parse(output);
  }

  function collectorScript(target: CollectTarget, directory: string, everyGoroutine: boolean): string {
    const options = {
      targets: [target],
      ...{ directory, snapshots: 1, everyMs: 1, pprof: {}, delve: { everyGoroutine }, dlv: { dlv } },
    };
    const path = join(folder, `collector-${Math.random().toString(36).slice(2)}.mjs`);
    writeFileSync(
      path,
      `import { collectSnapshots } from ${JSON.stringify(built)};
       for await (const s of collectSnapshots(${JSON.stringify(options)}))
         console.log(JSON.stringify({ result: s.instances[0], peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }));`,
    );
    return path;
  }
});

/** The process that traces `pid`; 0 when none does. */
function tracer(pid: number): number {
  return Number(/TracerPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !holds(); i++) await sleep(50);
  expect(holds()).toBe(true);
}

/** Finished files; a killed collector leaves a partial one under a hidden name, or has not made its folder yet. */
function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => !name.startsWith("."));
}
