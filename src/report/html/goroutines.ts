import { shortFunction } from "../../model/symbol.ts";
import { count, plural } from "../describe.ts";
import type { Report, ReportDump, ReportStack } from "../report.ts";
import { clip, type Markup, markup } from "./markup.ts";
import { placeOf } from "./names.ts";
import { labelText } from "./page-data.ts";
import { entryIndex, siteOf } from "./stack-key.ts";
import { waitGroupOf, waitGroups } from "./wait-group.ts";
import { breakable } from "./words.ts";

/** Rows that the page has without its script, which then shows them all. */
const staticRows = 25;

/** All goroutines: search, icicle and histogram. The script fills what stands empty; the table has rows without it. */
export function goroutinesMarkup(report: Report): Markup | undefined {
  const dump = report.dumps.at(-1);
  if (dump === undefined || dump.stacks.length === 0) return undefined;
  return markup`<section class="goroutines" id="goroutines" aria-labelledby="goroutines-title">
<h2 id="goroutines-title">All goroutines</h2>
<noscript><p class="muted">The flame graph, search and sorting need JavaScript; the ${staticRows} most frequent stacks stand below.</p></noscript>
<search class="controls needs-script" hidden>
${dumpChoice(report.dumps)}
<label class="search"><span>Filter</span><input type="search" id="query" placeholder="function, file, wait, label …" autocomplete="off" spellcheck="false" aria-describedby="matches"></label>
<fieldset class="kinds"><legend class="sr">What they do</legend>${waitGroups.map(
    (group, index) =>
      markup`<label class="chip" hidden><input type="checkbox" value="${index}" checked><span class="key k-${group.id}"></span>${group.title} <b></b></label>`,
  )}</fieldset>
<p id="matches" role="status"></p>
</search>
<div class="icicle needs-script" hidden>
<div class="flame-scroll"><div class="flame" role="tree" aria-label="Stacks of all goroutines, entry functions on top; width is the number of goroutines. Arrow keys move, Enter zooms in, Escape zooms out."></div></div>
<div class="flame-foot"><p class="flame-detail" aria-hidden="true"></p><button type="button" id="zoom-out" hidden>Zoom out to all</button></div>
</div>
${tableMarkup(dump)}
</section>`;
}

function dumpChoice(dumps: readonly ReportDump[]): Markup | undefined {
  if (dumps.length < 2) return undefined;
  return markup`<label><span>Dump</span><select id="dump">${dumps.map(
    (dump, index) =>
      markup`<option value="${index}"${index === dumps.length - 1 ? markup` selected` : ""}>${clip(dump.name, 80)} (${count(dump.goroutines)})</option>`,
  )}</select></label>`;
}

const columns = [
  { id: "count", title: "Goroutines" },
  { id: "wait", title: "Wait" },
  { id: "waited", title: "Minutes" },
  { id: "site", title: "Site" },
  { id: "entry", title: "Entry" },
  { id: "creator", title: "Created by" },
  { id: "labels", title: "Labels" },
] as const;

function tableMarkup(dump: ReportDump): Markup {
  const omitted = dump.stacks.length - staticRows;
  return markup`<div class="table-head"><h3 id="histogram-title">Histogram</h3><label class="needs-script" hidden><span>One row a</span><select id="group"><option value="stack">stack</option>${columns
    .filter((column) => column.id !== "count" && column.id !== "waited")
    .map(
      (column) => markup`<option value="${column.id}">${column.title.toLowerCase()}</option>`,
    )}</select></label></div>
<div class="scroll" tabindex="0" role="group" aria-labelledby="histogram-title"><table id="histogram"><thead><tr>${columns.map(
    (column) =>
      markup`<th scope="col" data-column="${column.id}"${column.id === "count" ? markup` aria-sort="descending"` : ""}>${column.title}</th>`,
  )}</tr></thead><tbody>${dump.stacks.slice(0, staticRows).map(rowMarkup)}</tbody></table></div>
<p class="more muted" id="histogram-more">${omitted > 0 && `${plural(omitted, "more stack")} in this report`}</p>
${dump.stacksOmitted.stacks > 0 && markup`<p class="muted">${plural(dump.stacksOmitted.stacks, "rare stack")} with ${plural(dump.stacksOmitted.goroutines, "goroutine")} are not listed; the JSON of <code>deadlock-lint stacks</code> has them.</p>`}`;
}

function rowMarkup(stack: ReportStack): Markup {
  const { waitedMinutes: waited } = stack;
  const group = waitGroups[waitGroupOf(stack.waitKind)]!;
  return markup`<tr><td class="num">${count(stack.count)}</td><td class="wait"><span class="key k-${group.id}"></span>${clip(stack.waitReason === "" ? stack.waitKind : stack.waitReason, 80)}</td><td class="num">${
    waited === undefined ? "" : waited.min === waited.max ? waited.max : `${waited.min}–${waited.max}`
  }</td>${[siteOf(stack), stack.frames[entryIndex(stack)], stack.createdBy].map(
    (frame) =>
      markup`<td>${frame && markup`<code title="${clip(frame.function)}">${breakable(clip(shortFunction(frame.function)))}</code> <span class="place">${clip(placeOf(frame), 120)}</span>`}</td>`,
  )}<td>${labelText(stack)}</td></tr>`;
}
