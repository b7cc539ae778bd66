import { json } from "./escape.ts";
import type { Reporter } from "./report.ts";

/** The whole report, as `schemas/report.schema.json` describes it; `deadlock-lint report` reads it back. */
export const reporter: Reporter = {
  id: "json",
  title: "JSON, for scripts and for reporting again",
  report: (report) => `${json(report, 2)}\n`,
};
