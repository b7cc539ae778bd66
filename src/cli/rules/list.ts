import type { Argv, CommandModule } from "yargs";
import { json } from "../../report/escape.ts";
import { processTerminal, write } from "../terminal.ts";
import { ruleSources, rulesOptions } from "./rule-sources.ts";

/** `rules list`: ids, severities and titles. */
export const list: CommandModule<object, { rules?: string[]; config?: string; json: boolean }> = {
  command: "list",
  describe: "List the rules",
  builder: (yargs: Argv) =>
    yargs.options({
      ...rulesOptions,
      json: { type: "boolean", default: false, describe: "Print JSON" },
    }) as Argv<{ rules?: string[]; config?: string; json: boolean }>,
  async handler({ rules: paths, config, json: asJson }) {
    const { stdout } = processTerminal();
    const sources = await ruleSources(paths, config);
    if (asJson) {
      const rows = sources.map(({ id, title, severity }) => ({ id, title, severity }));
      await write(stdout, `${json(rows, 2)}\n`);
      return;
    }
    const width = Math.max(...sources.map((r) => r.id.length));
    await write(
      stdout,
      sources.map((r) => `${r.id.padEnd(width)}  ${r.severity.padEnd(7)}  ${r.title}\n`).join(""),
    );
  },
};
