import { newFindings } from "./describe.ts";
import type { Reporter } from "./report.ts";
import { findingsSvg } from "./svg/picture.ts";

/** The pictures of all new findings, one below the other. */
export const reporter: Reporter = {
  id: "svg",
  title: "SVG picture: who waits for whom",
  report: (report) => `${findingsSvg(newFindings(report))}\n`,
};
