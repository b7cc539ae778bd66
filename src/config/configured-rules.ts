import { RuleError, type RuleProblem } from "../errors.ts";
import { builtinPacks } from "../rules/builtin.ts";
import { compileRule } from "../rules/compile.ts";
import { type LoadedRule, loadRuleFiles, ruleFiles } from "../rules/load.ts";
import { checkParams } from "../rules/params.ts";
import { compileText } from "../rules/pattern.ts";
import type { Rule } from "../rules/rule.ts";
import type { RuleSource } from "../rules/rule-source.ts";
import { nearest } from "../rules/spelling.ts";
import type { Config, RuleSetting, Written } from "./config.ts";

/** A rule that is in force, with what the configuration says of it. */
export interface ConfiguredRule {
  readonly source: RuleSource;
  readonly rule: Rule;
  /** The file it stands in. */
  readonly file: string;
  readonly off: boolean;
  /** Where severity and params were set, by `severity` or the name of the parameter. */
  readonly setAt: Readonly<Record<string, Written>>;
}

/**
 * The rules of a configuration's packs and of further paths, with severities and params set.
 * @throws RuleError for unknown ids, params that are unknown or out of range, and mistakes in rule files
 */
export async function configuredRules(
  config: Config,
  paths: readonly string[] = [],
): Promise<{ rules: ConfiguredRule[]; warnings: readonly RuleProblem[] }> {
  const builtin = builtinPacks();
  const define = Object.fromEntries(Object.entries(config.define).map(([k, { value }]) => [k, value]));
  const local = config.packs.flatMap((p) => (p.builtin === undefined ? [p.name] : []));
  const files = (await Promise.all([...local, ...paths].map(ruleFiles))).flat();
  const builtinIds = builtin.flatMap((p) => p.rules.map((r) => r.id));
  const loaded: { rules: readonly LoadedRule[]; warnings: readonly RuleProblem[] } =
    files.length === 0
      ? { rules: [], warnings: [] }
      : await loadRuleFiles([...new Set(files)], builtinIds, define);
  const sources = new Map<string, { source: RuleSource; file: string; define: Record<string, unknown> }>();
  for (const pack of builtin) {
    for (const rule of pack.rules) {
      if (inPacks(config, rule.id))
        sources.set(rule.id, {
          source: { ...pack.defaults, ...rule },
          file: pack.file,
          define: { ...pack.define },
        });
    }
  }
  // A team's rule with the id of a built-in one replaces it.
  for (const { source, file, define: own } of loaded.rules)
    sources.set(source.id, { source, file, define: { ...define, ...own } });
  const known = [...new Set([...builtinIds, ...sources.keys()])];
  const problems = [
    ...config.rules.flatMap((setting) => settingProblems(setting, known, sources)),
    ...config.suppressed.flatMap((s) => unknownPattern(s.pattern, known, s.problem)),
  ];
  if (problems.length > 0) throw new RuleError(problems);
  return {
    rules: [...sources.values()].map((s) => configure(s, config)),
    warnings: loaded.warnings,
  };
}

function inPacks(config: Config, id: string): boolean {
  return config.packs.some(
    (p) => p.builtin === "*" || (p.builtin !== undefined && id.startsWith(`${p.builtin}/`)),
  );
}

function settingProblems(
  setting: RuleSetting,
  known: readonly string[],
  sources: ReadonlyMap<string, { readonly source: RuleSource }>,
): RuleProblem[] {
  const matches = compileText(setting.pattern);
  const ids = known.filter(matches);
  if (ids.length === 0)
    return unknownPattern(setting.pattern, known, (message, hint) =>
      setting.problem(undefined, message, hint),
    );
  if (Object.keys(setting.params).length === 0) return [];
  const found = new Map<string, RuleProblem>();
  for (const id of ids) {
    const source = sources.get(id)?.source;
    for (const p of source === undefined ? [] : checkParams(source, setting.params))
      found.set(p.name, setting.problem(p.name, p.message, p.hint));
  }
  return [...found.values()];
}

function unknownPattern(
  pattern: string,
  known: readonly string[],
  problem: (message: string, hint: string) => RuleProblem,
): RuleProblem[] {
  if (known.some(compileText(pattern))) return [];
  const hint = nearest(pattern, known);
  return [
    problem(
      `there is no rule ${pattern}`,
      hint === undefined ? "see deadlock-lint rules list" : `did you mean ${hint}?`,
    ),
  ];
}

function configure(
  { source, file, define }: { source: RuleSource; file: string; define: Readonly<Record<string, unknown>> },
  config: Config,
): ConfiguredRule {
  const settings = config.rules.filter((s) => compileText(s.pattern)(source.id));
  const params: Record<string, number | string | boolean> = {};
  const setAt: Record<string, Written> = {};
  let severity: RuleSetting["severity"];
  for (const setting of settings) {
    Object.assign(params, setting.params);
    for (const name of Object.keys(setting.params)) setAt[name] = setting.at;
    if (setting.severity === undefined) continue;
    severity = setting.severity;
    setAt.severity = setting.at;
  }
  const { rule } = compileRule(source, { define, params });
  const off = severity === "off";
  // A severity that the team has set is not escalated by the rule.
  const configured =
    severity === undefined || severity === "off" ? rule : { ...rule, severity, escalate: [] };
  return { source, rule: configured, file, off, setAt };
}
