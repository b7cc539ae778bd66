import { describeNothingFound, plural } from "./describe.ts";
import { htmlDocument } from "./html/document.ts";
import { findingMarkup, inLines } from "./html/finding.ts";
import { goroutinesMarkup } from "./html/goroutines.ts";
import { growthMarkup } from "./html/growth.ts";
import { clip, type Markup, markup } from "./html/markup.ts";
import { pageData } from "./html/page-data.ts";
import { benignMarkup, readingMarkup } from "./html/reading.ts";
import { verdictMarkup } from "./html/verdict.ts";
import { type Names, namesOf } from "./paths.ts";
import type { Finding, Report, Reporter, ReporterOptions } from "./report.ts";

/** One file that shows findings, pictures and all goroutines in a browser: offline, findings even without JavaScript. */
export const reporter: Reporter = {
  id: "html",
  title: "one self-contained page for a browser",
  report: (report, options) => {
    const dumps = report.dumps.map((dump) => dump.name).join(", ");
    return htmlDocument(
      `deadlock-lint: ${dumps}`,
      report.tool.version,
      body(report, options),
      pageData(report),
    );
  },
};

function body(report: Report, options: ReporterOptions): Markup {
  const names = namesOf(report, options);
  const sections = [
    { id: "findings", title: "Findings", content: findingsMarkup(report, names, options) },
    { id: "goroutines", title: "All goroutines", content: goroutinesMarkup(report) },
    { id: "growth", title: "Growth", content: growthMarkup(report) },
    { id: "benign", title: "Benign", content: benignMarkup(report) },
    { id: "reading", title: "Not read or decided", content: readingMarkup(report) },
  ].filter((section) => section.content !== undefined);
  const links = sections.map((section) => markup`<li><a href="#${section.id}">${section.title}</a></li>`);
  return markup`<a class="skip" href="#findings">Skip to the findings</a>
<header class="top"><p class="brand">deadlock-lint <span class="muted">${report.tool.version}</span></p><nav aria-label="Sections"><ul>${links}</ul></nav></header>
<main>${verdictMarkup(report, names)}
${sections.map((section) => section.content)}</main>
<footer><p class="muted">${plural(report.rules.length, "rule")} ran. Made by deadlock-lint ${clip(report.tool.version, 40)}; this page is one file, and loads nothing.</p></footer>`;
}

/** Findings that are shown whole; a page with more opens slowly, and nobody reads them. */
const mostWhole = 100;

function findingsMarkup(report: Report, names: Names, options: ReporterOptions): Markup {
  const { findings } = report;
  const asked = options.maxFindings > 0 ? Math.min(options.maxFindings, mostWhole) : mostWhole;
  const shown = findings.slice(0, asked);
  const first = Math.max(
    0,
    shown.findIndex((finding) => finding.status === "new"),
  );
  return markup`<section id="findings" aria-labelledby="findings-title"><div class="section-head"><h2 id="findings-title">Findings</h2>${shown.length > 1 && markup`<button type="button" id="open-all" class="needs-script" hidden>Open all</button>`}</div>
${shown.length === 0 && markup`<p class="nothing">${describeNothingFound(report)}</p>`}
${shown.map((finding: Finding, index) => findingMarkup(finding, names, { id: `finding-${index + 1}`, open: index === first }))}
${inLines(findings.slice(asked), "finding", names)}</section>`;
}
