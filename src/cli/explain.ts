import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { UsageError } from "../errors.ts";
import { readDumps } from "../read/read-dumps.ts";
import { json } from "../report/escape.ts";
import { nearest } from "../rules/spelling.ts";
import { configurationOf, ownOf } from "./configuration.ts";
import { inputOptions, ruleOptions } from "./options.ts";
import { exitCodeOf } from "./print-error.ts";
import { readOptionsOf } from "./read-options.ts";
import { selectRules } from "./select-rules.ts";
import { openSourceOf, sourceOptions } from "./source-options.ts";
import { inputsOf } from "./take-dumps.ts";
import { tellUnread } from "./tell-unread.ts";
import { processTerminal, wantsColor, write } from "./terminal.ts";

const { only: _, skip: __, ...whichRules } = ruleOptions;

const options = {
  ...inputOptions,
  ...whichRules,
  ...sourceOptions,
  goroutine: {
    type: "number",
    array: true,
    nargs: 1,
    describe: "Say everything about this goroutine; may be repeated",
  },
  format: { choices: ["text", "json"] as const, default: "text" as const, describe: "Print text or JSON" },
  color: { type: "boolean", describe: "Colour the text (also NO_COLOR, FORCE_COLOR)" },
} as const;

type ExplainArguments = InferredOptionTypes<typeof options> & { rule: string; dump?: string[] | undefined };

/** Why a rule holds on a dump, and why not. */
export const explain: CommandModule<object, ExplainArguments> = {
  command: "explain <rule> [dump..]",
  describe: "Say why a rule holds on a dump, or why not: what each condition and join left",
  builder: (yargs: Argv) =>
    yargs
      .positional("rule", { type: "string", demandOption: true, describe: "Id of the rule" })
      .positional("dump", {
        type: "string",
        array: true,
        describe: "Dump files, directories, globs, or - for standard input",
      })
      .options(options)
      .example("$0 explain channel/send-pileup dump.txt", "what each condition left")
      .example(
        "$0 explain team/my-rule dump.txt --rules deadlock-rules --goroutine 42",
        "why goroutine 42 plays no part",
      ) as Argv<ExplainArguments>,
  handler: runExplain,
};

async function runExplain(argv: ArgumentsCamelCase<ExplainArguments>): Promise<void> {
  const terminal = processTerminal();
  const config = await configurationOf(argv.config, terminal);
  const rules = await selectRules({ ...argv, only: undefined, skip: undefined }, terminal, config);
  const rule = rules.find((r) => r.id === argv.rule);
  if (rule === undefined) {
    const hint = nearest(
      argv.rule,
      rules.map((r) => r.id),
    );
    throw new UsageError(`there is no rule ${argv.rule}`, {
      hint: hint === undefined ? "see deadlock-lint rules list" : `did you mean ${hint}?`,
    });
  }
  const source = await openSourceOf(argv);
  const read = await readDumps(inputsOf(argv.dump), readOptionsOf(argv, terminal));
  const { dumps, failures } = read;
  await tellUnread(read, terminal);
  const own = ownOf(argv.own, config);
  const [{ Facts }, { explain: explainRule }, { explanationText }] = await Promise.all([
    import("../match/facts.ts"),
    import("../explain/explain.ts"),
    import("../explain/explanation-text.ts"),
  ]);
  const goroutines = argv.goroutine ?? [];
  const all = dumps.map((dump) =>
    explainRule(
      rule,
      new Facts(dump, { ...own, ...(source === undefined ? {} : { source: source.forDump(dump) }) }),
      { goroutines },
    ),
  );
  for (const id of goroutines) {
    if (!dumps.some((d) => d.goroutines.id.includes(id)))
      throw new UsageError(`there is no goroutine ${id} in the ${dumps.length === 1 ? "dump" : "dumps"}`, {
        hint: "ids are the numbers after “goroutine” in the dump",
      });
  }
  if (argv.format === "json") await write(terminal.stdout, `${json(all, 2)}\n`);
  else {
    const color = wantsColor(terminal, terminal.stdout, argv.color);
    await write(terminal.stdout, all.map((e) => explanationText(e, color)).join("\n"));
  }
  process.exitCode = failures.length === 0 ? 0 : Math.min(...failures.map((f) => exitCodeOf(f.error)));
}
