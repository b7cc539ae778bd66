import { unknownAddress } from "../../model/address.ts";
import { resourceOf } from "../../model/arguments.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder, type StackTraits } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { type WaitKind, waitKindOf } from "../../model/wait-kind.ts";
import { plural } from "../../words.ts";
import { ReasonEvidence } from "../delve/go-version.ts";
import type { GdbFrame, GdbListed } from "./lines.ts";
import type { GdbStack, GdbTranscript } from "./session.ts";

/** Makes a dump of a session. */
export class GdbDump {
  readonly #builder: DumpBuilder;
  readonly #transcript: GdbTranscript;
  readonly #evidence = new ReasonEvidence();

  constructor(name: string, transcript: GdbTranscript, goVersion: string | undefined) {
    this.#builder = new DumpBuilder(name, "gdb");
    this.#builder.goVersion = goVersion;
    this.#transcript = transcript;
  }

  build(): Dump {
    const builder = this.#builder;
    const stacks = this.#transcript.stacks.filter((s) => s.frames.length > 0);
    for (const stack of stacks) for (const frame of stack.frames) this.#evidence.frame(frame);
    builder.goVersion ??= this.#evidence.pathVersion ?? this.#evidence.minorOf(this.#evidence.tables());
    const status = this.#joinIds(stacks);
    for (const stack of stacks) this.#addStack(stack, status.get(stack.id));
    for (const cut of this.#transcript.cuts) builder.cut(cut);
    if (builder.goroutines.length === 0)
      builder.problem({ message: "no goroutine was found in this session", lost: 0 });
    else if (this.#transcript.listed.length === 0 && !isWalk(stacks)) builder.excerpt();
    return builder.build();
  }

  /**
   * `goroutine all bt` walks the same list as `info goroutines`: as many stacks as goroutines are in the same order.
   * Answers what the list says of each; goroutines that no stack shows are added with what the list knows.
   */
  #joinIds(stacks: readonly GdbStack[]): Map<number, GdbListed> {
    const listed = new Map(this.#transcript.listed.map((g) => [g.id, g]));
    const builder = this.#builder;
    builder.repeated = this.#transcript.listed.length - listed.size;
    builder.headersSeen = builder.repeated;
    const nameless = stacks.filter((s) => Number.isNaN(s.id) && !s.thread);
    if (nameless.length === listed.size)
      for (const [index, g] of [...listed.values()].entries()) nameless[index]!.id = g.id;
    const shown = new Set(stacks.map((s) => s.id));
    if (nameless.some((s) => Number.isNaN(s.id)) && listed.size > 0) {
      const others = [...listed.keys()].filter((id) => !shown.has(id)).length;
      const lost = Math.max(0, others - nameless.length);
      builder.headersSeen += lost;
      builder.problem({
        message: `${plural(nameless.length, "stack")} can't be joined to the ${plural(others, "goroutine")} of the list: gdb prints no ids`,
        lost,
      });
    }
    // With stacks of nobody knows whom, the list would count those goroutines twice.
    const open = nameless.some((s) => Number.isNaN(s.id));
    for (const g of listed.values()) if (!shown.has(g.id) && !open) this.#addListed(g);
    if (listed.size > 0 || stacks.some((s) => !Number.isNaN(s.id))) builder.can("ids");
    return listed;
  }

  #addListed(g: GdbListed): void {
    const wait = waitKindOf(g.status, [g.function]);
    const frames = [{ function: g.function, file: "", line: 0 }];
    const stack = this.#builder.stack({
      reason: g.status === "waiting" ? "" : g.status,
      wait,
      frames,
      extent: "ends",
    });
    this.#push(stack.index, g.id, flagsOf(g.status, false, false), unknownAddress);
  }

  #addStack(stack: GdbStack, listed: GdbListed | undefined): void {
    const builder = this.#builder;
    const { frames, id, thread } = stack;
    const goroutineFrames = withoutEnd(frames);
    const functions = goroutineFrames.map((f) => f.function);
    const parked = isParked(stack, listed);
    const system = isSystem(functions);
    const onThread = thread || (system && !parked);
    const status = parked ? "waiting" : (listed?.status ?? "");
    // Who the first function is tells a goroutine that waits in a call from one that is about to.
    const shown =
      stack.gapAt === 0 && status === ""
        ? "unknown"
        : nilChannel(waitKindOf(status, functions), goroutineFrames);
    const handle = builder.stack({
      reason: "",
      wait:
        system && shown === "parked" ? "runtime-idle" : shown === "unknown" && onThread ? "running" : shown,
      frames: goroutineFrames,
      ...shownOf(stack, goroutineFrames, onThread),
    });
    const plan = handle.resource;
    const value =
      plan === undefined ? unknownAddress : (frames[plan.frame]?.args?.[plan.argument] ?? unknownAddress);
    const resource = plan === undefined || Number.isNaN(value) ? unknownAddress : resourceOf(plan, value);
    this.#push(handle.index, id, flagsOf(listed?.status ?? "", onThread, system), resource);
    for (const { frame, argument } of handle.stack.slots)
      builder.goroutines.pushArgument(frames[frame]?.args?.[argument] ?? unknownAddress);
    builder.can("stacks");
    if (handle.stack.slots.length > 0) builder.can("arguments");
    if (!Number.isNaN(resource)) builder.canNameResource(handle.stack.wait);
  }

  #push(stack: number, id: number, flags: number, resource: number): void {
    this.#builder.headersSeen++;
    this.#builder.goroutines.push(stack, id, 1, -1, flags, Number.NaN, resource, 0);
  }
}

/** `goroutine all bt` shows every goroutine, without ids; of a Go program there are never less than two. */
function isWalk(stacks: readonly GdbStack[]): boolean {
  return stacks.filter((s) => !s.thread && Number.isNaN(s.id)).length > 1;
}

function flagsOf(status: string, thread: boolean, system: boolean): number {
  const running = thread || status === "running" || status === "syscall";
  const leaked = status === "leaked" ? goroutineFlags.leaked : 0;
  return leaked | (running ? goroutineFlags.onThread : 0) | (system ? goroutineFlags.system : 0);
}

/** gdb unwinds past the end of a goroutine's stack. */
function withoutEnd(frames: readonly GdbFrame[]): GdbFrame[] {
  const end = frames.findIndex((f) => f.function === "runtime.goexit");
  const kept = end < 0 ? [...frames] : frames.slice(0, end + 1);
  while (kept.length > 1 && kept.at(-1)!.function === "??") kept.pop();
  return kept;
}

function isParked({ frames, gapAt }: GdbStack, listed: GdbListed | undefined): boolean {
  if (gapAt === 0) return listed?.status === "waiting";
  const first = frames[0]!.function;
  return first === "runtime.gopark" || first === "runtime.coroswitch";
}

/** How much of a stack is here. @param frames those of the goroutine */
function shownOf(
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
function isSystem(functions: readonly string[]): boolean {
  const entry = functions.findLast((f) => f !== "runtime.goexit" && f !== "??") ?? "";
  if (entry === "runtime.main" || entry === "main.main") return false;
  return (
    entry.startsWith("runtime.") ||
    functions.includes("runtime.mstart") ||
    functions.includes("runtime.mcall")
  );
}

function isEntry(name: string | undefined): boolean {
  return name === "runtime.goexit" || name === "main.main";
}

function nilChannel(wait: WaitKind, frames: readonly GdbFrame[]): WaitKind {
  if (wait !== "chan-send" && wait !== "chan-receive") return wait;
  const call = frames.find((f) => f.function === "runtime.chansend" || f.function === "runtime.chanrecv");
  return call?.args?.[0] === 0 ? `${wait}-nil` : wait;
}
