import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { analyze } from "../analyze.ts";
import type { Config } from "../config/config.ts";
import type { GateOptions } from "../rank/gate.ts";
import { readDumps } from "../read/read-dumps.ts";
import { configurationOf, ownOf } from "./configuration.ts";
import { gateOptions, inputOptions, outputOptions, ruleOptions } from "./options.ts";
import { outputChoices, parseFormats, printReport } from "./output.ts";
import { errorText, exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { selectRules } from "./select-rules.ts";
import { processTerminal, write } from "./terminal.ts";

const options = { ...inputOptions, ...ruleOptions, ...gateOptions, ...outputOptions } as const;

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
      .example(
        "curl -s 'localhost:6060/debug/pprof/goroutine?debug=2' | $0",
        "straight from a server",
      ) as Argv<CheckArguments>,
  handler: runCheck,
};

async function runCheck(argv: ArgumentsCamelCase<CheckArguments>): Promise<void> {
  const terminal = processTerminal();
  const targets = parseFormats(argv.format);
  const config = await configurationOf(argv.config, terminal);
  const rules = await selectRules(argv, terminal, config);
  const { dumps, failures } = await readDumps(inputsOf(argv.dump), readOptionsOf(argv, terminal));
  for (const { error } of failures) await write(terminal.stderr, errorText(error));
  const report = analyze(dumps, rules, {
    ...gateChoices(argv, config),
    suppressions: config?.suppressions ?? [],
    today: new Date().toISOString().slice(0, 10),
    failures: failures.map((f) => `${f.name}: ${f.error.message}`),
    ...ownOf(argv.own, config),
  });
  await printReport(report, targets, outputChoices(argv), terminal, argv.color);
  const unusable = failures.some((f) => exitCodeOf(f.error) === 2) || (config?.problems.length ?? 0) > 0;
  process.exitCode = unusable ? 2 : report.gate.exitCode;
}

/** The command line wins over the configuration; what neither says is left to `analyze`. */
function gateChoices(
  argv: InferredOptionTypes<typeof gateOptions>,
  config: Config | undefined,
): Partial<GateOptions> {
  const { gate } = config ?? {};
  const failOn = argv["fail-on"] ?? gate?.failOn?.value;
  const minConfidence = argv["min-confidence"] ?? gate?.minConfidence?.value;
  const allowPartial = argv["allow-partial"] ?? gate?.allowPartial?.value;
  return {
    ...(failOn === undefined ? {} : { failOn }),
    ...(minConfidence === undefined ? {} : { minConfidence }),
    ...(allowPartial === undefined ? {} : { allowPartial }),
  };
}

/** No argument means standard input. */
export function inputsOf(dumps: readonly string[] | undefined): readonly string[] {
  return dumps === undefined || dumps.length === 0 ? ["-"] : dumps.map(String);
}
