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
import { markdown, markdownCode, markdownFence, markdownLink } from "./escape.ts";
import { graphsToMermaid } from "./graph.ts";
import type { Finding, Report, Reporter, ReportRole, Severity } from "./report.ts";
import { type TextPage, textPage } from "./text-page.ts";
import { stackLines } from "./text-stack.ts";

/** For pull-request comments and GitHub's step summary. */
export const reporter: Reporter = {
  id: "markdown",
  title: "Markdown, for pull requests and step summaries",
  report: (report, options) => {
    const page = textPage(report, { ...options, color: false });
    const blocks = [
      heading(page.report),
      ...dumpBlocks(page.report),
      ...findingBlocks(page),
      knownBlock(page),
      notCheckedBlock(page.report),
      page.report.notes.map(({ level, message }) => `- ${level}: ${markdown(message)}`),
      footer(page.report),
    ];
    return `${blocks
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join("\n"))
      .join("\n\n")}\n`;
  },
};

/** GitHub refuses comments of more than 65,536 characters; the rest of the report needs some of them. */
const longestFindings = 50_000;

const severityMarks: Readonly<Record<Severity, string>> = { error: "🔴", warning: "🟡", info: "🔵" };
const verdictMarks = { passed: "✅", failed: "❌", incomplete: "⚠️", "could not run": "⚠️" } as const;

function heading(report: Report): string[] {
  const verdict = verdictOf(report);
  const all = describeVerdict(report);
  const reasons = all.slice(0, most).map((reason) => `- ${markdown(reason)}`);
  if (all.length > most) reasons.push(`- and ${plural(all.length - most, "more reason")}`);
  return [`## ${verdictMarks[verdict]} deadlock-lint: ${verdict}`, "", ...reasons];
}

/** Dumps and reasons that are listed; a series of snapshots may have thousands. */
const most = 20;

function dumpBlocks({ dumps }: Report): string[][] {
  const shown = [...dumps.filter((d) => !d.complete), ...dumps.filter((d) => d.complete)].slice(0, most);
  const rest = dumps.length - shown.length;
  const blocks = dumps.filter((dump) => shown.includes(dump)).map(dumpBlock);
  return rest === 0 ? blocks : [...blocks, [`and ${plural(rest, "more dump")}`]];
}

function dumpBlock(dump: Report["dumps"][number]): string[] {
  const lines = [`**${markdownCode(dump.name)}** ${describeDump(dump).map(markdown).join(" · ")}`];
  for (const event of dump.events.slice(0, 5)) lines.push(`- ${markdown(describeEvent(event))}`);
  if (!dump.complete) lines.push(`- ⚠️ **${markdown(describeMissing(dump))}**`);
  for (const problem of dump.problems.slice(0, 5)) lines.push(`- ${markdown(describeProblem(problem))}`);
  if (dump.problems.length > 5)
    lines.push(`- and ${plural(dump.problems.length - 5, "more problem")} of reading`);
  if (dump.unknown.length > 0) lines.push(`- does not say: ${markdown(dump.unknown.join(", "))}`);
  // A list needs an empty line before it.
  return lines.length > 1 ? [lines[0]!, "", ...lines.slice(1)] : lines;
}

function findingBlocks(page: TextPage): string[][] {
  const { report, options } = page;
  const fresh = newFindings(report);
  if (fresh.length === 0)
    return [[`**${describeNothingFound(report)}** ${plural(report.rules.length, "rule")} ran.`]];
  const blocks: string[][] = [];
  let length = 0;
  for (const [i, finding] of fresh.entries()) {
    const block = findingBlock(finding, page);
    length += block.reduce((sum, line) => sum + line.length + 1, 0);
    const enough = i > 0 && length > longestFindings;
    if (enough || (options.maxFindings > 0 && i >= options.maxFindings))
      return [...blocks, moreBlock(fresh.slice(i), page)];
    blocks.push(block);
  }
  return blocks;
}

function moreBlock(rest: readonly Finding[], page: TextPage): string[] {
  const lines = rest.slice(0, 20).map((finding) => oneLine(finding, page));
  return [`And ${plural(rest.length, "more finding")}:`, "", ...lines];
}

function oneLine(finding: Finding, { names }: TextPage): string {
  const mark = severityMarks[finding.severity];
  return `- ${mark} ${finding.severity} ${markdownCode(finding.ruleId)}: ${markdown(names.prose(finding.message))}`;
}

function findingBlock(finding: Finding, page: TextPage): string[] {
  const { names, report } = page;
  const facts = [markdownCode(finding.ruleId), `${finding.confidence} confidence`, `rank ${finding.rank}`];
  if (finding.occurrences > 1) facts.push(`found ${count(finding.occurrences)} times`);
  if (report.dumps.length > 1) facts.push(`in ${markdownCode(finding.dump)}`);
  const parts: string[][] = [
    [`### ${severityMarks[finding.severity]} ${finding.severity}: ${markdown(finding.title)}`],
    [facts.join(" · ")],
    [markdown(names.prose(finding.message))],
    picture(finding),
    ...finding.roles.map((role) => roleBlock(role, page)),
    finding.evidence.map(({ certainty, text }) => `- **${certainty}** ${markdown(names.prose(text))}`),
    finding.fix === "" ? [] : [`**Fix** ${markdown(names.prose(finding.fix))}`],
    collectBlock(finding),
    symptomBlock(finding, page),
    finding.references.length === 0 ? [] : [`See ${finding.references.map(markdownLink).join(", ")}`],
  ];
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : ["", ...part]));
}

function picture({ graph, title }: Finding): string[] {
  if (graph.nodes.length === 0) return [];
  return markdownFence(graphsToMermaid([{ title, graph }]).trimEnd().split("\n"), "mermaid");
}

function roleBlock(role: ReportRole, page: TextPage): string[] {
  const title =
    role.title === "" || role.title === role.name ? "" : `, ${markdown(page.names.prose(role.title))}`;
  const head = `**${markdown(role.name)}** × ${count(role.count)}${title}${role.confirmed ? "" : " *(not confirmed)*"}`;
  const [first] = role.stacks;
  if (!first) return [head];
  const stacks = role.stacks.length + role.stacksOmitted;
  const lines = stackLines(first, page, 0, stacks === 1);
  if (stacks > 1) lines.push(`and ${plural(stacks - 1, "more stack")}`);
  return [head, "", ...markdownFence(lines)];
}

function collectBlock(finding: Finding): string[] {
  if (!finding.collectWith) return [];
  const { missing, command } = finding.collectWith;
  const text = `**Missing** ${markdown(missing)}, which would raise the confidence`;
  return command === "" ? [text] : [`${text}. Collect with`, "", ...markdownFence([command], "sh")];
}

function symptomBlock(finding: Finding, page: TextPage): string[] {
  if (finding.symptoms.length === 0) return [];
  const tree = (symptoms: readonly Finding[], indent: string): string[] =>
    symptoms.flatMap((each) => [indent + oneLine(each, page), ...tree(each.symptoms, `${indent}  `)]);
  return ["**Symptoms** that this explains", "", ...tree(finding.symptoms, "")];
}

function knownBlock(page: TextPage): string[] {
  const known = page.report.findings.filter(({ status }) => status === "baseline");
  if (known.length === 0) return [];
  return ["Known from the baseline:", "", ...known.slice(0, 10).map((finding) => oneLine(finding, page))];
}

function notCheckedBlock(report: Report): string[] {
  const groups = groupNotEvaluable(report);
  if (groups.length === 0) return [];
  const lines = groups.flatMap(({ collectWith, reasons }) => [
    ...reasons.map(
      ({ reason, ruleIds }) => `- ${markdown(reason)}: ${enumerateSome(ruleIds.map(markdownCode), 10)}`,
    ),
    ...(collectWith === "" ? [] : ["", "Collect with", "", ...markdownFence([collectWith], "sh"), ""]),
  ]);
  if (lines.at(-1) === "") lines.pop();
  return ["**Not checked**, since this input can't decide", "", ...lines];
}

function footer(report: Report): string[] {
  const facts = [plural(report.summary.goroutines, "goroutine"), `${count(report.summary.blocked)} blocked`];
  facts.push(...describeSummary(report.summary));
  const benign = describeBenign(report);
  if (benign.total > 0) facts.push(`${plural(benign.total, "benign goroutine")} set aside`);
  return [`<sub>${facts.join(" · ")} · deadlock-lint ${markdown(report.tool.version)}</sub>`];
}
