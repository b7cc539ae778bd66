import { Facts } from "./match/facts.ts";
import { type History, historyOf } from "./match/history.ts";
import { matchRule, type RuleResult } from "./match/match.ts";
import {
  type Capability,
  capabilityNames,
  capabilityTitles,
  type Dump,
  goroutineCount,
} from "./model/dump.ts";
import { isBlocked } from "./model/wait-kind.ts";
import { collectHint } from "./rank/collect-hint.ts";
import { applyGate, type GateOptions, gateOf } from "./rank/gate.ts";
import { rankMatches } from "./rank/rank.ts";
import { reportStacks } from "./rank/stacks.ts";
import { applySuppressions, type Suppression } from "./rank/suppress.ts";
import type { Finding, Report, ReportDump, Severity } from "./report/report.ts";
import type { Rule } from "./rules/rule.ts";
import { version } from "./version.ts";

/** Distinct stacks of a dump that a report lists. */
const maxReportStacks = 2_000;

export interface AnalyzeOptions extends Partial<GateOptions> {
  /** Packages that are the program's own; without it, all that is neither standard library nor module cache. */
  readonly own?: (packagePath: string) => boolean;
  /** The dumps are snapshots of one process, oldest first. */
  readonly series?: boolean;
  /** Inputs that could not be read at all, a sentence each: they make the analysis incomplete. */
  readonly failures?: readonly string[];
  /** Findings that are known and fine for now. */
  readonly suppressions?: readonly Suppression[];
  /** The day by which suppressions expire, `2026-11-24`; without it none does. */
  readonly today?: string;
}

/** Runs the rules over the dumps: facts → matches → findings → report. */
export function analyze(
  dumps: readonly Dump[],
  rules: readonly Rule[],
  options: AnalyzeOptions = {},
): Report {
  const gate: GateOptions = {
    failOn: options.failOn ?? "error",
    minConfidence: options.minConfidence ?? "medium",
    allowPartial: options.allowPartial ?? false,
  };
  const runs = dumps.map((dump, i) => runRules(dump, rules, options, historyBefore(dumps, i, options)));
  const known = applySuppressions(
    mergeByRank(runs.map((r) => r.findings)),
    options.suppressions ?? [],
    options.today ?? "",
  );
  const findings = applyGate(known.findings, gate);
  const limits = runs.flatMap((r) => limitsOf(r.results, r.dump));
  const incomplete = [...(options.failures ?? []), ...dumps.flatMap(incompleteness), ...limits];
  if (dumps.length === 0 && incomplete.length === 0) incomplete.push("no dump was given");
  if (rules.length === 0) incomplete.push("no rule was run");
  const reportDumps = runs.map((r) => reportDump(r.facts));
  return {
    schemaVersion: 1,
    tool: { name: "deadlock-lint", version },
    dumps: reportDumps,
    findings,
    notEvaluable: runs.flatMap((r) => notEvaluable(r.results, r.dump)),
    rules: rules.map(({ id, title, severity, why, fix, references }) => ({
      id,
      title,
      severity,
      why,
      fix,
      references,
    })),
    notes: [...limits.map((message) => ({ level: "warning" as const, message })), ...known.notes],
    summary: summarize(
      runs.map((r) => r.facts),
      findings,
    ),
    gate: gateOf(findings, incomplete, [], gate),
  };
}

interface Run {
  readonly dump: Dump;
  readonly facts: Facts;
  readonly results: readonly RuleResult[];
  readonly findings: readonly Finding[];
}

function historyBefore(dumps: readonly Dump[], index: number, options: AnalyzeOptions): History | undefined {
  return options.series === true && index > 0 ? historyOf(dumps.slice(0, index)) : undefined;
}

function runRules(
  dump: Dump,
  rules: readonly Rule[],
  options: AnalyzeOptions,
  history: History | undefined,
): Run {
  const facts = new Facts(dump, {
    ...(options.own === undefined ? {} : { own: options.own }),
    ...(history === undefined ? {} : { history }),
  });
  const results = rules.map((rule) => matchRule(rule, facts));
  return { dump, facts, results, findings: rankMatches(results.flatMap((r) => r.matches)) };
}

/** Findings of all dumps in one order: rank, then the order of the dumps. */
function mergeByRank(perDump: readonly (readonly Finding[])[]): Finding[] {
  return perDump.flat().sort((a, b) => b.rank - a.rank);
}

function limitsOf(results: readonly RuleResult[], dump: Dump): string[] {
  return results.flatMap((r) =>
    r.limit === undefined ? [] : [`rule ${r.rule.id} was not fully evaluated on ${dump.name}: ${r.limit}`],
  );
}

/** Why a dump was not fully analysed; empty when it was. */
function incompleteness(dump: Dump): string[] {
  if (dump.goroutines.length === 0) return [`${dump.name} has no goroutine`];
  if (dump.complete) return [];
  const lost = dump.problems.reduce((n, p) => n + Math.max(0, p.lost), 0);
  const share =
    dump.missingShare === undefined ? "" : `, about ${Math.round(dump.missingShare * 100)} % is missing`;
  const what = lost > 0 ? `${lost} of ${dump.headersSeen} goroutines could not be read` : "it ends early";
  return [`${dump.name} is not complete: ${what}${share}`];
}

function notEvaluable(results: readonly RuleResult[], dump: Dump): Report["notEvaluable"] {
  return results.flatMap(({ rule, missing }) => {
    const lacking = [...missing].filter((m) => !dump.capabilities.has(m));
    const hint = collectHint(lacking);
    if (hint === undefined) return [];
    return [
      {
        ruleId: rule.id,
        dump: dump.name,
        reason: `this dump has no ${hint.missing}`,
        collectWith: hint.command,
      },
    ];
  });
}

function unknownFacts(dump: Dump): string[] {
  return capabilityNames.filter((c: Capability) => !dump.capabilities.has(c)).map((c) => capabilityTitles[c]);
}

function reportDump(facts: Facts): ReportDump {
  const { dump } = facts;
  const members = dump.stacks.flatMap((_, i) => facts.groups(i, 0).map((group) => ({ group, frames: [] })));
  const stacks = reportStacks(facts, members);
  const omitted = stacks.slice(maxReportStacks);
  return {
    name: dump.name,
    format: dump.format,
    ...(dump.goVersion === undefined ? {} : { goVersion: dump.goVersion }),
    headersSeen: dump.headersSeen,
    goroutines: goroutineCount(dump),
    repeated: dump.repeated,
    distinctStacks: dump.stacks.length,
    complete: dump.complete,
    ...(dump.missingShare === undefined ? {} : { missingShare: dump.missingShare }),
    problems: dump.problems,
    events: dump.events,
    unknown: unknownFacts(dump),
    benign: [],
    stacks: stacks.slice(0, maxReportStacks),
    stacksOmitted: { stacks: omitted.length, goroutines: omitted.reduce((n, s) => n + s.count, 0) },
  };
}

function summarize(all: readonly Facts[], findings: readonly Finding[]): Report["summary"] {
  const bySeverity: Record<Severity, number> = { error: 0, warning: 0, info: 0 };
  for (const f of findings) if (f.status === "new") bySeverity[f.severity]++;
  let blocked = 0;
  for (const facts of all) {
    facts.dump.stacks.forEach((stack, i) => {
      if (isBlocked(stack.wait)) blocked += facts.groups(i, 0)[0]?.weight ?? 0;
    });
  }
  return {
    goroutines: all.reduce((n, f) => n + f.total, 0),
    blocked,
    bySeverity,
    suppressed: findings.filter((f) => f.status === "suppressed").length,
    baseline: findings.filter((f) => f.status === "baseline").length,
  };
}
