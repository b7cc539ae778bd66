import { Graph, layout } from "@dagrejs/dagre";
import { count } from "../describe.ts";
import type { ReportGraph } from "../report.ts";
import type { Point } from "./curve.ts";
import { textWidth, wrap } from "./text.ts";

type Node = ReportGraph["nodes"][number];
type Edge = ReportGraph["edges"][number];

/** A node with its place and the lines that stand in it; pixels, `x` and `y` are its middle. */
export interface PlacedNode extends Point {
  readonly node: Node;
  readonly width: number;
  readonly height: number;
  readonly title: readonly string[];
  readonly detail: readonly string[];
  /** `1,000×`, "" for what is no role. */
  readonly count: string;
  /** Where the lines begin, from the left edge. */
  readonly textLeft: number;
}

/** An edge with the points that it passes and the middle of its label. */
export interface PlacedEdge {
  readonly edge: Edge;
  readonly points: readonly Point[];
  /** The axis along which the points follow each other. */
  readonly axis: "x" | "y";
  readonly label: readonly string[];
  readonly at: Point;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const fontSize = { title: 13, detail: 11.5, count: 17, label: 12, heading: 15 } as const;
export const lineHeight = 16;

const padding = { x: 14, y: 11 } as const;
/** Wider than this from top to bottom, and the picture is laid out from left to right instead. */
const widest = 860;
const selfLoopWidth = 46;
const margin = 10;
const nodeGap = 36;

/**
 * Places the nodes and edges of a graph.
 * @param details a second text for nodes, by id
 */
export function layoutGraph(graph: ReportGraph, details: ReadonlyMap<string, string>): GraphLayout {
  const sized = graph.nodes.map((node) => sizeNode(node, details.get(node.id) ?? ""));
  const linked = new Set(graph.edges.flatMap(({ from, to }) => [from, to]));
  const drawn = placeLinked(
    sized.filter(({ node }) => linked.has(node.id)),
    graph.edges,
  );
  return withRows(
    drawn,
    sized.filter(({ node }) => !linked.has(node.id)),
  );
}

/** From top to bottom where it fits, else whichever way is narrower. */
function placeLinked(sized: readonly SizedNode[], edges: readonly Edge[]): GraphLayout {
  const down = place(sized, edges, "TB");
  if (down.width <= widest) return down;
  const across = place(sized, edges, "LR");
  return across.width < down.width ? across : down;
}

/** Adds nodes without edges in rows below: the layout library would make one endless row of them. */
function withRows(drawn: GraphLayout, lone: readonly SizedNode[]): GraphLayout {
  if (lone.length === 0) return drawn;
  const limit = Math.max(widest, drawn.width);
  const nodes = [...drawn.nodes];
  let { width } = drawn;
  let [x, y, tallest] = [margin, drawn.height === 0 ? margin : drawn.height + nodeGap, 0];
  for (const node of lone) {
    if (x > margin && x + node.width + margin > limit) {
      y += tallest + nodeGap / 2;
      [x, tallest] = [margin, 0];
    }
    nodes.push({ ...node, x: x + node.width / 2, y: y + node.height / 2 });
    tallest = Math.max(tallest, node.height);
    width = Math.max(width, x + node.width + margin);
    x += node.width + nodeGap;
  }
  return { ...drawn, nodes, width: Math.ceil(width), height: Math.ceil(y + tallest + margin) };
}

type SizedNode = Omit<PlacedNode, "x" | "y">;

function sizeNode(node: Node, detail: string): SizedNode {
  const role = node.kind === "role";
  const title = node.label.split("\n").flatMap((line) => wrap(line, role ? 30 : 26, 3));
  const lines = wrap(detail, 36, 2);
  const times = node.count === undefined ? "" : `${count(node.count)}×`;
  const countWidth = times === "" ? 0 : textWidth(times, fontSize.count, "bold") + 12;
  const textLeft = padding.x + (role ? countWidth : 26);
  const inner = Math.max(
    60,
    ...title.map((line) => textWidth(line, fontSize.title, role ? "bold" : "mono")),
    ...lines.map((line) => textWidth(line, fontSize.detail, "mono")),
  );
  const height = Math.max(40, (title.length + lines.length) * lineHeight + 2 * padding.y);
  const width = Math.ceil(textLeft + inner + padding.x + (role ? 0 : 6));
  return { node, width, height, title, detail: lines, count: times, textLeft };
}

function place(nodes: readonly SizedNode[], edges: readonly Edge[], rankdir: "TB" | "LR"): GraphLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir, nodesep: nodeGap, edgesep: 24, ranksep: 56, marginx: margin, marginy: margin });
  // The library keeps names as keys of plain objects: ours are numbers, whatever a report calls its nodes.
  const names = new Map(nodes.map((node, index) => [node.node.id, String(index)]));
  const nameOf = (id: string): string => names.get(id)!;
  for (const { node, width, height } of nodes) graph.setNode(nameOf(node.id), { width, height });
  const drawn = edges.filter((edge) => names.has(edge.from) && names.has(edge.to));
  const loops = drawn.filter((edge) => edge.from === edge.to);
  const between = drawn.filter((edge) => edge.from !== edge.to);
  for (const [index, edge] of between.entries()) {
    const label = labelOf(edge);
    const width = Math.max(0, ...label.map((line) => textWidth(line, fontSize.label, "normal"))) + 10;
    graph.setEdge(
      nameOf(edge.from),
      nameOf(edge.to),
      { width, height: label.length * 15 + 4, labelpos: "c" },
      String(index),
    );
  }
  layout(graph);
  const placed = nodes.map((node) => {
    const { x, y } = graph.node(nameOf(node.node.id)) as Point;
    return { ...node, x, y };
  });
  const lines = between.map((edge, index): PlacedEdge => {
    const found = graph.edge(nameOf(edge.from), nameOf(edge.to), String(index)) as Point & {
      points: Point[];
    };
    const axis = rankdir === "TB" ? "y" : "x";
    return { edge, points: found.points, axis, label: labelOf(edge), at: { x: found.x, y: found.y } };
  });
  const looped = loops.map((edge) => selfLoop(edge, placed.find((node) => node.node.id === edge.from)!));
  const size = graph.graph() as { width: number; height: number };
  const right = looped.map(
    (loop) => loop.at.x + textWidth(loop.label[0] ?? "", fontSize.label, "normal") / 2 + 12,
  );
  return {
    width: Math.ceil(Math.max(nodes.length === 0 ? 0 : size.width, ...right)),
    height: Math.ceil(nodes.length === 0 ? 0 : size.height),
    nodes: placed,
    edges: [...lines, ...looped],
  };
}

function labelOf(edge: Edge): string[] {
  return wrap(edge.certainty === "not ruled out" ? `${edge.label}?` : edge.label, 24, 2);
}

/** The layout library places loops badly: a bow at the right side. */
function selfLoop(edge: Edge, node: PlacedNode): PlacedEdge {
  const right = node.x + node.width / 2;
  const up = node.height / 4;
  const label = labelOf(edge);
  const far = right + selfLoopWidth;
  const points = [
    { x: right, y: node.y - up },
    { x: far, y: node.y },
    { x: right, y: node.y + up },
  ];
  const width = Math.max(0, ...label.map((line) => textWidth(line, fontSize.label, "normal")));
  return { edge, points, axis: "y", label, at: { x: far + width / 2 + 4, y: node.y } };
}
