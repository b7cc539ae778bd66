import {
  count,
  describeDump,
  describeEvent,
  describeMissing,
  describeVerdict,
  severitiesWorstFirst,
  verdictOf,
} from "../describe.ts";
import type { Names } from "../paths.ts";
import type { Report, ReportDump } from "../report.ts";
import { clip, type Markup, markup } from "./markup.ts";
import { percent } from "./percent.ts";
import { waitGroupOf, waitGroups } from "./wait-group.ts";
import { withCode } from "./words.ts";

const headlines = {
  passed: "The gate passed",
  failed: "The gate failed",
  incomplete: "The input was not fully analysed",
  "could not run": "The run did not end as asked",
} as const;

const marks = { passed: "✓", failed: "✕", incomplete: "!", "could not run": "!" } as const;

/** The top of the page: gate, counts, what the goroutines wait for, what was incomplete. */
export function verdictMarkup(report: Report, names: Names): Markup {
  const verdict = verdictOf(report);
  // What decided the verdict is said above.
  const notes = report.notes.filter((note) => !describeVerdict(report).includes(note.message));
  const incomplete = report.dumps.filter((dump) => !dump.complete);
  return markup`<section class="verdict ${verdict.replaceAll(" ", "-")}" aria-labelledby="verdict-title">
<div class="judgement"><span class="mark" aria-hidden="true">${marks[verdict]}</span><div><h1 id="verdict-title">${headlines[verdict]}</h1>
${describeVerdict(report).map((reason) => markup`<p>${withCode(clip(reason, 600))}</p>`)}</div></div>
${causeMarkup(report, names)}
${figures(report)}
${waitBar(report)}
${incomplete.length > 0 && markup`<ul class="banner" aria-label="Incomplete input">${incomplete.map((dump) => markup`<li><b>${clip(dump.name, 120)}</b> is ${describeMissing(dump)}</li>`)}</ul>`}
${notes.length > 0 && markup`<ul class="notes" aria-label="Notes">${notes.map((note) => markup`<li class="${note.level}"><span class="tag ${note.level}">${note.level}</span> ${withCode(clip(note.message, 600))}</li>`)}</ul>`}
${dumpsMarkup(report.dumps)}
</section>`;
}

/** What to look at first, above the fold: the new finding of the highest rank. */
function causeMarkup(report: Report, names: Names): Markup | undefined {
  const index = report.findings.findIndex((finding) => finding.status === "new");
  const first = report.findings[index];
  if (first === undefined) return undefined;
  return markup`<p class="cause"><a href="#finding-${index + 1}"><b>${withCode(clip(first.title))}</b></a> <span>${withCode(clip(names.prose(first.message), 600))}</span></p>`;
}

function figures(report: Report): Markup {
  const { summary } = report;
  const share = summary.goroutines === 0 ? "" : `${percent(summary.blocked, summary.goroutines)} of all`;
  const known = [
    summary.baseline > 0 && `${count(summary.baseline)} known`,
    summary.suppressed > 0 && `${count(summary.suppressed)} suppressed`,
  ].filter((text) => text !== false);
  return markup`<dl class="figures"><div><dt>goroutines</dt><dd>${count(summary.goroutines)}</dd></div><div><dt>blocked</dt><dd>${count(summary.blocked)} <small>${share}</small></dd></div>${severitiesWorstFirst.map(
    (severity) =>
      markup`<div class="${severity}${summary.bySeverity[severity] === 0 ? " none" : ""}"><dt>${severity}${summary.bySeverity[severity] === 1 ? "" : "s"}</dt><dd>${count(summary.bySeverity[severity])}</dd></div>`,
  )}${known.length > 0 && markup`<div class="none"><dt>set aside</dt><dd><small>${known.join(", ")}</small></dd></div>`}</dl>`;
}

/** All goroutines by what they wait for, as one bar with its legend. With several dumps: of the last. */
function waitBar(report: Report): Markup | undefined {
  const dump = report.dumps.at(-1);
  if (dump === undefined || dump.stacks.length === 0) return undefined;
  const counts = waitGroups.map(() => 0);
  for (const stack of dump.stacks) counts[waitGroupOf(stack.waitKind)]! += stack.count;
  const parts = waitGroups.map((group, index) => ({ ...group, count: counts[index]! }));
  if (dump.stacksOmitted.goroutines > 0) {
    parts.push({ id: "rest", title: "not listed", kinds: [], count: dump.stacksOmitted.goroutines });
  }
  const shown = parts.filter((part) => part.count > 0);
  const total = shown.reduce((sum, part) => sum + part.count, 0);
  let left = 0;
  const segments = shown.map((part) => {
    const x = (left / total) * 1000;
    left += part.count;
    const width = Math.max(2, (part.count / total) * 1000 - 1.5);
    return markup`<rect class="k-${part.id}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="14"/>`;
  });
  const of = report.dumps.length > 1 ? markup` <span class="muted">in ${clip(dump.name, 80)}</span>` : "";
  return markup`<figure class="waits"><figcaption>What the goroutines do${of}</figcaption><svg viewBox="0 0 1000 14" height="14" preserveAspectRatio="none" aria-hidden="true">${segments}</svg><ul class="keys">${shown.map(
    (part) =>
      markup`<li><span class="key k-${part.id}"></span>${part.title} <b>${count(part.count)}</b> <span class="muted">${percent(part.count, total)}</span></li>`,
  )}</ul></figure>`;
}

function dumpsMarkup(dumps: readonly ReportDump[]): Markup | undefined {
  if (dumps.length === 0) return undefined;
  return markup`<ul class="dumps" aria-label="Dumps">${dumps.map((dump) => {
    const events = dump.events
      .slice(0, 5)
      .map((event) => markup`<li>${clip(describeEvent(event), 200)}</li>`);
    return markup`<li><b>${clip(dump.name, 120)}</b> <span class="muted">${describeDump(dump).join(" · ")}</span>${events.length > 0 && markup`<ul class="events">${events}</ul>`}</li>`;
  })}</ul>`;
}
