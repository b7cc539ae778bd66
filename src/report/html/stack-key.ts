import { isMachinery } from "../../model/origin.ts";
import { parseSymbol } from "../../model/symbol.ts";
import type { ReportFrame, ReportStack } from "../report.ts";

/** The innermost frame that isn't Go's own machinery: where, in the reader's terms, the goroutine stands. */
export function siteOf(stack: ReportStack): ReportFrame | undefined {
  return stack.frames.find((frame) => !isMachinery(parseSymbol(frame.function))) ?? stack.frames[0];
}

const outermost: ReadonlySet<string> = new Set(["runtime.goexit", "runtime.main"]);

/** Index of the function that the goroutine was started with, what the compiler put around it skipped; -1 without frames. */
export function entryIndex(stack: ReportStack): number {
  for (let i = stack.frames.length - 1; i > 0; i--) {
    const symbol = parseSymbol(stack.frames[i]!.function);
    if (!outermost.has(symbol.plain) && !symbol.wrapper) return i;
  }
  return stack.frames.length === 0 ? -1 : 0;
}

/** Same text, same stack, in all dumps of a process. */
export function stackKey(stack: ReportStack): string {
  return JSON.stringify([
    stack.waitKind,
    stack.frames.map((frame) => [frame.function, frame.file, frame.line]),
  ]);
}
