import type { Config } from "../../config/config.ts";
import { builtinPacks } from "../../rules/builtin.ts";
import type { LoadedRules } from "../../rules/load.ts";
import type { RuleSource } from "../../rules/rule-source.ts";
import { configurationOf } from "../configuration.ts";
import { ruleOptions } from "../options.ts";
import { processTerminal } from "../terminal.ts";

/** Option of commands that read rule files: what the configuration defines may be used in them. */
export const configOption = { config: ruleOptions.config } as const;

/** Options of commands that show rules: files beside the built-in ones. */
export const rulesOptions = {
  rules: { type: "string", array: true, nargs: 1, describe: "Rule file or directory; may be repeated" },
  ...configOption,
} as const;

/** Rule files, what they hold, and the configuration in force. */
export interface RulePaths {
  readonly files: readonly string[];
  readonly config: Config | undefined;
  /** Loads the files, anew each time. @throws RuleError with every mistake of every file */
  load(): Promise<LoadedRules>;
}

/**
 * Finds the rule files of paths.
 * @param asked value of `--config`
 */
export async function openRulePaths(
  paths: readonly string[],
  asked: string | boolean | undefined,
): Promise<RulePaths> {
  const config = await configurationOf(asked, processTerminal());
  const { loadRuleFiles, ruleFiles } = await import("../../rules/load.ts");
  const files = (await Promise.all(paths.map(ruleFiles))).flat();
  const known = builtinPacks().flatMap((pack) => pack.rules.map((rule) => rule.id));
  const define = Object.fromEntries(
    Object.entries(config?.define ?? {}).map(([name, { value }]) => [name, value]),
  );
  return { files, config, load: () => loadRuleFiles(files, known, define) };
}

/** The built-in rules as written, then those of the paths. */
export async function ruleSources(
  paths: readonly string[] | undefined,
  asked: string | boolean | undefined,
): Promise<RuleSource[]> {
  const builtin = builtinPacks().flatMap(({ defaults, rules: sources }) =>
    sources.map((r) => ({ ...defaults, ...r })),
  );
  if (paths === undefined) return builtin;
  const { rules } = await (await openRulePaths(paths, asked)).load();
  return [...builtin, ...rules.map((r) => r.source)];
}
