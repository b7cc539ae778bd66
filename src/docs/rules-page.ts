import { flowText } from "../rules/flow-text.ts";
import type { ParamSource, RuleSource } from "../rules/rule-source.ts";
import { anchor, cell, code, table } from "./markdown.ts";

/** Rules of one file, defaults merged in. */
export interface DocumentedPack {
  readonly file: string;
  readonly rules: readonly RuleSource[];
}

const generated = "<!-- Generated from the rules: edit those, then run the same command again. -->";

/** Reference page (markdown) of packs of rules: an index, then each rule with what it finds, why, and what to do. */
export function rulesPage(title: string, packs: readonly DocumentedPack[]): string {
  const rules = packs.flatMap((p) => p.rules);
  const index = table(
    ["rule", "severity", "finds"],
    rules.map((r) => [`[${r.id}](#${anchor(r.id)})`, r.severity, r.title]),
  );
  const parts = [`# ${title}`, generated, `${rules.length} rules.`, index];
  for (const rule of rules) parts.push(ruleSection(rule));
  return `${parts.join("\n\n")}\n`;
}

function ruleSection(rule: RuleSource): string {
  const parts = [`## ${rule.id}`, `**${rule.title}**`, facts(rule)];
  if (rule.description !== undefined) parts.push(rule.description.trim());
  if (rule.why !== undefined) parts.push(rule.why.trim());
  if (rule.fix !== undefined) parts.push(`**What to do.** ${rule.fix.trim()}`);
  parts.push(`**Says:** “${inPlural(rule.message)}”`, rolesList(rule));
  const params = Object.entries(rule.params ?? {});
  if (params.length > 0) parts.push(paramsTable(params));
  if (rule.references !== undefined && rule.references.length > 0)
    parts.push(`**Read on:** ${rule.references.map((r) => `<${r}>`).join(", ")}`);
  return parts.join("\n\n");
}

/** A message as it reads for many goroutines. */
function inPlural(message: string): string {
  return message.replace(/\{[^{}|]*\|([^{}|]*)\}/g, "$1");
}

function facts(rule: RuleSource): string {
  const out = [`severity ${rule.severity}`, `confidence ${confidenceWords(rule)}`];
  if (rule.tags !== undefined && rule.tags.length > 0) out.push(`tags ${rule.tags.join(", ")}`);
  if (rule.explains !== undefined && rule.explains.length > 0)
    out.push(`explains ${rule.explains.map((id) => code(id)).join(", ")}`);
  const causes = rule["explained-by"] ?? [];
  if (causes.length > 0) out.push(`explained by ${causes.map((id) => code(id)).join(", ")}`);
  return out.join(" · ");
}

function confidenceWords({ confidence = "medium", ...rule }: RuleSource): string {
  const base = typeof confidence === "string" ? confidence : confidence.base;
  const steps = (rule["joined-by"] ?? []).flatMap((j) => j.confidence ?? []);
  const raised = typeof confidence === "string" ? [] : (confidence.raise ?? []).map((r) => r.to);
  const all = [...new Set([base, ...steps, ...raised])];
  const order = ["low", "medium", "high"];
  all.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return all.length === 1 ? base : `${all[0]} to ${all[all.length - 1]}, by the evidence`;
}

/** Keys of a role that say how it takes part, not whom it selects. */
const partKeys = ["title", "optional", "witness", "absent"];

function rolesList(rule: RuleSource): string {
  const rows = Object.entries(rule.roles).map(([name, role]) => {
    const part = role.absent ? "nobody may be" : role.optional || role.witness ? "evidence" : "needed";
    const conditions = Object.entries(role).filter(([key]) => !partKeys.includes(key));
    return [
      `\`${name}\``,
      part,
      role.title ?? name,
      conditions.map(([k, v]) => `\`${k}: ${flowText(v)}\``).join("<br>"),
    ];
  });
  return table(["role", "part", "who", "conditions"], rows);
}

function paramsTable(params: readonly (readonly [string, unknown])[]): string {
  return table(
    ["parameter", "default", "range", "meaning"],
    params.map(([name, declared]) => {
      const param = (typeof declared === "object" ? declared : { default: declared }) as ParamSource;
      const range =
        param.min === undefined && param.max === undefined
          ? ""
          : `${param.min ?? "…"} to ${param.max ?? "…"}`;
      return [`\`${name}\``, code(param.default), range, cell(param.description ?? "")];
    }),
  );
}
