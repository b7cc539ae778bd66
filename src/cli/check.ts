import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { type AnalyzeOptions, analyze } from "../analyze.ts";
import { UsageError } from "../errors.ts";
import { beforeJudge } from "../gate/before.ts";
import type { Dump } from "../model/dump.ts";
import { passedOverNote } from "../read/passed-over.ts";
import { type ReadDumpsOptions, type ReadFailure, readDumps } from "../read/read-dumps.ts";
import { allFindings } from "../report/describe.ts";
import type { Report } from "../report/report.ts";
import type { Rule } from "../rules/rule.ts";
import { collectOptionDefinitions, namesSource } from "./collect-options.ts";
import { configurationOf, ownOf } from "./configuration.ts";
import { gateChoices } from "./gate.ts";
import { gateOptions, inputOptions, outputOptions, ruleOptions, seriesOptions } from "./options.ts";
import { outputChoices, parseFormats, printReport } from "./output.ts";
import { errorText, exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { selectRules } from "./select-rules.ts";
import { openSourceOf, sourceOptions } from "./source-options.ts";
import { type TakenDumps, takeDumps } from "./take-dumps.ts";
import { processTerminal, type Terminal, write } from "./terminal.ts";

/** Options of all that takes dumps and lints them. */
export const lintOptions = {
  ...inputOptions,
  ...seriesOptions,
  ...collectOptionDefinitions,
  ...ruleOptions,
  ...sourceOptions,
  ...gateOptions,
} as const;

const options = { ...lintOptions, ...outputOptions } as const;

/** What yargs makes of them. */
export type LintArguments = InferredOptionTypes<typeof lintOptions> & { dump?: string[] | undefined };
type CheckArguments = InferredOptionTypes<typeof options> & { dump?: string[] | undefined };

/** The main command: dumps in, findings out. */
export const check: CommandModule<object, CheckArguments> = {
  command: ["$0 [dump..]", "check [dump..]"],
  describe: "Find deadlocks and leaks in goroutine dumps",
  builder: (yargs: Argv) =>
    yargs
      .positional("dump", {
        type: "string",
        array: true,
        describe: "Dump files, directories, globs, or - for standard input",
      })
      .options(options)
      .example("$0 dump.json", "the root cause of a hang, from Delve's JSON")
      .example("$0 --format text --format sarif=out.sarif dumps/", "several dumps, two formats")
      .example("curl -s 'localhost:6060/debug/pprof/goroutine?debug=2' | $0", "straight from a server")
      .example(
        "$0 check --pprof http://localhost:6060 --snapshots 3 --every 10s --max-growth 20%",
        "three snapshots of a server, and a budget",
      )
      .example(
        "$0 --before idle.txt --baseline known.json loaded.txt",
        "what the load did, but for what is known",
      ) as Argv<CheckArguments>,
  handler: runCheck,
};

async function runCheck(argv: ArgumentsCamelCase<CheckArguments>): Promise<void> {
  const terminal = processTerminal();
  const targets = parseFormats(argv.format);
  const choices = outputChoices(argv);
  const report = await lint(argv, terminal);
  process.exitCode = report.gate.exitCode;
  await printReport(report, targets, choices, terminal, argv.color);
}

/**
 * Takes the dumps of a command line and lints them.
 * @throws UsageError, RuleError, InputError for what can't be done as asked
 */
export async function lint(argv: ArgumentsCamelCase<LintArguments>, terminal: Terminal): Promise<Report> {
  if (argv.maxGrowth !== undefined && !comparesSnapshots(argv))
    throw new UsageError("--max-growth needs snapshots to compare", {
      hint: "Give --series, --before FILE, or --pprof URL --snapshots 3.",
    });
  const config = await configurationOf(argv.config, terminal);
  const choices = await gateChoices(argv, config);
  const gate = comparesSnapshots(argv) ? choices : withoutGrowth(choices);
  const unasked = gate.budgets?.some((b, i) => b.maxGrowth !== choices.budgets?.[i]?.maxGrowth) ?? false;
  const rules = await selectRules(argv, terminal, config);
  const source = await openSourceOf(argv, { mapsAlone: true });
  const reading = readOptionsOf(argv, terminal);
  const before = await readBefore(argv.before, reading);
  const facts = { ...ownOf(argv.own, config), ...(source === undefined ? {} : { source }) };
  const hasFinding = (dumps: readonly Dump[]): boolean =>
    analyze(dumps, rules, { ...gate, ...facts, budgets: [] }).gate.failed;
  const taken = await takeDumps(argv, reading, terminal, hasFinding);
  const failures = [...before.failures, ...taken.failures];
  for (const { error } of failures) await write(terminal.stderr, errorText(error));
  const base: AnalyzeOptions = {
    ...gate,
    ...facts,
    lazy: true,
    suppressions: config?.suppressions ?? [],
    today: new Date().toISOString().slice(0, 10),
    failures: [
      ...failures.map(failureOf),
      // What is wrong was said when the file was read.
      ...(config?.problems ?? []).map(({ message }) => ({ message, exitCode: 2 as const })),
    ],
  };
  const report =
    before.dumps.length === 0 ? withoutBefore(taken, rules, base) : withBefore(before, taken, rules, base);
  const growth = unasked ? ["budgets of growth were not asked: they need several snapshots"] : [];
  const passedOver = passedOverNote([...before.skipped, ...taken.skipped]) ?? [];
  const times = [...growth, ...taken.notes]
    .concat(passedOver)
    .map((message) => ({ level: "info" as const, message }));
  return { ...report, notes: [...report.notes, ...times] };
}

/** Budgets of growth in a configuration are for runs that compare snapshots. */
function withoutGrowth(options: AnalyzeOptions): AnalyzeOptions {
  const budgets = (options.budgets ?? []).map(({ maxGrowth: _, ...others }) => others);
  return { ...options, budgets };
}

function comparesSnapshots(argv: LintArguments): boolean {
  const taken = (argv.snapshots ?? 1) > 1 || argv.for !== undefined;
  return argv.series || argv.before !== undefined || (namesSource(argv) && taken);
}

function failureOf({ name, error }: ReadFailure): { message: string; exitCode: 2 | 3 } {
  const { message } = error;
  return { message: message.includes(name) ? message : `${name}: ${message}`, exitCode: exitCodeOf(error) };
}

async function readBefore(file: string | undefined, reading: ReadDumpsOptions) {
  return file === undefined ? { dumps: [], failures: [], skipped: [] } : readDumps([file], reading);
}

function withoutBefore(taken: TakenDumps, rules: readonly Rule[], base: AnalyzeOptions): Report {
  return analyze(taken.dumps, rules, { ...base, series: (i) => taken.processes[i]! });
}

/** The dump from before is the first snapshot of each process; its own findings are what was there before. */
function withBefore(
  before: { readonly dumps: TakenDumps["dumps"] },
  taken: TakenDumps,
  rules: readonly Rule[],
  base: AnalyzeOptions,
): Report {
  const { own, source } = base;
  const then = analyze(before.dumps, rules, {
    ...(own === undefined ? {} : { own }),
    ...(source === undefined ? {} : { source }),
  });
  return analyze(taken.dumps, rules, {
    ...base,
    series: (i) => taken.processes[i]!,
    before: before.dumps,
    known: allFindings(then.findings),
    judges: [beforeJudge(then.findings)],
  });
}
