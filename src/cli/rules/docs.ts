import type { Argv, CommandModule } from "yargs";
import { type DocumentedPack, rulesPage } from "../../docs/rules-page.ts";
import { builtinPacks } from "../../rules/builtin.ts";
import { processTerminal, write } from "../terminal.ts";
import { configOption, openRulePaths } from "./rule-sources.ts";

interface DocsArguments {
  readonly path?: string[];
  readonly title: string;
  readonly config?: string;
}

/** `rules docs [PATH…]`: the reference page of a pack of rules, as markdown. */
export const docs: CommandModule<object, DocsArguments> = {
  command: "docs [path..]",
  describe: "Print the reference page of rules as markdown; of the built-in ones without a path",
  builder: (yargs: Argv) =>
    yargs
      .positional("path", { type: "string", array: true, describe: "Rule files or directories" })
      .options({
        title: { type: "string", default: "Rules", describe: "Heading of the page" },
        ...configOption,
      })
      .example(
        "$0 rules docs deadlock-rules > docs/rules.md",
        "the page of a team's rules",
      ) as Argv<DocsArguments>,
  async handler({ path, title, config }) {
    const packs =
      path === undefined || path.length === 0 ? documentedBuiltins() : await documented(path, config);
    await write(processTerminal().stdout, rulesPage(title, packs));
  },
};

function documentedBuiltins(): DocumentedPack[] {
  return builtinPacks().map(({ file, defaults, rules }) => ({
    file,
    rules: rules.map((rule) => ({ ...defaults, ...rule })),
  }));
}

async function documented(paths: readonly string[], config: string | undefined): Promise<DocumentedPack[]> {
  const { files, load } = await openRulePaths(paths, config);
  const { rules } = await load();
  return files.map((file) => ({
    file,
    rules: rules.filter((r) => r.file === file).map((r) => r.source),
  }));
}
