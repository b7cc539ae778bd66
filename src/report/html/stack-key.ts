import type { ReportFrame, ReportStack } from "../report.ts";

/** Packages of Go itself that only pass a wait on: the reader looks for the code that called them. */
const plumbing = /^(?:runtime|sync|internal|syscall|time\.Sleep|os\.\(\*File\)|io\.|bufio\.)(?:[./]|$)/;

/** The innermost frame that isn't Go's own plumbing: where, in the reader's terms, the goroutine stands. */
export function siteOf(stack: ReportStack): ReportFrame | undefined {
  return stack.frames.find((frame) => !plumbing.test(frame.function)) ?? stack.frames[0];
}

/** The function that the goroutine was started with; unknown when outer frames are missing. */
export function entryOf(stack: ReportStack): ReportFrame | undefined {
  const last = stack.frames.at(-1);
  return last?.function === "runtime.goexit" ? stack.frames.at(-2) : last;
}

/** Same text, same stack, in all dumps of a process. */
export function stackKey(stack: ReportStack): string {
  return JSON.stringify([
    stack.waitKind,
    stack.frames.map((frame) => [frame.function, frame.file, frame.line]),
  ]);
}

/** `metrics.go:105`; the end of the path only. */
export function placeOf(frame: ReportFrame): string {
  const file = frame.file.slice(Math.max(frame.file.lastIndexOf("/"), frame.file.lastIndexOf("\\")) + 1);
  return frame.line > 0 ? `${file}:${frame.line}` : file;
}

/** `http.(*Server).Serve` of `net/http.(*Server).Serve`: without the path of the package. */
export function shortName(name: string): string {
  const generic = name.indexOf("[");
  const slash = name.lastIndexOf("/", generic < 0 ? undefined : generic);
  return name.slice(slash + 1);
}
