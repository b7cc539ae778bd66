import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Argv, CommandModule } from "yargs";
import type { InstanceResult, Snapshot } from "../collect/snapshots.ts";
import { InputError, UsageError } from "../errors.ts";
import { json, visible } from "../report/escape.ts";
import { plural } from "../words.ts";
import { type CollectArguments, collectOptionDefinitions, toCollectOptions } from "./collect-options.ts";

interface CollectCommandArguments extends CollectArguments {
  readonly output: string | undefined;
  readonly json: boolean;
}

/** Where the command writes; the process's own streams but for tests. */
export interface CollectStreams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
}

/** Lints the files of one snapshot; true when there is a finding at the default gate. */
export type HasFinding = (paths: readonly string[]) => Promise<boolean>;

/** `deadlock-lint collect`: takes dumps and names the files; answers exit code 3 when an instance gave none. */
export function collectCommand(hasFinding: HasFinding): CommandModule<object, CollectCommandArguments> {
  return {
    command: "collect",
    describe: "Take goroutine dumps from pprof servers, processes and cores",
    builder: (yargs) => build(yargs) as Argv<CollectCommandArguments>,
    handler: async (args) => {
      process.exitCode = await untilInterrupted("Finished dumps are kept.", (signal) =>
        runCollect(args, hasFinding, process, signal),
      );
    },
  };
}

/**
 * Does work that a signal of the user or the system interrupts.
 * @param hint what becomes of the work so far
 */
export async function untilInterrupted<T>(
  hint: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new InputError("interrupted", { hint }));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt).once("SIGHUP", interrupt);
  try {
    return await work(interruption.signal);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt).off("SIGHUP", interrupt);
  }
}

function build(yargs: Argv): Argv {
  return yargs
    .options(collectOptionDefinitions)
    .option("output", {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe:
        "Directory for the files, made if need be; `-` writes the one dump to stdout (default: . on a terminal, else -)",
    })
    .option("json", { type: "boolean", default: false, describe: "Print files, times and failures as JSON" })
    .example("$0 collect --pprof http://localhost:6060", "The dump of one server")
    .example(
      "$0 collect --pprof http://a:6060 --pprof http://b:6060 --every 10s --for 1m -o dumps",
      "Two servers for a minute",
    )
    .example("$0 collect --pid 4711 | $0", "Halt a process for a moment, and lint what it does")
    .example(
      "$0 collect --core core.4711 --exe ./server -o dumps",
      "A core dump, with channel and lock addresses",
    );
}

/**
 * Runs the command.
 * @returns 0, or 3 when an instance gave no dump
 * @throws UsageError, InputError as the collecting does
 */
export async function runCollect(
  args: CollectCommandArguments,
  hasFinding: HasFinding,
  streams: CollectStreams,
  signal?: AbortSignal,
): Promise<0 | 3> {
  const options = await toCollectOptions(args);
  const toStdout =
    args.output === "-" || (args.output === undefined && streams.stdout.isTTY !== true && !args.json);
  if (toStdout && (options.targets.length > 1 || options.snapshots > 1))
    throw new UsageError("several dumps can't go to stdout", { hint: "Name a directory with --output DIR." });
  if (toStdout && args.json) throw new UsageError("--json and the dump itself can't both go to stdout");
  // The network is loaded only when it is used: most runs read files.
  const { collectSnapshots } = await import("../collect/snapshots.ts");
  const taken = collectSnapshots({
    ...options,
    ...(toStdout ? {} : { directory: args.output ?? "." }),
    ...(args["until-finding"] ? { untilFinding: (s: Snapshot) => hasFinding(pathsOf(s)) } : {}),
    ...(signal === undefined ? {} : { signal }),
  });
  let failed = false;
  const all: Snapshot[] = [];
  for await (const snapshot of taken) {
    all.push(snapshot);
    failed ||= snapshot.instances.some((i) => i.failure !== undefined);
    for (const instance of snapshot.instances)
      streams.stderr.write(`${instanceLines(instance).map(visible).join("\n")}\n`);
    const paths = pathsOf(snapshot);
    if (toStdout && paths[0] !== undefined) await copy(paths[0], streams.stdout);
    else if (!args.json) for (const path of paths) streams.stdout.write(`${path}\n`);
  }
  if (args.json) streams.stdout.write(`${json({ snapshots: all.map(asJson) }, 2)}\n`);
  return failed ? 3 : 0;
}

function pathsOf(snapshot: Snapshot): string[] {
  return snapshot.instances.flatMap((i) => i.dumps.map((d) => d.path));
}

async function copy(path: string, stdout: NodeJS.WritableStream): Promise<void> {
  try {
    await pipeline(createReadStream(path), stdout, { end: false });
  } catch (error) {
    // The reader of the pipe has had enough.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

/** One instance in a line or a few: what was taken, the server's time and ours, or why nothing. */
export function instanceLines(result: InstanceResult): string[] {
  const notes = result.notes.map((note) => `  ${note}`);
  if (result.failure !== undefined) {
    const { message, hint } = result.failure;
    return [`${result.instance}: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`]), ...notes];
  }
  const bytes = result.dumps.reduce((sum, dump) => sum + dump.bytes, 0);
  const kinds = result.dumps.map((dump) => dump.kind).join(" and ");
  return [
    `${result.instance}: ${kinds}, ${bytes} bytes in ${result.tookMs} ms${serverTime(result)}`,
    ...notes,
  ];
}

function serverTime(result: InstanceResult): string {
  const { delve } = result;
  if (delve !== undefined) {
    const halted = delve.haltedMs === undefined ? "" : `; process halted for at most ${delve.haltedMs} ms`;
    return ` (${plural(delve.goroutines, "goroutine")} at ${plural(delve.locations, "place")}, ${plural(delve.stacks, "stack")}, ${plural(delve.requests, "request")}${halted})`;
  }
  const times = result.requests.map((r) => `${r.profile} ${r.answerMs} ms`);
  if (times.length === 0) return "";
  const paused = Math.max(...result.requests.map((r) => r.answerMs));
  return ` (server's own time: ${times.join(", ")}; paused for at most ${paused} ms)`;
}

function asJson(snapshot: Snapshot): object {
  return {
    index: snapshot.index,
    instances: snapshot.instances.map((i) => ({
      instance: i.instance,
      takenAt: i.takenAt.toISOString(),
      tookMs: i.tookMs,
      dumps: i.dumps.map(({ path, kind, bytes }) => ({ path, kind, bytes })),
      requests: i.requests,
      delve: i.delve,
      notes: i.notes,
      failure: i.failure === undefined ? undefined : { message: i.failure.message, hint: i.failure.hint },
    })),
  };
}
