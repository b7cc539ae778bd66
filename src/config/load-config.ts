import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { RuleError, type RuleProblem, UsageError } from "../errors.ts";
import { type Budget, type Group, parseGrowth } from "../gate/budgets.ts";
import { type GroupSource, groupOf } from "../gate/group.ts";
import type { GateOptions } from "../rank/gate.ts";
import type { Suppression } from "../rank/suppress.ts";
import type { Severity } from "../report/report.ts";
import { builtinPacks } from "../rules/builtin.ts";
import { PatternError } from "../rules/pattern.ts";
import { type PositionedYaml, parseYaml, pointer } from "../rules/positions.ts";
import { nearest } from "../rules/spelling.ts";
import { symbolProblem } from "../rules/symbol-pattern.ts";
import { compileSchema, locatedProblems } from "../rules/validate.ts";
import type { Config, Pack, RulePattern, RuleSetting, Setting, Written } from "./config.ts";
import { configSchema } from "./config-schema.ts";

type RuleSettingSource =
  | string
  | { readonly severity?: string; readonly params?: Readonly<Record<string, number | string | boolean>> };

/** A configuration as written. */
interface ConfigSource {
  readonly extends?: readonly string[];
  readonly rules?: Readonly<Record<string, RuleSettingSource>>;
  readonly own?: readonly string[];
  readonly define?: Readonly<Record<string, unknown>>;
  readonly suppressions?: readonly Omit<Suppression, "at">[];
  readonly gate?: {
    readonly "fail-on"?: GateOptions["failOn"];
    readonly "min-confidence"?: GateOptions["minConfidence"];
    readonly "allow-partial"?: boolean;
  };
  readonly budgets?: readonly BudgetSource[];
}

interface BudgetSource extends GroupSource {
  readonly "max-goroutines"?: number;
  readonly "max-blocked"?: number;
  readonly "max-growth"?: number | string;
}

/** Files that one configuration may build on; more is a mistake. */
const maxFiles = 100;

/**
 * Reads a configuration and all that it extends. What is wrong with single suppressions is in `problems`.
 * @throws RuleError for every other mistake, UsageError when the file can't be read
 */
export async function loadConfig(file: string): Promise<Config> {
  const loader = new ConfigLoader();
  await loader.load(file, []);
  return loader.result();
}

class ConfigLoader {
  readonly #files: string[] = [];
  readonly #packs: Pack[] = [];
  readonly #rules: RuleSetting[] = [];
  readonly #own: Setting<string>[] = [];
  readonly #define: Record<string, Setting<unknown>> = {};
  readonly #suppressions: Suppression[] = [];
  readonly #suppressed: RulePattern[] = [];
  #gate: Config["gate"] = {};
  readonly #budgets: Setting<Budget>[] = [];
  readonly #problems: RuleProblem[] = [];

  result(): Config {
    return {
      files: this.#files,
      packs: this.#packs,
      rules: this.#rules,
      own: this.#own,
      define: this.#define,
      suppressions: this.#suppressions,
      suppressed: this.#suppressed,
      gate: this.#gate,
      budgets: this.#budgets,
      problems: this.#problems,
    };
  }

  /** @param chain the files that led here */
  async load(file: string, chain: readonly string[]): Promise<void> {
    const text = await readFile(file, "utf8").catch((cause: unknown) => {
      throw new UsageError(`${file}: the configuration can't be read`, {
        cause,
        hint: "check --config and the paths under extends",
      });
    });
    const yaml = parseYaml(file, text);
    const bad = await this.#check(yaml);
    const source = yaml.value as ConfigSource;
    const place = placer(file, yaml);
    await this.#extend(source.extends, file, yaml, place, [...chain, file]);
    if (!this.#files.includes(file)) this.#files.push(file);
    this.#settings(source, yaml, place);
    source.suppressions?.forEach((s, i) => {
      if (bad.has(i)) return;
      this.#suppressions.push({ ...s, at: place(`/suppressions/${i}`) });
      this.#suppressed.push({
        pattern: s.rule,
        problem: (message, hint) => yaml.problem(`/suppressions/${i}/rule`, message, { hint }),
      });
    });
  }

  /** Indexes of suppressions that can't be used. */
  async #check(yaml: PositionedYaml): Promise<Set<number>> {
    const found = locatedProblems(await compileSchema(configSchema), yaml);
    const bad = new Set<number>();
    const fatal: RuleProblem[] = [];
    for (const { pointer: at, problem } of found) {
      const index = /^\/suppressions\/(\d+)/.exec(at)?.[1];
      if (index === undefined) fatal.push(problem);
      else {
        bad.add(Number(index));
        this.#problems.push(problem);
      }
    }
    if (fatal.length > 0) throw new RuleError(fatal);
    return bad;
  }

  async #extend(
    entries: readonly string[] | undefined,
    file: string,
    yaml: PositionedYaml,
    place: (path: string) => Written,
    chain: readonly string[],
  ): Promise<void> {
    if (entries === undefined) {
      this.#addPack({ name: "builtin", builtin: "*", at: { file: "default", line: 0 } });
      return;
    }
    for (const [i, entry] of entries.entries()) {
      const path = `/extends/${i}`;
      const fail = (message: string, hint?: string): never => {
        throw new RuleError([yaml.problem(path, message, { hint })]);
      };
      if (entry === "builtin" || entry.startsWith("builtin:")) {
        this.#addPack({ name: entry, builtin: areaOf(entry, fail), at: place(path) });
        continue;
      }
      const target = resolve(dirname(file), entry);
      const info = await stat(target).catch(() => undefined);
      if (info === undefined) fail(`there is no ${entry} to extend`, missingHint(entry));
      if (info!.isDirectory() || (await isRuleFile(target))) {
        this.#addPack({ name: target, builtin: undefined, at: place(path) });
        continue;
      }
      const inChain = chain.map((c) => resolve(c));
      if (inChain.includes(target))
        fail(
          `configurations extend each other in a circle: ${[...chain, entry].join(" → ")}`,
          "take one of them out",
        );
      if (this.#files.length >= maxFiles) fail(`more than ${maxFiles} configurations extend each other`);
      await this.load(target, chain);
    }
  }

  #addPack(pack: Pack): void {
    if (!this.#packs.some((p) => p.name === pack.name)) this.#packs.push(pack);
  }

  #settings(source: ConfigSource, yaml: PositionedYaml, place: (path: string) => Written): void {
    for (const [pattern, setting] of Object.entries(source.rules ?? {})) {
      const path = pointer("/rules", pattern);
      const { severity, params = {} } = typeof setting === "string" ? { severity: setting } : setting;
      this.#rules.push({
        pattern,
        severity: severity as Severity | "off" | undefined,
        params,
        at: place(path),
        problem: (param, message, hint) =>
          yaml.problem(param === undefined ? path : pointer(`${path}/params`, param), message, {
            hint,
            onKey: true,
          }),
      });
    }
    source.own?.forEach((value, i) => {
      this.#own.push({ value, at: place(`/own/${i}`) });
    });
    for (const [name, value] of Object.entries(source.define ?? {}))
      this.#define[name] = { value, at: place(pointer("/define", name)) };
    source.budgets?.forEach((budget, i) => {
      const path = `/budgets/${i}`;
      this.#budgets.push({ value: budgetOf(budget, yaml, path), at: place(path) });
    });
    const gate = source.gate ?? {};
    this.#gate = {
      ...this.#gate,
      ...given("failOn", gate["fail-on"], place("/gate/fail-on")),
      ...given("minConfidence", gate["min-confidence"], place("/gate/min-confidence")),
      ...given("allowPartial", gate["allow-partial"], place("/gate/allow-partial")),
    };
  }
}

function budgetOf(source: BudgetSource, yaml: PositionedYaml, path: string): Budget {
  const growth = source["max-growth"];
  return {
    ...groupIn(source, yaml, path),
    ...(source["max-goroutines"] === undefined ? {} : { maxGoroutines: source["max-goroutines"] }),
    ...(source["max-blocked"] === undefined ? {} : { maxBlocked: source["max-blocked"] }),
    ...(growth === undefined ? {} : { maxGrowth: parseGrowth(String(growth)) }),
  };
}

function groupIn(source: BudgetSource, yaml: PositionedYaml, path: string): { readonly group?: Group } {
  for (const key of ["entry", "function"] as const) {
    const pattern = source[key];
    if (pattern === undefined) continue;
    const problem = symbolProblem("function", pattern);
    if (problem !== undefined)
      throw new RuleError([yaml.problem(`${path}/${key}`, problem.message, { hint: problem.hint })]);
    try {
      groupOf({ [key]: pattern });
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw new RuleError([yaml.problem(`${path}/${key}`, error.message)]);
    }
  }
  const group = groupOf(source);
  return group === undefined ? {} : { group };
}

function given<K extends string, T>(key: K, value: T | undefined, at: Written): { [P in K]?: Setting<T> } {
  return value === undefined ? {} : ({ [key]: { value, at } } as { [P in K]?: Setting<T> });
}

function placer(file: string, yaml: PositionedYaml): (path: string) => Written {
  return (path) => ({ file, line: yaml.problem(path, "", { onKey: true }).position.line });
}

function areaOf(entry: string, fail: (message: string, hint?: string) => never): string {
  if (entry === "builtin") return "*";
  const area = entry.slice("builtin:".length);
  const areas = [...new Set(builtinPacks().flatMap((p) => p.rules.map((r) => r.id.split("/")[0]!)))].sort();
  if (areas.includes(area)) return area;
  const hint = nearest(area, areas);
  return fail(
    `there is no built-in pack ${entry}`,
    hint === undefined
      ? `packs: ${areas.map((a) => `builtin:${a}`).join(", ")}`
      : `did you mean builtin:${hint}?`,
  );
}

function missingHint(entry: string): string {
  if (entry.includes("\\")) return "write paths with / on every system";
  if (nearest(entry, ["builtin"]) !== undefined) return "did you mean builtin?";
  return "paths start at the folder of this configuration";
}

/** Rule files list their rules, configurations set them by id. */
async function isRuleFile(path: string): Promise<boolean> {
  const { value } = parseYaml(path, await readFile(path, "utf8"));
  return Array.isArray((value as { readonly rules?: unknown } | null)?.rules);
}
