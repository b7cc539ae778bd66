import { appendFile, rename, rm, writeFile } from "node:fs/promises";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { UsageError } from "../errors.ts";
import type { Report, ReporterOptions } from "../report/report.ts";
import { loadReporter, reporterIds } from "../report/reporters.ts";
import { nearest } from "../rules/spelling.ts";
import type { outputOptions } from "./options.ts";
import { type Terminal, wantsColor, write } from "./terminal.ts";

/** One `--format`: an id, and the file that it goes to; stdout without one. */
export interface OutputTarget {
  readonly format: string;
  readonly file: string | undefined;
}

/** Columns of files and pipes. */
const defaultWidth = 100;

/** Parses `--format sarif=out.sarif --format text`. At most one goes to stdout. */
export function parseFormats(values: readonly string[]): OutputTarget[] {
  const targets = values.map((value) => {
    const equals = value.indexOf("=");
    const format = equals < 0 ? value : value.slice(0, equals);
    if (!reporterIds.some((id) => id === format)) {
      const hint = nearest(format, reporterIds);
      throw new UsageError(`unknown format ${JSON.stringify(format)}`, {
        hint: hint === undefined ? `formats: ${reporterIds.join(", ")}` : `did you mean ${hint}?`,
      });
    }
    const file = equals < 0 ? undefined : value.slice(equals + 1);
    if (file === "")
      throw new UsageError(`--format ${value} names no file`, { hint: `write --format ${format}=FILE` });
    return { format, file };
  });
  if (targets.filter((t) => t.file === undefined).length > 1) {
    throw new UsageError("more than one format is to go to stdout", {
      hint: "give the others a file: --format sarif=out.sarif",
    });
  }
  return targets;
}

/**
 * Prints a report in every format asked for. One that can't be written does not lose the others.
 * @throws UsageError for the first that could not be written
 */
export async function printReport(
  report: Report,
  targets: readonly OutputTarget[],
  options: Omit<ReporterOptions, "color" | "width">,
  terminal: Terminal,
  color: boolean | undefined,
): Promise<void> {
  const plain: ReporterOptions = { ...options, color: false, width: defaultWidth };
  const onTerminal: ReporterOptions = {
    ...options,
    color: wantsColor(terminal, terminal.stdout, color),
    width: terminal.stdout.columns ?? defaultWidth,
  };
  const outputs = targets.map(({ format, file }) => async () => {
    const reporter = await loadReporter(format);
    if (file === undefined) await write(terminal.stdout, reporter.report(report, onTerminal));
    else await writeAtomically(file, reporter.report(report, plain));
  });
  const summary = terminal.env.GITHUB_STEP_SUMMARY;
  if (summary && targets.some((t) => t.format === "github")) {
    outputs.push(async () => {
      const reporter = await loadReporter("markdown");
      await append(summary, reporter.report(report, plain));
    });
  }
  const errors: unknown[] = [];
  for (const output of outputs) await output().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/** Other steps of the job may have written to the file before. */
async function append(file: string, text: string): Promise<void> {
  try {
    await appendFile(file, text);
  } catch (cause) {
    throw new UsageError(`GITHUB_STEP_SUMMARY ${file}: can't be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Writes a file so that nobody ever sees half of it. */
export async function writeAtomically(file: string, text: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${file}: can't be written: ${why}`, { cause });
  }
}

/** The showing half of a command line. */
export function outputChoices(
  argv: ArgumentsCamelCase<InferredOptionTypes<typeof outputOptions>>,
): Omit<ReporterOptions, "color" | "width"> {
  const pathMap = (argv.pathMap ?? []).map((mapping) => {
    const equals = mapping.indexOf("=");
    if (equals < 1) throw new UsageError(`--path-map ${mapping}: expected FROM=TO`);
    return { from: mapping.slice(0, equals), to: mapping.slice(equals + 1) };
  });
  return {
    verbose: argv.verbose,
    quiet: argv.quiet,
    maxFindings: argv.maxFindings,
    pathMap,
    root: process.cwd(),
    extra: { sarifSuppressed: String(argv.sarifSuppressed), showBenign: String(argv.showBenign) },
  };
}
