import type { Argv, CommandModule } from "yargs";
import { check } from "./rules/check.ts";
import { docs } from "./rules/docs.ts";
import { list } from "./rules/list.ts";
import { newRule } from "./rules/new.ts";
import { show } from "./rules/show.ts";
import { test } from "./rules/test.ts";

/** What concerns rules themselves. */
export const rules: CommandModule = {
  command: "rules",
  describe: "List, show, check, test, begin and document rules",
  builder: (yargs: Argv) =>
    yargs
      .command(list)
      .command(show)
      .command(check)
      .command(test)
      .command(newRule)
      .command(docs)
      .demandCommand(1, "say what to do with the rules: see deadlock-lint rules --help"),
  handler: () => undefined,
};
