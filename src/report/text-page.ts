import { visibleReport } from "./escape.ts";
import { whole } from "./later.ts";
import { type Palette, palette } from "./palette.ts";
import { type Names, namesOf } from "./paths.ts";
import type { Finding, Report, ReportDump, ReporterOptions } from "./report.ts";

/** A finding as it is told: with some of its symptoms, and how many more there are at its depth. */
export interface ToldFinding extends Finding {
  readonly symptoms: readonly ToldFinding[];
  readonly moreSymptoms: number;
}

/** What every part of the text report needs. */
export interface TextPage {
  /** With nothing in its texts that a terminal would obey; without the stacks of its dumps. */
  readonly report: Omit<Report, "findings"> & { readonly findings: readonly ToldFinding[] };
  readonly options: ReporterOptions;
  readonly paint: Palette;
  readonly names: Names;
}

/**
 * A report made ready for people: hostile texts visible, names short.
 * @param told findings that are told; what is only counted costs nothing
 * @param mostSymptoms of one finding that are told
 */
export function textPage(
  report: Report,
  options: ReporterOptions,
  told: readonly Finding[] = report.findings,
  mostSymptoms: number = Number.POSITIVE_INFINITY,
): TextPage {
  const few = (finding: Finding): ToldFinding => ({
    ...whole(finding),
    symptoms: finding.symptoms.slice(0, mostSymptoms).map(few),
    moreSymptoms: Math.max(0, finding.symptoms.length - mostSymptoms),
  });
  const safe = visibleReport({
    ...report,
    dumps: report.dumps.map(withoutStacks),
    findings: told.map(few),
  });
  return { report: safe, options, paint: palette(options.color), names: namesOf(safe, options) };
}

const noStacks: Pick<ReportDump, "stacks" | "stacksOmitted"> = {
  stacks: [],
  stacksOmitted: { stacks: 0, goroutines: 0 },
};

/** All else of a dump; its stacks may not be worked out yet, and a copy would do so. */
function withoutStacks(dump: ReportDump): ReportDump {
  const names = Object.keys(dump).filter((name) => !Object.hasOwn(noStacks, name)) as (keyof ReportDump)[];
  return {
    ...(Object.fromEntries(names.map((name) => [name, dump[name]])) as unknown as ReportDump),
    ...noStacks,
  };
}
