import { unknownAddress } from "../../model/address.ts";
import { resourceOf } from "../../model/arguments.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { isMachinery } from "../../model/origin.ts";
import { type WaitKind, waitKindOf } from "../../model/wait-kind.ts";
import { count, plural } from "../../words.ts";
import { ReasonEvidence } from "../delve/go-version.ts";
import { type EarlyEnd, earlyEnd, isEntry, isSystem, shownOf, withoutEnd } from "./extent.ts";
import { joinStacks } from "./join.ts";
import type { GdbFrame, GdbListed } from "./lines.ts";
import { type GdbStack, type GdbTranscript, maxFrames } from "./session.ts";
import { threadStacks } from "./threads.ts";

/** Makes a dump of a session. */
export class GdbDump {
  readonly #builder: DumpBuilder;
  readonly #transcript: GdbTranscript;
  readonly #listed: ReadonlyMap<number, GdbListed>;
  readonly #evidence = new ReasonEvidence();
  readonly #early: Record<EarlyEnd, number> = { asked: 0, stopped: 0, failed: 0, silent: 0, long: 0 };
  #shown = 0;
  /** The stacks of this session show what goroutines began with, or it is sure that one does not. */
  #endsShow = false;

  constructor(name: string, transcript: GdbTranscript, goVersion: string | undefined) {
    this.#builder = new DumpBuilder(name, "gdb");
    this.#builder.goVersion = goVersion;
    this.#transcript = transcript;
    this.#listed = new Map(transcript.listed.map((g) => [g.id, g]));
  }

  build(): Dump {
    const builder = this.#builder;
    const stacks = this.#transcript.stacks.filter((s) => s.frames.length > 0);
    for (const stack of stacks) for (const frame of stack.frames) this.#evidence.frame(frame);
    builder.goVersion ??= this.#evidence.pathVersion ?? this.#evidence.minorOf(this.#evidence.tables());
    for (const stack of this.#joined(stacks)) this.#addStack(stack, this.#listed.get(stack.id));
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

  /** Stacks of goroutines, each once; those of the list that have none are added with what the list knows. */
  #joined(all: readonly GdbStack[]): readonly GdbStack[] {
    const builder = this.#builder;
    const listed = this.#listed;
    builder.repeated = this.#transcript.listed.length - listed.size;
    builder.headersSeen = builder.repeated;
    const [threads, goroutines] = [all.filter((s) => s.thread), all.filter((s) => !s.thread)];
    const { stacks, open, changed } = joinStacks(goroutines, this.#transcript.absent, listed);
    if (changed > 0)
      builder.problem({
        message: `${plural(changed, "stack")} of goroutines that were shown before ${changed === 1 ? "is" : "are"} left out: the program went on between`,
        lost: 0,
      });
    const whole = listed.size > 0 || isWalk(all);
    const shown = whole ? [...stacks, ...this.#executed(threads, stacks)] : [...stacks, ...threads];
    this.#addRest(shown, open);
    if (listed.size > 0 || shown.some((s) => !Number.isNaN(s.id))) builder.can("ids");
    return shown;
  }

  #executed(threads: readonly GdbStack[], shown: readonly GdbStack[]): readonly GdbStack[] {
    const { stacks, unknown, foreign } = threadStacks(threads, shown, this.#listed);
    if (foreign > 0) this.#builder.keep("threads", `${plural(foreign, "stack")} of the scheduler and of C`);
    if (unknown > 0)
      this.#builder.problem({
        message: `${plural(unknown, "stack")} of threads ${unknown === 1 ? "is" : "are"} left out: gdb does not say whose`,
        lost: 0,
      });
    return stacks;
  }

  /** @param open how many of the stacks are of nobody knows whom of the list */
  #addRest(shown: readonly GdbStack[], open: number): void {
    const ids = new Set(shown.map((s) => s.id));
    const rest = [...this.#listed.values()].filter((g) => !ids.has(g.id));
    if (open > 0) {
      const message = `${plural(open, "stack")} can't be joined to the ${plural(rest.length, "goroutine")} of the list: gdb prints no ids`;
      if (open > rest.length)
        this.#builder.cut({ message: `${message}, and these are less: lines may be lost`, lost: 0 });
      else this.#builder.problem({ message, lost: 0 });
    }
    const at = new Set(shown.filter((s) => Number.isNaN(s.id)).map((s) => s.frames[0]!.function));
    const alike = rest.filter((g) => at.has(g.function));
    // So many of them are those of the stacks, and of the others nobody knows which they are.
    for (const g of alike.slice(open)) this.#addListed({ ...g, id: Number.NaN });
    for (const g of rest.filter((r) => !at.has(r.function)).slice(Math.max(0, open - alike.length)))
      this.#addListed(g);
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
      ...shownOf(stack, goroutineFrames, onThread && early === undefined),
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
    for (const [end, stacks] of Object.entries(this.#early) as [EarlyEnd, number][]) {
      if (end === "long" || stacks === 0 || (end === "silent" && !this.#endsShow)) continue;
      const message = `${count(stacks)} of ${plural(this.#shown, "stack")} ${stacks === 1 ? "ends" : "end"} ${whereEnds(end, stacks)}: frames further out are missing`;
      this.#builder.cut({ message, lost: end === "failed" ? -1 : 0 });
    }
    if (this.#early.long === 0) return;
    const message = `${plural(this.#early.long, "stack")} of more than ${count(maxFrames)} frames: what is further out is left out`;
    this.#builder.problem({ message, lost: 0 });
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

function whereEnds(end: Exclude<EarlyEnd, "long">, count: number): string {
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
