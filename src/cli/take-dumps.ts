import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { instanceOfFile } from "../collect/dump-file-name.ts";
import type { Snapshot } from "../collect/snapshots.ts";
import { UsageError } from "../errors.ts";
import type { Dump } from "../model/dump.ts";
import { StackPool } from "../model/stack-pool.ts";
import type { PassedOver } from "../read/passed-over.ts";
import { type ReadDumpsOptions, type ReadFailure, readDumps } from "../read/read-dumps.ts";
import { visible } from "../report/escape.ts";
import { instanceLines, untilInterrupted } from "./collect.ts";
import { type CollectArguments, namesSource, toCollectOptions } from "./collect-options.ts";
import { CollectionHistory } from "./collection-history.ts";
import type { seriesOptions } from "./options.ts";
import { type Terminal, write } from "./terminal.ts";

/** Dumps and how they belong together. */
export interface TakenDumps {
  readonly dumps: readonly Dump[];
  readonly failures: readonly ReadFailure[];
  readonly skipped: readonly PassedOver[];
  /** For each dump the process that it shows; dumps of one process are in the order of time. */
  readonly processes: readonly string[];
  /** How long the servers took that were asked, and what they did not give, a sentence each. */
  readonly notes: readonly string[];
}

type TakeArguments = ArgumentsCamelCase<InferredOptionTypes<typeof seriesOptions>> &
  CollectArguments & { readonly dump?: string[] | undefined; readonly untilFinding: boolean };

/**
 * The dumps of a command line: files, or what `--pprof` and its like collect.
 * @param hasFinding for `--until-finding`: whether the dumps of one snapshot have a finding at the gate
 * @throws UsageError for both at once, and as collecting does
 */
export async function takeDumps(
  argv: TakeArguments,
  options: ReadDumpsOptions,
  terminal: Terminal,
  hasFinding: (dumps: readonly Dump[]) => boolean,
): Promise<TakenDumps> {
  if (namesSource(argv)) {
    if (argv.dump !== undefined && argv.dump.length > 0)
      throw new UsageError("dump files and a server or process to collect from are both given", {
        hint: "Give one of them; --before takes a file.",
      });
    return untilInterrupted("Nothing was decided.", (signal) =>
      collected(argv, options, terminal, signal, argv.untilFinding ? hasFinding : undefined),
    );
  }
  if (argv.snapshots !== undefined || argv.every !== undefined || argv.for !== undefined || argv.untilFinding)
    throw new UsageError("--snapshots, --every, --for and --until-finding need a source", {
      hint: "Give --pprof URL.",
    });
  const { dumps, failures, skipped } = await readDumps(inputsOf(argv.dump), options);
  const processes = dumps.map((dump, i) => (argv.series ? processOf(dump, dump.name) : String(i)));
  return { dumps, failures, skipped, processes, notes: [] };
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
  isFinding: ((dumps: readonly Dump[]) => boolean) | undefined,
): Promise<TakenDumps> {
  const { collectSnapshots } = await import("../collect/snapshots.ts");
  const taken = { dumps: [] as Dump[], failures: [] as ReadFailure[], processes: [] as string[] };
  const history = new CollectionHistory();
  const reading = { ...options, pool: new StackPool() };
  const untilFinding = async (): Promise<boolean> => isFinding?.(taken.dumps.slice(before)) ?? false;
  let before = 0;
  const collecting = {
    ...(await toCollectOptions(argv)),
    ...(isFinding === undefined ? {} : { untilFinding }),
    signal,
  };
  for await (const snapshot of collectSnapshots(collecting)) {
    before = taken.dumps.length;
    await readSnapshot(snapshot, reading, taken);
    for (const instance of snapshot.instances) {
      history.add(instance);
      if (terminal.stderr.isTTY)
        await write(terminal.stderr, `${instanceLines(instance).map(visible).join("\n")}\n`);
    }
  }
  const failures = [...history.failures(), ...taken.failures];
  return { ...taken, failures, skipped: [], notes: history.notes() };
}

async function readSnapshot(
  snapshot: Snapshot,
  options: ReadDumpsOptions,
  taken: { dumps: Dump[]; failures: ReadFailure[]; processes: string[] },
): Promise<void> {
  for (const { dumps: files } of snapshot.instances) {
    for (const file of files) {
      const { dumps, failures } = await readDumps([file.path], options);
      // The file is gone by the time that the report is read; its name says instance and time.
      taken.dumps.push(...dumps.map((dump) => ({ ...dump, name: dump.name.replace(file.path, file.name) })));
      taken.failures.push(...failures.map(({ error }) => ({ name: file.name, error })));
      taken.processes.push(...dumps.map((dump) => processOf(dump, file.name)));
    }
  }
}
