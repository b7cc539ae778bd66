import { count, plural } from "./describe.ts";
import type { Finding, ReportRole } from "./report.ts";
import { columns, labelled, pad, wrap, wrapFacts } from "./text-layout.ts";
import type { TextPage, ToldFinding } from "./text-page.ts";
import { stackLines } from "./text-stack.ts";

const indent = 2;
const labelWidth = 10;
const fewGoroutines = 3;

/** A finding in full: what it is, who is in it, what shows it, what to do, what follows from it. */
export function findingLines(finding: ToldFinding, page: TextPage): string[] {
  const blocks = [
    headline(finding, page),
    paragraph(page.names.prose(finding.message), page),
    ...finding.roles.map((role) => roleLines(role, page)),
    remarks(finding, page),
  ];
  return blocks.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ["", ...lines]));
}

function headline(finding: Finding, page: TextPage): string[] {
  const { paint, options } = page;
  const label = finding.severity;
  const facts = [finding.ruleId, `${finding.confidence} confidence`, `rank ${finding.rank}`];
  if (finding.occurrences > 1) facts.push(`found ${count(finding.occurrences)} times`);
  if (page.report.dumps.length > 1) facts.push(`in ${finding.dump}`);
  if (finding.status === "baseline") facts.push("known from the baseline");
  if (options.verbose) facts.push(`fingerprint ${finding.fingerprint}`);
  const left = columns(label) + 2;
  const title = labelled(
    label,
    finding.title,
    { indent: 0, label: left, width: options.width },
    { label: paint.severity[finding.severity], text: paint.bold },
  );
  const hanging = wrapFacts(facts, options.width === 0 ? 0 : options.width - left);
  return [...title, ...hanging.map((line) => " ".repeat(left) + paint.dim(line))];
}

function paragraph(text: string, page: TextPage): string[] {
  const { width } = page.options;
  return wrap(text, width === 0 ? 0 : width - indent).map((line) => " ".repeat(indent) + line);
}

function roleLines(role: ReportRole, page: TextPage): string[] {
  const { paint, options } = page;
  const title = role.title === "" || role.title === role.name ? "" : `  ${page.names.prose(role.title)}`;
  const unconfirmed = role.confirmed ? "" : paint.certainty.unknown("  not confirmed");
  const lines = [`  ${paint.bold(role.name)} × ${count(role.count)}${paint.dim(title)}${unconfirmed}`];
  const bar = `  ${paint.dim("│")} `;
  const width = options.width === 0 ? 0 : options.width - 4;
  // Of a few goroutines each matters, of many the most common stack does.
  const shown = options.verbose || role.count <= fewGoroutines ? role.stacks : role.stacks.slice(0, 1);
  shown.forEach((stack, i) => {
    if (i > 0) lines.push(bar.trimEnd());
    const alone = role.stacks.length + role.stacksOmitted === 1;
    lines.push(...stackLines(stack, page, width, alone).map((line) => bar + line));
  });
  const stacks = role.stacks.length - shown.length + role.stacksOmitted;
  const goroutines = role.count - shown.reduce((sum, stack) => sum + stack.count, 0);
  if (stacks > 0) {
    const more = goroutines > 0 ? `, ${plural(goroutines, "goroutine")}` : "";
    lines.push(bar + paint.dim(`and ${plural(stacks, "more stack")}${more}`));
  }
  return lines;
}

function remarks(finding: ToldFinding, page: TextPage): string[] {
  const { paint, options, names } = page;
  const layout = { indent, label: labelWidth, width: options.width };
  const remark = (label: string, text: string, look?: (text: string) => string): string[] =>
    text === "" ? [] : labelled(label, text, layout, { label: paint.dim, ...(look ? { text: look } : {}) });
  const lines = evidenceLines(finding, page);
  if (finding.statusReason !== undefined) lines.push(...remark(finding.status, finding.statusReason));
  if (options.verbose) lines.push(...remark("why", names.prose(finding.why)));
  lines.push(...remark("fix", names.prose(finding.fix), paint.bold));
  if (finding.collectWith) {
    lines.push(...remark("missing", `${finding.collectWith.missing}, which would raise the confidence`));
    lines.push(...command("collect", finding.collectWith.command, page));
  }
  lines.push(...symptomLines(finding, page));
  for (const [i, reference] of finding.references.entries()) {
    if (i === 0 || options.verbose) lines.push(...remark(i === 0 ? "see" : "", reference, paint.link));
  }
  return lines;
}

/** A command stays on one line: it is there to be copied. */
export function command(label: string, text: string, page: TextPage): string[] {
  if (text === "") return [];
  return [" ".repeat(indent) + page.paint.dim(pad(label, labelWidth)) + page.paint.link(text)];
}

function evidenceLines(finding: Finding, page: TextPage): string[] {
  const widest = Math.max(0, ...finding.evidence.map(({ certainty }) => certainty.length)) + 2;
  return finding.evidence.flatMap(({ text, certainty }, i) => {
    const lines = labelled(
      certainty,
      page.names.prose(text),
      { indent: indent + labelWidth, label: widest, width: page.options.width },
      { label: page.paint.certainty[certainty] },
    );
    const label = i === 0 ? " ".repeat(indent) + page.paint.dim(pad("evidence", labelWidth)) : "";
    return i === 0 ? [label + lines[0]!.slice(indent + labelWidth), ...lines.slice(1)] : lines;
  });
}

/** Symptoms as a tree of their messages: they are explained, so they need no stacks. */
function symptomLines(finding: ToldFinding, page: TextPage, depth = 0): string[] {
  const { paint } = page;
  const lines = finding.symptoms.flatMap((symptom, i) => {
    const left = indent + labelWidth + depth * 2;
    const label = depth === 0 && i === 0 ? pad("symptoms", labelWidth) : " ".repeat(labelWidth);
    const head = `${paint.severity[symptom.severity](symptom.severity)} ${symptom.ruleId}`;
    const message = wrap(
      page.names.prose(symptom.message),
      page.options.width === 0 ? 0 : Math.max(20, page.options.width - left - 2),
    );
    return [
      " ".repeat(indent) + paint.dim(label) + " ".repeat(depth * 2) + head,
      ...message.map((line) => " ".repeat(left + 2) + line),
      ...symptomLines(symptom, page, depth + 1),
    ];
  });
  if (finding.moreSymptoms === 0) return lines;
  const margin = " ".repeat(indent + labelWidth + depth * 2);
  return [...lines, margin + paint.dim(`and ${plural(finding.moreSymptoms, "more symptom")}`)];
}
