import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { InputError, UsageError } from "../errors.ts";
import { baselineEntries, baselineText, staleEntries } from "../gate/baseline.ts";
import type { Report } from "../report/report.ts";
import { plural } from "../words.ts";
import { type LintArguments, lint, lintOptions } from "./check.ts";
import { readBaseline } from "./gate.ts";
import { writeAtomically } from "./output.ts";
import { processTerminal, write } from "./terminal.ts";

const { baseline: _file, "strict-baseline": _strict, ...options } = lintOptions;

type WriteArguments = LintArguments & { output: string };
type PruneArguments = LintArguments & { file: string };

const writeCommand: CommandModule<object, WriteArguments> = {
  command: "write [dump..]",
  describe: "Write a file of all that is found now; notes of a file that is there are kept",
  builder: (yargs: Argv) =>
    yargs
      .options(options)
      .option("output", {
        alias: "o",
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "The file",
      })
      .example(
        "$0 baseline write dump.txt --output deadlock-baseline.json",
        "accept what there is",
      ) as unknown as Argv<WriteArguments>,
  handler: async (argv) => {
    const report = await wholeReport(argv);
    const old = await readBaseline(argv.output).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const entries = baselineEntries(report.findings, old);
    await writeAtomically(argv.output, baselineText(entries));
    await write(processTerminal().stderr, `${argv.output}: ${counted(entries.length)}\n`);
  },
};

const pruneCommand: CommandModule<object, PruneArguments> = {
  command: "prune <file> [dump..]",
  describe: "Remove the entries of a baseline that nothing matches any more",
  builder: (yargs: Argv) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "The baseline" })
      .options(options)
      .example(
        "$0 baseline prune deadlock-baseline.json dump.txt",
        "forget what is fixed",
      ) as unknown as Argv<PruneArguments>,
  handler: async (argv) => {
    const old = await readBaseline(argv.file);
    const report = await wholeReport(argv);
    const stale = new Set(staleEntries(old, report.findings, new Set(report.rules.map((r) => r.id))));
    if (stale.size > 0)
      await writeAtomically(argv.file, baselineText(old.filter((entry) => !stale.has(entry))));
    await write(
      processTerminal().stderr,
      `${argv.file}: ${stale.size} removed, ${counted(old.length - stale.size)} left\n`,
    );
  },
};

/** The report, if it speaks for the whole input: a baseline of half an input would accept or forget by accident. */
async function wholeReport(argv: ArgumentsCamelCase<LintArguments>): Promise<Report> {
  const terminal = processTerminal();
  const report = await lint({ ...argv, baseline: undefined, strictBaseline: false }, terminal);
  const { exitCode, reasons } = report.gate;
  if (exitCode < 2) return report;
  const message = `the baseline was left as it is: ${reasons.join("; ")}`;
  const hint = "Give whole dumps, or --allow-partial.";
  throw exitCode === 3 ? new InputError(message, { hint }) : new UsageError(message);
}

function isMissing(error: unknown): boolean {
  return error instanceof UsageError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
}

function counted(entries: number): string {
  return plural(entries, "known finding");
}

/** The words that follow `baseline`. */
// biome-ignore lint/suspicious/noExplicitAny: yargs' own type for commands whose arguments differ
export const baselineParts: CommandModule<object, any>[] = [writeCommand, pruneCommand];

/** `deadlock-lint baseline`: the file of known findings. */
export const baseline: CommandModule = {
  command: "baseline",
  describe: "Write and prune the file of known findings",
  builder: (yargs: Argv) =>
    yargs.command(baselineParts).demandCommand(1, "say what to do with the baseline: write or prune"),
  handler: () => undefined,
};
