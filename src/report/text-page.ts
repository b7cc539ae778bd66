import { visibleReport } from "./escape.ts";
import { type Palette, palette } from "./palette.ts";
import { type Names, namesOf } from "./paths.ts";
import type { Report, ReporterOptions } from "./report.ts";

/** What every part of the text report needs. */
export interface TextPage {
  /** With nothing in its texts that a terminal would obey. */
  readonly report: Report;
  readonly options: ReporterOptions;
  readonly paint: Palette;
  readonly names: Names;
}

/** A report made ready for people: hostile texts visible, names short. */
export function textPage(report: Report, options: ReporterOptions): TextPage {
  const safe = visibleReport(report);
  return { report: safe, options, paint: palette(options.color), names: namesOf(safe, options) };
}
