import { type BaselineEntry, baselineJudge, staleEntries, staleMessage } from "./gate/baseline.ts";
import { type Budget, blockedCount, checkBudgets } from "./gate/budgets.ts";
import { type Judge, judgeFindings } from "./gate/judge.ts";
import { Facts } from "./match/facts.ts";
import { historyOf } from "./match/history.ts";
import { matchRule, type RuleResult } from "./match/match.ts";
import {
  type Capability,
  capabilityNames,
  capabilityTitles,
  type Dump,
  goroutineCount,
} from "./model/dump.ts";
import { originOf } from "./model/origin.ts";
import { once } from "./once.ts";
import { isBenign, type SetAside, setAside } from "./rank/benign.ts";
import { collectHint } from "./rank/collect-hint.ts";
import { type KnownFinding, numberVariants } from "./rank/fingerprint.ts";
import { applyGate, type GateOptions, gateOf } from "./rank/gate.ts";
import { rankMatches } from "./rank/rank.ts";
import { sourceNotes } from "./rank/source-notes.ts";
import { reportStacks } from "./rank/stacks.ts";
import { applySuppressions, type Suppression } from "./rank/suppress.ts";
import { count, plural } from "./report/describe.ts";
import { inFull } from "./report/later.ts";
import type { Finding, Report, ReportDump, Severity } from "./report/report.ts";
import { builtinBenign } from "./rules/benign.ts";
import type { Rule } from "./rules/rule.ts";
import type { Source } from "./source/open-source.ts";
import { version } from "./version.ts";

/** Distinct stacks that a report lists: of one dump, and of all first and last or all other ones together. */
const maxReportStacks = 2_000;
const maxStacksOfAll = 20_000;

export interface AnalyzeOptions extends Partial<GateOptions> {
  /** Packages that are the program's own; without it, all that is neither standard library nor module cache. */
  readonly own?: (packagePath: string) => boolean;
  /**
   * The dumps are snapshots of one process, oldest first; or a function that names the process of the dump at an
   * index, for snapshots of several.
   */
  readonly series?: boolean | ((index: number) => string);
  /** Go source of the dumped program, from `openSource`; without it rules ask nothing of the source. */
  readonly source?: Source;
  /** Snapshots from before the first dump: every process is compared with them; their own findings are not told. */
  readonly before?: readonly Dump[];
  /** Inputs that could not be read at all: they make the analysis incomplete, or the run one that could not be done as asked. */
  readonly failures?: readonly { readonly message: string; readonly exitCode: 2 | 3 }[];
  /** Known findings. */
  readonly baseline?: readonly BaselineEntry[];
  /** A stale entry of the baseline fails the gate. */
  readonly strictBaseline?: boolean;
  /** Findings from before, beside the baseline: what they name keeps its fingerprint. */
  readonly known?: readonly KnownFinding[];
  /** Asked before the baseline. */
  readonly judges?: readonly Judge[];
  readonly budgets?: readonly Budget[];
  /** Goroutines of healthy programs (`compileBenign`), instead of those that come with the tool. */
  readonly benign?: readonly Rule[];
  /** Findings that are known and fine for now. */
  readonly suppressions?: readonly Suppression[];
  /**
   * What findings of a single dump say in full is worked out when it is read, as reports that print a few of thousands
   * do; until then the report keeps the dump. Such findings can be read and written as JSON, not copied by `{ ...finding }`.
   */
  readonly lazy?: boolean;
  /** The day by which suppressions expire, `2026-11-24`; without it none does. */
  readonly today?: string;
}

/** Runs the rules over the dumps: facts → matches → findings → report. */
export function analyze(
  dumps: readonly Dump[],
  allRules: readonly Rule[],
  options: AnalyzeOptions = {},
): Report {
  const rules = allRules.filter((r) => options.source !== undefined || !r.onlyWithSource);
  const gate: GateOptions = {
    failOn: options.failOn ?? "error",
    minConfidence: options.minConfidence ?? "medium",
    allowPartial: options.allowPartial ?? false,
  };
  const processes = processesOf(dumps, options);
  const baseline = options.baseline ?? [];
  const runs = numbered(runAll(dumps, rules, options, processes), [...(options.known ?? []), ...baseline]);
  const judges = [...(options.judges ?? []), baselineJudge(baseline)];
  const known = applySuppressions(
    judgeFindings(mergeByRank(runs.map((r) => r.findings)), judges),
    options.suppressions ?? [],
    options.today ?? "",
  );
  const findings = applyGate(known.findings, gate);
  const limits = runs.flatMap((r) => r.limits);
  const budgets = checkBudgets([...new Set(processes)], options.budgets ?? []);
  const failures = options.failures ?? [];
  const incomplete = [
    ...failures.map((f) => f.message),
    ...[...(options.before ?? []), ...dumps].flatMap((dump) => incompleteness(dump, dumps)),
    ...limits,
    ...budgets.undecided,
  ];
  if (dumps.length === 0 && incomplete.length === 0) incomplete.push("no dump was given");
  if (rules.length === 0) incomplete.push("no rule was run");
  // What was not read may hold what the baseline knows.
  const stale =
    incomplete.length > 0 ? [] : staleEntries(baseline, findings, new Set(rules.map((r) => r.id)));
  const strict = options.strictBaseline === true;
  const verdict = gateOf(
    findings,
    incomplete,
    [...budgets.exceeded, ...(strict ? stale.map(staleMessage) : [])],
    gate,
    rules.length === 0 || !dumps.some(isAnalysed),
  );
  return {
    schemaVersion: 1,
    tool: { name: "deadlock-lint", version },
    dumps: runs.map((r) => r.reported),
    findings,
    notEvaluable: runs.flatMap((r) => r.notEvaluable),
    rules: rules.map(({ id, title, severity, why, fix, references }) => ({
      id,
      title,
      severity,
      why,
      fix,
      references,
    })),
    notes: [
      ...limits.map((message) => ({ level: "warning" as const, message })),
      ...budgets.exceeded.map((message) => ({ level: "error" as const, message })),
      ...stale.map((entry) => ({
        level: strict ? ("error" as const) : ("warning" as const),
        message: staleMessage(entry),
      })),
      ...known.notes,
      ...runs.flatMap((r) => r.notes),
      ...(options.source?.problems ?? []).map(({ path, message }) => ({
        level: "info" as const,
        message: `${path} ${message}`,
      })),
    ],
    summary: summarize(dumps, findings),
    gate: failures.some((f) => f.exitCode === 2) ? { ...verdict, exitCode: 2 } : verdict,
  };
}

/** What is kept of a dump's run: not its facts and tally, which would not fit for thousands of snapshots. */
interface Run {
  findings: readonly Finding[];
  readonly reported: ReportDump;
  readonly notEvaluable: Report["notEvaluable"];
  /** What the source could not say. */
  readonly notes: Report["notes"];
  /** Rules that hit a limit, a sentence each. */
  readonly limits: readonly string[];
}

/** For each dump the snapshots of its process, oldest first; the same list for dumps of one process. */
function processesOf(dumps: readonly Dump[], { series, before = [] }: AnalyzeOptions): (readonly Dump[])[] {
  const lists = new Map<string, Dump[]>();
  return dumps.map((dump, i) => {
    const key = typeof series === "function" ? series(i) : series === true ? "" : String(i);
    const list = lists.get(key) ?? [...before];
    lists.set(key, list);
    list.push(dump);
    return list;
  });
}

/**
 * Runs the rules over each dump. A finding that a later snapshot of the process shows again is told once, as it was
 * last.
 */
function runAll(
  dumps: readonly Dump[],
  rules: readonly Rule[],
  options: AnalyzeOptions,
  processes: readonly (readonly Dump[])[],
): Run[] {
  const told = new Map<readonly Dump[], Map<string, Run>>();
  const limits = stackLimits(dumps, processes);
  // Of many dumps, facts and tallies would not fit into memory.
  const lazy = options.lazy === true && dumps.length === 1;
  return dumps.map((dump, i) => {
    const run = runRules(dump, rules, options, processes[i]!, limits[i]!, lazy);
    if (processes[i]!.length === 1) return run;
    const earlier = told.get(processes[i]!) ?? new Map<string, Run>();
    told.set(processes[i]!, earlier);
    const keys = new Set(run.findings.map(keyOfFinding));
    for (const key of keys) {
      const before = earlier.get(key);
      if (before !== undefined) before.findings = before.findings.filter((f) => !keys.has(keyOfFinding(f)));
      earlier.set(key, run);
    }
    return run;
  });
}

function keyOfFinding({ fingerprint, variant }: Finding): string {
  return JSON.stringify([fingerprint, variant]);
}

function runRules(
  dump: Dump,
  rules: readonly Rule[],
  options: AnalyzeOptions,
  snapshots: readonly Dump[],
  maxStacks: number,
  lazy: boolean,
): Run {
  const earlier = snapshots.slice(0, snapshots.indexOf(dump));
  const facts = new Facts(dump, {
    ...(options.own === undefined ? {} : { own: options.own }),
    ...(earlier.length === 0 ? {} : { history: historyOf(earlier) }),
    ...(options.source === undefined ? {} : { source: options.source.forDump(dump) }),
  });
  const results = rules.map((rule) => matchRule(rule, facts));
  const aside = setAside(facts, options.benign ?? builtinBenign());
  const matches = results.flatMap((r) => r.matches).filter((match) => !isBenign(match, aside));
  const findings = rankMatches(matches);
  const reported = reportDump(facts, aside, maxStacks);
  const run = {
    notes: sourceNotes(facts, matches),
    notEvaluable: notEvaluable(results, dump),
    limits: limitsOf(results, dump),
  };
  if (lazy) return { ...run, findings, reported };
  const whole = { ...run, findings: inFull(findings), reported: { ...reported } };
  dump.goroutines.forgetTally();
  return whole;
}

/** How many stacks of each dump a report lists: with many dumps, mostly those of first and last snapshots. */
function stackLimits(dumps: readonly Dump[], processes: readonly (readonly Dump[])[]): number[] {
  const isEnd = dumps.map((dump, i) => dump === processes[i]![0] || dump === processes[i]!.at(-1));
  const ends = isEnd.filter((end) => end).length;
  const share = (among: number): number => Math.min(maxReportStacks, Math.floor(maxStacksOfAll / among));
  return isEnd.map((end) => share(end ? ends : dumps.length));
}

function numbered(runs: readonly Run[], known: readonly KnownFinding[]): Run[] {
  const findings = numberVariants(
    runs.map((r) => r.findings),
    known,
  );
  return runs.map((run, i) => ({ ...run, findings: findings[i]! }));
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
function incompleteness(dump: Dump, all: readonly Dump[]): string[] {
  if (dump.goroutines.length === 0) {
    // Beside a whole dump an empty leak profile says that nothing leaks; alone it says too little to pass.
    const isExtra = dump.extra.profile === "goroutineleak" && all.some((d) => d.goroutines.length > 0);
    return isExtra ? [] : [`${dump.name} has no goroutine`];
  }
  if (dump.complete)
    return showsProgram(dump)
      ? []
      : [
          `${dump.name} shows no function of the program, only the runtime's: nothing can be said of what its goroutines wait for`,
        ];
  const lost = dump.problems.reduce((n, p) => n + Math.max(0, p.lost), 0);
  const share =
    dump.missingShare === undefined ? "" : `, about ${Math.round(dump.missingShare * 100)} % is missing`;
  const untold = dump.problems.find((p) => p.lost < 0)?.message ?? "it ends early";
  const what =
    lost > 0 ? `${count(lost)} of ${plural(dump.headersSeen, "goroutine")} could not be read` : untold;
  return [`${dump.name} is not complete: ${what}${share}`];
}

/** It says something: a leak profile that lists nobody, that nothing leaks. */
function isAnalysed({ goroutines, extra }: Dump): boolean {
  return goroutines.length > 0 || extra.profile === "goroutineleak";
}

/** A list of where goroutines stand in the runtime's scheduler, as `info goroutines` of gdb, names no line that blocks. */
function showsProgram(dump: Dump): boolean {
  return dump.stacks.some((s) => s.frames.some((f) => originOf(f.symbol, f.file, undefined) !== "runtime"));
}

function notEvaluable(results: readonly RuleResult[], dump: Dump): Report["notEvaluable"] {
  return results.flatMap(({ rule, missing }) => {
    const lacking = [...missing].filter((m) => m === "source" || !dump.capabilities.has(m));
    const hint = collectHint(lacking, dump);
    if (hint === undefined) return [];
    return [
      {
        ruleId: rule.id,
        dump: dump.name,
        reason: lacking[0] === "source" ? "no Go source shows it" : `this dump does not show ${hint.missing}`,
        collectWith: hint.command,
      },
    ];
  });
}

function unknownFacts(dump: Dump): string[] {
  return capabilityNames.filter((c: Capability) => !dump.capabilities.has(c)).map((c) => capabilityTitles[c]);
}

function reportDump(facts: Facts, benign: SetAside, maxStacks: number): ReportDump {
  const { dump } = facts;
  const listed = once(() => {
    const members = dump.stacks.map((_, i) => ({ group: facts.whole(i) }));
    return reportStacks(facts, members, maxStacks, () => []);
  });
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
    benign: benign.groups,
    get stacks() {
      return listed().stacks;
    },
    get stacksOmitted() {
      return listed().omitted;
    },
  };
}

function summarize(dumps: readonly Dump[], findings: readonly Finding[]): Report["summary"] {
  const bySeverity: Record<Severity, number> = { error: 0, warning: 0, info: 0 };
  for (const f of findings) if (f.status === "new") bySeverity[f.severity]++;
  return {
    goroutines: dumps.reduce((n, d) => n + goroutineCount(d), 0),
    blocked: dumps.reduce((n, d) => n + blockedCount(d), 0),
    bySeverity,
    suppressed: findings.filter((f) => f.status === "suppressed").length,
    baseline: findings.filter((f) => f.status === "baseline").length,
  };
}
