import type { Argv, CommandModule } from "yargs";
import { check } from "./rules/check.ts";
import { docs } from "./rules/docs.ts";
import { list } from "./rules/list.ts";
import { newRule } from "./rules/new.ts";
import { show } from "./rules/show.ts";
import { test } from "./rules/test.ts";

/** The words that follow `rules`. */
// biome-ignore lint/suspicious/noExplicitAny: yargs' own type for commands whose arguments differ
export const rulesParts: CommandModule<object, any>[] = [list, show, check, test, newRule, docs];

/** What concerns rules themselves. */
export const rules: CommandModule = {
  command: "rules",
  describe: "List, show, check, test, begin and document rules",
  builder: (yargs: Argv) =>
    yargs
      .command(rulesParts)
      .demandCommand(1, "say what to do with the rules: list, show, check, test, new or docs"),
  handler: () => undefined,
};
