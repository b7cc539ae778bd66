import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { instanceOfFile } from "../collect/dump-file-name.ts";
import type { Snapshot } from "../collect/snapshots.ts";
import { UsageError } from "../errors.ts";
import type { Dump } from "../model/dump.ts";
import { type ReadDumpsOptions, type ReadFailure, readDumps } from "../read/read-dumps.ts";
import { visible } from "../report/escape.ts";
import { instanceLines, untilInterrupted } from "./collect.ts";
import { type CollectArguments, namesSource, toCollectOptions } from "./collect-options.ts";
import type { seriesOptions } from "./options.ts";
import { type Terminal, write } from "./terminal.ts";

/** Dumps and how they belong together. */
export interface TakenDumps {
  readonly dumps: readonly Dump[];
  readonly failures: readonly ReadFailure[];
  /** For each dump the process that it shows; dumps of one process are in the order of time. */
  readonly processes: readonly string[];
  /** Times of the servers that were asked, a sentence each. */
  readonly times: readonly string[];
}

type TakeArguments = ArgumentsCamelCase<InferredOptionTypes<typeof seriesOptions>> &
  CollectArguments & { readonly dump?: string[] | undefined };

/**
 * The dumps of a command line: files, or what `--pprof` and its like collect.
 * @throws UsageError for both at once, and as collecting does
 */
export async function takeDumps(
  argv: TakeArguments,
  options: ReadDumpsOptions,
  terminal: Terminal,
): Promise<TakenDumps> {
  if (namesSource(argv)) {
    if (argv.dump !== undefined && argv.dump.length > 0)
      throw new UsageError("dump files and a server or process to collect from are both given", {
        hint: "Give one of them; --before takes a file.",
      });
    return untilInterrupted("Nothing was decided.", (signal) => collected(argv, options, terminal, signal));
  }
  if (argv.snapshots !== undefined || argv.every !== undefined || argv.for !== undefined)
    throw new UsageError("--snapshots, --every and --for need a source", { hint: "Give --pprof URL." });
  const { dumps, failures } = await readDumps(inputsOf(argv.dump), options);
  const processes = dumps.map((dump, i) => (argv.series ? processOf(dump, dump.name) : String(i)));
  return { dumps, failures, processes, times: [] };
}

/**
 * The process that a dump of a series shows: what its file name says, as `collect` writes it, or the one that all are of.
 * A profile of the leaked goroutines alone has no part in the series of whole dumps.
 */
function processOf(dump: Dump, name: string): string {
  const instance = instanceOfFile(name) ?? "";
  return dump.extra.profile === "goroutineleak" ? `${instance} leaked` : instance;
}

/** No argument means standard input. */
export function inputsOf(dumps: readonly string[] | undefined): readonly string[] {
  return dumps === undefined || dumps.length === 0 ? ["-"] : dumps.map(String);
}

async function collected(
  argv: CollectArguments,
  options: ReadDumpsOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TakenDumps> {
  const { collectSnapshots } = await import("../collect/snapshots.ts");
  const taken = { dumps: [] as Dump[], failures: [] as ReadFailure[], processes: [] as string[] };
  const times: string[] = [];
  for await (const snapshot of collectSnapshots({ ...(await toCollectOptions(argv)), signal })) {
    await readSnapshot(snapshot, options, taken);
    for (const instance of snapshot.instances) {
      const lines = instanceLines(instance);
      if (terminal.stderr.isTTY) await write(terminal.stderr, `${lines.map(visible).join("\n")}\n`);
      if (instance.failure === undefined) times.push(lines[0]!);
    }
  }
  return { ...taken, times };
}

async function readSnapshot(
  snapshot: Snapshot,
  options: ReadDumpsOptions,
  taken: { dumps: Dump[]; failures: ReadFailure[]; processes: string[] },
): Promise<void> {
  for (const { instance, dumps: files, failure } of snapshot.instances) {
    if (failure !== undefined) taken.failures.push({ name: instance, error: failure });
    for (const file of files) {
      const { dumps, failures } = await readDumps([file.path], options);
      // The file is gone by the time that the report is read; its name says instance and time.
      taken.dumps.push(...dumps.map((dump) => ({ ...dump, name: dump.name.replace(file.path, file.name) })));
      taken.failures.push(...failures.map(({ error }) => ({ name: file.name, error })));
      taken.processes.push(...dumps.map((dump) => processOf(dump, file.name)));
    }
  }
}
