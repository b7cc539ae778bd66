import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RuleError, type RuleProblem } from "../errors.ts";
import type { LoadedRule } from "../rules/load.ts";
import { type PositionedYaml, parseYaml } from "../rules/positions.ts";
import { nearest } from "../rules/spelling.ts";
import { testFileSchema } from "../rules/test-schema.ts";
import type { TestSource } from "../rules/test-source.ts";
import { compileSchema, schemaProblems } from "../rules/validate.ts";

/** A test with the place that it was written at. */
export interface RuleTest {
  readonly ruleId: string;
  readonly source: TestSource;
  /** The file that the test stands in; dumps are named relative to it. */
  readonly file: string;
  /** A problem at a place of the test, given as a JSON pointer below it; `onKey` points at the key there. */
  problem(path: string, message: string, hint?: string, onKey?: boolean): RuleProblem;
}

/**
 * Tests of the rules: in their files, and in the `*.test.yaml` files beside them.
 * @throws RuleError when a test file has mistakes or names an unknown rule
 */
export async function loadRuleTests(
  rules: readonly LoadedRule[],
  paths: readonly string[],
): Promise<RuleTest[]> {
  const inFiles = rules.flatMap((rule) =>
    (rule.source.tests ?? []).map(
      (source, i): RuleTest => ({
        ruleId: rule.source.id,
        source,
        file: rule.file,
        problem: (path, message, hint, onKey) =>
          rule.problem(`/tests/${i}${path}`, message, { hint, onKey: onKey ?? false }),
      }),
    ),
  );
  const problems: RuleProblem[] = [];
  const beside: RuleTest[] = [];
  for (const file of await testFiles(paths)) {
    try {
      beside.push(
        ...(await testsOf(
          file,
          rules.map((r) => r.source.id),
        )),
      );
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new RuleError(problems);
  return [...inFiles, ...beside];
}

/** `*.test.yaml` of directories, and those that stand beside rule files of the same name. */
async function testFiles(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    const folder = info?.isDirectory() === true ? path : dirname(path);
    const stem = info?.isDirectory() === true ? undefined : basename(path).replace(/\.ya?ml$/, "");
    for (const name of (await readdir(folder).catch(() => [] as string[])).sort()) {
      if (!/\.test\.ya?ml$/.test(name)) continue;
      if (stem === undefined || name.replace(/\.test\.ya?ml$/, "") === stem) found.add(join(folder, name));
    }
  }
  return [...found];
}

async function testsOf(file: string, ids: readonly string[]): Promise<RuleTest[]> {
  const yaml = parseYaml(file, await readFile(file, "utf8"));
  const problems = schemaProblems(await compileSchema(testFileSchema), yaml);
  if (problems.length > 0) throw new RuleError(problems);
  const { tests } = yaml.value as { readonly tests: readonly (TestSource & { readonly rule: string })[] };
  const unknown = tests.flatMap((t, i) => (ids.includes(t.rule) ? [] : [unknownRule(yaml, t.rule, i, ids)]));
  if (unknown.length > 0) throw new RuleError(unknown);
  return tests.map((source, i) => ({
    ruleId: source.rule,
    source,
    file,
    problem: (path, message, hint, onKey) =>
      yaml.problem(`/tests/${i}${path}`, message, { hint, onKey: onKey ?? false }),
  }));
}

function unknownRule(yaml: PositionedYaml, id: string, index: number, ids: readonly string[]): RuleProblem {
  const hint = nearest(id, ids);
  return yaml.problem(`/tests/${index}/rule`, `there is no rule ${id} in the files that are tested`, {
    hint: hint && `did you mean ${hint}?`,
  });
}
