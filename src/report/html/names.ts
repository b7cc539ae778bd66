import type { ReportFrame } from "../report.ts";

/** `metrics.go:105`; the end of the path only. */
export function placeOf(frame: ReportFrame): string {
  const file = frame.file.slice(Math.max(frame.file.lastIndexOf("/"), frame.file.lastIndexOf("\\")) + 1);
  return frame.line > 0 ? `${file}:${frame.line}` : file;
}
