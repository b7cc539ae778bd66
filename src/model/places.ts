import { isMachinery } from "./origin.ts";
import type { Frame, Stack } from "./stack.ts";

/** Index of a frame of a stack; `unknown` when the dump leaves out where it would be, `none` when there is none. */
export type FramePlace = number | "unknown" | "none";

/** The innermost frame outside runtime, sync, syscall and internal/…: the line that blocks. */
export function siteOf(stack: Stack): FramePlace {
  const frames = stack.frames;
  if (frames.length === 0) return stack.extent === "full" ? "none" : "unknown";
  for (let i = 0; i < frames.length; i++) {
    // Between the ends of Delve's list lie frames that nobody has seen.
    if (stack.extent === "ends" && i === frames.length - 1 && frames.length > 1) return "unknown";
    if (stack.gapAt === i && i > 0) return "unknown";
    if (!isMachinery(frames[i]!.symbol)) return i;
  }
  return stack.extent === "full" ? "none" : "unknown";
}

const outermost: ReadonlySet<string> = new Set(["runtime.goexit", "runtime.main"]);

/** The function that was started with `go` (or `main.main`), compiler-made wrappers skipped. */
export function entryOf(stack: Stack): FramePlace {
  if (stack.extent === "cut" || stack.frames.length === 0) return "unknown";
  for (let i = stack.frames.length - 1; i >= 0; i--) {
    const symbol = stack.frames[i]!.symbol;
    if (outermost.has(symbol.plain) && i > 0) {
      if (stack.extent === "ends") return "unknown";
      continue;
    }
    if (i > 0 && (symbol.wrapper || isStatementItself(stack.frames[i]!, stack.createdBy))) continue;
    return i;
  }
  return "none";
}

/**
 * True for the closure into which Go 1.17 to 1.20 wraps a call with arguments: it is named as any closure (later `gowrap`),
 * but all of it lies on the line of the `go` statement.
 */
function isStatementItself(frame: Frame, createdBy: Frame | undefined): boolean {
  return (
    createdBy !== undefined &&
    createdBy.line > 0 &&
    frame.line === createdBy.line &&
    frame.file === createdBy.file &&
    frame.symbol.plain.startsWith(`${createdBy.symbol.plain}.func`)
  );
}
