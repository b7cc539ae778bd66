import type { CommandModule } from "yargs";
import { analyze } from "../analyze.ts";
import { readDumps } from "../read/read-dumps.ts";
import { builtinRules } from "../rules/builtin.ts";
import { baseline, baselineParts } from "./baseline.ts";
import { check } from "./check.ts";
import { collectCommand } from "./collect.ts";
import { condense } from "./condense.ts";
import { config, configParts } from "./config.ts";
import { diffCommand } from "./diff.ts";
import { explain } from "./explain.ts";
import { graph } from "./graph.ts";
import { init } from "./init.ts";
import { report } from "./report.ts";
import { rules, rulesParts } from "./rules.ts";
import { sourceCheck } from "./source-check.ts";
import { stacks } from "./stacks.ts";

/** Whether dumps have a finding at the default gate, for `collect --until-finding`. */
async function hasFinding(paths: readonly string[]): Promise<boolean> {
  const { dumps } = await readDumps(paths, { threads: 1 });
  return analyze(dumps, builtinRules()).gate.failed;
}

/** All commands, in the order of `--help`. */
// biome-ignore lint/suspicious/noExplicitAny: yargs' own type for commands whose arguments differ
export const commands: CommandModule<object, any>[] = [
  check,
  stacks,
  graph,
  diffCommand((path) => readDumps([path], { threads: 1 })),
  condense,
  collectCommand(hasFinding),
  explain,
  report,
  baseline,
  rules,
  sourceCheck,
  init,
  config,
];

/** The words that the commands of a list begin with. */
// biome-ignore lint/suspicious/noExplicitAny: yargs' own type for commands whose arguments differ
export function commandNames(list: readonly CommandModule<object, any>[]): string[] {
  return list.map(({ command }) => [command].flat().at(-1)!.split(" ")[0]!);
}

/** All commands, and the further words that they take. */
export const commandParts: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(commandNames(commands).map((name) => [name, []])),
  rules: commandNames(rulesParts),
  baseline: commandNames(baselineParts),
  config: commandNames(configParts),
};
