import { bareFrameLine, beginsAsFrame } from "./annotation.ts";
import { FrameForm, UnreadLines } from "./frame-form.ts";
import { FrameIndent } from "./frame-indent.ts";
import {
  type CreatorLine,
  endsInFunction,
  type FunctionLine,
  type PositionLine,
  parseCreatedBy,
  parseForeignPosition,
  parseFunctionLine,
  parsePositionLine,
} from "./frame-lines.ts";
import {
  type JoinedLines,
  mayBeTwoCalls,
  parseBareFrame,
  parseJoinedCall,
  parseJoinedCreator,
  parseJoinedPosition,
} from "./joined-lines.ts";
import { lostLines, RecordDraft } from "./record-draft.ts";
import {
  begunBy,
  goOnWithPlace,
  isCutFile,
  isNumber,
  mayLackDigits,
  unwrapCall,
  unwrapCreator,
  unwrapPlace,
} from "./wrapped-lines.ts";

/** Where a line stands: its number, and the line before it. */
export interface LinePlace {
  /** 1-based. */
  readonly number: number;
  readonly previous: string;
}

const withoutFunction = "a file and line without their function";

/** A goroutine whose lines are being read: functions and positions, `created by`, elisions, ancestors. */
export class OpenRecord extends RecordDraft {
  readonly #indent = new FrameIndent();
  readonly #form = new FrameForm();
  readonly #unread = new UnreadLines();
  /** What was not understood directly before: it may go on in the next line. */
  #begun = "";
  /** A page has put numbers between the lines. */
  #numbered = false;
  /** Blank lines end a goroutine, unless one follows its header: then every line is followed by one. */
  #blanks: "end" | "after header" | "everywhere" = "end";

  /** Takes a blank line; true when it ends the goroutine. */
  blank(): boolean {
    if (this.#blanks === "everywhere") return false;
    this.endDoubt(false);
    if (this.frames.length > 0 || this.pending !== undefined || this.unavailable) return true;
    this.#blanks = "after header";
    return false;
  }

  /** Takes a line; false for one that is no part of a goroutine. */
  take(line: string, place: LinePlace): boolean {
    const indent = this.#indent;
    if (this.inDoubt) this.endDoubt(isPlace(line));
    if (this.frames.length === 0 && this.pending === undefined) indent.learn(line);
    if (!indent.known) return this.#take(line, place);
    return this.#take(indent.off(line), { number: place.number, previous: indent.off(place.previous) });
  }

  #take(line: string, place: LinePlace): boolean {
    const begun = this.#begun;
    this.#begun = "";
    if (begun !== "" && this.#goOnWithBegun(begun, line, place)) return true;
    if (this.#takeWhole(line, place) || this.#goOn(line, place)) return true;
    this.#begun = begunBy(begun, line);
    if (!this.ended) this.#unread.take(line);
    return false;
  }

  #takeWhole(line: string, place: LinePlace): boolean {
    if (this.pending !== undefined || this.pendingCreator !== undefined) {
      const position = parsePositionLine(line);
      const joined = position === undefined ? parseJoinedPosition(line) : this.#joinedCall(line);
      const bare = joined !== undefined || position?.file.includes(" ") ? bareFrameLine(line) : undefined;
      if (bare !== undefined) return this.#takeWhole(bare, place);
      if (joined !== undefined) return this.#joined(joined, line, place);
      if (position !== undefined) {
        if (isCutFile(position.file)) this.#tellWrapped(line, place);
        this.#ownPlace(position);
        return true;
      }
    }
    const created = this.ended ? undefined : parseCreatedBy(line);
    const call = this.ended || created !== undefined ? undefined : parseFunctionLine(line);
    const isOne = this.ended || (call !== undefined && !mayBeTwoCalls(line));
    const joined = isOne ? undefined : this.#joinedCall(line);
    const bare =
      created?.whole === false || joined !== undefined || call?.function.includes(") ")
        ? bareFrameLine(line)
        : undefined;
    if (bare !== undefined) return this.#takeWhole(bare, place);
    if (created !== undefined) return this.#creator(created, line, place);
    if (joined !== undefined) return this.#joined(joined, line, place);
    if (call !== undefined) return this.#call(call, place);
    return this.#note(line, place) || this.#annotated(line, place);
  }

  /** Takes the rest of a line that was wrapped, and whose beginning is none by itself. */
  #goOnWithBegun(begun: string, line: string, place: LinePlace): boolean {
    const { previous } = place;
    if (this.#unwrap(previous, line, place)) return true;
    if (begun === previous || !this.#unwrap(begun, line, place)) return false;
    // What stands between may be another program's.
    this.#tellWrapped(line, place);
    return true;
  }

  #unwrap(begun: string, line: string, place: LinePlace): boolean {
    const position = this.ended ? undefined : unwrapPlace(begun, line);
    if (position !== undefined) {
      if (this.pending === undefined && this.pendingCreator === undefined)
        this.lose(place.number, begun + line, withoutFunction);
      else this.#ownPlace(position);
      return true;
    }
    const wrapped = this.ended ? undefined : unwrapCall(begun, line);
    if (wrapped === undefined) return false;
    if (!wrapped.certain) this.#tellWrapped(line, place);
    return this.#call(wrapped.call, place);
  }

  /** Takes the rest of a line that was wrapped, and whose beginning looks whole. */
  #goOn(line: string, place: LinePlace): boolean {
    const { previous } = place;
    if (this.pendingCreator !== undefined && previous.startsWith("created by ")) {
      const wrapped = unwrapCreator(previous, line);
      if (wrapped !== undefined) {
        if (!wrapped.certain) this.#tellWrapped(line, place);
        this.pendingCreator = undefined;
        this.spoiltCreator = false;
        return this.#creator(wrapped.created, line, place);
      }
      if (!this.#numbered && mayLackDigits(previous, line)) this.#tellWrapped(line, place);
      return false;
    }
    if (this.pending !== undefined || this.frames.length === 0) {
      this.#numbered ||= isNumber(line);
      return false;
    }
    const placed = this.createdBy ?? this.frames.at(-1)!;
    const before = parsePositionLine(previous);
    if (before?.hasOffset !== false || before.file !== placed.file || before.line !== placed.line)
      return false;
    const position = goOnWithPlace(previous, line);
    if (position === undefined) {
      if (!this.#numbered && mayLackDigits(previous, line)) this.#tellWrapped(line, place);
      return false;
    }
    const moved = { ...placed, file: position.file, line: position.line };
    if (this.createdBy === undefined) this.frames[this.frames.length - 1] = moved;
    else this.createdBy = moved;
    return true;
  }

  #tellWrapped(text: string, { number }: LinePlace): void {
    const message = "lines are wrapped, and what belongs together is not certain";
    this.tell({ line: number, text, message, lost: -1 });
  }

  /** Hands the goroutine over. */
  close(isCut: boolean): void {
    this.endDoubt(false);
    this.dropPending();
    const { header, line } = this;
    const none = this.frames.length === 0;
    if (this.#unread.haveFrames(none)) {
      const message = `lines of goroutine ${header.id} are not understood: frames of it are missing`;
      this.tell({ line, message, lost: -1 });
    } else if (none && !this.unavailable && !isCut && !this.endsInCut)
      this.tell({ line, message: `goroutine ${header.id} has no stack`, lost: 0 });
    this.handOver();
    for (const problem of this.#form.problems) this.sink.problem(problem);
  }

  #joined({ call, position }: JoinedLines, line: string, { number }: LinePlace): boolean {
    if (call !== undefined) {
      this.dropPending();
      this.pending = call;
      this.pendingLine = number;
    }
    const problem = lostLines(number, line, "two lines on one");
    if (position === undefined) this.dropPending();
    else this.place(position.file, position.line);
    if (call !== undefined && position !== undefined) this.#form.joined(problem);
    else this.tell(problem);
    return true;
  }

  #joinedCall(line: string): JoinedLines | undefined {
    return parseJoinedCall(line) ?? (this.#form.isGo ? undefined : parseBareFrame(line));
  }

  #creator(found: CreatorLine, line: string, { number }: LinePlace): boolean {
    const joined = found.whole ? undefined : parseJoinedCreator(line);
    const created = joined?.created ?? found;
    this.dropPending();
    this.pendingLine = number;
    this.spoiltCreator = !created.whole;
    if (this.inAncestor) {
      this.pendingCreator = "";
      return true;
    }
    this.pendingCreator = created.function;
    this.createdBy = { function: created.function, file: "", line: 0 };
    this.creator = created.creator;
    if (!Number.isNaN(created.creator)) this.sinceMinor = Math.max(this.sinceMinor, 21);
    if (joined === undefined) return true;
    this.place(joined.position.file, joined.position.line);
    this.#form.joined(lostLines(number, line, "two lines on one"));
    return true;
  }

  #call(call: FunctionLine, { number }: LinePlace): boolean {
    // A word like `Close()` of another process's log does not take the place of a function that waits for its line.
    if (this.pending !== undefined && !call.function.includes(".")) return false;
    this.dropPending();
    if (this.#blanks === "after header") this.#blanks = "everywhere";
    this.pending = call;
    this.pendingLine = number;
    return true;
  }

  /** A place on a line of its own. */
  #ownPlace({ file, line, hasPointers }: PositionLine): void {
    this.#form.isGo = true;
    this.pointers ||= hasPointers;
    this.place(file, line);
  }

  /** Lines of a goroutine that are neither function, position nor creator. */
  #note(line: string, place: LinePlace): boolean {
    if (line.startsWith("...")) {
      const elided = /^\.\.\.(additional|\d{1,9}) frames elided\.\.\.$/.exec(line);
      if (elided === null) return false;
      this.dropPending();
      if (this.inAncestor) return true;
      const count = elided[1] === "additional" ? -1 : Number(elided[1]);
      this.gap(count);
      if (count >= 0) this.sinceMinor = Math.max(this.sinceMinor, 21);
      return true;
    }
    const ancestor = /^\[originating from goroutine (\d{1,16})\]:$/.exec(line);
    if (ancestor !== null) {
      this.dropPending();
      if (!this.inAncestor && Number.isNaN(this.creator)) this.creator = Number(ancestor[1]);
      this.inAncestor = true;
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
    if (bare !== undefined) return this.#takeWhole(bare, place);
    const waits = this.pending !== undefined || this.pendingCreator !== undefined;
    if (waits && beginsAsFrame(line)) this.dropPending();
    return false;
  }

  /** C frames: `non-Go function at pc=0x…`, or a name and then `\tfile:line pc=0x…`. */
  #foreignFrame(line: string, place: LinePlace): boolean {
    if (this.inAncestor) return this.#lacksFunction(line, place);
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
    const follows =
      parsePositionLine(before) !== undefined || endsInFunction(before) || previous.startsWith("goroutine ");
    if (!position.hasOffset && !follows) return false;
    this.lose(number, line, withoutFunction);
    return true;
  }
}

function isPlace(line: string): boolean {
  const position = parsePositionLine(line);
  return position !== undefined && (position.hasOffset || /^[\t ]/.test(line));
}
