import {
  count,
  describeBenign,
  describeDump,
  describeEvent,
  describeMissing,
  describeNothingFound,
  describeProblem,
  describeSummary,
  describeVerdict,
  enumerateSome,
  groupNotEvaluable,
  newFindings,
  plural,
  verdictOf,
} from "./describe.ts";
import type { Finding, Report, ReportDump, Reporter, ReporterOptions } from "./report.ts";
import { command, findingLines } from "./text-finding.ts";
import { labelled } from "./text-layout.ts";
import { type TextPage, type ToldFinding, textPage } from "./text-page.ts";

/** Dumps, problems and the like that are listed before "and N more", unless verbose. */
const most = 5;

/** The report for people: the input, findings by rank, what could not be checked, and the verdict last. */
export const reporter: Reporter = {
  id: "text",
  title: "Text, for people",
  report: (report, options) => {
    const blocks = options.quiet ? quietBlocks(report, options) : fullBlocks(report, options);
    const lines = blocks.filter((block) => block.length > 0);
    return lines.length === 0 ? "" : `${lines.map((block) => block.join("\n")).join("\n\n")}\n`;
  },
};

/** Symptoms of one finding that are listed before "and N more", unless verbose. */
const mostSymptoms = 20;
/** Findings beyond those in full that are listed in a line each. */
const mostLines = 20;

function fullBlocks(report: Report, options: ReporterOptions): string[][] {
  const ofStatus = (status: Finding["status"]) => report.findings.filter((f) => f.status === status);
  const shown = report.findings.filter(
    (f) => f.status === "new" || (options.verbose && f.status === "baseline"),
  );
  const full = options.maxFindings > 0 ? Math.min(options.maxFindings, shown.length) : shown.length;
  const known = options.verbose ? [] : ofStatus("baseline");
  const suppressed = options.verbose ? ofStatus("suppressed") : [];
  const lists = [shown.slice(0, full), shown.slice(full, full + mostLines), known.slice(0, most), suppressed];
  const page = textPage(report, options, lists.flat(), options.verbose ? undefined : mostSymptoms);
  const rest = [...page.report.findings];
  const [inFull, inLines, fewKnown, allSuppressed] = lists.map(({ length }) => rest.splice(0, length)) as [
    ToldFinding[],
    ToldFinding[],
    ToldFinding[],
    ToldFinding[],
  ];
  return [
    dumpsBlock(page),
    ...inFull.map((finding) => findingLines(finding, page)),
    moreBlock(inLines, shown.length - full, page),
    knownBlock(fewKnown, known.length, page),
    suppressedBlock(allSuppressed, page),
    shown.length === 0 ? nothingFoundBlock(report.findings.length > 0, page) : [],
    notCheckedBlock(page),
    notesBlock(page),
    verdictBlock(newFindings(report).filter(({ gated }) => !gated).length, page),
  ];
}

function dumpsBlock(page: TextPage): string[] {
  const { dumps } = page.report;
  // What is incomplete is never among the "more".
  const shown = page.options.verbose ? dumps : dumps.filter((dump, i) => i < most || !dump.complete);
  const lines = shown.flatMap((dump) => dumpLines(dump, page));
  if (shown.length < dumps.length)
    lines.push(page.paint.dim(`and ${plural(dumps.length - shown.length, "more dump")}`));
  return lines;
}

function dumpLines(dump: ReportDump, page: TextPage): string[] {
  const { paint, options, report } = page;
  const facts = describeDump(dump);
  if (report.dumps.length === 1) facts.splice(2, 0, `${count(report.summary.blocked)} blocked`);
  const detail = (text: string | readonly string[], look: (text: string) => string): string[] =>
    labelled("", text, { indent: 2, label: 0, width: options.width }, { text: look });
  const lines = [paint.bold(dump.name), ...detail(facts, paint.dim)];
  for (const event of dump.events.slice(0, most)) lines.push(...detail(describeEvent(event), paint.warn));
  const missing = describeMissing(dump);
  if (missing !== "")
    lines.push(...detail(missing.toUpperCase().slice(0, 10) + missing.slice(10), paint.bad));
  const problems = options.verbose ? dump.problems : dump.problems.slice(0, most);
  for (const problem of problems) lines.push(...detail(describeProblem(problem), paint.warn));
  const rest = dump.problems.length - problems.length;
  if (rest > 0) lines.push(...detail(`and ${plural(rest, "more problem")} of reading`, paint.warn));
  if (dump.unknown.length > 0) lines.push(...detail(`does not say: ${dump.unknown.join(", ")}`, paint.dim));
  return lines;
}

function oneLine(finding: Finding, page: TextPage): string[] {
  const { paint, names, options } = page;
  const head = finding.severity;
  return labelled(
    head,
    `${finding.ruleId}: ${names.prose(finding.message)}`,
    { indent: 0, label: 9, width: options.width },
    { label: paint.severity[finding.severity] },
  );
}

function moreBlock(told: readonly Finding[], all: number, page: TextPage): string[] {
  if (all === 0) return [];
  const title = `and ${plural(all, "more finding")} (--max-findings 0 shows all in full)`;
  return [page.paint.dim(title), ...told.flatMap((finding) => oneLine(finding, page))];
}

function knownBlock(told: readonly Finding[], all: number, page: TextPage): string[] {
  if (all === 0) return [];
  const rest = all - told.length;
  const more = rest > 0 ? [page.paint.dim(`and ${plural(rest, "more known finding")}`)] : [];
  return [
    page.paint.dim("known from the baseline"),
    ...told.flatMap((finding) => setAside(finding, page)),
    ...more,
  ];
}

function suppressedBlock(suppressed: readonly Finding[], page: TextPage): string[] {
  if (suppressed.length === 0) return [];
  return [page.paint.dim("suppressed"), ...suppressed.flatMap((finding) => setAside(finding, page))];
}

/** A finding that does not count, and why. */
function setAside(finding: Finding, page: TextPage): string[] {
  const reason = finding.statusReason ? [`         ${page.paint.dim(finding.statusReason)}`] : [];
  return [...oneLine(finding, page), ...reason];
}

function nothingFoundBlock(hasOthers: boolean, page: TextPage): string[] {
  const { report, paint } = page;
  const others = hasOthers ? "No new finding." : describeNothingFound(report);
  const sure =
    report.dumps.length > 0 &&
    report.dumps.every((dump) => dump.complete) &&
    report.notEvaluable.length === 0;
  return [(sure ? paint.good : paint.bold)(others), `${plural(report.rules.length, "rule")} ran.`];
}

function notCheckedBlock(page: TextPage): string[] {
  const groups = groupNotEvaluable(page.report);
  if (groups.length === 0) return [];
  const rules = new Set(page.report.notEvaluable.map(({ ruleId }) => ruleId)).size;
  const { paint, options } = page;
  const layout = { indent: 2, label: 2, width: options.width };
  return [
    paint.warn(`Not checked: ${plural(rules, "rule")} that this input can't decide`),
    ...groups.flatMap(({ collectWith, reasons }) => [
      ...reasons.flatMap(({ reason, ruleIds }) => {
        const ids = enumerateSome(ruleIds, options.verbose ? ruleIds.length : most);
        return labelled("-", `${reason}: ${ids}`, layout);
      }),
      ...command("collect", collectWith, page),
    ]),
  ];
}

function notesBlock(page: TextPage): string[] {
  const { paint, options, report } = page;
  return report.notes.flatMap(({ level, message }) =>
    labelled(level, message, { indent: 0, label: 9, width: options.width }, { label: paint.severity[level] }),
  );
}

function verdictBlock(below: number, page: TextPage): string[] {
  const { report, paint, options } = page;
  const verdict = verdictOf(report);
  const label = verdict.toUpperCase();
  const look = verdict === "passed" ? paint.good : verdict === "incomplete" ? paint.warn : paint.bad;
  const layout = { indent: 0, label: label.length + 2, width: options.width };
  const facts = [...describeSummary(report.summary)];
  const benign = describeBenign(report);
  if (benign.total > 0) facts.push(`${plural(benign.total, "benign goroutine")} set aside`);
  if (below > 0) facts.push(`${count(below)} below the gate`);
  if (report.gate.exitCode !== 0) facts.push(`exit code ${report.gate.exitCode}`);
  const lines = describeVerdict(report).flatMap((reason, i) =>
    labelled(i === 0 ? label : "", reason, layout, { label: look }),
  );
  lines.push(...labelled("", facts, layout, { text: paint.dim }));
  if (options.verbose || options.extra.showBenign === "true")
    lines.push(...benign.groups.flatMap((group) => labelled("", `set aside: ${group}`, layout)));
  return lines;
}

/** For loops and editors: a line a finding, and what must not go unnoticed. */
function quietBlocks(whole: Report, options: ReporterOptions): string[][] {
  const news = newFindings(whole);
  const told = options.maxFindings > 0 ? news.slice(0, options.maxFindings) : news;
  const page = textPage(whole, options, told, 0);
  const { report, names, paint } = page;
  const lines = report.findings.map((finding) => {
    const severity = paint.severity[finding.severity](finding.severity);
    return `${finding.dump}: ${severity}[${finding.ruleId}]: ${names.prose(finding.message)}`;
  });
  if (told.length < news.length)
    lines.push(`and ${plural(news.length - told.length, "more finding")} (--max-findings 0 shows all)`);
  for (const dump of report.dumps) if (!dump.complete) lines.push(`${dump.name}: ${describeMissing(dump)}`);
  if (report.gate.exitCode > 1)
    for (const reason of describeVerdict(report)) lines.push(`${verdictOf(report)}: ${reason}`);
  return [lines];
}
