import { builtinPacks } from "../../rules/builtin.ts";
import type { RuleSource } from "../../rules/rule-source.ts";

/** Option of commands that show rules: files beside the built-in ones. */
export const rulesOption = {
  rules: { type: "string", array: true, nargs: 1, describe: "Rule file or directory; may be repeated" },
} as const;

/** The built-in rules as written, then those of the paths. */
export async function ruleSources(paths: readonly string[] | undefined): Promise<RuleSource[]> {
  const builtin = builtinPacks().flatMap(({ defaults, rules: sources }) =>
    sources.map((r) => ({ ...defaults, ...r })),
  );
  if (paths === undefined) return builtin;
  const { loadRuleFiles, ruleFiles } = await import("../../rules/load.ts");
  const files = (await Promise.all(paths.map(ruleFiles))).flat();
  const loaded = await loadRuleFiles(
    files,
    builtin.map((r) => r.id),
  );
  return [...builtin, ...loaded.rules.map((r) => r.source)];
}
