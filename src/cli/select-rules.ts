import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { Config } from "../config/config.ts";
import { UsageError } from "../errors.ts";
import { builtinRules } from "../rules/builtin.ts";
import { compileText } from "../rules/pattern.ts";
import type { Rule } from "../rules/rule.ts";
import { nearest } from "../rules/spelling.ts";
import type { ruleOptions } from "./options.ts";
import { problemText } from "./print-error.ts";
import { type Terminal, write } from "./terminal.ts";

/** The rules that a command line asks for. */
export async function selectRules(
  argv: ArgumentsCamelCase<InferredOptionTypes<typeof ruleOptions>>,
  terminal: Terminal,
  config: Config | undefined,
): Promise<Rule[]> {
  const rules =
    config === undefined ? await withoutConfig(argv, terminal) : await withConfig(argv, terminal, config);
  return narrow(rules, argv.only, argv.skip);
}

/** Rules of the configuration's packs as it sets them, and those of `--rules`. */
async function withConfig(
  argv: ArgumentsCamelCase<InferredOptionTypes<typeof ruleOptions>>,
  terminal: Terminal,
  config: Config,
): Promise<Rule[]> {
  const { configuredRules } = await import("../config/configured-rules.ts");
  const packs = argv.defaultRules ? config.packs : config.packs.filter((p) => p.builtin === undefined);
  const { rules, warnings } = await configuredRules({ ...config, packs }, argv.rules);
  for (const warning of warnings) await write(terminal.stderr, `${problemText(warning)}\n`);
  return rules.filter((r) => !r.off).map((r) => r.rule);
}

async function withoutConfig(
  argv: ArgumentsCamelCase<InferredOptionTypes<typeof ruleOptions>>,
  terminal: Terminal,
): Promise<Rule[]> {
  const rules = argv.defaultRules ? builtinRules() : [];
  if (argv.rules !== undefined) {
    const { loadRuleFiles, ruleFiles } = await import("../rules/load.ts");
    const files = (await Promise.all(argv.rules.map(ruleFiles))).flat();
    const loaded = await loadRuleFiles(
      files,
      rules.map((r) => r.id),
    );
    for (const warning of loaded.warnings) await write(terminal.stderr, `${problemText(warning)}\n`);
    for (const { rule } of loaded.rules) {
      const same = rules.findIndex((r) => r.id === rule.id);
      // A team's rule with the id of a built-in one replaces it.
      if (same < 0) rules.push(rule);
      else rules[same] = rule;
    }
  }
  return rules;
}

function narrow(
  rules: readonly Rule[],
  only: readonly string[] | undefined,
  skip: readonly string[] | undefined,
): Rule[] {
  const ids = rules.map((r) => r.id);
  const wanted = only === undefined ? undefined : matcher(only, "--only", ids);
  const unwanted = skip === undefined ? undefined : matcher(skip, "--skip", ids);
  const selected = rules.filter((r) => (wanted?.(r.id) ?? true) && !(unwanted?.(r.id) ?? false));
  if (selected.length === 0)
    throw new UsageError("no rule is left to run", { hint: "see deadlock-lint rules list" });
  return selected;
}

/** Tests ids against globs, each of which must fit at least one. */
function matcher(
  patterns: readonly string[],
  option: string,
  ids: readonly string[],
): (id: string) => boolean {
  const tests = patterns.map((pattern) => {
    const test = compileText(pattern);
    if (!ids.some(test)) {
      const hint = nearest(pattern, ids);
      throw new UsageError(`${option} ${pattern}: there is no such rule`, {
        hint: hint === undefined ? "see deadlock-lint rules list" : `did you mean ${hint}?`,
      });
    }
    return test;
  });
  return (id) => tests.some((test) => test(id));
}

/** Tests whether a package is among the program's own. `example.com/shop` stands for the packages below it, too. */
export function ownMatcher(globs: readonly string[]): (packagePath: string) => boolean {
  const tests = globs.flatMap((glob) => [compileText(glob), compileText(`${glob}/*`)]);
  return (path) => path === "main" || tests.some((test) => test(path));
}
