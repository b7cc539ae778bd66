// @ts-check
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { captureAttached, captureCore, writeCore } from "./delve.mjs";
import { startProgram } from "./program.mjs";
import { buildProgram } from "./toolchains.mjs";
import { countWithFrame } from "./truth.mjs";

/**
 * A line of fixtures/programs/cases.json.
 * @typedef {object} Case
 * @property {string} program
 * @property {string} mode
 * @property {string} rule
 * @property {"fires" | "quiet"} expect
 * @property {string[]} [guilty]
 * @property {Record<string, { function: string, count: number }>} [groups]
 * @property {string[]} [also]
 * @property {string[]} [hiddenIn] formats that do not show the bug: no rule can see it there
 * @property {string} [since] the first release that has what the program uses: `go1.23`
 * @property {string[]} [releases] instead of the usual ones
 * @property {boolean} [needsMinutes] the bug is in how long something waits: a dump without minutes does not show it
 * @property {boolean} [series] shown by several snapshots of the process, not by one
 * @property {boolean} [delve] captured with Delve too
 * @property {boolean} [panics] ends by itself with the runtime's traceback
 * @property {boolean} [bare] does not dump itself: SIGQUIT only
 * @property {string} [age] how old the aged dumps are, where a minute is too little: `215s`
 * @property {boolean} [leakProfile] needs a Go with the goroutineleak profile
 */

/**
 * What a capture needs to know.
 * @typedef {object} Job
 * @property {string} module folder of the Go programs
 * @property {string} scratch
 * @property {import("./toolchains.mjs").Toolchain} toolchain
 * @property {string | undefined} dlv
 * @property {boolean} thorough all formats and ages, not only those which differ between Go versions
 * @property {import("./manifest.mjs").Manifest} manifest
 */

/** Rules whose bug a format shows that has neither wait reasons nor addresses; it hides all others. */
const shownBy = /** @type {Record<string, string[]>} */ ({
  debug1: ["channel/consumer-sends-to-own-channel", "leak/growth", "lock/convoy", "waitgroup/never-done"],
  debug0: [
    "channel/consumer-sends-to-own-channel",
    "channel/send-pileup",
    "channel/receive-pileup",
    "leak/growth",
    "select/no-cases",
    "lock/convoy",
    "waitgroup/never-done",
  ],
  "delve-core": ["channel/consumer-sends-to-own-channel"],
  "delve-attach": ["channel/consumer-sends-to-own-channel"],
});

/** Before any wait has an age, and when all have one. */
const young = "3s";
const between = "39s";
const aged = "75s";

/**
 * Runs every case at the same time, each in its own process, and records its dumps.
 * @param {Job} job
 * @param {readonly Case[]} cases
 */
export async function captureCases(job, cases) {
  /** @type {Map<string, string>} */
  const binaries = new Map();
  for (const { program, leakProfile } of cases) {
    if (binaries.has(program)) continue;
    const output = join(job.scratch, `${program}.${job.toolchain.name}`);
    const experiment = leakProfile && job.toolchain.name === "go1.26" ? "goroutineleakprofile" : undefined;
    await buildProgram(job.toolchain, {
      module: job.module,
      program,
      output,
      ...(experiment ? { experiment } : {}),
    });
    binaries.set(program, output);
  }
  const results = await Promise.allSettled(
    cases.map((entry) => captureCase(job, entry, binaries.get(entry.program) ?? "")),
  );
  for (const output of binaries.values()) await rm(output, { force: true });
  const failed = results.filter((result) => result.status === "rejected");
  if (failed.length > 0) throw new AggregateError(failed.map((result) => result.reason));
}

/**
 * @param {Job} job
 * @param {Case} entry
 * @param {string} binary
 */
async function captureCase(job, entry, binary) {
  if (entry.panics) return capturePanics(job, entry, binary);
  const folder = join(job.scratch, `${job.toolchain.name}.${entry.program}.${entry.mode}`);
  await mkdir(folder, { recursive: true });
  const args = ["-mode", entry.mode, "-out", folder, "-at", `${young},${between},${entry.age ?? aged}`];
  if (entry.leakProfile) args.push("-leak");
  const program = startProgram(binary, args, { env: { ...process.env, GOTRACEBACK: "system" } });
  try {
    await recordSelfDumps(job, entry, program, folder);
    if (entry.series) return;
    if (entry.delve && job.dlv !== undefined) await recordDelve(job, entry, program.pid, binary);
    const text = await program.quit();
    check(job, entry, text);
    // In a leak profile's program the marks have replaced the minutes.
    await record(job, entry, "sigquit", !entry.bare && !entry.leakProfile, text);
  } finally {
    await program.kill();
  }
}

/**
 * @param {Job} job
 * @param {Case} entry
 * @param {import("./program.mjs").Program} program
 * @param {string} folder
 */
async function recordSelfDumps(job, entry, program, folder) {
  if (entry.bare) {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    return;
  }
  const old = entry.age ?? aged;
  await program.saw(new RegExp(`dumped ${old}`), Number.parseInt(old, 10) * 1000 + 60_000);
  const read = (/** @type {string} */ name) => readFile(join(folder, name));
  const text = (await read(`${old}.goroutine.debug2`)).toString();
  check(job, entry, text);
  if (entry.series) {
    for (const format of job.thorough ? ["debug2", "debug1", "debug0"] : ["debug2"]) {
      const snapshots = await Promise.all(
        [young, between, aged].map((at) => read(`${at}.goroutine.${format}`)),
      );
      await record(job, entry, format, true, snapshots[2] ?? "", snapshots.slice(0, 2));
    }
    return;
  }
  if (entry.leakProfile) {
    for (const debug of [2, 1, 0]) {
      await record(job, entry, `leak${debug}`, false, await read(`${young}.goroutineleak.debug${debug}`));
    }
    return;
  }
  await record(job, entry, "debug2", true, text);
  if (!job.thorough) return;
  await record(job, entry, "debug2", false, await read(`${young}.goroutine.debug2`));
  await record(job, entry, "debug1", true, await read(`${old}.goroutine.debug1`));
  await record(job, entry, "debug0", true, await read(`${old}.goroutine.debug0`));
}

/**
 * @param {Job} job
 * @param {Case} entry
 * @param {number} pid
 * @param {string} binary
 */
async function recordDelve(job, entry, pid, binary) {
  if (job.dlv === undefined) return;
  const core = await writeCore(pid, join(job.scratch, "core"));
  const fromCore = await captureCore(job.dlv, binary, core);
  await rm(core);
  const attached = await captureAttached(job.dlv, pid);
  await record(job, entry, "delve-core", true, fromCore.list);
  await record(job, entry, "delve-core-stacks", true, fromCore.stacks);
  await record(job, entry, "delve-attach", true, attached.list);
}

/**
 * The runtime ends the program with `fatal error: all goroutines are asleep`; at the default GOTRACEBACK, and at system.
 * @param {Job} job
 * @param {Case} entry
 * @param {string} binary
 */
async function capturePanics(job, entry, binary) {
  for (const [level, format] of Object.entries({ single: "panic", system: "panic-system" })) {
    const program = startProgram(binary, ["-mode", entry.mode], {
      env: { ...process.env, GOTRACEBACK: level },
    });
    const timer = setTimeout(() => program.kill(), 20_000);
    await program.exited;
    clearTimeout(timer);
    check(job, entry, program.stderr());
    await record(job, entry, format, false, program.stderr());
  }
}

/**
 * @param {Job} job
 * @param {Case} entry
 * @param {string} format
 * @param {boolean} isAged
 * @param {string | Buffer} content
 * @param {readonly (string | Buffer)[]} [earlier]
 */
function record(job, entry, format, isAged, content, earlier) {
  return job.manifest.add(
    {
      rule: entry.rule,
      expect: entry.expect,
      variant: entry.mode,
      go: job.toolchain.name,
      format,
      aged: isAged,
      evident: isEvident(entry, format) && (isAged || !entry.needsMinutes),
      guilty: entry.guilty ?? [],
      groups: entry.groups ?? {},
      also: entry.also ?? [],
      madeBy: { program: entry.program, args: ["-mode", entry.mode] },
    },
    content,
    earlier,
  );
}

/**
 * The truth in cases.json must be in the dump, or the dump is not of what it says.
 * @param {Job} job
 * @param {Case} entry
 * @param {string} traceback
 */
function check({ toolchain }, entry, traceback) {
  for (const [name, group] of Object.entries(entry.groups ?? {})) {
    const count = countWithFrame(traceback, group.function);
    if (count !== group.count) {
      const what = `${entry.program} -mode ${entry.mode}, ${toolchain.version}`;
      throw new Error(`${what}: ${name} are ${count} goroutines with ${group.function}, not ${group.count}`);
    }
  }
}

/**
 * @param {Case} entry
 * @param {string} format
 */
function isEvident({ rule, expect, hiddenIn = [] }, format) {
  if (expect === "quiet") return true;
  if (hiddenIn.includes(format) || hiddenIn.includes("every format")) return false;
  return shownBy[format]?.includes(rule) ?? true;
}
