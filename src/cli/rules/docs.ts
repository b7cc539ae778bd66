import type { Argv, CommandModule } from "yargs";
import { type DocumentedPack, rulesPage } from "../../docs/rules-page.ts";
import { builtinPacks } from "../../rules/builtin.ts";
import { processTerminal, write } from "../terminal.ts";

/** `rules docs [PATH…]`: the reference page of a pack of rules, as markdown. */
export const docs: CommandModule<object, { path?: string[]; title: string }> = {
  command: "docs [path..]",
  describe: "Print the reference page of rules as markdown; of the built-in ones without a path",
  builder: (yargs: Argv) =>
    yargs
      .positional("path", { type: "string", array: true, describe: "Rule files or directories" })
      .options({ title: { type: "string", default: "Rules", describe: "Heading of the page" } })
      .example("$0 rules docs deadlock-rules > docs/rules.md", "the page of a team's rules") as Argv<{
      path?: string[];
      title: string;
    }>,
  async handler({ path, title }) {
    const packs = path === undefined || path.length === 0 ? documentedBuiltins() : await documented(path);
    await write(processTerminal().stdout, rulesPage(title, packs));
  },
};

function documentedBuiltins(): DocumentedPack[] {
  return builtinPacks().map(({ file, defaults, rules }) => ({
    file,
    rules: rules.map((rule) => ({ ...defaults, ...rule })),
  }));
}

async function documented(paths: readonly string[]): Promise<DocumentedPack[]> {
  const { loadRuleFiles, ruleFiles } = await import("../../rules/load.ts");
  const files = (await Promise.all(paths.map(ruleFiles))).flat();
  const known = builtinPacks().flatMap((p) => p.rules.map((r) => r.id));
  const { rules } = await loadRuleFiles(files, known);
  return files.map((file) => ({
    file,
    rules: rules.filter((r) => r.file === file).map((r) => r.source),
  }));
}
