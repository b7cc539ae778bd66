// @ts-check
// Measures the gate: `check --pprof` on 10,000 parked goroutines, Delve on a core of them, and an hour of snapshots of
// twenty instances. Fails when a budget is exceeded. What needs gcore and dlv is left out, and said, where they are not.
// usage: npm run bench
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveCore, stacktraceForEach, writeCore } from "../capture/delve.mjs";
import { startProgram } from "../capture/program.mjs";
import { buildProgram, defaultToolchain } from "../capture/toolchains.mjs";
import { generateDump } from "../generate-dump.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const cli = join(root, "dist/cli/main.cjs");
const goroutines = 10_000;
const folder = mkdtempSync(join(tmpdir(), "deadlock-lint-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** @type {(what: string, value: number, unit: string, most?: number, least?: number) => void} */
function say(what, value, unit, most = Number.POSITIVE_INFINITY, least = 0) {
  const bad = value > most || value < least;
  if (bad) process.exitCode = 1;
  const limits = [
    ...(most === Number.POSITIVE_INFINITY ? [] : [`at most ${most}`]),
    ...(least === 0 ? [] : [`at least ${least}`]),
  ];
  const budget = limits.length === 0 ? "" : `  (${limits.join(", ")}${bad ? ": MISSED" : ""})`;
  console.log(`${what.padEnd(62)} ${value.toFixed(value < 100 ? 1 : 0).padStart(8)} ${unit}${budget}`);
}

/**
 * Runs the command line in a process of its own.
 * @param {string[]} args
 * @returns {Promise<{ seconds: number, peakMB: number, stdout: string }>}
 */
async function run(args) {
  const script = `process.argv.splice(1, 1, ${JSON.stringify(cli)});
    process.on("exit", () => process.stderr.write("\\npeak " + process.resourceUsage().maxRSS));
    await import(${JSON.stringify(cli)});`;
  const begin = performance.now();
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, "deadlock-lint", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (part) => {
    output.stdout += part;
  });
  child.stderr.on("data", (part) => {
    output.stderr += part;
  });
  const code = await new Promise((done) => child.on("close", done));
  const peak = /\npeak (\d+)$/.exec(output.stderr)?.[1];
  if (peak === undefined || code > 1) throw new Error(`${args.join(" ")}: code ${code}\n${output.stderr}`);
  return { seconds: (performance.now() - begin) / 1000, peakMB: Number(peak) / 1024, stdout: output.stdout };
}

/** @param {string} command */
const isThere = (command) => spawnSync("which", [command]).status === 0;

const dlv = process.env.DLV ?? "dlv";

/** @param {{ url: string }} server */
async function checkPprof({ url }) {
  const { seconds, stdout } = await run(["check", "--pprof", url, "--format", "json"]);
  const note = JSON.parse(stdout)
    .notes.map((/** @type {{message: string}} */ n) => n.message)
    .join("\n");
  const own = [...note.matchAll(/goroutine\S* (\d+) ms/g)].reduce((sum, m) => sum + Number(m[1]), 0);
  const paused = Number(/paused for at most (\d+) ms/.exec(note)?.[1]);
  say(`check --pprof, ${goroutines} goroutines: the server's own time`, own / 1000, "s");
  say("  longest that the server can have been paused", paused / 1000, "s");
  say("  verdict after the server's answers", seconds - own / 1000, "s", 2);
}

/** @param {{ pid: number, binary: string }} server */
async function collectCore({ pid, binary }) {
  if (!isThere("gcore") || !isThere(dlv)) {
    console.log("collect --core: left out, gcore or dlv is missing");
    return;
  }
  const core = await writeCore(pid, join(folder, "core"));
  const collect = [
    "collect",
    "--core",
    core,
    "--exe",
    binary,
    "--dlv",
    dlv,
    "--json",
    "-o",
    join(folder, "core-dumps"),
  ];
  const { peakMB, stdout } = await run(collect);
  const [instance] = JSON.parse(stdout).snapshots[0].instances;
  say(
    `collect on a core of ${instance.delve.goroutines} goroutines: requests`,
    instance.delve.requests,
    "",
    200,
  );
  say("  memory of the collector", peakMB, "MB", 300);
  say("  time, with the start of Delve", instance.tookMs / 1000, "s");
  // Where Delve serves the core already, as its peer asks it: neither waits until Delve has read it.
  const collecting = await served(core, binary, async (port) => {
    const served = ["collect", "--delve", `127.0.0.1:${port}`, "--json", "-o", join(folder, "served-dumps")];
    return JSON.parse((await run(served)).stdout).snapshots[0].instances[0].tookMs;
  });
  const each = await served(core, binary, stacktraceForEach);
  say("  time, of a Delve that serves it", collecting / 1000, "s");
  say("  a Stacktrace for each, of the same", each / 1000, "s");
  say("  ratio", each / collecting, "times", undefined, 20);
}

/**
 * @param {string} core
 * @param {string} binary
 * @param {(port: number) => Promise<number>} use
 */
async function served(core, binary, use) {
  const server = await serveCore(dlv, binary, core);
  try {
    return await use(server.port);
  } finally {
    await server.kill();
  }
}

async function hourOfSnapshots() {
  const [instances, snapshots, size] = [20, 360, 100];
  const dumps = join(folder, "hour");
  mkdirSync(dumps);
  for (let instance = 0; instance < instances; instance++) {
    for (let n = 0; n < snapshots; n++) {
      const time = new Date(Date.UTC(2026, 0, 1) + n * 10_000).toISOString().replace(/[-:]/g, "");
      const plan = { goroutines: size + (n % 7), stacks: 40, share: 0.5, seed: instance + 1 };
      const file = join(dumps, `api-${instance}_6060.${time}.goroutine-debug2.txt`);
      writeFileSync(file, [...generateDump(plan)].join(""));
    }
  }
  const { seconds, peakMB } = await run(["--series", "--quiet", "--max-growth", "50%", dumps]);
  say(`an hour of ${instances} instances, ${instances * snapshots} snapshots: time`, seconds, "s");
  say("  memory", peakMB, "MB", 500);
}

const binary = join(folder, "parked");
const go = await defaultToolchain();
if (go === undefined) throw new Error("Go is not installed");
await buildProgram(go, { module: join(root, "fixtures/programs"), program: "parked", output: binary });
const server = startProgram(binary, [String(goroutines)]);
try {
  const address = (await server.saw(/listening at (\S+)/, 20_000))[1];
  await checkPprof({ url: `http://${address}` });
  await collectCore({ pid: server.pid, binary });
} finally {
  await server.kill();
}
await hourOfSnapshots();
