import { count, describeProblem, groupNotEvaluable, plural } from "../describe.ts";
import type { Report, ReportDump } from "../report.ts";
import { commandMarkup } from "./finding.ts";
import { clip, type Markup, markup } from "./markup.ts";
import { breakable, withCode } from "./words.ts";

/** Problems shown for a dump; the JSON report has all. */
const problemsShown = 100;

/** Groups set aside as benign. */
export function benignMarkup(report: Report): Markup | undefined {
  const several = report.dumps.length > 1;
  const rows = report.dumps.flatMap((dump) => dump.benign.map((group) => ({ ...group, dump: dump.name })));
  if (rows.length === 0) return undefined;
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  return markup`<section id="benign" aria-labelledby="benign-title"><h2 id="benign-title">Set aside as benign</h2>
<p class="muted">${plural(total, "goroutine")} that every healthy program of this kind has; no finding is about them.</p>
<div class="scroll" tabindex="0" role="group" aria-labelledby="benign-title"><table><thead><tr><th scope="col">Goroutines</th><th scope="col">What they are</th><th scope="col">Rule</th>${several && markup`<th scope="col">Dump</th>`}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr><td class="num">${count(row.count)}</td><td>${clip(row.title)}</td><td><code>${clip(row.id)}</code></td>${several && markup`<td>${clip(row.dump, 120)}</td>`}</tr>`,
  )}</tbody></table></div></section>`;
}

/** What the input could not say, and what of it could not be read. */
export function readingMarkup(report: Report): Markup | undefined {
  const undecided = groupNotEvaluable(report).flatMap(({ collectWith, reasons }) =>
    reasons.map((each) => ({ ...each, collectWith })),
  );
  const troubled = report.dumps.filter((dump) => dump.problems.length > 0 || dump.unknown.length > 0);
  if (undecided.length === 0 && troubled.length === 0) return undefined;
  return markup`<section id="reading" aria-labelledby="reading-title"><h2 id="reading-title">What could not be read or decided</h2>
${troubled.map(dumpMarkup)}
${undecided.map(
  (group) =>
    markup`<div class="undecided"><h3>${plural(group.ruleIds.length, "rule")} could not decide</h3><p>${withCode(clip(group.reason, 600))}</p>${commandMarkup(group.collectWith)}<details><summary>Which rules</summary><ul class="rules">${group.ruleIds.map((id) => markup`<li><code>${breakable(clip(id))}</code></li>`)}</ul></details></div>`,
)}</section>`;
}

function dumpMarkup(dump: ReportDump): Markup {
  const shown = dump.problems.slice(0, problemsShown);
  const more = dump.problems.length - shown.length;
  return markup`<div class="troubles"><h3>${clip(dump.name, 120)}</h3>${
    dump.unknown.length > 0 && markup`<p>This dump can't know: ${clip(dump.unknown.join(", "), 600)}.</p>`
  }${
    shown.length > 0 &&
    markup`<ul class="problems">${shown.map(
      (problem) =>
        markup`<li>${clip(describeProblem(problem), 400)}${problem.text !== undefined && problem.text !== "" && markup`<code class="text">${clip(problem.text, 200)}</code>`}</li>`,
    )}</ul>`
  }${more > 0 && markup`<p class="muted">${plural(more, "more problem")}: see the JSON report.</p>`}</div>`;
}
