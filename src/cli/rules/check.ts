import type { Argv, CommandModule } from "yargs";
import { RuleError } from "../../errors.ts";
import { json } from "../../report/escape.ts";
import { problemText } from "../print-error.ts";
import { processTerminal, write } from "../terminal.ts";
import { configOption, openRulePaths } from "./rule-sources.ts";

interface CheckArguments {
  readonly path: string[];
  readonly format: "text" | "json";
  readonly config?: string;
}

/** `rules check PATH…`: every mistake of rule files, for people or editors. */
export const check: CommandModule<object, CheckArguments> = {
  command: "check <path..>",
  describe: "Check rule files: every mistake, with its place and what was expected",
  builder: (yargs: Argv) =>
    yargs
      .positional("path", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Rule files or directories",
      })
      .options({
        format: {
          choices: ["text", "json"] as const,
          default: "text" as const,
          describe: "Print text, or JSON for editors",
        },
        ...configOption,
      }) as Argv<CheckArguments>,
  async handler({ path, format, config }) {
    const terminal = processTerminal();
    const { files, load } = await openRulePaths(path, config);
    const { problems, count } = await load().then(
      (loaded) => ({ problems: loaded.warnings, count: loaded.rules.length }),
      (error: unknown) => {
        if (!(error instanceof RuleError)) throw error;
        return { problems: error.problems, count: 0 };
      },
    );
    const failed = problems.some((p) => p.severity === "error");
    if (format === "json") await write(terminal.stdout, `${json(problems, 2)}\n`);
    else {
      for (const problem of problems) await write(terminal.stdout, `${problemText(problem)}\n`);
      if (!failed)
        await write(
          terminal.stdout,
          `${count} ${count === 1 ? "rule" : "rules"} in ${files.length} ${files.length === 1 ? "file" : "files"}: no error\n`,
        );
    }
    process.exitCode = failed ? 2 : 0;
  },
};
