import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Argv, CommandModule } from "yargs";
import { configNames } from "../config/find-config.ts";
import { UsageError } from "../errors.ts";
import { writeAtomically } from "./output.ts";
import { processTerminal, write } from "./terminal.ts";

/** Writes a commented configuration for the repository at hand. */
export const init: CommandModule<object, { force: boolean }> = {
  command: "init",
  describe: "Write a commented .deadlock-lint.yaml for this repository",
  builder: (yargs: Argv) =>
    yargs.options({
      force: { type: "boolean", default: false, describe: "Replace the configuration that is there" },
    }),
  async handler({ force }) {
    const existing = configNames.find((name) => existsSync(name));
    if (existing !== undefined && !force) {
      throw new UsageError(`${existing} is there already`, { hint: "--force replaces it" });
    }
    const { initialConfig } = await import("../config/init.ts");
    const file = existing ?? configNames[0]!;
    await writeAtomically(file, initialConfig(resolve(file)));
    await write(
      processTerminal().stdout,
      `wrote ${file}; see what is in force with: deadlock-lint config show\n`,
    );
  },
};
