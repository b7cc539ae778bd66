import { unknownAddress } from "../../model/address.ts";
import { resourceOf } from "../../model/arguments.ts";
import type { Dump } from "../../model/dump.ts";
import { DumpBuilder, type FrameDraft, type StackDraft, type StackHandle } from "../../model/dump-builder.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import type { StackExtent } from "../../model/stack.ts";
import { type WaitKind, waitKindOf } from "../../model/wait-kind.ts";
import { plural } from "../../words.ts";
import { ReasonEvidence } from "./go-version.ts";
import { kindAt } from "./listed-waits.ts";
import { ReasonTexts } from "./reason-texts.ts";
import {
  gapAt,
  joinStack,
  maxFrames,
  maxOutermost,
  newGoroutine,
  pcKey,
  type TranscriptFrame,
  type TranscriptGoroutine,
} from "./transcript-goroutine.ts";
import type { Transcript } from "./transcript-parts.ts";

/** Makes a dump of a transcript. */
export class TranscriptDump {
  readonly #builder: DumpBuilder;
  readonly #transcript: Transcript;
  readonly #reasons = new ReasonTexts();
  readonly #evidence = new ReasonEvidence();
  readonly #goVersion: string | undefined;
  #anyReason = false;
  #undecided = 0;
  #deep = 0;

  constructor(name: string, transcript: Transcript, goVersion: string | undefined) {
    this.#builder = new DumpBuilder(name, "delve-text", ["ids"]);
    this.#transcript = transcript;
    this.#goVersion = goVersion ?? transcript.goVersion;
  }

  build(): Dump {
    const builder = this.#builder;
    const { goroutines, problems, cut } = this.#transcript;
    for (const problem of problems) {
      if (cut && problem.lost < 0) builder.cut(problem);
      else builder.problem(problem);
    }
    const unnamed = this.#joinStrays();
    this.#reportGaps();
    for (const goroutine of goroutines.values()) this.#learn(goroutine);
    builder.goVersion =
      this.#goVersion ?? this.#evidence.pathVersion ?? this.#evidence.minorOf(this.#evidence.tables());
    for (const goroutine of [...goroutines.values(), ...unnamed]) this.#add(goroutine);
    if (this.#isExcerpt()) builder.excerpt();
    builder.headersSeen = this.#transcript.headers;
    builder.repeated = this.#transcript.repeated;
    this.#declare();
    return builder.build();
  }

  /** A list's gap is no loss where another list is whole. */
  #reportGaps(): void {
    const { gaps, whole, goroutines } = this.#transcript;
    if (whole >= goroutines.size) return;
    let missing = 0;
    for (const gap of gaps) {
      missing += gap.lost;
      this.#builder.problem(gap);
    }
    this.#transcript.headers += missing;
    if (missing > 0) this.#builder.missingShare = missing / (missing + goroutines.size);
  }

  /** There are stacks or selections only; no list says how many goroutines there are. */
  #isExcerpt(): boolean {
    const { goroutines, selection, whole } = this.#transcript;
    if (this.#builder.goroutines.length === 0) return false;
    if (selection && whole === 0) return true;
    return [...goroutines.values()].every((g) => g.places.size === 0);
  }

  /** Finds the goroutines of stacks that no command names, by the place at which they stand. Answers those without. */
  #joinStrays(): TranscriptGoroutine[] {
    const { goroutines, strays } = this.#transcript;
    const byPlace = new Map<number, TranscriptGoroutine[]>();
    for (const g of goroutines.values()) {
      const pc = g.places.get("User")?.pc;
      if (pc !== undefined) byPlace.set(pc, [...(byPlace.get(pc) ?? []).slice(0, 1), g]);
    }
    const unnamed = new Map<string, TranscriptGoroutine>();
    let others = 0;
    for (const stray of strays) {
      const named = Number.isNaN(stray.id) ? this.#standing(byPlace, stray) : this.#named(stray.id);
      if (named !== undefined && joinStack(named, stray)) continue;
      if (!Number.isNaN(stray.id)) others++;
      else if (stray.frames.length > 0) unnamed.set(pcKey(stray), stray);
    }
    if (others > 0)
      this.#builder.problem({
        message: `${plural(others, "stack was", "stacks were")} left out: the goroutine had another stack before`,
        lost: 0,
      });
    if (goroutines.size === 0) {
      this.#transcript.headers += unnamed.size;
      return [...unnamed.values()];
    }
    if (unnamed.size > 0)
      this.#builder.problem({
        message: `${plural(unnamed.size, "stack was", "stacks were")} left out: the transcript does not say whose`,
        lost: 0,
      });
    return [];
  }

  #standing(
    byPlace: ReadonlyMap<number, readonly TranscriptGoroutine[]>,
    stray: TranscriptGoroutine,
  ): TranscriptGoroutine | undefined {
    for (const frame of stray.frames) {
      const there = byPlace.get(frame.pc);
      if (there?.length === 1) return there[0];
    }
    return undefined;
  }

  #named(id: number): TranscriptGoroutine {
    const { goroutines } = this.#transcript;
    let goroutine = goroutines.get(id);
    if (goroutine === undefined) {
      goroutine = newGoroutine(id);
      goroutines.set(id, goroutine);
      this.#transcript.headers++;
    }
    return goroutine;
  }

  #learn({ reason, places, frames }: TranscriptGoroutine): void {
    for (const frame of [...places.values(), ...frames]) this.#evidence.frame(frame);
    if (reason === "") return;
    this.#anyReason = true;
    this.#reasons.note(reason, places.get("User")?.function, places.get("Start")?.function);
  }

  #add(goroutine: TranscriptGoroutine): void {
    const builder = this.#builder;
    const { places, frames, threadId } = goroutine;
    const shown = shownOf(goroutine);
    const drafts = shown.frames.length > 0 ? shown.frames.map(draftOf) : ends(goroutine);
    if (goroutine.elided > 0) this.#deep++;
    const { reason, wait } = this.#waitOf(goroutine, drafts);
    const creator = places.get("Go");
    const draft: StackDraft = {
      reason,
      wait,
      frames: drafts,
      extent: drafts.length === 0 ? "none" : frames.length === 0 ? "ends" : shown.extent,
      ...(shown.elided === 0 ? {} : { elided: shown.elided }),
      ...(shown.extent === "elided" ? { gapAt } : {}),
      createdBy: creator?.function === "runtime.newproc" ? undefined : creator,
    };
    if (frames.length > 0) builder.can("stacks");
    if (creator !== undefined) builder.can("creators");
    const handle = builder.stack(draft);
    const flags =
      (threadId === 0 ? 0 : goroutineFlags.onThread) | (isSystem(drafts, wait) ? goroutineFlags.system : 0);
    const labels = builder.labels(goroutine.labels);
    builder.goroutines.push(
      handle.index,
      goroutine.id,
      1,
      -1,
      flags,
      Number.NaN,
      resource(handle, drafts),
      labels,
    );
    for (const { frame, argument } of handle.stack.slots)
      builder.goroutines.pushArgument(drafts[frame]?.args?.[argument] ?? unknownAddress);
    if (handle.stack.slots.length > 0) builder.can("arguments");
    if (handle.resource !== undefined) builder.canNameResource(wait);
  }

  #waitOf(
    { reason, threadId, places }: TranscriptGoroutine,
    frames: readonly FrameDraft[],
  ): { reason: string; wait: WaitKind } {
    const functions = frames.map((f) => f.function);
    if (reason === "") {
      const current = places.get("Runtime")?.function ?? functions[0];
      const parked = current === "runtime.gopark" || current === "runtime.coroswitch";
      const wait = waitKindOf(parked ? "waiting" : "", functions);
      return { reason: "", wait: wait === "unknown" && threadId !== 0 ? "running" : wait };
    }
    const meanings = this.#reasons.meanings(reason, this.#builder.goVersion);
    const kinds = new Set(meanings.map((text) => kindAt(text, functions)));
    const text = meanings.length === 1 ? meanings[0]! : "";
    if (kinds.size === 1) return { reason: text, wait: [...kinds][0]! };
    const wait = waitKindOf("waiting", functions);
    if (wait === "parked") this.#undecided++;
    return { reason: text, wait };
  }

  #declare(): void {
    const builder = this.#builder;
    if (this.#anyReason) builder.can("wait-reasons");
    if (this.#undecided > 0)
      builder.problem({
        message:
          `the wait reasons of ${plural(this.#undecided, "goroutine")} can't be told: Delve before 1.26.3 prints wrong ones for ` +
          "some versions of Go; give the version with --go-version go1.N, or save the stacks (goroutines -t)",
        lost: 0,
      });
    if (this.#deep > 0) builder.problem({ message: deepText(this.#deep), lost: 0 });
    if (builder.goroutines.length === 0)
      builder.problem({ message: "no goroutine was found in this transcript", lost: 0 });
  }
}

function deepText(stacks: number): string {
  return (
    `${plural(stacks, "stack")} of more than ${maxFrames} frames: those behind the ${gapAt} innermost are left out, ` +
    `but for the ${maxOutermost} outermost of a stack that is whole`
  );
}

function draftOf({ withArguments, args, ...frame }: TranscriptFrame): FrameDraft {
  return withArguments ? { ...frame, args } : frame;
}

/** Where a list without stacks says that a goroutine stands, and where it began. */
function ends({ places }: TranscriptGoroutine): FrameDraft[] {
  const user = places.get("User") ?? places.get("Runtime");
  const start = places.get("Start");
  return [user, start?.function === user?.function ? undefined : start].filter((f) => f !== undefined);
}

/** What is shown of a stack; one that lacks its outermost frames and others, too, ends at the others. */
function shownOf({ truncated, frames, elided }: TranscriptGoroutine): {
  readonly frames: readonly TranscriptFrame[];
  readonly extent: StackExtent;
  readonly elided: number;
} {
  const cut = truncated || frames.at(-1)?.function !== "runtime.goexit";
  if (cut && elided > 0) return { frames: frames.slice(0, gapAt), extent: "cut", elided: -1 };
  if (cut) return { frames, extent: "cut", elided: truncated ? -1 : 0 };
  return { frames, extent: elided > 0 ? "elided" : "full", elided };
}

function isSystem(frames: readonly FrameDraft[], wait: WaitKind): boolean {
  const entry = frames.findLast((f) => f.function !== "runtime.goexit")?.function ?? "";
  return (
    entry.startsWith("runtime.") && entry !== "runtime.main" && (frames.length > 1 || wait === "runtime-idle")
  );
}

function resource({ resource: plan }: StackHandle, frames: readonly FrameDraft[]): number {
  const value = plan === undefined ? undefined : frames[plan.frame]?.args?.[plan.argument];
  return plan === undefined || value === undefined || Number.isNaN(value)
    ? unknownAddress
    : resourceOf(plan, value);
}
