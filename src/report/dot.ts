import { newFindings } from "./describe.ts";
import { graphsToDot } from "./graph.ts";
import type { Reporter } from "./report.ts";

/** The pictures of all new findings. */
export const reporter: Reporter = {
  id: "dot",
  title: "Graphviz: who waits for whom",
  report: (report) => graphsToDot(newFindings(report).filter(({ graph }) => graph.nodes.length > 0)),
};
