import { readFile } from "node:fs/promises";
import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { InputError, UsageError } from "../errors.ts";
import { packageRoot } from "../package-root.ts";
import type { Report } from "../report/report.ts";
import { outputOptions } from "./options.ts";
import { outputChoices, parseFormats, printReport } from "./output.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

type ReportArguments = InferredOptionTypes<typeof outputOptions> & { saved?: string | undefined };

/** `deadlock-lint report saved.json`: prints a saved JSON report in other formats; its verdict stays. */
export const report: CommandModule<object, ReportArguments> = {
  command: "report [saved]",
  describe: "Print a saved JSON report again, in any format; the exit code is the saved one",
  builder: (yargs: Argv) =>
    yargs
      .positional("saved", {
        type: "string",
        describe: "What --format json wrote, or - for standard input",
      })
      .options(outputOptions)
      .example("$0 report saved.json --format markdown", "a comment for a pull request")
      .example(
        "$0 report saved.json --format sarif=out.sarif --format junit=out.xml",
        "several formats at once",
      ) as Argv<ReportArguments>,
  handler: runReport,
};

async function runReport(argv: ArgumentsCamelCase<ReportArguments>): Promise<void> {
  const terminal = processTerminal();
  const targets = parseFormats(argv.format);
  const choices = outputChoices(argv);
  // yargs makes an empty text of a single -.
  const saved = await readReport(argv.saved || "-", terminal);
  process.exitCode = saved.gate.exitCode;
  await printReport(saved, targets, choices, terminal, argv.color);
}

/**
 * Reads what `--format json` wrote.
 * @throws UsageError when the file can't be read, InputError when it holds no report
 */
async function readReport(file: string, terminal: Terminal): Promise<Report> {
  const text = file === "-" ? await textOf(terminal.stdin) : await readText(file);
  const hint = "Make one with --format json=FILE.";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file}: not a saved report: ${(cause as Error).message}`, { hint, cause });
  }
  const problem = await problemOf(value);
  if (problem !== undefined) throw new InputError(`${file}: not a saved report: ${problem}`, { hint });
  return value as Report;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`${file}: can't be read: ${(cause as Error).message}`, { cause });
  }
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** What the schema has against a value, the first thing. */
async function problemOf(value: unknown): Promise<string | undefined> {
  const { Ajv } = await import("ajv");
  const schema = JSON.parse(
    await readFile(new URL("schemas/report.schema.json", packageRoot), "utf8"),
  ) as object;
  const validate = new Ajv({ strict: false }).compile(schema);
  try {
    if (validate(value)) return undefined;
  } catch (error) {
    if (error instanceof RangeError) return "it is nested too deep";
    throw error;
  }
  const [error] = validate.errors ?? [];
  return `${error?.instancePath || "the document"} ${error?.message ?? "is wrong"}`;
}
