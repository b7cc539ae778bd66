// Measures 1,000 team rules: loading and compiling them, and running them over 100,000 goroutines in 300 stacks, against
// the time that reading that dump takes, in CPU time. Fails when a budget is exceeded.
// usage: npm run bench
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyze, builtinRules, loadRuleFiles, readDumps } from "../../dist/index.js";
import { formats } from "../generate-dump.mjs";

const ruleCount = 1_000;
const compileBudget = 1_000;
const folder = mkdtempSync(join(tmpdir(), "bench-"));

try {
  const dumpFile = join(folder, "dump.txt");
  writeFileSync(
    dumpFile,
    [...formats.text({ goroutines: 100_000, stacks: 300, share: 0.7, seed: 1, level: 1 })].join(""),
  );
  const ruleFile = join(folder, "rules.yaml");
  writeFileSync(
    ruleFile,
    `schema: 1\nrules:\n${Array.from({ length: ruleCount }, (_, i) => ruleText(i)).join("")}`,
  );
  await measure();
} finally {
  rmSync(folder, { recursive: true });
}

async function measure() {
  const [compiling, { rules }] = await timed(() => loadRuleFiles([join(folder, "rules.yaml")]));
  const read = [];
  const run = [];
  for (let i = 0; i < 3; i++) {
    const [reading, { dumps }] = await timed(() => readDumps([join(folder, "dump.txt")], { threads: 1 }));
    const [running] = await timed(() =>
      analyze(
        dumps,
        rules.map((r) => r.rule),
      ),
    );
    read.push(reading);
    run.push(running);
  }
  const [reading, running] = [Math.min(...read), Math.min(...run)];
  say(`load, check and compile ${ruleCount} rules`, compiling, compileBudget);
  say("read 100,000 goroutines in 300 stacks", reading);
  say(`run ${ruleCount} rules over them`, running, reading);
  const { dumps } = await readDumps([join(folder, "dump.txt")], { threads: 1 });
  say("run the built-in rules over them", (await timed(() => analyze(dumps, builtinRules())))[0]);
}

function say(what, took, budget) {
  const over = budget !== undefined && took > budget;
  if (over) process.exitCode = 1;
  const limit = budget === undefined ? "" : `  (at most ${Math.round(budget)} ms${over ? ": EXCEEDED" : ""})`;
  console.log(`${what.padEnd(45)} ${String(Math.round(took)).padStart(6)} ms${limit}`);
}

async function timed(work) {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1000, result];
}

function ruleText(i) {
  const wait = ["chan-send", "chan-receive", "select", "lock", "io-wait"][i % 5];
  return `  - id: bench/rule-${i}
    title: Rule ${i}
    severity: warning
    params: { min: ${(i % 50) + 2} }
    roles:
      many: { wait: ${wait}, at: { type: $T, line: $AT }, frame: "*.(*T${i}).*", count: { gte: $params.min } }
      other: { optional: true, wait: blocked, entry: { type: $T } }
    message: "$many.count goroutines of $T at $AT"
`;
}
