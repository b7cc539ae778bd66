import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { analyze } from "../analyze.ts";
import { readDumps } from "../read/read-dumps.ts";
import { gateOptions, inputOptions, outputOptions, ruleOptions } from "./options.ts";
import { outputChoices, parseFormats, printReport } from "./output.ts";
import { errorText, exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { ownMatcher, selectRules } from "./select-rules.ts";
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
  const rules = await selectRules(argv, terminal);
  const { dumps, failures } = await readDumps(inputsOf(argv.dump), readOptionsOf(argv, terminal));
  for (const { error } of failures) await write(terminal.stderr, errorText(error));
  const report = analyze(dumps, rules, {
    failOn: argv.failOn,
    minConfidence: argv.minConfidence,
    allowPartial: argv.allowPartial,
    failures: failures.map((f) => `${f.name}: ${f.error.message}`),
    ...(argv.own === undefined ? {} : { own: ownMatcher(argv.own) }),
  });
  await printReport(report, targets, outputChoices(argv), terminal, argv.color);
  const unusable = failures.some((f) => exitCodeOf(f.error) === 2);
  process.exitCode = unusable ? 2 : report.gate.exitCode;
}

/** No argument means standard input. */
export function inputsOf(dumps: readonly string[] | undefined): readonly string[] {
  return dumps === undefined || dumps.length === 0 ? ["-"] : dumps.map(String);
}
