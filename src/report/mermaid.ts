import { newFindings } from "./describe.ts";
import { graphsToMermaid } from "./graph.ts";
import type { Reporter } from "./report.ts";

/** The pictures of all new findings. */
export const reporter: Reporter = {
  id: "mermaid",
  title: "Mermaid: who waits for whom",
  report: (report) => graphsToMermaid(newFindings(report).filter(({ graph }) => graph.nodes.length > 0)),
};
