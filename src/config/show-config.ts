import { relative } from "node:path";
import { flowText } from "../rules/flow-text.ts";
import { declaredParam } from "../rules/params.ts";
import type { Config, Written } from "./config.ts";
import type { ConfiguredRule } from "./configured-rules.ts";

/** One value in force and where it comes from: `file:line`, or `default`. */
export interface ShownSetting {
  /** `gate.fail-on`, `rules.lock/convoy.params.min`. */
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
}

/** Every value in force, defaults too, in the order of the configuration's keys. */
export function settingsOf(config: Config, rules: readonly ConfiguredRule[]): ShownSetting[] {
  const { gate } = config;
  const row = (key: string, value: unknown, at: Written | undefined): ShownSetting => ({
    key,
    value,
    from: at === undefined ? "default" : placeText(at),
  });
  return [
    ...config.packs.map((p) => row("extends", p.builtin === undefined ? relative("", p.name) : p.name, p.at)),
    ...config.own.map((o) => row("own", o.value, o.at)),
    ...Object.entries(config.define).map(([name, d]) => row(`define.${name}`, d.value, d.at)),
    row("gate.fail-on", gate.failOn?.value ?? "error", gate.failOn?.at),
    row("gate.min-confidence", gate.minConfidence?.value ?? "medium", gate.minConfidence?.at),
    row("gate.allow-partial", gate.allowPartial?.value ?? false, gate.allowPartial?.at),
    ...config.budgets.map(({ value: { group, ...limits }, at }) =>
      row(group === undefined ? "budgets" : `budgets.${group.name}`, limits, at),
    ),
    ...config.suppressions.map(({ at, ...s }) => row("suppressions", s, at)),
    ...rules.flatMap((r) => ruleSettings(r, row)),
  ];
}

function ruleSettings(
  { rule, source, off, setAt, file }: ConfiguredRule,
  row: (key: string, value: unknown, at: Written | undefined) => ShownSetting,
): ShownSetting[] {
  const key = `rules.${rule.id}`;
  const ofRule: Written = { file, line: 0 };
  if (off) return [row(`${key}.severity`, "off", setAt.severity)];
  const params = Object.entries(source.params ?? {}).map(([name, declared]) =>
    row(`${key}.params.${name}`, rule.params[name] ?? declaredParam(declared).default, setAt[name] ?? ofRule),
  );
  return [row(`${key}.severity`, rule.severity, setAt.severity ?? ofRule), ...params];
}

function placeText({ file, line }: Written): string {
  if (file === "default") return file;
  const shown = file.startsWith("rules/") ? file : relative("", file) || file;
  return line === 0 ? shown : `${shown}:${line}`;
}

/** Settings in columns, for people. */
export function settingsText(settings: readonly ShownSetting[]): string {
  const rows = settings.map((s) => [s.key, flowText(s.value), s.from] as const);
  const width = (i: 0 | 1): number => Math.min(60, Math.max(...rows.map((r) => r[i].length)));
  return rows
    .map(([key, value, from]) => `${key.padEnd(width(0))}  ${value.padEnd(width(1))}  ${from}\n`)
    .join("");
}
