import type { Argv, CommandModule } from "yargs";
import { UsageError } from "../errors.ts";
import { json, visible } from "../report/escape.ts";
import { configurationOf } from "./configuration.ts";
import { ruleOptions } from "./options.ts";
import { processTerminal, write } from "./terminal.ts";

interface ShowArguments {
  readonly config?: string;
  readonly format: "text" | "json";
}

const show: CommandModule<object, ShowArguments> = {
  command: "show",
  describe: "Print what is in force, and the file and line that each value comes from",
  builder: (yargs: Argv) =>
    yargs.options({
      config: ruleOptions.config,
      format: {
        choices: ["text", "json"] as const,
        default: "text" as const,
        describe: "Print text or JSON",
      },
    }) as Argv<ShowArguments>,
  async handler(argv) {
    const terminal = processTerminal();
    const config = await configurationOf(argv.config, terminal);
    if (config === undefined) {
      throw new UsageError("there is no configuration here or in any folder above", {
        hint: "deadlock-lint init writes one",
      });
    }
    const { configuredRules } = await import("../config/configured-rules.ts");
    const { settingsOf, settingsText } = await import("../config/show-config.ts");
    const settings = settingsOf(config, (await configuredRules(config)).rules);
    const text =
      argv.format === "json"
        ? `${json(settings, 2)}\n`
        : settingsText(settings).split("\n").map(visible).join("\n");
    await write(terminal.stdout, text);
    process.exitCode = config.problems.length > 0 ? 2 : 0;
  },
};

/** The words that follow `config`. */
// biome-ignore lint/suspicious/noExplicitAny: yargs' own type for commands whose arguments differ
export const configParts: CommandModule<object, any>[] = [show];

/** What concerns the configuration. */
export const config: CommandModule = {
  command: "config",
  describe: "Show the configuration in force",
  builder: (yargs: Argv) =>
    yargs.command(configParts).demandCommand(1, "say what to do: deadlock-lint config show"),
  handler: () => undefined,
};
