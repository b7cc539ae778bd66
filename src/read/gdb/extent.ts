import type { StackTraits } from "../../model/dump-builder.ts";
import type { GdbFrame } from "./lines.ts";
import { type GdbStack, maxFrames } from "./session.ts";

/** Why frames further out are missing; `silent`: gdb does not say that they are, `long`: they are too many. */
export type EarlyEnd = NonNullable<GdbStack["end"]> | "silent" | "long";

/** Functions that goroutines and threads begin with, and those that go on upon another stack. */
const outermost: ReadonlySet<string> = new Set([
  "runtime.goexit",
  "runtime.main",
  "main.main",
  "runtime.mcall",
  "runtime.systemstack",
  "runtime.morestack",
  "runtime.asmcgocall",
  "runtime.mstart",
  "runtime.rt0_go",
  "runtime.clone",
  "clone",
  "__clone",
  "clone3",
  "__clone3",
  "start_thread",
  "_start",
]);

/** Functions of the runtime's own goroutines, of which it starts each for nothing else. */
const background =
  /^runtime\.(?:forcegchelper|bgsweep|bgscavenge|runfinq|runFinalizers|runCleanups|gcBgMarkWorker|timerproc|\(\*(?:scavengerState|cleanupQueue)\)\.\w+)$/;

/** gdb unwinds past the end of a goroutine's stack. */
export function withoutEnd(frames: readonly GdbFrame[]): GdbFrame[] {
  const end = frames.findIndex((f) => f.function === "runtime.goexit");
  const kept = end < 0 ? [...frames] : frames.slice(0, end + 1);
  while (kept.length > 1 && kept.at(-1)!.function === "??") kept.pop();
  return kept;
}

/** Why a stack ends before what its goroutine began with. @param frames those of the goroutine */
export function earlyEnd(
  { frames: all, thread, end, next }: GdbStack,
  frames: readonly GdbFrame[],
): EarlyEnd | undefined {
  if (all.length === maxFrames && next > maxFrames) return "long";
  const last = frames.at(-1)!.function;
  if (all.at(-1)!.function === "??" || outermost.has(last) || last.startsWith("_rt0_")) return undefined;
  // Of threads gdb can't read on at the end of most.
  if (thread) return end === "asked" ? end : undefined;
  return end ?? "silent";
}

/** How much of a stack is here. @param frames those of the goroutine */
export function shownOf(
  { gapAt, lost }: GdbStack,
  frames: readonly GdbFrame[],
  onThread: boolean,
): Pick<StackTraits, "extent" | "gapAt" | "elided"> {
  const within = gapAt !== undefined && gapAt < frames.length;
  const ends = isEntry(frames.at(-1)!.function) || (onThread && (within || gapAt === undefined));
  if (!ends) return { extent: "cut", elided: -1 };
  return within ? { extent: "elided", gapAt, elided: lost } : { extent: "full" };
}

/** The stack on which a thread looks for goroutines to run, or a goroutine of the runtime. */
export function isSystem(functions: readonly string[], early: boolean): boolean {
  if (early) return functions.some((name) => background.test(name));
  const entry = functions.findLast((f) => f !== "runtime.goexit" && f !== "??") ?? "";
  if (entry === "runtime.main" || entry === "main.main") return false;
  return (
    entry.startsWith("runtime.") ||
    functions.includes("runtime.mstart") ||
    functions.includes("runtime.mcall")
  );
}

/** What a thread executes that looks for goroutines to run. No goroutine stands there. */
export function isScheduler(frames: readonly GdbFrame[]): boolean {
  const functions = frames.map((f) => f.function);
  return (
    functions.includes("runtime.schedule") &&
    functions.some((f) => f === "runtime.mcall" || f === "runtime.mstart")
  );
}

export function isEntry(name: string | undefined): boolean {
  return name === "runtime.goexit" || name === "main.main";
}
