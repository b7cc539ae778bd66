import { readFile } from "node:fs/promises";
import type { InferredOptionTypes, Options } from "yargs";
import { defaultDelveLimits, defaultHttpLimits } from "../collect/limits.ts";
import type { CollectOptions, CollectTarget } from "../collect/snapshots.ts";
import { basicAuthorization, parseEndpoint, parsePprofTarget, readTargets } from "../collect/target.ts";
import { UsageError } from "../errors.ts";
import { parseDuration, parseSize } from "./units.ts";

/** The options that say where dumps come from and when; `collect` and `check` have them in common. */
export const collectOptionDefinitions = {
  pprof: {
    type: "string",
    array: true,
    requiresArg: true,
    nargs: 1,
    group: "Sources:",
    describe:
      "URL of a pprof server: http(s)://HOST:PORT/debug/pprof/ or unix:///SOCKET:/debug/pprof/ (repeatable)",
  },
  targets: {
    type: "string",
    requiresArg: true,
    group: "Sources:",
    describe: "File with one pprof URL a line",
  },
  delve: {
    type: "string",
    requiresArg: true,
    group: "Sources:",
    describe: "Address of a running `dlv --headless`: HOST:PORT or unix:/SOCKET",
  },
  pid: {
    type: "number",
    requiresArg: true,
    group: "Sources:",
    describe: "Process to read with a debugger (dlv)",
  },
  core: {
    type: "string",
    requiresArg: true,
    group: "Sources:",
    describe: "Core dump to read with dlv; needs --exe",
  },
  exe: { type: "string", requiresArg: true, group: "Sources:", describe: "Executable that made the core" },
  snapshots: { type: "number", requiresArg: true, group: "Snapshots:", describe: "How many; 1 by default" },
  every: {
    type: "string",
    requiresArg: true,
    group: "Snapshots:",
    describe: "Time from one to the next; 10s by default",
  },
  for: {
    type: "string",
    requiresArg: true,
    group: "Snapshots:",
    describe: "How long, instead of --snapshots: --every 10s --for 60s takes 7",
  },
  "until-finding": {
    type: "boolean",
    default: false,
    group: "Snapshots:",
    describe: "Lint each snapshot, and stop at the first with a finding at the gate",
  },
  debug: {
    type: "number",
    choices: [0, 1, 2] as const,
    requiresArg: true,
    group: "pprof:",
    describe: "Take this form of the profile instead of the best that the server can bear",
  },
  "debug2-limit": {
    type: "number",
    default: 50_000,
    group: "pprof:",
    describe: "Most goroutines for which debug=2 is taken unasked; it stops the world while it prints",
  },
  leak: {
    type: "boolean",
    default: true,
    group: "pprof:",
    describe:
      "Take the leak profile where the server has it (Go 1.26 and later), which runs a garbage collection",
  },
  header: {
    type: "string",
    array: true,
    requiresArg: true,
    nargs: 1,
    group: "pprof:",
    describe: "`Name: value` to send along; `@FILE` reads them from a file, a line each (repeatable)",
  },
  auth: {
    type: "string",
    requiresArg: true,
    group: "pprof:",
    describe: "USER:PASSWORD for basic authentication",
  },
  ca: {
    type: "string",
    requiresArg: true,
    group: "pprof:",
    describe: "PEM file of a certificate authority to trust",
  },
  insecure: { type: "boolean", default: false, group: "pprof:", describe: "Accept any TLS certificate" },
  "connect-timeout": {
    type: "string",
    requiresArg: true,
    group: "pprof:",
    describe: "Until connected; 5s by default",
  },
  timeout: {
    type: "string",
    requiresArg: true,
    group: "pprof:",
    describe: "For a whole request; 180s by default",
  },
  "answer-timeout": {
    type: "string",
    requiresArg: true,
    group: "pprof:",
    describe: "Until the first byte of an answer; 30s by default",
  },
  "idle-timeout": {
    type: "string",
    requiresArg: true,
    group: "pprof:",
    describe: "Between two pieces of an answer; 15s by default",
  },
  "max-bytes": {
    type: "string",
    requiresArg: true,
    group: "pprof:",
    describe: "Most bytes of one answer; 1GB by default",
  },
  retries: {
    type: "number",
    default: 2,
    group: "pprof:",
    describe: "Further tries after a failure that may pass",
  },
  dlv: {
    type: "string",
    requiresArg: true,
    group: "Debugger:",
    describe: "The dlv program; found in PATH by default",
  },
  "max-halt": {
    type: "string",
    requiresArg: true,
    group: "Debugger:",
    describe: "Longest time to halt a live process; 30s by default",
  },
  "max-stacks": {
    type: "number",
    default: 2_000,
    group: "Debugger:",
    describe: "Most goroutines whose whole stack is taken",
  },
  "every-goroutine": {
    type: "boolean",
    default: false,
    group: "Debugger:",
    describe: "Take stack and address of each goroutine (slow)",
  },
  detach: {
    type: "boolean",
    default: false,
    group: "Debugger:",
    describe: "End the Delve of --delve afterwards; the process goes on",
  },
} as const satisfies Record<string, Options>;

/** What yargs makes of them. */
export type CollectArguments = InferredOptionTypes<typeof collectOptionDefinitions>;

/** True when the command line names something to collect from. */
export function namesSource(args: Partial<CollectArguments>): boolean {
  return [args.pprof, args.targets, args.delve, args.pid, args.core].some((source) => source !== undefined);
}

/**
 * What to collect, from the command line.
 * @throws UsageError for values that make no sense, and for files that can't be read
 */
export async function toCollectOptions(args: CollectArguments): Promise<Omit<CollectOptions, "directory">> {
  const targets = await targetsOf(args);
  const { snapshots, everyMs } = schedule(args);
  if (snapshots > 1 && args.core !== undefined)
    throw new UsageError("a core does not change: --core takes one snapshot", {
      hint: "Leave out --snapshots, --every and --for.",
    });
  const limit = (value: string | undefined, option: string, otherwise: number): number =>
    value === undefined ? otherwise : parseDuration(value, option);
  return {
    targets,
    snapshots,
    everyMs,
    pprof: {
      limits: {
        connectMs: limit(args["connect-timeout"], "--connect-timeout", defaultHttpLimits.connectMs),
        answerMs: limit(args["answer-timeout"], "--answer-timeout", defaultHttpLimits.answerMs),
        idleMs: limit(args["idle-timeout"], "--idle-timeout", defaultHttpLimits.idleMs),
        totalMs: limit(args.timeout, "--timeout", defaultHttpLimits.totalMs),
        maxBytes:
          args["max-bytes"] === undefined
            ? defaultHttpLimits.maxBytes
            : parseSize(args["max-bytes"], "--max-bytes"),
      },
      tls: {
        ...(args.ca === undefined ? {} : { ca: await read(args.ca, "--ca") }),
        insecure: args.insecure,
      },
      ...(args.debug === undefined ? {} : { debug: args.debug }),
      debug2Goroutines: whole(args["debug2-limit"], "--debug2-limit", 0),
      leak: args.leak,
      retries: whole(args.retries, "--retries", 0),
    },
    delve: {
      limits: {
        ...defaultDelveLimits,
        connectMs: limit(args["connect-timeout"], "--connect-timeout", defaultDelveLimits.connectMs),
      },
      maxHaltMs: limit(args["max-halt"], "--max-halt", 30_000),
      maxStacks: whole(args["max-stacks"], "--max-stacks", 0),
      everyGoroutine: args["every-goroutine"],
      detach: args.detach,
    },
    dlv: args.dlv === undefined ? {} : { dlv: args.dlv },
  };
}

async function targetsOf(args: CollectArguments): Promise<CollectTarget[]> {
  const headers = await headersOf(args);
  const pprof = (args.pprof ?? []).map((url) => parsePprofTarget(url, headers));
  if (args.targets !== undefined) pprof.push(...(await readTargets(args.targets, headers)));
  const targets: CollectTarget[] = pprof.map((target) => ({ kind: "pprof", target }));
  if (args.delve !== undefined) targets.push({ kind: "delve", endpoint: parseEndpoint(args.delve) });
  if (args.pid !== undefined) targets.push({ kind: "dlv", target: { pid: whole(args.pid, "--pid", 1) } });
  if ((args.core === undefined) !== (args.exe === undefined))
    throw new UsageError("--core and --exe go together", { hint: "Give --core CORE --exe BINARY." });
  if (args.core !== undefined && args.exe !== undefined)
    targets.push({ kind: "dlv", target: { core: args.core, executable: args.exe } });
  if (targets.length === 0)
    throw new UsageError("nothing to collect from", {
      hint: "Give --pprof URL, --targets FILE, --delve HOST:PORT, --pid N, or --core CORE --exe BINARY.",
    });
  return targets;
}

/** Header values are secrets: messages name the header at most. */
async function headersOf(args: CollectArguments): Promise<Record<string, string>> {
  const lines: string[] = [];
  for (const header of args.header ?? []) {
    if (header.startsWith("@")) lines.push(...(await read(header.slice(1), "--header")).split(/\r?\n/));
    else lines.push(header);
  }
  const headers: Record<string, string> = {};
  for (const line of lines) {
    if (line.trim() === "") continue;
    const match = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line.trim());
    if (match === null)
      throw new UsageError("--header is not of the form `Name: value`", {
        hint: "Write --header 'Authorization: Bearer …'.",
      });
    headers[match[1]!.toLowerCase()] = match[2]!;
  }
  if (args.auth !== undefined) {
    if (!args.auth.includes(":")) throw new UsageError("--auth is not of the form USER:PASSWORD");
    headers.authorization = basicAuthorization(args.auth);
  }
  return headers;
}

async function read(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`${option}: cannot read ${file}`, { cause });
  }
}

/** Most snapshots of one run: a day, one a second. */
const maxSnapshots = 86_400;

function schedule(args: CollectArguments): { snapshots: number; everyMs: number } {
  const everyMs = args.every === undefined ? 10_000 : parseDuration(args.every, "--every");
  if (args.for !== undefined && args.snapshots !== undefined)
    throw new UsageError("--for and --snapshots both say how many snapshots to take", {
      hint: "Give one of them.",
    });
  let snapshots = args.snapshots === undefined ? 1 : whole(args.snapshots, "--snapshots", 1);
  if (args.for !== undefined) snapshots = Math.floor(parseDuration(args.for, "--for") / everyMs) + 1;
  if (args.every !== undefined && args.for === undefined && args.snapshots === undefined)
    throw new UsageError("--every needs an end", { hint: "Add --for 60s or --snapshots 7." });
  if (snapshots > maxSnapshots)
    throw new UsageError(`${snapshots} snapshots are more than ${maxSnapshots}`, { hint: "Raise --every." });
  return { snapshots, everyMs };
}

function whole(value: number, option: string, least: number): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${option} must be a whole number of at least ${least}`);
  return value;
}
