import { shortFunction } from "../../model/symbol.ts";
import { count, describeIds, describeWait, plural } from "../describe.ts";
import type { ReportFrame, ReportSourceLine, ReportStack } from "../report.ts";
import { clip, type Markup, markup } from "./markup.ts";
import { placeOf } from "./names.ts";
import { labelText } from "./page-data.ts";
import { breakable } from "./words.ts";

/** A stack with the frames that decide lit, and the runs of others between them folded. */
export function stackMarkup(stack: ReportStack, lit: boolean): Markup {
  const labels = labelText(stack);
  const facts = [
    describeWait(stack),
    stack.resource === undefined ? "" : `on ${stack.resource}`,
    describeIds(stack.goroutines, stack.count, 5),
    labels,
  ].filter((fact) => fact !== "");
  return markup`<figure class="stack"><figcaption><b>${count(stack.count)}×</b> ${clip(facts.join(" · "))}</figcaption><ol class="frames">${runs(
    stack.frames,
    lit,
  ).map(runMarkup)}${elidedMarkup(stack.elided)}${
    stack.createdBy &&
    markup`<li class="created"><span class="muted">created by</span> ${frameName(stack.createdBy)}${
      stack.createdBy.source && sourceMarkup(stack.createdBy.source, stack.createdBy.line)
    }</li>`
  }</ol></figure>`;
}

interface Run {
  readonly folded: boolean;
  readonly frames: ReportFrame[];
}

/** Frames in runs: one that is lit stands open, two or more others in a row are folded. */
function runs(frames: readonly ReportFrame[], lit: boolean): Run[] {
  const found: Run[] = [];
  const anyLit = lit && frames.some((frame) => frame.decisive);
  for (const frame of frames) {
    const folded = anyLit ? !frame.decisive : frames.length > 8;
    const last = found.at(-1);
    if (last?.folded === folded) last.frames.push(frame);
    else found.push({ folded, frames: [frame] });
  }
  return found.map((run) => (run.frames.length < 2 ? { ...run, folded: false } : run));
}

function runMarkup(run: Run): Markup {
  if (!run.folded) return markup`${run.frames.map(frameMarkup)}`;
  const first = run.frames[0]!.function;
  const last = run.frames.at(-1)!.function;
  return markup`<li class="fold"><details><summary>${plural(run.frames.length, "frame")} <span class="muted">${clip(shortFunction(first), 60)} … ${clip(shortFunction(last), 60)}</span></summary><ol class="frames">${run.frames.map(frameMarkup)}</ol></details></li>`;
}

function frameMarkup(frame: ReportFrame): Markup {
  return markup`<li class="frame${frame.decisive ? " lit" : ""}">${frame.decisive && markup`<span class="sr">decisive: </span>`}${frameName(frame)}${
    frame.inlined === true && markup` <span class="muted">inlined</span>`
  }${frame.source && sourceMarkup(frame.source, frame.line)}</li>`;
}

function frameName(frame: ReportFrame): Markup {
  return markup`<code class="fn">${breakable(clip(frame.function))}</code> <span class="place" title="${clip(frame.file)}">${clip(placeOf(frame), 120)}</span>`;
}

function sourceMarkup(lines: readonly ReportSourceLine[], current: number): Markup {
  return markup`<pre class="source" tabindex="0" role="group" aria-label="Go source around line ${current}">${lines.map(
    (line) =>
      markup`<span class="row${line.line === current ? " here" : ""}"><span class="no">${line.line}</span>${clip(line.text.replaceAll("\t", "    "))}${
        line.note !== undefined && line.note !== "" && markup` <span class="note">← ${clip(line.note)}</span>`
      }\n</span>`,
  )}</pre>`;
}

function elidedMarkup(elided: number): Markup | undefined {
  if (elided === 0) return undefined;
  return markup`<li class="muted">${elided < 0 ? "some frames are" : `${plural(elided, "frame")} ${elided === 1 ? "is" : "are"}`} missing in the dump</li>`;
}
