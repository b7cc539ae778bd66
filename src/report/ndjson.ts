import { json } from "./escape.ts";
import { whole } from "./later.ts";
import type { Reporter } from "./report.ts";

/** A line for the run, then a line a finding: for streams and log pipelines. */
export const reporter: Reporter = {
  id: "ndjson",
  title: "JSON, one line a finding",
  report: (report) => {
    const { findings, rules: _, dumps, ...run } = report;
    const lines = [
      // The histogram of all stacks would make a line of megabytes.
      { type: "run", ...run, dumps: dumps.map(({ stacks: _, ...dump }) => dump) },
      ...findings.map((finding) => ({ type: "finding", ...whole(finding) })),
    ];
    return lines.map((line) => `${json(line)}\n`).join("");
  },
};
