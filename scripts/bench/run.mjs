// @ts-check
// Measures the whole command line against peers in one run: npm run bench [-- --full] [--keep DIR]
// Times are medians of wall time; every figure that matters is a ratio of two measured in this run.
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateDump } from "../generate-dump.mjs";

const full = process.argv.includes("--full");
const root = new URL("../../", import.meta.url).pathname;
const cli = join(root, "dist/cli/main.cjs");
const folder = mkdtempSync(join(tmpdir(), "deadlock-lint-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** @type {(values: number[]) => number} */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const hasTime = existsSync("/usr/bin/time");

/** Seconds that a run of a peer may take; one that takes longer is stopped, and its ratio is a lower bound. */
const patience = full ? 60 : 30;

/**
 * Runs a command `times` times. One that is stopped, or slow, is not run again.
 * @param {string[]} command
 * @param {number} times
 * @returns {{ seconds: number, peakMB: number | undefined, stopped: boolean }}
 */
function measure(command, times = 3) {
  const seconds = [];
  let peak;
  for (let i = 0; i < times && (i === 0 || (seconds[0] ?? 0) < 10); i++) {
    const report = join(folder, "time");
    const wrapped = hasTime ? ["/usr/bin/time", "-f", "%M", "-o", report, ...command] : command;
    const begin = process.hrtime.bigint();
    const { status, error, stderr } = spawnSync("timeout", ["-k", "1", String(patience), ...wrapped], {
      stdio: ["ignore", "ignore", "pipe"],
      maxBuffer: 1 << 28,
    });
    seconds.push(Number(process.hrtime.bigint() - begin) / 1e9);
    // What `timeout` answers when it had to stop the command.
    if (status === 124 || status === 137) return { seconds: patience, peakMB: undefined, stopped: true };
    if (error !== undefined || status === null || status > 3)
      throw new Error(`${command.join(" ")}: ${error ?? stderr}`);
    if (hasTime) peak = Number(readFileSync(report, "utf8").trim().split("\n").at(-1)) / 1024;
  }
  return { seconds: median(seconds), peakMB: peak, stopped: false };
}

/**
 * What a peer took, and how many times faster we are.
 * @param {string} name
 * @param {ReturnType<typeof measure>} peer
 * @param {ReturnType<typeof measure>} ours
 * @returns {Record<string, string | number>}
 */
function against(name, peer, ours) {
  const ratio = (peer.seconds / ours.seconds).toFixed(2);
  return peer.stopped
    ? {
        [`${name} s`]: `> ${patience}`,
        [`faster than ${name}`]: `> ${ratio} x (stopped after ${patience} s)`,
      }
    : {
        [`${name} s`]: peer.seconds,
        [`${name} MB`]: peer.peakMB ?? "?",
        [`faster than ${name}`]: `${ratio} x`,
      };
}

/** Seconds that reading alone takes, median of three. @type {(file: string) => number} */
function reading(file) {
  const script = join(root, "scripts/bench/reading.mjs");
  return median(
    [1, 2, 3].map(() => Number(execFileSync(process.execPath, [script, file], { encoding: "utf8" }))),
  );
}

/**
 * @param {string} name
 * @param {import("../generate-dump.mjs").DumpPlan} plan
 * @param {string} format
 * @param {(line: string) => string} [wrap] what a log makes of a line
 */
async function make(name, plan, format, wrap) {
  const file = join(folder, name);
  const out = createWriteStream(file);
  let open = "";
  for (const piece of generateDump(plan, format)) {
    const lines = wrap === undefined ? [] : (open + piece).split("\n");
    open = lines.pop() ?? "";
    const text = wrap === undefined ? piece : lines.map((line) => `${wrap(line)}\n`).join("");
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return file;
}

/** @type {(what: string, figures: Record<string, string | number>) => void} */
function row(what, figures) {
  const cells = Object.entries(figures).map(([k, v]) => `${k} ${typeof v === "number" ? v.toFixed(2) : v}`);
  console.log(`${what.padEnd(44)} ${cells.join("  ")}`);
}

/** Builds a Go program; undefined without Go or its modules. @type {(name: string, module: string, source: string) => string | undefined} */
function goPeer(name, module, source) {
  try {
    const dir = join(folder, name);
    mkdirSync(dir);
    writeFileSync(join(dir, "main.go"), source);
    const run = (/** @type {string[]} */ ...args) =>
      execFileSync("go", args, { cwd: dir, stdio: "ignore", env: { ...process.env, GOFLAGS: "-mod=mod" } });
    run("mod", "init", "bench.example/peer");
    run("get", module);
    run("build", "-o", name);
    return join(dir, name);
  } catch {
    return undefined;
  }
}

const gostackparse = goPeer(
  "gsp",
  "github.com/DataDog/gostackparse@latest",
  `package main
import ("os"; "fmt"; "github.com/DataDog/gostackparse")
func main() { f, _ := os.Open(os.Args[1]); g, _ := gostackparse.Parse(f); fmt.Println(len(g)) }
`,
);
const panicparse = goPeer(
  "pp",
  "github.com/maruel/panicparse/v2@latest",
  `package main
import ("os"; "io"; "fmt"; "github.com/maruel/panicparse/v2/stack")
func main() {
	f, _ := os.Open(os.Args[1])
	s, _, err := stack.ScanSnapshot(f, io.Discard, stack.DefaultOpts())
	if s == nil { fmt.Println(err); os.Exit(1) }
	fmt.Println(len(s.Aggregate(stack.AnyPointer).Buckets))
}
`,
);

console.log("start-up, the reference story's dump of 1,000 goroutines");
const story = join(folder, "story.txt");
writeFileSync(
  story,
  execFileSync(
    "gunzip",
    [
      "-c",
      join(root, "fixtures/rules/channel/consumer-sends-to-own-channel/fires.metrics.go1.24.debug2.txt.gz"),
    ],
    { maxBuffer: 1 << 28 },
  ),
);
const bare = measure([process.execPath, "-e", "0"], 11);
const start = measure([process.execPath, cli, story], 11);
row("  whole run", { s: start.seconds, "node -e 0 s": bare.seconds, ratio: start.seconds / bare.seconds });

/** The standard library, where Go is installed: a tree of thousands of files. @type {() => string | undefined} */
function standardLibrary() {
  try {
    return join(execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim(), "src");
  } catch {
    return undefined;
  }
}

const library = standardLibrary();
if (library !== undefined) {
  const sourced = measure(
    [
      process.execPath,
      cli,
      story,
      "--source-root",
      library,
      "--source-root",
      join(root, "fixtures/programs"),
    ],
    11,
  );
  row("  with source, in the tree of the library", {
    s: sourced.seconds,
    "more s": sourced.seconds - start.seconds,
    "peak MB": sourced.peakMB ?? "?",
  });
}

console.log("ten rules on 100,000 goroutines, in one process");
{
  const { readDumps } = await import("../../dist/read/read-dumps.js");
  const { builtinRules } = await import("../../dist/rules/builtin.js");
  const { Facts } = await import("../../dist/match/facts.js");
  const { matchRule } = await import("../../dist/match/match.js");
  const file = await make("100k.txt", { goroutines: 100_000 }, "text");
  const rules = builtinRules().slice(0, 10);
  const reading = [];
  const matching = [];
  for (let i = 0; i < 5; i++) {
    let t = performance.now();
    const { dumps } = await readDumps([file], { threads: 1 });
    reading.push((performance.now() - t) / 1000);
    t = performance.now();
    const facts = new Facts(/** @type {any} */ (dumps[0]));
    for (const rule of rules) matchRule(rule, facts);
    matching.push((performance.now() - t) / 1000);
  }
  row("  ten rules", {
    "reading s": median(reading),
    "rules s": median(matching),
    share: median(matching) / median(reading),
  });
}

const hasJq = spawnSync("jq", ["--version"]).status === 0;
/**
 * Our runs by format and size, for how they grow.
 * @type {Map<string, ReturnType<typeof measure> & { megabytes: number, reading: number }>}
 */
const runs = new Map();
const sizes = full ? [10_000, 100_000, 1_000_000] : [10_000, 100_000];
const formats = /** @type {const} */ ([
  ["text", "traceback text"],
  ["delve-json", "Delve JSON"],
  ["debug1", "debug=1"],
]);
for (const [format, name] of formats) {
  console.log(name);
  for (const goroutines of sizes) {
    const file = await make(`${goroutines}.${format}`, { goroutines }, format);
    const megabytes = statSync(file).size / 1e6;
    const ours = measure([process.execPath, cli, file]);
    const wc = measure(["wc", "-l", file]);
    /** @type {Record<string, string | number>} */
    const figures = {
      MB: megabytes,
      s: ours.seconds,
      "MB/s": megabytes / ours.seconds,
      "peak MB": ours.peakMB ?? "?",
      "reading s": reading(file),
      "x wc -l": ours.seconds / wc.seconds,
    };
    if (format === "text" && gostackparse !== undefined)
      Object.assign(figures, against("gostackparse", measure([gostackparse, file]), ours));
    if (format === "text" && panicparse !== undefined && goroutines === 100_000)
      Object.assign(figures, against("panicparse", measure([panicparse, file], 1), ours));
    if (format === "delve-json" && hasJq) {
      const pipeline = `jq -c '.result.Goroutines[] | [.userCurrentLoc.function.name, .userCurrentLoc.line]' ${file} | sort | uniq -c`;
      Object.assign(figures, against("jq", measure(["bash", "-c", pipeline], 1), ours));
    }
    const fewer = runs.get(`${format} ${goroutines / 10}`);
    if (fewer !== undefined) {
      figures["growth x"] = ours.seconds / fewer.seconds;
      if (ours.peakMB !== undefined && fewer.peakMB !== undefined)
        figures["B/goroutine"] = ((ours.peakMB - fewer.peakMB) * 2 ** 20) / (goroutines * 0.9);
    }
    runs.set(`${format} ${goroutines}`, { ...ours, megabytes, reading: Number(figures["reading s"]) });
    row(`  ${goroutines.toLocaleString("en")} goroutines`, figures);
    rmSync(file);
  }
}
console.log("inside logs");
const time = "2026-01-02T03:04:05.678901234Z";
for (const [name, wrap] of /** @type {[string, (line: string) => string][]} */ ([
  ["Docker's JSON", (log) => JSON.stringify({ log: `${log}\n`, stream: "stderr", time })],
  ["CRI", (line) => `${time} stderr F ${line}`],
  ["kubectl logs --prefix", (line) => `[pod/api-6d4cf56db6-x2vzq/api] ${line}`],
])) {
  const file = await make("wrapped.log", { goroutines: 100_000 }, "text", wrap);
  const megabytes = statSync(file).size / 1e6;
  const { seconds, peakMB } = measure([process.execPath, cli, file]);
  const read = reading(file);
  const figures = {
    MB: megabytes,
    s: seconds,
    "peak MB": peakMB ?? "?",
    "reading s": read,
    "MB/s": megabytes / read,
  };
  row(`  100,000 goroutines, ${name}`, figures);
  rmSync(file);
}
console.log("thousands of stacks");
for (const [format, name] of formats.slice(0, 2)) {
  for (const stacks of [3_000, 30_000]) {
    const file = await make(`stacks.${format}`, { goroutines: 100_000, stacks }, format);
    const { seconds, peakMB } = measure([process.execPath, cli, file]);
    const figures = { s: seconds, "peak MB": peakMB ?? "?", "reading s": reading(file) };
    row(`  100,000 goroutines, ${stacks.toLocaleString("en")} stacks, ${name}`, figures);
    rmSync(file);
  }
}
console.log("every stack distinct");
for (const [format, name] of formats) {
  const usual = runs.get(`${format} 100000`);
  /** @type {number | undefined} */
  let fewer;
  for (const goroutines of [10_000, 100_000]) {
    const file = await make(`distinct.${format}`, { goroutines, stacks: goroutines }, format);
    const megabytes = statSync(file).size / 1e6;
    const { seconds, peakMB, stopped } = measure([process.execPath, cli, file], 1);
    /** @type {Record<string, string | number>} */
    const figures = {
      MB: megabytes,
      s: stopped ? `> ${seconds} (stopped)` : seconds,
      "MB/s": megabytes / seconds,
      "peak MB": peakMB ?? "?",
      "reading s": reading(file),
    };
    // By bytes, as the dumps differ in size: five times as long is asked for. A profile of 300 stacks has next to none.
    if (format !== "debug1" && usual !== undefined && goroutines === 100_000) {
      figures["x as long a byte as with 300 stacks"] =
        seconds / megabytes / (usual.seconds / usual.megabytes);
      figures["x as long to read"] =
        Number(figures["reading s"]) / megabytes / (usual.reading / usual.megabytes);
    }
    if (fewer !== undefined) figures["growth x"] = seconds / fewer;
    if (format === "text" && goroutines === 100_000) {
      figures["x wc -l"] = seconds / measure(["wc", "-l", file]).seconds;
      figures["JSON report s"] = measure([process.execPath, cli, "--format", "json", file], 1).seconds;
    }
    row(`  ${goroutines.toLocaleString("en")} goroutines, ${name}`, figures);
    fewer = seconds;
    rmSync(file);
  }
}
console.log("condensed");
{
  const file = await make("100k.txt", { goroutines: 100_000 }, "text");
  const small = join(folder, "small.json");
  const ours = measure([process.execPath, cli, "condense", file, "-o", small], 1);
  row("  100,000 goroutines in 300 stacks", {
    s: ours.seconds,
    KB: statSync(small).size / 1e3,
    "times smaller": statSync(file).size / statSync(small).size,
  });
}
