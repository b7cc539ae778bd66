/** The words that several formats share: one place, so that text, HTML and markdown say the same. */
import type { Capability, DumpEvent, FormatId, ReadProblem } from "../model/dump.ts";
import type { WaitKind } from "../model/wait-kind.ts";
import { count, plural } from "../words.ts";
import type { Certainty, Finding, Report, ReportDump, ReportRole, ReportStack, Severity } from "./report.ts";

export { count, plural };

/** Input formats as people call them. */
export const formatTitles: Readonly<Record<FormatId, string>> = {
  "go-traceback": "Go traceback",
  "pprof-text": "pprof goroutine profile, debug=1",
  "pprof-proto": "pprof goroutine profile, debug=0",
  "delve-json": "Delve JSON",
  "delve-text": "Delve transcript",
  gdb: "gdb transcript",
  snapshot: "deadlock-lint snapshot",
};

/** What a goroutine does, said after "is" or "are": `parked sending to a channel`. */
export const waitKindTitles: Readonly<Record<WaitKind, string>> = {
  unknown: "in an unknown state",
  "chan-send": "parked sending to a channel",
  "chan-receive": "parked receiving from a channel",
  "chan-send-nil": "parked sending to a nil channel",
  "chan-receive-nil": "parked receiving from a nil channel",
  select: "parked in a select",
  "select-empty": "parked in a select without cases",
  "mutex-lock": "waiting for a Mutex",
  "rwmutex-rlock": "waiting to read-lock an RWMutex",
  "rwmutex-lock": "waiting to write-lock an RWMutex",
  "waitgroup-wait": "waiting for a WaitGroup",
  "cond-wait": "waiting for a Cond",
  once: "waiting for another caller of a Once",
  semaphore: "waiting for a semaphore",
  sleep: "sleeping",
  "io-wait": "waiting for I/O",
  syscall: "in a system call",
  running: "running",
  runnable: "ready to run",
  coroutine: "switched to another coroutine",
  synctest: "waiting in a synctest bubble",
  "runtime-idle": "idle in the runtime",
  parked: "parked, the dump does not say on what",
};

/** Facts that a dump may lack, in the plural. */
export const capabilityTitles: Readonly<Record<Capability, string>> = {
  ids: "goroutine ids",
  "wait-reasons": "wait reasons",
  minutes: "minutes waited",
  stacks: "stacks",
  arguments: "arguments",
  "channel-addresses": "channel addresses",
  "lock-addresses": "lock addresses",
  creators: "creators",
  "creator-ids": "ids of the creators",
  labels: "labels",
};

/** What each degree of certainty means, for legends. */
export const certaintyMeanings: Readonly<Record<Certainty, string>> = {
  observed: "the dump says so",
  inferred: "follows from what the dump says",
  unknown: "the dump can't say",
  "not ruled out": "could not be checked",
};

/** Severities from the worst to the mildest. */
export const severitiesWorstFirst: readonly Severity[] = ["error", "warning", "info"];

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** The first `most` items, and how many more there are: `a, b, c and 4 more`. */
export function enumerateSome(items: readonly string[], most: number): string {
  if (items.length <= most) return enumerate(items);
  return `${items.slice(0, most).join(", ")} and ${count(items.length - most)} more`;
}

/** Whole minutes as a person says them: `3 minutes`, `5 h 20 min`, `3 d 4 h`. */
export function minutes(n: number): string {
  if (n < 1) return "less than a minute";
  if (n < 120) return plural(n, "minute");
  const [big, small, unit] =
    n < 2 * 1440
      ? [Math.floor(n / 60), n % 60, ["h", "min"]]
      : [Math.floor(n / 1440), Math.floor((n % 1440) / 60), ["d", "h"]];
  return small === 0 ? `${count(big)} ${unit[0]}` : `${count(big)} ${unit[0]} ${small} ${unit[1]}`;
}

/** How long goroutines have waited: `3 minutes`, `2 to 4 minutes`, `up to 5 minutes`. */
export function minutesRange(range: { readonly min: number; readonly max: number }): string {
  if (range.min === range.max) return minutes(range.max);
  if (range.min < 1) return `up to ${minutes(range.max)}`;
  if (range.max < 120) return `${range.min} to ${minutes(range.max)}`;
  return `${minutes(range.min)} to ${minutes(range.max)}`;
}

/** What the goroutines of a stack do and for how long: `parked sending to a channel for 3 minutes`. */
export function describeWait(
  stack: Pick<ReportStack, "waitKind" | "waitReason" | "waitInferred" | "waitedMinutes">,
): string {
  const known = stack.waitKind !== "unknown" || stack.waitReason === "";
  const kind = known ? waitKindTitles[stack.waitKind] : stack.waitReason;
  const what = stack.waitInferred ? `${kind} (inferred)` : kind;
  return stack.waitedMinutes ? `${what} for ${minutesRange(stack.waitedMinutes)}` : what;
}

/** `goroutine 20`, `goroutines 34, 35, 36, …`; "" for formats without ids. */
export function describeIds(ids: readonly number[], total: number, most: number): string {
  if (ids.length === 0) return "";
  const shown = ids.slice(0, most);
  const more = total > shown.length ? ", …" : "";
  return `${total === 1 ? "goroutine" : "goroutines"} ${shown.join(", ")}${more}`;
}

/** Where the dump comes from and how big it is: `Go traceback of go1.24`, `1,043 goroutines`, `12 distinct stacks`. */
export function describeDump(dump: ReportDump): string[] {
  const version = dump.goVersion === undefined ? "" : ` of ${dump.goVersion}`;
  return [
    `${formatTitles[dump.format]}${version}`,
    plural(dump.goroutines, "goroutine"),
    plural(dump.distinctStacks, "distinct stack"),
  ];
}

/** How much of an incomplete dump is missing, as a phrase after its name; "" for a complete one. */
export function describeMissing(dump: ReportDump): string {
  if (dump.complete) return "";
  if (dump.missingShare !== undefined) {
    const percent = dump.missingShare * 100;
    const share = percent < 1 ? "less than 1 %" : `about ${Math.round(percent)} %`;
    return `incomplete: ${share} of its goroutines ${percent < 1 ? "is" : "are"} missing`;
  }
  const lost = dump.headersSeen - dump.repeated - dump.goroutines;
  if (lost > 0) return `incomplete: at least ${plural(lost, "goroutine")} could not be read`;
  return "incomplete: nobody knows how many goroutines are missing";
}

/** A problem of reading with its place and what it cost. */
export function describeProblem(problem: ReadProblem): string {
  const at =
    problem.line !== undefined
      ? `line ${count(problem.line)}: `
      : problem.offset !== undefined
        ? `byte ${count(problem.offset)}: `
        : "";
  const lost = problem.lost > 0 ? ` (${plural(problem.lost, "goroutine")} lost)` : "";
  return `${at}${problem.message}${lost}`;
}

const eventTitles: Readonly<Record<DumpEvent["kind"], string>> = {
  panic: "panic",
  "fatal-error": "fatal error",
  signal: "signal",
  "test-timeout": "test timeout",
  race: "data race",
  "runtime-message": "runtime",
};

/** What the process said before the dump: `fatal error: all goroutines are asleep - deadlock!`. */
export function describeEvent(event: DumpEvent): string {
  const title = eventTitles[event.kind];
  return event.text.startsWith(title) ? event.text : `${title}: ${event.text}`;
}

/** The gate's terms: `severity error, medium confidence`. */
export function describeGate(gate: Report["gate"]): string {
  return `${gate.failOn === "never" ? "never fails" : `severity ${gate.failOn}`}, ${gate.minConfidence} confidence`;
}

/** Findings by severity and what was left out: `1 error`, `2 warnings`, `1 known`, `3 suppressed`. */
export function describeSummary(summary: Report["summary"]): string[] {
  const nouns: Record<Severity, [string, string]> = {
    error: ["error", "errors"],
    warning: ["warning", "warnings"],
    info: ["info", "infos"],
  };
  const parts = severitiesWorstFirst
    .filter((severity) => summary.bySeverity[severity] > 0)
    .map((severity) => plural(summary.bySeverity[severity], ...nouns[severity]));
  if (summary.baseline > 0) parts.push(`${count(summary.baseline)} known from the baseline`);
  if (summary.suppressed > 0) parts.push(`${count(summary.suppressed)} suppressed`);
  return parts.length === 0 ? ["no findings"] : parts;
}

export type Verdict = "passed" | "failed" | "incomplete" | "could not run";

/** The run in one word, by its exit code. */
export function verdictOf(report: Report): Verdict {
  return (["passed", "failed", "could not run", "incomplete"] as const)[report.gate.exitCode];
}

/** Why the run ended as it did, a sentence each; never empty. */
export function describeVerdict(report: Report): readonly string[] {
  const { gate } = report;
  if (gate.reasons.length > 0) return gate.reasons;
  if (gate.failed) {
    const gated = report.findings.filter((finding) => finding.gated).length;
    return [`${plural(gated, "finding")} at or above the gate (${describeGate(gate)})`];
  }
  return gate.failOn === "never"
    ? ["the gate is off (--fail-on never)"]
    : [`no finding at or above the gate (${describeGate(gate)})`];
}

/** The sentence for a report without findings. */
export function describeNothingFound(report: Report): string {
  if (report.dumps.length === 0) return "No goroutine dump was read.";
  const where = report.dumps.length > 1 ? ` of ${plural(report.dumps.length, "dump")}` : "";
  return `No deadlock pattern found in ${plural(report.summary.goroutines, "goroutine")}${where}.`;
}

/** Goroutines set aside as benign over all dumps: `12 runtime workers`, largest first. */
export function describeBenign(report: Report): { total: number; groups: string[] } {
  const byId = new Map<string, { title: string; count: number }>();
  for (const group of report.dumps.flatMap((dump) => dump.benign)) {
    const seen = byId.get(group.id);
    byId.set(group.id, { title: group.title, count: group.count + (seen?.count ?? 0) });
  }
  const groups = [...byId.values()].sort((a, b) => b.count - a.count || (a.title < b.title ? -1 : 1));
  return {
    total: groups.reduce((sum, group) => sum + group.count, 0),
    groups: groups.map((group) => `${group.title} (${count(group.count)})`),
  };
}

/** Rules that could not decide for want of the same facts, and what would collect them. */
export interface NotEvaluableGroup {
  /** A command; "" when there is none. */
  readonly collectWith: string;
  readonly reasons: readonly { readonly reason: string; readonly ruleIds: readonly string[] }[];
}

/** Rules that could not decide, by the command that would help; says in which dumps where it is not all of them. */
export function groupNotEvaluable(report: Report): NotEvaluableGroup[] {
  const entries = new Map<
    string,
    { collectWith: string; reason: string; ruleId: string; dumps: Set<string> }
  >();
  for (const { ruleId, dump, reason, collectWith } of report.notEvaluable) {
    const key = JSON.stringify([collectWith, reason, ruleId]);
    const entry = entries.get(key) ?? { collectWith, reason, ruleId, dumps: new Set<string>() };
    entries.set(key, entry);
    entry.dumps.add(dump);
  }
  const groups = new Map<string, Map<string, string[]>>();
  for (const { collectWith, reason, ruleId, dumps } of entries.values()) {
    const reasons = groups.get(collectWith) ?? new Map<string, string[]>();
    const text = whereOf(dumps, report) + reason;
    groups.set(collectWith, reasons.set(text, [...(reasons.get(text) ?? []), ruleId]));
  }
  return [...groups].map(([collectWith, reasons]) => ({
    collectWith,
    reasons: [...reasons].map(([reason, ruleIds]) => ({ reason, ruleIds })),
  }));
}

function whereOf(dumps: ReadonlySet<string>, report: Report): string {
  if (report.dumps.length === 1 || dumps.size === report.dumps.length) return "";
  if (dumps.size === 1) return `${[...dumps][0]}: `;
  return `in ${dumps.size} of ${plural(report.dumps.length, "dump")}: `;
}

/** The finding and its symptoms at all depths, parents first. */
export function* withSymptoms(finding: Finding): Generator<Finding> {
  yield finding;
  for (const symptom of finding.symptoms) yield* withSymptoms(symptom);
}

/** Findings and, right behind each, its symptoms at all depths. */
export function allFindings(findings: readonly Finding[]): Finding[] {
  return findings.flatMap((finding) => [...withSymptoms(finding)]);
}

/** Findings that are neither known nor suppressed, by rank. */
export function newFindings(report: Report): Finding[] {
  return report.findings.filter((finding) => finding.status === "new");
}

/** The roles of those who take part in a finding, without its witnesses. */
export function participating({ roles }: Pick<Finding, "roles">): readonly ReportRole[] {
  return roles.filter(({ witness }) => witness !== true);
}
