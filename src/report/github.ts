import { describeMissing, describeVerdict, newFindings, verdictOf } from "./describe.ts";
import { githubMessage, githubProperty, visibleReport } from "./escape.ts";
import { namesOf, placesOf, primaryFrame } from "./paths.ts";
import type { Finding, Report, Reporter, ReporterOptions, Severity } from "./report.ts";

const commands: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/** GitHub shows so many annotations of each kind a step, and drops the rest. */
const mostOfAKind = 10;

/** Workflow commands that GitHub Actions shows beside the code: the first ten of each kind by rank. */
export const reporter: Reporter = {
  id: "github",
  title: "GitHub Actions annotations",
  report: (report, options) => {
    const safe = visibleReport(report);
    const lines = [...runProblems(safe), ...findingAnnotations(safe, options)];
    const seen = new Map<string, number>();
    const shown = lines.filter(({ command }) => {
      const n = (seen.get(command) ?? 0) + 1;
      seen.set(command, n);
      return n <= mostOfAKind;
    });
    return shown.map(({ text }) => `${text}\n`).join("");
  },
};

interface Annotation {
  readonly command: string;
  readonly text: string;
}

function annotation(
  command: string,
  properties: Readonly<Record<string, string>>,
  lines: readonly string[],
): Annotation {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${githubProperty(value)}`);
  return {
    command,
    text: `::${command}${list.length > 0 ? ` ${list.join(",")}` : ""}::${githubMessage(lines)}`,
  };
}

/** What makes the findings worth less, before them: nobody looks below. */
function runProblems(report: Report): Annotation[] {
  const incomplete = report.dumps
    .filter((dump) => !dump.complete)
    .map((dump) =>
      annotation("warning", { title: "Incomplete dump" }, [`${dump.name}: ${describeMissing(dump)}`]),
    );
  const failed =
    report.gate.exitCode > 1
      ? [annotation("error", { title: `deadlock-lint: ${verdictOf(report)}` }, describeVerdict(report))]
      : [];
  return [...failed, ...incomplete];
}

function findingAnnotations(report: Report, options: ReporterOptions): Annotation[] {
  const placeOf = placesOf(report, options);
  const names = namesOf(report, options);
  return newFindings(report).map((finding: Finding) => {
    const frame = primaryFrame(finding, placeOf);
    const where =
      frame && placeOf(frame).base === "repository"
        ? { file: placeOf(frame).path, line: `${frame.line}` }
        : {};
    const title = `${finding.title} (${finding.ruleId}, ${finding.confidence} confidence)`;
    const lines = [
      names.prose(finding.message),
      ...finding.evidence.map((e) => `${e.certainty}: ${names.prose(e.text)}`),
    ];
    if (finding.fix !== "") lines.push(`fix: ${finding.fix}`);
    return annotation(commands[finding.severity], { ...where, title }, lines);
  });
}
