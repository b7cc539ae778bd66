import { shortFunction } from "../../model/symbol.ts";
import { count, describeIds, describeWait, plural } from "../describe.ts";
import type { Names } from "../paths.ts";
import type { ReportFrame, ReportSourceLine, ReportStack } from "../report.ts";
import { clip, type Markup, markup } from "./markup.ts";
import { labelText } from "./page-data.ts";
import { breakable } from "./words.ts";

/** Longer names are clipped. */
const longestName = 300;

/** A stack with the frames that decide lit, and the runs of others between them folded. */
export function stackMarkup(stack: ReportStack, names: Names, lit: boolean): Markup {
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
  ).map((run) => runMarkup(run, names))}${elidedMarkup(stack.elided)}${
    stack.createdBy &&
    markup`<li class="created"><span class="muted">created by</span> ${frameName(stack.createdBy, names)}${
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

function runMarkup(run: Run, names: Names): Markup {
  const frames = run.frames.map((frame) => frameMarkup(frame, names));
  if (!run.folded) return markup`${frames}`;
  const first = run.frames[0]!.function;
  const last = run.frames.at(-1)!.function;
  return markup`<li class="fold"><details><summary>${plural(run.frames.length, "frame")} <span class="muted">${clip(shortFunction(first), 60)} … ${clip(shortFunction(last), 60)}</span></summary><ol class="frames">${frames}</ol></details></li>`;
}

function frameMarkup(frame: ReportFrame, names: Names): Markup {
  return markup`<li class="frame${frame.decisive ? " lit" : ""}">${frame.decisive && markup`<span class="sr">decisive: </span>`}${frameName(frame, names)}${
    frame.inlined === true && markup` <span class="muted">inlined</span>`
  }${frame.source && sourceMarkup(frame.source, frame.line)}</li>`;
}

/** The directories of the package stand back: what is left is what a reader knows the function by. */
function frameName(frame: ReportFrame, names: Names): Markup {
  const short = shortFunction(frame.function);
  const directories = frame.function.endsWith(short) ? frame.function.slice(0, -short.length) : "";
  const name =
    directories === "" || frame.function.length > longestName
      ? breakable(clip(frame.function))
      : markup`<span class="muted">${breakable(directories)}</span>${breakable(short)}`;
  return markup`<code class="fn">${name}</code> <span class="place" title="${clip(frame.file)}">${clip(names.location(frame), 200)}</span>`;
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
