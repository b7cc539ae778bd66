import type { ReadProblem } from "../../model/dump.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import type { FunctionLine } from "./frame-lines.ts";
import type { Header } from "./header.ts";
import type { RecordSink } from "./record.ts";

/** So many problems wait until the goroutine is whole: more are kept by no dump. */
const mostProblems = 200;

/** What is known of a goroutine whose lines are being read. */
export abstract class RecordDraft {
  readonly header: Header;
  /** Of the header, 1-based. */
  readonly line: number;
  readonly frames: FrameDraft[] = [];
  createdBy: FrameDraft | undefined;
  creator = Number.NaN;
  /** Frames are missing before this one. */
  gapAt: number | undefined;
  elided = 0;
  unavailable = false;
  /** Frames have `fp=`: the stack is shown down to `runtime.goexit`, and whatever the level its creator. */
  pointers = false;
  /** Function line whose position is still to come. */
  pending: FunctionLine | undefined;
  pendingCreator: string | undefined;
  protected readonly sink: RecordSink;
  /** They go where the goroutine goes, which may begin a dump. */
  readonly #problems: { readonly problem: ReadProblem; readonly cut: "end" | "within" | undefined }[] = [];
  #braces = false;
  #marked = false;
  protected sinceMinor = 0;
  /** Inside `[originating from goroutine N]`: frames of an ancestor, which ran earlier. */
  protected inAncestor = false;
  protected pendingLine = 0;
  /** How many frames there were at the last place where some are missing, and at the last that an author has cut. */
  #lastGap = -1;
  #lastCut = -1;
  /** Other text stands behind the creator that waits for its place. */
  protected spoiltCreator = false;
  /** An author seems to have left out a place and more: the next line tells whether it is so. */
  #doubted: ReadProblem | undefined;

  constructor(header: Header, line: number, sink: RecordSink) {
    this.header = header;
    this.line = line;
    this.sink = sink;
  }

  /** Nothing came but its header. */
  get isBare(): boolean {
    const { frames, pending, createdBy, gapAt } = this;
    return (
      frames.length === 0 &&
      pending === undefined &&
      createdBy === undefined &&
      gapAt === undefined &&
      !this.unavailable &&
      !this.inAncestor
    );
  }

  /** Its creator came, which is what a goroutine ends with. */
  get ended(): boolean {
    return this.createdBy !== undefined && this.pendingCreator === undefined && !this.inAncestor;
  }

  /** The outermost frames that are shown are followed by others, left out. */
  get endsInGap(): boolean {
    return this.#lastGap === this.frames.length;
  }

  /** An author has left out all that follows. */
  get endsInCut(): boolean {
    if (this.inDoubt) return true;
    const isOpen = this.pending !== undefined || this.pendingCreator !== undefined;
    return !isOpen && this.#lastCut === this.frames.length;
  }

  /** An author has left out lines here, unless a place that is due comes next: then it is another program's line. */
  leaveOut(problem: ReadProblem): void {
    if (this.pending === undefined && this.pendingCreator === undefined) this.#leaveOut(problem);
    else this.#doubted = problem;
  }

  protected get inDoubt(): boolean {
    return this.#doubted !== undefined;
  }

  /** @param placed the place that is due has come */
  protected endDoubt(placed: boolean): void {
    const problem = this.#doubted;
    this.#doubted = undefined;
    if (problem !== undefined && !placed) this.#leaveOut(problem);
  }

  #leaveOut(problem: ReadProblem): void {
    this.tell(problem, "within");
    const call = this.pending;
    this.pending = undefined;
    this.pendingCreator = undefined;
    if (this.inAncestor) return;
    // Its place is one of the lines.
    if (call?.function.includes(".") === true) this.push(call, "", 0);
    this.gap(-1);
    this.#lastCut = this.frames.length;
  }

  /** Hands on the goroutine, then what is wrong with it. */
  protected handOver(): void {
    const { header, frames, elided } = this;
    const gapAt = this.gapAt === frames.length ? undefined : this.gapAt;
    this.sink.record({
      line: this.line,
      id: header.id,
      minutes: header.minutes,
      creator: this.creator,
      args: frames.map((f) => f.args ?? []),
      shape: {
        header,
        frames,
        createdBy: this.createdBy,
        extent:
          frames.length === 0 ? "none" : this.endsInGap ? "cut" : gapAt !== undefined ? "elided" : "full",
        gapAt,
        elided,
        braces: this.#braces,
        marked: this.#marked,
        sinceMinor: this.sinceMinor,
      },
    });
    for (const { problem, cut } of this.#problems) this.#pass(problem, cut);
  }

  /** The text ends here. The frame at a cut has no position; it is still a frame, and the cut is the only problem. */
  cutHere(problem: ReadProblem): void {
    if (this.pending !== undefined && !this.inAncestor) this.push(this.pending, "", 0);
    this.pending = undefined;
    this.pendingCreator = undefined;
    this.tell(problem, "end");
  }

  protected place(file: string, line: number): void {
    const call = this.pending;
    if (call !== undefined) {
      this.pending = undefined;
      if (!this.inAncestor) this.push(call, file, line);
      return;
    }
    this.tellSpoilt();
    if (this.pendingCreator !== "" && this.createdBy !== undefined) {
      this.createdBy = { ...this.createdBy, file, line };
    }
    this.pendingCreator = undefined;
  }

  /** Frames are missing here. The innermost such place is the one that tells how the goroutine came to block. */
  protected gap(count: number): void {
    this.#lastGap = this.frames.length;
    this.elided = this.gapAt === undefined ? count : -1;
    this.gapAt ??= this.frames.length;
  }

  protected push(call: FunctionLine, file: string, line: number): void {
    this.frames.push({ function: call.function, file, line, inlined: call.hidden, args: call.args });
    this.#braces ||= call.braces;
    this.#marked ||= call.marked;
  }

  /** Where a line is lost, others may be. */
  protected lose(line: number, text: string, what: string): void {
    this.tell(lostLines(line, text, what));
  }

  protected tell(problem: ReadProblem, cut?: "end" | "within"): void {
    if (this.#problems.length < mostProblems) this.#problems.push({ problem, cut });
    else this.#pass(problem, cut);
  }

  #pass(problem: ReadProblem, cut: "end" | "within" | undefined): void {
    if (cut === undefined) this.sink.problem(problem);
    else this.sink.cut(problem, cut === "end");
  }

  protected tellSpoilt(): void {
    if (!this.spoiltCreator) return;
    this.spoiltCreator = false;
    this.lose(this.pendingLine, this.createdBy?.function ?? "", "a creator with other text behind it");
  }

  /** A function without its position line: the frame is kept, its place is unknown. */
  protected dropPending(): void {
    const call = this.pending;
    const creator = this.pendingCreator;
    this.pending = undefined;
    this.pendingCreator = undefined;
    this.tellSpoilt();
    if (creator) this.lose(this.pendingLine, creator, "a creator without its file and line");
    if (call === undefined || this.inAncestor || !call.function.includes(".")) return;
    this.push(call, "", 0);
    this.lose(this.pendingLine, call.function, "a frame without its file and line");
  }
}

export function lostLines(line: number, text: string, what: string): ReadProblem {
  return { line, text, message: `${what}: the log has lost lines, perhaps of whole goroutines`, lost: -1 };
}
