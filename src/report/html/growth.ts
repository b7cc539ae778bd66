import { count } from "../describe.ts";
import type { Report, ReportStack } from "../report.ts";
import { clip, type Markup, markup } from "./markup.ts";
import { placeOf } from "./names.ts";
import { siteOf, stackKey } from "./stack-key.ts";
import { waitGroupOf, waitGroups } from "./wait-group.ts";
import { breakable } from "./words.ts";

const charts = 11;
const width = 222;
const height = 48;

interface Series {
  readonly stack: ReportStack;
  /** Goroutines in each dump; `undefined` where the dump lists too few stacks to know. */
  readonly counts: readonly (number | undefined)[];
}

/** How the goroutines grew over several dumps, in the order given: all of them, and the stacks that grew most. */
export function growthMarkup(report: Report): Markup | undefined {
  if (report.dumps.length < 2) return undefined;
  const totals = report.dumps.map((dump) => dump.goroutines);
  const grown = seriesOf(report)
    .map((series) => ({ ...series, by: growth(series.counts) }))
    .filter((series) => series.by > 0)
    .sort((a, b) => b.by - a.by)
    .slice(0, charts);
  return markup`<section class="growth" id="growth" aria-labelledby="growth-title"><h2 id="growth-title">From dump to dump</h2>
<p class="muted">${report.dumps.map((dump) => clip(dump.name, 60)).join(" → ")}</p>
<ul class="charts">${chartMarkup(markup`All goroutines`, "", totals, "all")}${grown.map(
    ({ stack, counts }) => {
      const site = siteOf(stack);
      const name =
        site === undefined
          ? markup`stack without frames`
          : markup`<code>${breakable(clip(site.function))}</code>`;
      const group = waitGroups[waitGroupOf(stack.waitKind)]!;
      const where = site === undefined ? "" : placeOf(site);
      return chartMarkup(
        name,
        [stack.waitReason, where].filter((text) => text !== "").join(" · "),
        counts,
        group.id,
      );
    },
  )}</ul>${grown.length === 0 && markup`<p class="more">No stack has more goroutines in the last dump than in the first.</p>`}</section>`;
}

function seriesOf(report: Report): Series[] {
  const byKey = new Map<string, { stack: ReportStack; counts: (number | undefined)[] }>();
  const absent = report.dumps.map((dump) => (dump.stacksOmitted.stacks > 0 ? undefined : 0));
  for (const [index, dump] of report.dumps.entries()) {
    for (const stack of dump.stacks) {
      const key = stackKey(stack);
      const series = byKey.get(key) ?? { stack, counts: [...absent] };
      series.counts[index] = (series.counts[index] ?? 0) + stack.count;
      byKey.set(key, series);
    }
  }
  return [...byKey.values()];
}

function growth(counts: readonly (number | undefined)[]): number {
  const known = counts.filter((value) => value !== undefined);
  return known.length < 2 ? 0 : known.at(-1)! - known[0]!;
}

function chartMarkup(
  name: Markup,
  detail: string,
  counts: readonly (number | undefined)[],
  group: string,
): Markup {
  const known = counts.filter((value) => value !== undefined);
  const first = known[0] ?? 0;
  const last = known.at(-1) ?? 0;
  const change = last - first;
  return markup`<li><p class="name">${name}</p><p class="muted">${clip(detail, 160)}</p>${spark(counts, group)}<p><b>${count(first)} → ${count(last)}</b> <span class="muted">${change >= 0 ? "+" : "−"}${count(Math.abs(change))}</span></p></li>`;
}

/** A line from zero to the largest count; dots where dumps are. */
function spark(counts: readonly (number | undefined)[], group: string): Markup {
  const most = Math.max(1, ...counts.map((value) => value ?? 0));
  const points = counts.flatMap((value, index) => {
    if (value === undefined) return [];
    const x = 5 + (index / (counts.length - 1)) * (width - 10);
    const y = height - 5 - (value / most) * (height - 10);
    return [{ x: x.toFixed(1), y: y.toFixed(1) }];
  });
  const line = points.map((point) => `${point.x},${point.y}`).join(" ");
  const area = `${points[0]?.x ?? 0},${height - 1} ${line} ${points.at(-1)?.x ?? 0},${height - 1}`;
  const said = counts.map((value) => (value === undefined ? "unknown" : count(value))).join(", ");
  return markup`<svg class="spark s-${group}" role="img" aria-label="Goroutines: ${said}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><polygon points="${area}"/><polyline points="${line}"/>${points.map((point) => markup`<circle cx="${point.x}" cy="${point.y}" r="2.6"/>`)}</svg>`;
}
