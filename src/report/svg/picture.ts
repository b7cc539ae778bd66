import { shortFunction } from "../../model/symbol.ts";
import { certaintyMeanings, enumerate, plural } from "../describe.ts";
import { clip, type Markup, markup, rawMarkup } from "../html/markup.ts";
import type { Certainty, Finding, ReportGraph, ReportStack } from "../report.ts";
import { curve, px } from "./curve.ts";
import { edgesOnCycles } from "./cycle.ts";
import { fontSize, layoutGraph, lineHeight, type PlacedEdge, type PlacedNode } from "./layout.ts";
import { standaloneStyle } from "./style.ts";
import { textWidth, wrap } from "./text.ts";

/** A drawn graph, to be put into an svg element of its size; and what it shows, in words. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly body: Markup;
  readonly words: string;
}

/** Wider pictures are scrolled, not scaled, on a small screen: their text would be too small to read. */
const scalable = 480;

/** The picture of a finding for a page that has its style; nothing when the finding has none. */
export function findingPicture(finding: Finding): Markup | undefined {
  const drawing = drawFinding(finding);
  if (drawing === undefined) return undefined;
  const size = drawing.width > scalable ? "wide" : "narrow";
  return markup`<svg class="waitfor ${size}" role="img" aria-label="${drawing.words}" ${sizeOf(drawing)}>${drawing.body}</svg>`;
}

/** A graph with its heading, and second texts for its nodes, by id. */
export interface Picture {
  readonly title: string;
  readonly graph: ReportGraph;
  readonly details?: ReadonlyMap<string, string>;
}

/** A file with the pictures of findings below each other, with titles, legend and style. */
export function findingsSvg(findings: readonly Finding[]): string {
  return picturesSvg(
    findings.map((finding) => ({
      title: finding.title,
      graph: finding.graph,
      details: roleDetails(finding),
    })),
  );
}

/** Pictures in one file. */
const mostPictures = 100;

/** A file with pictures below each other, with titles, legend and style. */
export function picturesSvg(pictures: readonly Picture[]): string {
  const parts: Markup[] = [];
  const words: string[] = [];
  let width = 240;
  let y = 8;
  for (const { title, graph, details } of pictures.slice(0, mostPictures)) {
    const drawing = drawGraph(graph, `Who waits for whom: ${title}`, details);
    if (drawing === undefined) continue;
    const lines = wrap(title, 64, 3);
    const texts = lines.map(
      (line, i) => markup`<text class="heading" x="14" y="${y + 18 + i * 20}">${line}</text>`,
    );
    y += lines.length * 20 + 8;
    parts.push(markup`${texts}<g transform="translate(0 ${y})">${drawing.body}</g>`);
    words.push(drawing.words);
    y += drawing.height + 16;
    width = Math.max(
      width,
      drawing.width,
      ...lines.map((line) => textWidth(line, fontSize.heading, "bold") + 28),
    );
  }
  if (pictures.length > mostPictures) {
    const left = `${plural(pictures.length - mostPictures, "more picture")} not drawn`;
    parts.push(markup`<text class="heading" x="14" y="${y + 18}">${left}</text>`);
    y += 36;
  }
  if (parts.length === 0) {
    y += 20;
    parts.push(markup`<text class="heading" x="14" y="${y}">No picture to draw</text>`);
  }
  const legend = legendSvg(legendOf(pictures), y);
  const size = { width: Math.ceil(Math.max(width, legend.width)), height: y + legend.height + 8 };
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="waitfor" role="img" aria-label="${clip(words.join(" "), 8000)}" ${sizeOf(size)}>${rawMarkup(`<style>${standaloneStyle}</style>`)}<rect class="paper" width="100%" height="100%"/>${parts}${legend.body}</svg>`
    .text;
}

function sizeOf({ width, height }: { width: number; height: number }): Markup {
  return markup`width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
}

function drawFinding(finding: Finding): Drawing | undefined {
  return drawGraph(finding.graph, `Who waits for whom: ${finding.title}`, roleDetails(finding));
}

/** The function each role is parked in: the outermost decisive frame says what the role was about. */
function roleDetails(finding: Finding): Map<string, string> {
  const details = new Map<string, string>();
  for (const role of finding.roles) {
    const site = role.stacks[0] === undefined ? undefined : siteOf(role.stacks[0]);
    const node = finding.graph.nodes.find(
      (n) => n.kind === "role" && (n.id === role.name || n.id === `role:${role.name}`),
    );
    if (node !== undefined && site !== undefined && !node.label.includes(site)) details.set(node.id, site);
  }
  return details;
}

function siteOf(stack: ReportStack): string | undefined {
  const frame = stack.frames.find(({ decisive }) => decisive) ?? stack.frames[0];
  return frame && shortFunction(frame.function);
}

/** More arrows than these nobody can follow, and laying them out takes long. */
const mostArrows = 200;
/** More boxes that no arrow leads to or from. */
const mostLone = 48;

/** What of a graph is drawn, and in words what is not: the first arrows are those that matter. */
function legible(graph: ReportGraph): { graph: ReportGraph; omitted: string } {
  const edges = graph.edges.slice(0, mostArrows);
  const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const lone = graph.nodes.filter(({ id }) => !linked.has(id)).slice(mostLone);
  const hidden = new Set(lone);
  const left = [
    graph.edges.length > edges.length && plural(graph.edges.length - edges.length, "more arrow"),
    lone.length > 0 && plural(lone.length, "more box", "more boxes"),
  ].filter((text) => text !== false);
  const nodes = graph.nodes.filter((node) => !hidden.has(node));
  return { graph: { nodes, edges }, omitted: left.length === 0 ? "" : `${enumerate(left)} not drawn` };
}

/** Draws a graph, from top to bottom where it fits; nothing for a graph without nodes. */
export function drawGraph(
  whole: ReportGraph,
  title: string,
  details: ReadonlyMap<string, string> = new Map(),
): Drawing | undefined {
  if (whole.nodes.length === 0) return undefined;
  const { graph, omitted } = legible(whole);
  const { width, height, nodes, edges } = layoutGraph(graph, details);
  const cycles = edgesOnCycles(graph);
  const lines = edges.map((edge) => edgeSvg(edge, cycles.has(graph.edges.indexOf(edge.edge))));
  const note = omitted !== "" && markup`<text class="detail" x="14" y="${height + 12}">${omitted}</text>`;
  return {
    width,
    height: omitted === "" ? height : height + 20,
    body: markup`${lines}${nodes.map(nodeSvg)}${edges.map(labelSvg)}${note}`,
    words: describePicture(graph, omitted === "" ? title : `${title} (${omitted})`),
  };
}

/** The picture in words: one sentence an arrow. */
function describePicture(graph: ReportGraph, title: string): string {
  const names = new Map(graph.nodes.map((node) => [node.id, nameOf(node)]));
  const drawn = graph.edges.filter((edge) => names.has(edge.from) && names.has(edge.to));
  const sentences = drawn.map(
    (edge) => `${names.get(edge.from)} ${clip(edge.label, 80)} ${names.get(edge.to)} (${edge.certainty})`,
  );
  return clip([clip(title), ...(sentences.length > 0 ? sentences : names.values())].join(". "), 4000);
}

function nameOf(node: ReportGraph["nodes"][number]): string {
  const label = clip(node.label.replaceAll("\n", " "), 200);
  return node.count === undefined ? label : `${label}, ${plural(node.count, "goroutine")},`;
}

function nodeSvg(placed: PlacedNode): Markup {
  const { node, width, height } = placed;
  const left = placed.x - width / 2;
  const top = placed.y - height / 2;
  const role = node.kind === "role";
  const radius = role ? 9 : node.kind === "channel" ? height / 2 : 4;
  const lines = placed.title.length + placed.detail.length;
  const firstLine = placed.y - ((lines - 1) * lineHeight) / 2 + 4.5;
  const texts = [
    ...placed.title.map((text) => ({ text, style: role ? "title" : "name" })),
    ...placed.detail.map((text) => ({ text, style: "detail" })),
  ];
  return markup`<g class="node ${node.kind}"><title>${clip(node.label)}</title><rect x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(height)}" rx="${px(radius)}"/>${
    role
      ? markup`<text class="count" x="${px(left + 14)}" y="${px(placed.y + 6)}">${placed.count}</text>`
      : icon(node.kind, left + 12, placed.y - 8)
  }${texts.map(
    ({ text, style }, index) =>
      markup`<text class="${style}" x="${px(left + placed.textLeft)}" y="${px(firstLine + index * lineHeight)}">${text}</text>`,
  )}</g>`;
}

/** 16×16 line drawings: a pipe, a padlock, people, a bell, a box. */
const icons: Readonly<Record<string, string>> = {
  channel: "M1 5h14M1 11h14M4 8h7M9 5.8 11.4 8 9 10.2",
  lock: "M3 7h10v7H3zM5 7V5a3 3 0 0 1 6 0v2M8 10v1.5",
  waitgroup: "M3.5 13V6M8 13V3M12.5 13V8M1.5 14.5h13",
  cond: "M8 1.5v1.5M4 11V7a4 4 0 0 1 8 0v4l1.2 1.5H2.8zM6.8 14.5h2.4",
  resource: "M8 1.5 14 5v6l-6 3.5L2 11V5zM2 5l6 3.5L14 5M8 8.5v6",
};

function icon(kind: string, x: number, y: number): Markup {
  return markup`<path class="icon" transform="translate(${px(x)} ${px(y)})" d="${icons[kind] ?? ""}"/>`;
}

function edgeSvg(placed: PlacedEdge, onCycle: boolean): Markup {
  const { points, edge } = placed;
  const end = points.at(-1)!;
  const before = points.at(-2)!;
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const ux = (end.x - before.x) / length;
  const uy = (end.y - before.y) / length;
  const base = { x: end.x - ux * 10, y: end.y - uy * 10 };
  const head = `M${px(end.x)} ${px(end.y)}L${px(base.x - uy * 5)} ${px(base.y + ux * 5)}L${px(base.x + uy * 5)} ${px(base.y - ux * 5)}Z`;
  const line = curve([...points.slice(0, -1), { x: end.x - ux * 8, y: end.y - uy * 8 }], placed.axis);
  return markup`<g class="edge ${certaintyClass(edge.certainty)}${onCycle ? " cycle" : ""}"><path class="line" d="${line}"/><path class="head" d="${head}"/></g>`;
}

function labelSvg(placed: PlacedEdge): Markup {
  const first = placed.at.y - ((placed.label.length - 1) * 15) / 2 + 4;
  // The line must not show between the words.
  const plates = placed.label.map((line, index) => {
    const width = textWidth(line, fontSize.label, "normal");
    return markup`<rect class="plate" x="${px(placed.at.x - width / 2)}" y="${px(first - 11 + index * 15)}" width="${px(width)}" height="14"/>`;
  });
  return markup`<g class="label ${certaintyClass(placed.edge.certainty)}">${plates}${placed.label.map(
    (line, index) => markup`<text x="${px(placed.at.x)}" y="${px(first + index * 15)}">${line}</text>`,
  )}</g>`;
}

/** The CSS class of a certainty: `not-ruled-out`. */
export function certaintyClass(certainty: Certainty): string {
  return certainty.replaceAll(" ", "-");
}

const certainties: readonly Certainty[] = ["observed", "inferred", "unknown", "not ruled out"];

/** Certainties that some graphs use, in the order of a legend. */
function certaintiesOf(drawn: readonly { readonly graph: ReportGraph }[]): readonly Certainty[] {
  return certainties.filter((certainty) =>
    drawn.some(({ graph }) => graph.edges.some((edge) => edge.certainty === certainty)),
  );
}

/** A line of a legend: the class of its arrow, what it means, and a word more. */
export interface LegendEntry {
  readonly style: string;
  readonly name: string;
  readonly meaning: string;
}

/** What the arrows of some pictures mean. */
export function legendOf(drawn: readonly { readonly graph: ReportGraph }[]): readonly LegendEntry[] {
  const entries = certaintiesOf(drawn).map((certainty) => ({
    style: certaintyClass(certainty),
    name: certainty as string,
    meaning: certaintyMeanings[certainty],
  }));
  if (drawn.some(({ graph }) => edgesOnCycles(graph).size > 0))
    entries.push({ style: "observed cycle", name: "red", meaning: "they wait in a circle" });
  return entries;
}

function legendSvg(
  used: readonly LegendEntry[],
  top: number,
): { width: number; height: number; body: Markup } {
  const lines = used.map(({ name, meaning }) => `${name}: ${meaning}`);
  const body = markup`<g class="legend">${used.map(({ style }, index) => {
    const y = top + 8 + index * 18;
    return markup`<g class="edge ${style}"><path class="line" d="M14 ${y}h34"/></g><text class="detail" x="58" y="${y + 4}">${lines[index]}</text>`;
  })}</g>`;
  const width = Math.max(0, ...lines.map((line) => 58 + textWidth(line, fontSize.detail, "mono") + 14));
  return { width, height: used.length * 18, body };
}
