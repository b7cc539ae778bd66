import type { ReportFrame } from "../report.ts";

/** `http.(*Server).Serve` of `net/http.(*Server).Serve`: without the path of the package. */
export function shortName(name: string): string {
  const generic = name.indexOf("[");
  const slash = name.lastIndexOf("/", generic < 0 ? undefined : generic);
  return name.slice(slash + 1);
}

/** `metrics.go:105`; the end of the path only. */
export function placeOf(frame: ReportFrame): string {
  const file = frame.file.slice(Math.max(frame.file.lastIndexOf("/"), frame.file.lastIndexOf("\\")) + 1);
  return frame.line > 0 ? `${file}:${frame.line}` : file;
}
