import type { CommandModule } from "yargs";
import { analyze } from "../analyze.ts";
import { readDumps } from "../read/read-dumps.ts";
import { builtinRules } from "../rules/builtin.ts";
import { baseline } from "./baseline.ts";
import { check } from "./check.ts";
import { collectCommand } from "./collect.ts";
import { condense } from "./condense.ts";
import { config } from "./config.ts";
import { diffCommand } from "./diff.ts";
import { explain } from "./explain.ts";
import { graph } from "./graph.ts";
import { init } from "./init.ts";
import { report } from "./report.ts";
import { rules } from "./rules.ts";
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
