import { unknownAddress } from "../../model/address.ts";
import { resourceOf } from "../../model/arguments.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { isMachinery } from "../../model/origin.ts";
import { type WaitKind, waitKindOf } from "../../model/wait-kind.ts";
import { plural } from "../../words.ts";
import { ReasonEvidence } from "../delve/go-version.ts";
import { type EarlyEnd, earlyEnd, isEntry, isSystem, shownOf, withoutEnd } from "./extent.ts";
import type { GdbFrame, GdbListed } from "./lines.ts";
import type { GdbStack, GdbTranscript } from "./session.ts";

/** Makes a dump of a session. */
export class GdbDump {
  readonly #builder: DumpBuilder;
  readonly #transcript: GdbTranscript;
  readonly #evidence = new ReasonEvidence();
  readonly #early: Record<EarlyEnd, number> = { asked: 0, stopped: 0, failed: 0, silent: 0 };
  #shown = 0;
  /** The stacks of this session show what goroutines began with, or it is sure that one does not. */
  #endsShow = false;

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
    this.#reportEnds();
    if (this.#early.failed === 0 && this.#transcript.listed.length === 0 && failsAfterStack(stacks))
      builder.cut({
        message: "Go's script for gdb failed behind a stack: others may be missing",
        lost: -1,
      });
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
    const early = earlyEnd(stack, goroutineFrames);
    this.#noteEnd(goroutineFrames, early);
    const system = isSystem(functions, early !== undefined);
    const onThread = (thread || (system && !parked)) && early === undefined;
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

  #noteEnd(frames: readonly GdbFrame[], early: EarlyEnd | undefined): void {
    const last = frames.at(-1)!.function;
    this.#shown++;
    if (early !== undefined) this.#early[early]++;
    if (early === undefined ? isEntry(last) : isMachinery(this.#builder.symbol(last))) this.#endsShow = true;
  }

  /** Stacks in which nothing shows an end may be of a program whose stacks gdb ends elsewhere. */
  #reportEnds(): void {
    for (const [end, count] of Object.entries(this.#early) as [EarlyEnd, number][]) {
      if (count === 0 || (end === "silent" && !this.#endsShow)) continue;
      const message = `${count} of ${plural(this.#shown, "stack")} ${count === 1 ? "ends" : "end"} ${whereEnds(end, count)}: frames further out are missing`;
      this.#builder.cut({ message, lost: end === "failed" ? -1 : 0 });
    }
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

function whereEnds(end: EarlyEnd, count: number): string {
  switch (end) {
    case "asked":
      return "where gdb was asked to end";
    case "stopped":
      return "where gdb could not read on";
    case "failed":
      return "where Go's script for gdb failed";
    case "silent":
      return `before the function that ${count === 1 ? "its goroutine" : "their goroutines"} began with`;
  }
}

/** The script ends `goroutine all bt` where it fails. */
function failsAfterStack(stacks: readonly GdbStack[]): boolean {
  return stacks.some((s) => s.end === "failed" && !s.thread && Number.isNaN(s.id));
}

function isParked({ frames, gapAt }: GdbStack, listed: GdbListed | undefined): boolean {
  if (gapAt === 0) return listed?.status === "waiting";
  const first = frames[0]!.function;
  return first === "runtime.gopark" || first === "runtime.coroswitch";
}

function nilChannel(wait: WaitKind, frames: readonly GdbFrame[]): WaitKind {
  if (wait !== "chan-send" && wait !== "chan-receive") return wait;
  const call = frames.find((f) => f.function === "runtime.chansend" || f.function === "runtime.chanrecv");
  return call?.args?.[0] === 0 ? `${wait}-nil` : wait;
}
