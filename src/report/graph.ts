import { count } from "./describe.ts";
import { dot, mermaid } from "./escape.ts";
import type { Certainty, ReportGraph } from "./report.ts";

/** A graph with its heading. */
export interface TitledGraph {
  readonly title: string;
  readonly graph: ReportGraph;
}

type NodeKind = ReportGraph["nodes"][number]["kind"];

const dotShapes: Readonly<Record<NodeKind, string>> = {
  role: "box",
  channel: "cds",
  lock: "octagon",
  waitgroup: "hexagon",
  cond: "hexagon",
  resource: "ellipse",
};

const dotLines: Readonly<Record<Certainty, string>> = {
  observed: "solid",
  inferred: "dashed",
  unknown: "dotted",
  "not ruled out": "dotted",
};

const mermaidShapes: Readonly<Record<NodeKind, readonly [string, string]>> = {
  role: ["[", "]"],
  channel: ["[(", ")]"],
  lock: ["{{", "}}"],
  waitgroup: ["([", "])"],
  cond: ["([", "])"],
  resource: ["(", ")"],
};

const mermaidLines: Readonly<Record<Certainty, string>> = {
  observed: "-->",
  inferred: "-.->",
  unknown: "-.->",
  "not ruled out": "-.->",
};

/** Ids of our own for the nodes of a graph: those of the report can hold anything. */
function idsOf(graph: ReportGraph, prefix: string): ReadonlyMap<string, string> {
  return new Map(graph.nodes.map((node, i) => [node.id, `${prefix}${i}`]));
}

function labelOf(node: ReportGraph["nodes"][number]): string {
  return node.count === undefined ? node.label : `${node.label} × ${count(node.count)}`;
}

/** What an edge says; without certainty it says so, since a line's style alone is easily missed. */
function edgeLabel(edge: ReportGraph["edges"][number]): string {
  return edge.certainty === "observed" ? edge.label : `${edge.label} (${edge.certainty})`;
}

/** Edges between nodes that exist. */
function edgesOf(graph: ReportGraph, ids: ReadonlyMap<string, string>) {
  return graph.edges.flatMap((edge) => {
    const [from, to] = [ids.get(edge.from), ids.get(edge.to)];
    return from === undefined || to === undefined ? [] : [{ ...edge, from, to }];
  });
}

/** The graphs as one Graphviz file, a cluster each. */
export function graphsToDot(graphs: readonly TitledGraph[]): string {
  const lines = [
    "digraph deadlock_lint {",
    "  rankdir=LR;",
    '  node [fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
  ];
  graphs.forEach(({ title, graph }, i) => {
    const ids = idsOf(graph, `g${i}n`);
    lines.push(`  subgraph cluster_${i} {`, `    label=${dot(title)};`);
    for (const node of graph.nodes)
      lines.push(`    ${ids.get(node.id)} [label=${dot(labelOf(node))}, shape=${dotShapes[node.kind]}];`);
    for (const edge of edgesOf(graph, ids)) {
      const style = dotLines[edge.certainty];
      lines.push(`    ${edge.from} -> ${edge.to} [label=${dot(edgeLabel(edge))}, style=${style}];`);
    }
    lines.push("  }");
  });
  return `${[...lines, "}"].join("\n")}\n`;
}

/** The graphs as one mermaid flowchart; several are subgraphs with their titles. */
export function graphsToMermaid(graphs: readonly TitledGraph[]): string {
  const lines = ["flowchart LR"];
  graphs.forEach(({ title, graph }, i) => {
    const ids = idsOf(graph, `g${i}n`);
    const several = graphs.length > 1;
    if (several) lines.push(`  subgraph g${i}[${mermaid(title)}]`);
    const indent = several ? "    " : "  ";
    for (const node of graph.nodes) {
      const [open, close] = mermaidShapes[node.kind];
      lines.push(`${indent}${ids.get(node.id)}${open}${mermaid(labelOf(node))}${close}`);
    }
    for (const edge of edgesOf(graph, ids))
      lines.push(
        `${indent}${edge.from} ${mermaidLines[edge.certainty]}|${mermaid(edgeLabel(edge))}| ${edge.to}`,
      );
    if (several) lines.push("  end");
  });
  return `${lines.join("\n")}\n`;
}
