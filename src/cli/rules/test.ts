import { existsSync } from "node:fs";
import type { ArgumentsCamelCase, Argv, CommandModule, InferredOptionTypes } from "yargs";
import { UsageError } from "../../errors.ts";
import { json } from "../../report/escape.ts";
import { builtinRules } from "../../rules/builtin.ts";
import { ownOf } from "../configuration.ts";
import { writeAtomically } from "../output.ts";
import { processTerminal, type Terminal, wantsColor, write } from "../terminal.ts";
import { configOption, openRulePaths } from "./rule-sources.ts";

const options = {
  update: {
    type: "boolean",
    alias: "u",
    default: false,
    describe: "Write what the rules say as what is expected",
  },
  coverage: {
    type: "boolean",
    default: false,
    describe: "Name rules without a firing or a quiet test, and conditions that never decided anything",
  },
  "quiet-corpus": {
    type: "string",
    array: true,
    nargs: 1,
    describe: "Dumps in which no rule may find anything; may be repeated",
  },
  format: {
    choices: ["text", "json", "junit"] as const,
    default: "text" as const,
    describe: "Form of the results",
  },
  ...configOption,
  color: { type: "boolean", describe: "Colour the text (also NO_COLOR, FORCE_COLOR)" },
} as const;

type TestArguments = InferredOptionTypes<typeof options> & { path?: string[] | undefined };

const teamRules = "deadlock-rules";

/** `rules test [PATH…]`: runs the tests in and beside rule files. */
export const test: CommandModule<object, TestArguments> = {
  command: "test [path..]",
  describe: `Run the tests in rule files and in *.test.yaml beside them; of ${teamRules}/ without a path`,
  builder: (yargs: Argv) =>
    yargs
      .positional("path", { type: "string", array: true, describe: "Rule files or directories" })
      .options(options)
      .example("$0 rules test deadlock-rules --coverage", "run tests, say what they leave open")
      .example("$0 rules test pool.yaml --update", "write down what the rule says") as Argv<TestArguments>,
  handler: runTests,
};

async function runTests(argv: ArgumentsCamelCase<TestArguments>): Promise<void> {
  const terminal = processTerminal();
  const paths = pathsOf(argv.path);
  const testing = await import("../../testing/testing.ts");
  const { config, load } = await openRulePaths(paths, argv.config);
  const { rules: loaded } = await load();
  const rules = loaded.map((l) => l.rule);
  const tests = await testing.loadRuleTests(loaded, paths);
  if (tests.length === 0 && argv.quietCorpus === undefined) {
    throw new UsageError(`no test in ${paths.join(", ")}`, {
      hint: "write tests: below a rule, or a *.test.yaml beside its file",
    });
  }
  const options = { others: builtinRules(), ...ownOf(undefined, config) };
  let results = await testing.runRuleTests(tests, rules, options);
  if (argv.update) {
    await update(results, terminal);
    const again = await testing.loadRuleTests((await load()).rules, paths);
    results = await testing.runRuleTests(again, rules, options);
  }
  const coverage = argv.coverage ? testing.coverageOf(rules, results) : [];
  const noise = argv.quietCorpus === undefined ? [] : await testing.quietCorpus(argv.quietCorpus, rules);
  if (argv.format === "junit") await write(terminal.stdout, testing.testJunit(results, noise));
  else if (argv.format === "json")
    await write(terminal.stdout, `${json(testing.testJson(results, coverage, noise), 2)}\n`);
  else {
    const color = wantsColor(terminal, terminal.stdout, argv.color);
    await write(terminal.stdout, testing.testText(results, color));
    if (argv.coverage) await write(terminal.stdout, testing.coverageText(coverage));
    if (argv.quietCorpus !== undefined) await write(terminal.stdout, testing.noiseText(noise));
  }
  const failed = results.some((r) => r.status === "failed" || r.status === "unexpected pass");
  process.exitCode = failed || noise.length > 0 ? 1 : 0;
}

function pathsOf(paths: readonly string[] | undefined): readonly string[] {
  if (paths !== undefined && paths.length > 0) return paths;
  if (existsSync(teamRules)) return [teamRules];
  throw new UsageError("no rules to test", { hint: `name rule files, or keep them in ${teamRules}/` });
}

async function update(
  results: Parameters<typeof import("../../testing/testing.ts").updatedFiles>[0],
  terminal: Terminal,
): Promise<void> {
  const { updatedFiles } = await import("../../testing/testing.ts");
  for (const { file, text, updated, skipped } of await updatedFiles(results)) {
    await writeAtomically(file, text);
    await write(terminal.stderr, `${file}: ${updated} written\n`);
    for (const name of skipped)
      await write(terminal.stderr, `${file}: ${name}: written in braces, change it by hand\n`);
  }
}
