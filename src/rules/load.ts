import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { RuleError, type RuleProblem, UsageError } from "../errors.ts";
import { compileRule } from "./compile.ts";
import { misplacedRule } from "./misplaced-rule.ts";
import { compileText } from "./pattern.ts";
import { type PositionedYaml, parseYaml, pointer } from "./positions.ts";
import type { Rule } from "./rule.ts";
import type { CompileProblem } from "./rule-scope.ts";
import type { RuleFileSource, RuleSource } from "./rule-source.ts";
import { ruleFileSchema } from "./schema.ts";
import { soundPart } from "./sound-part.ts";
import { nearest } from "./spelling.ts";
import { unusedDefinitions } from "./unused-define.ts";
import { compileSchema, locatedProblems } from "./validate.ts";

/** A rule with the place that it was written at. */
export interface LoadedRule {
  readonly file: string;
  readonly source: RuleSource;
  /** Named conditions and lists of its file. */
  readonly define: Readonly<Record<string, unknown>>;
  readonly rule: Rule;
  /** A problem at a place of the rule, given as a JSON pointer below it. */
  problem(
    path: string,
    message: string,
    options?: { hint?: string | undefined; onKey?: boolean },
  ): RuleProblem;
}

export interface LoadedRules {
  readonly rules: readonly LoadedRule[];
  /** Warnings; errors are thrown. */
  readonly warnings: readonly RuleProblem[];
}

/** The files of a rule path: itself, or the YAML files of a directory, tests left out. */
export async function ruleFiles(path: string): Promise<string[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new UsageError(`${path}: no such rule file or directory`, {
      cause,
      hint: "name a rule file, or a directory that holds some",
    });
  });
  if (!info.isDirectory()) return [path];
  const names = (await readdir(path)).filter((n) => /\.ya?ml$/.test(n) && !/\.test\.ya?ml$/.test(n)).sort();
  if (names.length === 0) throw new UsageError(`${path}: no rule file (*.yaml) in this directory`);
  return names.map((n) => join(path, n));
}

/**
 * Loads and checks rule files.
 * @param known ids of rules that exist beside them, for `explains` and `explained-by`
 * @param define named conditions and lists that every file may use; those of the file win
 * @throws RuleError with every mistake of every file, when there is an error
 */
export async function loadRuleFiles(
  files: readonly string[],
  known: readonly string[] = [],
  define: Readonly<Record<string, unknown>> = {},
): Promise<LoadedRules> {
  const problems: RuleProblem[] = [];
  const parsed: { file: string; yaml: PositionedYaml }[] = [];
  for (const file of files) {
    try {
      const source = await readFile(file, "utf8").catch((cause: unknown) => {
        throw new UsageError(`${file}: can't be read`, { cause });
      });
      parsed.push({ file, yaml: parseYaml(file, source) });
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      problems.push(...error.problems);
    }
  }
  const validate = await compileSchema(ruleFileSchema);
  const checked = parsed.map(({ file, yaml }): CheckedFile => {
    // The schema would say the same of every key.
    const misplaced = misplacedRule(yaml);
    const broken = misplaced === undefined ? locatedProblems(validate, yaml) : [misplaced];
    problems.push(...broken.map((b) => b.problem));
    return { file, yaml, broken: broken.map((b) => b.pointer) };
  });
  const sound = checked.filter(({ broken }) => broken.length === 0);
  const rules = sound.flatMap(({ file, yaml }) => compileFile(file, yaml, define, problems));
  for (const file of checked) if (file.broken.length > 0) problems.push(...furtherProblems(file, define));
  problems.push(...duplicateIds(checked), ...sameRoles(sound), ...unknownExplains(checked, known));
  const inOrder = asRead(problems, files);
  if (problems.some((p) => p.severity === "error")) throw new RuleError(inOrder);
  return { rules, warnings: inOrder };
}

/** Problems in the order of the files, and from top to bottom. */
function asRead(problems: readonly RuleProblem[], files: readonly string[]): RuleProblem[] {
  return [...problems].sort(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      a.position.line - b.position.line ||
      a.position.column - b.position.column,
  );
}

interface CheckedFile {
  readonly file: string;
  readonly yaml: PositionedYaml;
  /** JSON pointers of what the schema refuses. */
  readonly broken: readonly string[];
}

function compileFile(
  file: string,
  yaml: PositionedYaml,
  shared: Readonly<Record<string, unknown>>,
  problems: RuleProblem[],
): LoadedRule[] {
  const source = yaml.value as RuleFileSource;
  const define = { ...shared, ...source.define };
  for (const { path, message, hint, severity } of unusedDefinitions(source, shared))
    problems.push(yaml.problem(path, message, { hint, severity, onKey: severity === "warning" }));
  return source.rules.map((written, i) => {
    const full = { ...source.defaults, ...written };
    const { rule, problems: found } = compileRule(full, { define });
    problems.push(...withoutSeverity(yaml, i), ...placed(yaml, i, found));
    return {
      file,
      source: full,
      define,
      rule,
      problem: (path, message, options) => yaml.problem(`/rules/${i}${path}`, message, options),
    };
  });
}

/** Mistakes that the schema does not see, in the sound parts of a file that it refuses. */
function furtherProblems(
  { yaml, broken }: CheckedFile,
  shared: Readonly<Record<string, unknown>>,
): RuleProblem[] {
  // Who refers to a broken definition would be blamed for it.
  if (broken.some((p) => p.startsWith("/define"))) return [];
  const { define } = (yaml.value ?? {}) as Partial<RuleFileSource>;
  return rulesOf(yaml).flatMap((written, i) => {
    const below = `/rules/${i}`;
    const own = broken.filter((p) => p === below || p.startsWith(`${below}/`));
    const source = soundPart(
      written,
      own.map((p) => p.slice(below.length)),
    );
    if (source === undefined) return [];
    const scope = { define: { ...shared, ...define }, partial: own.length > 0 };
    return [...withoutSeverity(yaml, i), ...placed(yaml, i, compileRule(source, scope).problems)];
  });
}

/** The one required key that `defaults` may say instead. */
function withoutSeverity(yaml: PositionedYaml, rule: number): RuleProblem[] {
  const { defaults } = (yaml.value ?? {}) as Partial<RuleFileSource>;
  if (rulesOf(yaml)[rule]?.severity !== undefined || defaults?.severity !== undefined) return [];
  return [
    yaml.problem(`/rules/${rule}`, 'missing key "severity"', {
      hint: "say error, warning or info here, or under defaults for all rules of the file",
    }),
  ];
}

function placed(yaml: PositionedYaml, rule: number, problems: readonly CompileProblem[]): RuleProblem[] {
  return problems.map(({ path, message, hint, severity }) =>
    yaml.problem(`/rules/${rule}${path}`, message, { hint, severity }),
  );
}

/** The rules of a file that may be broken. */
function rulesOf(yaml: PositionedYaml): readonly Partial<RuleSource>[] {
  const { rules } = (yaml.value ?? {}) as { readonly rules?: unknown };
  return Array.isArray(rules) ? rules.map((r) => (r ?? {}) as Partial<RuleSource>) : [];
}

function duplicateIds(files: readonly { file: string; yaml: PositionedYaml }[]): RuleProblem[] {
  const seen = new Map<string, string>();
  return files.flatMap(({ file, yaml }) =>
    rulesOf(yaml).flatMap(({ id }, i) => {
      if (typeof id !== "string") return [];
      const first = seen.get(id);
      if (first === undefined) {
        seen.set(id, file);
        return [];
      }
      const where = first === file ? "in this file" : `in ${first}`;
      return [
        yaml.problem(pointer(`/rules/${i}`, "id"), `rule id ${id} is used twice`, {
          hint: `the first is ${where}`,
        }),
      ];
    }),
  );
}

/** Two rules that select the same goroutines report everything twice, under two fingerprints. */
function sameRoles(files: readonly { yaml: PositionedYaml }[]): RuleProblem[] {
  const seen = new Map<string, string>();
  return files.flatMap(({ yaml }) =>
    (yaml.value as RuleFileSource).rules.flatMap((rule, i) => {
      const { roles, cycle, params, dump } = rule;
      const key = JSON.stringify({ roles, cycle, params, dump, ladder: rule["joined-by"] });
      const first = seen.get(key);
      if (first === undefined || first === rule.id) {
        seen.set(key, rule.id);
        return [];
      }
      return [
        yaml.problem(`/rules/${i}/roles`, `${rule.id} selects the same goroutines as ${first}`, {
          hint: "their findings would come twice: keep one of them",
          severity: "warning",
          onKey: true,
        }),
      ];
    }),
  );
}

function unknownExplains(
  files: readonly { yaml: PositionedYaml }[],
  known: readonly string[],
): RuleProblem[] {
  const ids = [
    ...known,
    ...files.flatMap(({ yaml }) => rulesOf(yaml).flatMap(({ id }) => (typeof id === "string" ? [id] : []))),
  ];
  return files.flatMap(({ yaml }) =>
    rulesOf(yaml).flatMap((rule, i) =>
      (["explains", "explained-by"] as const).flatMap((key) => {
        const named = rule[key];
        return (Array.isArray(named) ? named : []).flatMap((id, j) => {
          if (typeof id !== "string" || ids.some(compileText(id))) return [];
          const hint = nearest(id, ids);
          const known = id.includes("*") ? `no rule fits ${id}` : `there is no rule ${id}`;
          return [
            yaml.problem(`/rules/${i}/${key}/${j}`, known, {
              hint: hint && `did you mean ${hint}?`,
            }),
          ];
        });
      }),
    ),
  );
}
