import { addTo } from "../../add-to.ts";
import { originLabels, type ReportGraph } from "../report.ts";

/** The edges of a graph that lie on a circle of waits: the two ends can reach each other. Indexes into `graph.edges`. */
export function edgesOnCycles(graph: ReportGraph): ReadonlySet<number> {
  const next = new Map<string, string[]>();
  for (const edge of graph.edges) {
    if (originLabels.has(edge.label)) continue;
    addTo(next, edge.from, edge.to);
  }
  const found = new Set<number>();
  for (const [index, edge] of graph.edges.entries()) {
    if (!originLabels.has(edge.label) && reaches(next, edge.to, edge.from)) found.add(index);
  }
  return found;
}

function reaches(next: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set([from]);
  // A Set is walked in insertion order, and what is added meanwhile is walked too.
  for (const node of seen) {
    if (node === to) return true;
    for (const target of next.get(node) ?? []) seen.add(target);
  }
  return false;
}
