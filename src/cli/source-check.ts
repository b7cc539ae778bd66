import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { UsageError } from "../errors.ts";
import { readDumps } from "../read/read-dumps.ts";
import { json, visible } from "../report/escape.ts";
import type { CoveredFrame } from "../source/source-coverage.ts";
import type { SourceProblem } from "../source/source-files.ts";
import { plural } from "../words.ts";
import { inputOptions } from "./options.ts";
import { exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { openSourceOf, sourceOptions } from "./source-options.ts";
import { inputsOf } from "./take-dumps.ts";
import { tellUnread } from "./tell-unread.ts";
import { processTerminal, write } from "./terminal.ts";

const options = {
  ...inputOptions,
  ...sourceOptions,
  json: { type: "boolean", default: false, describe: "Print JSON" },
} as const;

type SourceCheckArguments = InferredOptionTypes<typeof options> & { dump?: string[] | undefined };

/** Says which decisive frames have their source at hand. */
export const sourceCheck: CommandModule<object, SourceCheckArguments> = {
  command: "source-check [dump..]",
  describe: "Show which decisive frames are found in the source, and why not the others",
  builder: (yargs: Argv) =>
    yargs
      .positional("dump", {
        type: "string",
        array: true,
        describe: "Dump files, directories, globs, or - for standard input",
      })
      .options(options)
      .example("$0 source-check --source-root . dump.txt", "does the checkout fit the dump?")
      .example(
        "$0 source-check --source-root . --path-map /build/src=. dump.txt",
        "for binaries built elsewhere",
      ) as Argv<SourceCheckArguments>,
  handler: runSourceCheck,
};

/** Exit codes: 0 found, 1 none found or another build's source, 2 usage, 3 dump not fully read. */
async function runSourceCheck(argv: ArgumentsCamelCase<SourceCheckArguments>): Promise<void> {
  const terminal = processTerminal();
  const source = await openSourceOf(argv);
  if (source === undefined)
    throw new UsageError("source-check needs --source-root", {
      hint: "Give the directory that holds the Go source of the dumped program.",
    });
  const { sourceCoverage } = await import("../source/source-coverage.ts");
  const read = await readDumps(inputsOf(argv.dump), readOptionsOf(argv, terminal));
  const { dumps, failures } = read;
  await tellUnread(read, terminal);
  const covered = dumps.map((dump) => ({
    dump: dump.name,
    frames: sourceCoverage(dump, source.forDump(dump)),
  }));
  const { problems } = source;
  if (argv.json) await write(terminal.stdout, `${json({ dumps: covered, problems }, 2)}\n`);
  else await write(terminal.stdout, sourceCheckText(covered, problems));
  const frames = covered.flatMap((c) => c.frames);
  const partial = failures.length > 0 || dumps.some((d) => !d.complete || d.goroutines.length === 0);
  if (failures.some((f) => exitCodeOf(f.error) === 2)) process.exitCode = 2;
  else if (partial) process.exitCode = 3;
  else
    process.exitCode =
      frames.some((f) => f.status === "mismatch") || !frames.some((f) => f.status === "found") ? 1 : 0;
}

/** The report of the command, for people. */
export function sourceCheckText(
  dumps: readonly { readonly dump: string; readonly frames: readonly CoveredFrame[] }[],
  problems: readonly SourceProblem[],
): string {
  const lines: string[] = [];
  for (const { dump, frames } of dumps) {
    const found = frames.filter((f) => f.status === "found");
    lines.push(
      `${visible(dump)}: ${found.length} of ${plural(frames.length, "decisive frame")} found in the source`,
    );
    for (const frame of frames) lines.push(...frameLines(frame));
  }
  if (problems.length > 0) lines.push("Left aside:");
  for (const { path, message } of problems) lines.push(`  ${visible(path)} ${visible(message)}`);
  return `${lines.join("\n")}\n`;
}

function frameLines(frame: CoveredFrame): readonly string[] {
  const head = `  ${frame.status === "found" ? "found" : "no   "} ${String(frame.goroutines).padStart(6)} × ${frame.part.padEnd(10)} ${visible(frame.function)}`;
  const at = frame.status === "found" ? `${frame.found}:${frame.line}` : `${frame.file}:${frame.line}`;
  const says = frame.status === "found" ? frame.operation : frame.reason;
  return [head, `                 ${visible(at)}${says === "" ? "" : `: ${visible(says)}`}`];
}
