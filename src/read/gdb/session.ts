import { stripVTControlCharacters } from "node:util";
import { unknownAddress } from "../../model/address.ts";
import { resourceOf } from "../../model/arguments.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { type WaitKind, waitKindOf } from "../../model/wait-kind.ts";
import { plural } from "../../words.ts";
import { ReasonEvidence } from "../delve/go-version.ts";
import { type GdbFrame, type GdbListed, gdbFrame, gdbListed } from "./lines.ts";

/** A stack, and whose it is. */
interface GdbStack {
  readonly frames: GdbFrame[];
  /** NaN when gdb does not say it: `goroutine all bt` prints no ids. */
  id: number;
  /** It is what a thread executes, `thread apply all bt`. */
  readonly thread: boolean;
}

/** The beginning of `* 17 waiting  runtime.gopark`. */
const beginsListed = /^[* ]{1,2}(?:\d{1,15}(?: [a-z]*)? {0,2})?$/;
/** What is left of such a line that is cut at its beginning. */
const endOfListed = /^(?: ?[a-z]{0,9} {2}| ?)[^\s"']+$/;
/** Of a longer first line nobody asks what it is the end of. */
const longestFirst = 2000;
/** What is left of a frame's line; gdb shows where it stands like that, too, but no stack directly behind. */
const endOfFrame = /^(?!#).*(?:\) at \S.*:\d{1,9}| in \?\? \(\))$/;
const maxFrames = 2000;
/** Longest line that is put together of wrapped parts. */
const maxWrapped = 100_000;

/** Reads a gdb session with Go's runtime-gdb.py, line by line. */
export class GdbSession {
  readonly #builder: DumpBuilder;
  readonly #listed: GdbListed[] = [];
  readonly #stacks: GdbStack[] = [];
  readonly #evidence = new ReasonEvidence();
  #stack: GdbStack | undefined;
  /** A frame whose line may go on. */
  #pending = "";
  #asked = Number.NaN;
  #thread = false;
  #line = 0;
  /** The last line is one of a list of goroutines, or begins like one. */
  #inList = false;
  /** The input begins with what may be the end of a line of such a list. */
  #beginsMidLine = false;
  /** The input begins with what may be the end of a frame, behind which a stack begins. */
  #frameEnds = false;
  /** Where the pending frame's line begins. */
  #frameLine = 0;
  /** A prompt came: single frames may be answers to `up` and `frame`. */
  #prompted = false;

  constructor(name: string, goVersion: string | undefined) {
    this.#builder = new DumpBuilder(name, "gdb");
    this.#builder.goVersion = goVersion;
  }

  line(raw: string): void {
    this.#line++;
    let text = raw.includes("\x1b") ? stripVTControlCharacters(raw) : raw;
    if (this.#pending !== "" && /^ {4}\S/.test(text) && this.#pending.length < maxWrapped) {
      this.#pending += ` ${text.trim()}`;
      return;
    }
    this.#endFrame();
    while (text.startsWith("(gdb) ")) {
      text = text.slice(6);
      this.#prompted = true;
      this.#command(text);
    }
    if (this.#line === 1 && text.length < longestFirst) this.#frameEnds = endOfFrame.test(text);
    if (text.startsWith("#")) {
      this.#pending = text;
      this.#frameLine = this.#line;
      this.#inList = false;
    } else this.#other(text);
  }

  #command(text: string): void {
    const found = /^(?:goroutine|go) (\d{1,15}|0x[0-9a-f]{1,16}) (?:bt|backtrace|where)\b/.exec(text);
    this.#asked = found === null ? Number.NaN : Number(found[1]);
    this.#thread = /^(?:bt|backtrace|where)\b/.test(text);
  }

  #endFrame(): void {
    if (this.#pending === "") return;
    const frame = gdbFrame(this.#pending);
    this.#pending = "";
    if (frame === undefined) return;
    // gdb shows where it stands when it starts: one frame, which no command asked for.
    if (frame.index === 0) {
      if (this.#frameEnds && this.#frameLine === 2) this.#missBeginning();
      this.#begin();
    } else if (this.#stacks.length === 0 && !this.#prompted) this.#missBeginning();
    if (this.#stack !== undefined && frame.index === this.#stack.frames.length && frame.index < maxFrames)
      this.#stack.frames.push(frame);
  }

  #missBeginning(): void {
    const message = "the session begins in the middle of a stack: what was before is missing";
    this.#builder.cut({ line: this.#line, message, lost: -1 });
    this.#prompted = true;
  }

  #missInList(): void {
    const message = "the session begins in the middle of a list: goroutines before it are missing";
    this.#builder.cut({ line: 1, message, lost: -1 });
  }

  #begin(): void {
    this.#stack = { frames: [], id: this.#asked, thread: this.#thread };
    this.#asked = Number.NaN;
    this.#stacks.push(this.#stack);
  }

  #other(text: string): void {
    const listed = gdbListed(text);
    this.#inList = listed !== undefined || (this.#listed.length > 0 && beginsListed.test(text));
    if (this.#line === 1 && listed === undefined) this.#beginsMidLine = endOfListed.test(text);
    if (listed !== undefined) {
      if (this.#beginsMidLine && this.#line === 2) this.#missInList();
      this.#listed.push(listed);
      return;
    }
    if (/^Thread \d{1,6} \(/.test(text)) this.#thread = true;
    else if (/^No such goroutine|^\[Switching to thread|^Loading Go Runtime support/.test(text))
      this.#thread = false;
    if (/^\[Current thread is|^\[Switching to/.test(text)) this.#dropPosition();
  }

  /** What gdb prints on its own when it stops is no answer to a command. */
  #dropPosition(): void {
    if (this.#stack === this.#stacks.at(-1) && this.#stack?.frames.length === 1) this.#stacks.pop();
    this.#stack = undefined;
  }

  /** @param cut the last line has no end */
  finish(cut: boolean): Dump {
    const unfinished = cut && (this.#pending !== "" || this.#inList);
    this.#endFrame();
    const stacks = this.#stacks.filter((s) => s.frames.length > 0);
    for (const stack of stacks) for (const frame of stack.frames) this.#evidence.frame(frame);
    const builder = this.#builder;
    builder.goVersion ??= this.#evidence.pathVersion ?? this.#evidence.minorOf(this.#evidence.tables());
    const status = this.#joinIds(stacks);
    for (const stack of stacks) this.#addStack(stack, status.get(stack.id));
    const message = `the session ends in the middle of a ${this.#inList ? "list" : "frame"}`;
    if (unfinished) builder.cut({ line: this.#line, message, lost: -1 });
    // The first two never end, but that main may call runtime.Goexit.
    if (this.#listed.length > 0 && !this.#listed.some((g) => g.id <= 2)) this.#missInList();
    if (builder.goroutines.length === 0)
      builder.problem({ message: "no goroutine was found in this session", lost: 0 });
    else if (this.#listed.length === 0 && !isWalk(stacks)) builder.excerpt();
    return builder.build();
  }

  /**
   * `goroutine all bt` walks the same list as `info goroutines`: as many stacks as goroutines are in the same order.
   * Answers what the list says of each; goroutines that no stack shows are added with what the list knows.
   */
  #joinIds(stacks: readonly GdbStack[]): Map<number, GdbListed> {
    const listed = new Map(this.#listed.map((g) => [g.id, g]));
    const builder = this.#builder;
    builder.repeated = this.#listed.length - listed.size;
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

  #addStack({ frames, id, thread }: GdbStack, listed: GdbListed | undefined): void {
    const builder = this.#builder;
    const goroutineFrames = withoutEnd(frames);
    const functions = goroutineFrames.map((f) => f.function);
    const parked = functions[0] === "runtime.gopark" || functions[0] === "runtime.coroswitch";
    const system = isSystem(functions);
    const onThread = thread || (system && !parked);
    const shown = nilChannel(
      waitKindOf(parked ? "waiting" : (listed?.status ?? ""), functions),
      goroutineFrames,
    );
    const handle = builder.stack({
      reason: "",
      wait:
        system && shown === "parked" ? "runtime-idle" : shown === "unknown" && onThread ? "running" : shown,
      frames: goroutineFrames,
      extent: onThread || isEntry(functions.at(-1)) ? "full" : "cut",
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
