import type { ReadProblem } from "../../model/dump.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import { bareFrameLine, beginsAsFrame } from "./annotation.ts";
import {
  type CreatorLine,
  type FunctionLine,
  parseCreatedBy,
  parseForeignPosition,
  parseFunctionLine,
  parsePositionLine,
} from "./frame-lines.ts";
import type { Header } from "./header.ts";
import { type JoinedLines, parseJoinedCall, parseJoinedPosition } from "./joined-lines.ts";
import type { RecordSink } from "./record.ts";

/** Where a line stands: its number, and the line before it. */
export interface LinePlace {
  /** 1-based. */
  readonly number: number;
  readonly previous: string;
}

/** So many problems wait until the goroutine is whole: more are kept by no dump. */
const mostProblems = 200;

/** A goroutine whose lines are being read: functions and positions, `created by`, elisions, ancestors. */
export class OpenRecord {
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
  readonly #sink: RecordSink;
  /** They go where the goroutine goes, which may begin a dump. */
  readonly #problems: { readonly problem: ReadProblem; readonly cut: "end" | "within" | undefined }[] = [];
  #braces = false;
  #marked = false;
  #sinceMinor = 0;
  /** Inside `[originating from goroutine N]`: frames of an ancestor, which ran earlier. */
  #inAncestor = false;
  #pendingLine = 0;
  /** How many frames there were at the last place where some are missing, and at the last that an author has cut. */
  #lastGap = -1;
  #lastCut = -1;
  /** Blank lines end a goroutine, unless one follows its header: then every line is followed by one. */
  #blanks: "end" | "after header" | "everywhere" = "end";

  constructor(header: Header, line: number, sink: RecordSink) {
    this.header = header;
    this.line = line;
    this.#sink = sink;
  }

  /** Takes a blank line; true when it ends the goroutine. */
  blank(): boolean {
    if (this.#blanks === "everywhere") return false;
    if (this.frames.length > 0 || this.pending !== undefined || this.unavailable) return true;
    this.#blanks = "after header";
    return false;
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
      !this.#inAncestor
    );
  }

  /** Its creator came, which is what a goroutine ends with. */
  get ended(): boolean {
    return this.createdBy !== undefined && this.pendingCreator === undefined && !this.#inAncestor;
  }

  /** The outermost frames that are shown are followed by others, left out. */
  get endsInGap(): boolean {
    return this.#lastGap === this.frames.length;
  }

  /** An author has left out all that follows. */
  get endsInCut(): boolean {
    const isOpen = this.pending !== undefined || this.pendingCreator !== undefined;
    return !isOpen && this.#lastCut === this.frames.length;
  }

  /** An author has left out lines here. */
  leaveOut(problem: ReadProblem): void {
    this.#tell(problem, "within");
    const call = this.pending;
    this.pending = undefined;
    this.pendingCreator = undefined;
    if (this.#inAncestor) return;
    // Its place is one of the lines.
    if (call?.function.includes(".") === true) this.#push(call, "", 0);
    this.#gap(-1);
    this.#lastCut = this.frames.length;
  }

  /** Takes a line; false for one that is no part of a goroutine. */
  take(line: string, place: LinePlace): boolean {
    if (this.pending !== undefined || this.pendingCreator !== undefined) {
      const position = parsePositionLine(line);
      const joined = position === undefined ? parseJoinedPosition(line) : parseJoinedCall(line);
      const bare = joined !== undefined || position?.file.includes(" ") ? bareFrameLine(line) : undefined;
      if (bare !== undefined) return this.take(bare, place);
      if (joined !== undefined) return this.#joined(joined, line, place);
      if (position !== undefined) {
        this.pointers ||= position.hasPointers;
        this.#place(position.file, position.line);
        return true;
      }
    }
    const created = this.ended ? undefined : parseCreatedBy(line);
    const call = this.ended || created !== undefined ? undefined : parseFunctionLine(line);
    // Only then it may hold another function's arguments.
    const joined = this.ended || call?.function.includes(")") === false ? undefined : parseJoinedCall(line);
    const bare =
      created?.whole === false || joined !== undefined || call?.function.includes(") ")
        ? bareFrameLine(line)
        : undefined;
    if (bare !== undefined) return this.take(bare, place);
    if (created !== undefined) return this.#creator(created, place);
    if (joined !== undefined) return this.#joined(joined, line, place);
    if (call !== undefined) return this.#call(call, place);
    return this.#note(line, place) || this.#annotated(line, place);
  }

  /** Hands the goroutine over. */
  close(isCut: boolean): void {
    this.#dropPending();
    const { header, frames, elided } = this;
    const gapAt = this.gapAt === frames.length ? undefined : this.gapAt;
    const none = frames.length === 0;
    if (none && !this.unavailable && !isCut && !this.endsInCut)
      this.#tell({ line: this.line, message: `goroutine ${header.id} has no stack`, lost: 0 });
    this.#sink.record({
      line: this.line,
      id: header.id,
      minutes: header.minutes,
      creator: this.creator,
      args: frames.map((f) => f.args ?? []),
      shape: {
        header,
        frames,
        createdBy: this.createdBy,
        extent: none ? "none" : this.endsInGap ? "cut" : gapAt !== undefined ? "elided" : "full",
        gapAt,
        elided,
        braces: this.#braces,
        marked: this.#marked,
        sinceMinor: this.#sinceMinor,
      },
    });
    for (const { problem, cut } of this.#problems) this.#pass(problem, cut);
  }

  /** The text ends here. The frame at a cut has no position; it is still a frame, and the cut is the only problem. */
  cutHere(problem: ReadProblem): void {
    if (this.pending !== undefined && !this.#inAncestor) this.#push(this.pending, "", 0);
    this.pending = undefined;
    this.pendingCreator = undefined;
    this.#tell(problem, "end");
  }

  #joined({ call, position }: JoinedLines, line: string, { number }: LinePlace): boolean {
    if (call !== undefined) {
      this.#dropPending();
      this.pending = call;
      this.#pendingLine = number;
    }
    if (position === undefined) this.#dropPending();
    else this.#place(position.file, position.line);
    this.#lose(number, line, "two lines on one");
    return true;
  }

  #creator(created: CreatorLine, { number }: LinePlace): boolean {
    this.#dropPending();
    this.#pendingLine = number;
    if (!created.whole) this.#lose(number, created.function, "a creator with other text behind it");
    if (this.#inAncestor) {
      this.pendingCreator = "";
      return true;
    }
    this.pendingCreator = created.function;
    this.createdBy = { function: created.function, file: "", line: 0 };
    this.creator = created.creator;
    if (!Number.isNaN(created.creator)) this.#sinceMinor = Math.max(this.#sinceMinor, 21);
    return true;
  }

  #call(call: FunctionLine, { number }: LinePlace): boolean {
    // A word like `Close()` of another process's log does not take the place of a function that waits for its line.
    if (this.pending !== undefined && !call.function.includes(".")) return false;
    this.#dropPending();
    if (this.#blanks === "after header") this.#blanks = "everywhere";
    this.pending = call;
    this.#pendingLine = number;
    return true;
  }

  #place(file: string, line: number): void {
    const call = this.pending;
    if (call !== undefined) {
      this.pending = undefined;
      if (!this.#inAncestor) this.#push(call, file, line);
      return;
    }
    if (this.pendingCreator !== "" && this.createdBy !== undefined) {
      this.createdBy = { ...this.createdBy, file, line };
    }
    this.pendingCreator = undefined;
  }

  /** Frames are missing here. The innermost such place is the one that tells how the goroutine came to block. */
  #gap(count: number): void {
    this.#lastGap = this.frames.length;
    this.elided = this.gapAt === undefined ? count : -1;
    this.gapAt ??= this.frames.length;
  }

  #push(call: FunctionLine, file: string, line: number): void {
    this.frames.push({ function: call.function, file, line, inlined: call.hidden, args: call.args });
    this.#braces ||= call.braces;
    this.#marked ||= call.marked;
  }

  /** Lines of a goroutine that are neither function, position nor creator. */
  #note(line: string, place: LinePlace): boolean {
    if (line.startsWith("...")) {
      const elided = /^\.\.\.(additional|\d{1,9}) frames elided\.\.\.$/.exec(line);
      if (elided === null) return false;
      this.#dropPending();
      if (this.#inAncestor) return true;
      const count = elided[1] === "additional" ? -1 : Number(elided[1]);
      this.#gap(count);
      if (count >= 0) this.#sinceMinor = Math.max(this.#sinceMinor, 21);
      return true;
    }
    const ancestor = /^\[originating from goroutine (\d{1,16})\]:$/.exec(line);
    if (ancestor !== null) {
      this.#dropPending();
      if (!this.#inAncestor && Number.isNaN(this.creator)) this.creator = Number(ancestor[1]);
      this.#inAncestor = true;
      return true;
    }
    if (line.trim() === "goroutine running on other thread; stack unavailable") {
      this.unavailable = true;
      return true;
    }
    return this.#foreignFrame(line, place);
  }

  /** A line with an explanation behind it. */
  #annotated(line: string, place: LinePlace): boolean {
    if (this.ended) return false;
    const bare = bareFrameLine(line);
    if (bare !== undefined) return this.take(bare, place);
    const waits = this.pending !== undefined || this.pendingCreator !== undefined;
    if (waits && beginsAsFrame(line)) this.#dropPending();
    return false;
  }

  /** C frames: `non-Go function at pc=0x…`, or a name and then `\tfile:line pc=0x…`. */
  #foreignFrame(line: string, place: LinePlace): boolean {
    if (this.#inAncestor) return this.#lacksFunction(line, place);
    if (/^non-Go function at pc=0x[0-9a-f]+$/.test(line)) {
      this.frames.push({ function: "non-Go function", file: "", line: 0 });
      return true;
    }
    const position = parseForeignPosition(line);
    if (position === undefined) return this.#lacksFunction(line, place);
    const name = this.pending?.function ?? place.previous.trim();
    this.pending = undefined;
    this.frames.push({ function: name, file: position.file, line: position.line });
    return true;
  }

  /** A position whose function's line is lost; without an offset, other programs' stacks have such lines, too. */
  #lacksFunction(line: string, { number, previous }: LinePlace): boolean {
    const position = /^[\t ]/.test(line) ? parsePositionLine(line) : undefined;
    if (position === undefined || this.ended) return false;
    const before = bareFrameLine(previous) ?? previous;
    const follows = parsePositionLine(before) !== undefined || previous.startsWith("goroutine ");
    if (!position.hasOffset && !follows) return false;
    this.#lose(number, line, "a file and line without their function");
    return true;
  }

  /** Where a line is lost, others may be. */
  #lose(line: number, text: string, what: string): void {
    const message = `${what}: the log has lost lines, perhaps of whole goroutines`;
    this.#tell({ line, text, message, lost: -1 });
  }

  #tell(problem: ReadProblem, cut?: "end" | "within"): void {
    if (this.#problems.length < mostProblems) this.#problems.push({ problem, cut });
    else this.#pass(problem, cut);
  }

  #pass(problem: ReadProblem, cut: "end" | "within" | undefined): void {
    if (cut === undefined) this.#sink.problem(problem);
    else this.#sink.cut(problem, cut === "end");
  }

  /** A function without its position line: the frame is kept, its place is unknown. */
  #dropPending(): void {
    const call = this.pending;
    const creator = this.pendingCreator;
    this.pending = undefined;
    this.pendingCreator = undefined;
    if (creator) this.#lose(this.#pendingLine, creator, "a creator without its file and line");
    if (call === undefined || this.#inAncestor || !call.function.includes(".")) return;
    this.#push(call, "", 0);
    this.#lose(this.#pendingLine, call.function, "a frame without its file and line");
  }
}
