import type { Argv, CommandModule } from "yargs";
import { UsageError } from "../../errors.ts";
import { nearest } from "../../rules/spelling.ts";
import { processTerminal, write } from "../terminal.ts";
import { ruleSources, rulesOptions } from "./rule-sources.ts";

/** `rules show ID`: one rule, for people. */
export const show: CommandModule<object, { id: string; rules?: string[]; config?: string }> = {
  command: "show <id>",
  describe: "Show a rule: what it finds, why, how to fix it, and its YAML",
  builder: (yargs: Argv) =>
    yargs
      .positional("id", { type: "string", demandOption: true, describe: "Id of the rule" })
      .options(rulesOptions) as Argv<{ id: string; rules?: string[]; config?: string }>,
  async handler({ id, rules: paths, config }) {
    const sources = await ruleSources(paths, config);
    const source = sources.find((r) => r.id === id);
    if (source === undefined) {
      const hint = nearest(
        id,
        sources.map((r) => r.id),
      );
      throw new UsageError(`there is no rule ${id}`, {
        hint: hint === undefined ? "see deadlock-lint rules list" : `did you mean ${hint}?`,
      });
    }
    const { dump } = await import("js-yaml");
    const { tests: _, why = "", fix = "", ...rest } = source;
    const text = [
      `${source.id} (${source.severity})`,
      source.title,
      "",
      why.trim(),
      "",
      `Fix: ${fix.trim()}`,
      "",
      dump(rest, { lineWidth: 100 }).trimEnd(),
      "",
    ];
    await write(processTerminal().stdout, `${text.join("\n")}`);
  },
};
