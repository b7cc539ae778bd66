import { stripVTControlCharacters } from "node:util";
import { unknownAddress } from "../../model/address.ts";
import { plural } from "../../words.ts";
import { lacksFirst } from "./first-argument.ts";
import {
  frameLine,
  type HeaderLine,
  headerLine,
  labelPairs,
  positionLine,
  variableLine,
} from "./text-lines.ts";
import {
  addFrame,
  newGoroutine,
  type TranscriptFrame,
  type TranscriptGoroutine,
} from "./transcript-goroutine.ts";
import { isEmpty, joinParts, newTranscript, type Transcript } from "./transcript-parts.ts";

/** Most variables that are kept of one frame. */
const maxArguments = 16;

/** Of a place or of a goroutine's line: what both are whole without. */
const endOfFolded = /^\s*(?:\d{1,8}|\(thread \d{1,15}\).*|\[.*\])$/;

/** Commands behind which the program stands elsewhere, or is another; piped sessions have variables in their place. */
const goesOn = /^(?:c|continue|n|next|s|step|si|so|stepout|r|restart|rebuild|rev|rw|rewind)\b(?! =)/;
const leaves = /^(?:exit|quit|q|detach)\b(?! =)/;

/** Reads what people paste out of a Delve terminal, line by line. */
export class TranscriptReader {
  readonly #parts: Transcript[] = [];
  #now: Transcript = this.#begin(false);
  #goroutine: TranscriptGoroutine | undefined;
  /** The goroutine of a list whose stack comes next, if any does. */
  #owner: TranscriptGoroutine | undefined;
  /** Whose frames come next: named by a command, or the goroutine that is selected. */
  #asked: number | undefined;
  #selected: number | undefined;
  /** What stays selected where the command fails. */
  #selectedBefore: number | undefined;
  #frame: TranscriptFrame | undefined;
  /** Lines of deferred calls and ancestors are no frames of the stack. */
  #aside = false;
  /** Goroutines since the list began, and since the group. */
  #listed = 0;
  #grouped = 0;
  #inList = false;
  /** The list that comes is one of some goroutines only. */
  #selective = false;
  /** Goroutines of the list that was announced. */
  #announced = 0;
  /** Where in its file the last frame stands: on the next line, behind one that does not belong there, or known. */
  #place: "due" | "late" | "known" = "known";
  /** The next place is that of a deferred call. */
  #deferred = false;
  /** Number of the frame that comes next. */
  #next = 0;
  #line = 0;
  /** Where a goroutine's line came last. */
  #headerLine = -1;
  /** Where a line came last that ends in a number or a reason: a terminal may have folded it before that. */
  #foldable = -1;

  /** @param again nothing has let the program go on */
  #begin(again: boolean, goVersion?: string): Transcript {
    const transcript = newTranscript(again, goVersion);
    this.#parts.push(transcript);
    return transcript;
  }

  line(raw: string): void {
    this.#line++;
    let text = raw.includes("\x1b") ? stripVTControlCharacters(raw) : raw;
    if (/^Sending output to pager\.\.\.\s*$/.test(text)) this.#beginAnew();
    if (this.#place === "due") this.#expectPlace(text.trimEnd());
    while (text.startsWith("(dlv) ")) {
      text = text.slice(6);
      this.#prompt(text);
    }
    // Tables and logs fill lines up with blanks.
    text = text.trimEnd();
    if (text.includes("Goroutine ") && this.#goroutineLine(text)) return;
    if (this.#stackLine(text)) return;
    this.#otherLine(text);
  }

  /** Answers the dumps. @param cut the last line has no end */
  finish(cut: boolean): Transcript[] {
    if (this.#announced > 0) this.#checkAnnounced();
    else if (this.#listed > 0 || this.#place === "due" || (cut && this.#frame !== undefined)) {
      const what = this.#listed > 0 ? "its list does" : "the stack that it shows last";
      const message = `the transcript ends before ${what}`;
      this.#now.problems.push({ line: this.#line, message, lost: -1 });
      this.#now.cut = true;
    }
    return joinParts(this.#parts);
  }

  /** What did not fit on a page of the terminal was cut there, and comes once more from its beginning. */
  #beginAnew(): void {
    this.#endStack();
    this.#place = "known";
    this.#listed = 0;
    this.#grouped = 0;
  }

  /** A frame has two lines: where another follows the first, or where that is folded, the second does not come next. */
  #expectPlace(text: string): void {
    if (text === "" || positionLine(text) !== undefined) return;
    this.#place = "late";
    this.#lose(text, "a frame without its file and line");
  }

  #checkAnnounced(): void {
    if (this.#announced > this.#listed)
      this.#lack("", this.#announced - this.#listed, "the list is shorter than it says");
    if (this.#announced > 0) this.#listed = 0;
    this.#announced = 0;
  }

  /** What stands behind a prompt: the command that was typed, or in a piped session its output. */
  #prompt(text: string): void {
    this.#endOutput(text);
    this.#selectedBefore = this.#selected;
    const stack = /^(?:goroutine|gr) (\d{1,15}) (?:bt|stack|.*\bbt\b|.*\bstack\b)/.exec(text);
    const chosen = /^(?:goroutine|gr) (\d{1,15})\s*$/.exec(text);
    this.#selective = /^(?:goroutines|grs) .*-(?:with|without|w|wo|chan)\b/.test(text);
    if (stack !== null) this.#asked = Number(stack[1]);
    if (chosen !== null) this.#selected = Number(chosen[1]);
    if (goesOn.test(text)) this.#goOn(this.#now.goVersion);
    if (leaves.test(text)) this.#goOn(undefined);
  }

  #endOutput(text: string): void {
    this.#endStack();
    this.#checkAnnounced();
    if (this.#listed > 0) this.#lose(text, "a list of goroutines without the line that ends it");
    this.#listed = 0;
    this.#grouped = 0;
    this.#inList = false;
    this.#asked = undefined;
  }

  /** @param goVersion of the program; `undefined` where another one may come */
  #goOn(goVersion: string | undefined): void {
    this.#selected = undefined;
    this.#selectedBefore = undefined;
    if (isEmpty(this.#now)) this.#now.goVersion = goVersion;
    else this.#now = this.#begin(false, goVersion);
  }

  #goroutineLine(text: string): boolean {
    const found = headerLine(text);
    if (found !== undefined) {
      this.#header(found, text);
      return true;
    }
    if (/^\s*(?:\* ?)?Goroutine (?:\d{1,15} )?(?:- )?\(unreadable/.test(text)) {
      this.#listLine();
      this.#problem(text, "Delve could not read this goroutine", 1);
      return true;
    }
    const long = /^\s*Goroutine (\d{1,15}):$/.exec(text);
    if (long === null) {
      if (!/^Created by Goroutine \d/.test(text)) return false;
      this.#aside = true;
      return true;
    }
    this.#endStack();
    this.#selected = Number(long[1]);
    return true;
  }

  /** Whether a list is of the same moment as those before it, its first goroutine does not tell: it begins a part. */
  #listLine(): void {
    if (!this.#inList && this.#now.goroutines.size > 0) this.#now = this.#begin(true, this.#now.goVersion);
    this.#inList = true;
    this.#now.headers++;
    this.#listed++;
  }

  #header(header: HeaderLine, text: string): void {
    this.#endStack();
    this.#aside = false;
    this.#listLine();
    this.#grouped++;
    if (header.current) this.#selected = header.id;
    let goroutine = this.#now.goroutines.get(header.id);
    if (goroutine === undefined) {
      goroutine = newGoroutine(header.id);
      this.#now.goroutines.set(header.id, goroutine);
    } else this.#now.repeated++;
    goroutine.reason ||= header.reason;
    goroutine.threadId ||= header.threadId;
    if (!goroutine.places.has(header.kind)) {
      const { function: fn, file, line, pc } = header;
      goroutine.places.set(header.kind, { function: fn, file, line, pc });
    }
    if (Number.isNaN(header.pc)) this.#lose(text, "a goroutine without its address");
    this.#goroutine = goroutine;
    this.#owner = goroutine;
    this.#headerLine = this.#line;
    this.#foldable = this.#line;
  }

  #stackLine(text: string): boolean {
    const frame = frameLine(text);
    if (frame !== undefined) {
      this.#place = "due";
      this.#deferred = false;
      if (frame.index === 0) {
        // Ancestors' stacks are indented, all one after the other.
        if (!this.#aside || !text.startsWith("\t"))
          this.#startStack(/^\s/.test(text) || this.#line === this.#headerLine + 1);
      } else if (frame.index !== this.#next) this.#lose(text, "a frame without those before it");
      this.#next = frame.index + 1;
      if (this.#aside || this.#goroutine === undefined) return true;
      const { function: fn, pc } = frame;
      this.#frame = { function: fn, file: "", line: 0, pc, args: [], withArguments: false };
      addFrame(this.#goroutine, this.#frame);
      return true;
    }
    const position = positionLine(text);
    if (position !== undefined) return this.#position(position, text);
    // Delve numbers a frame that it could not read, too.
    if (/^\s+error: /.test(text)) this.#next++;
    if (this.#aside || this.#frame === undefined) return false;
    const deferred = /^\s*defer \d+: (0x)?|^\s+deferred by /.exec(text);
    if (deferred === null) return this.#variable(text, this.#frame);
    this.#deferred = deferred[1] !== undefined;
    return true;
  }

  #position(position: { file: string; line: number }, text: string): boolean {
    this.#foldable = this.#line;
    if (this.#deferred) this.#deferred = false;
    else if (this.#place === "known") {
      if (this.#goroutine === undefined && this.#asked === undefined) return false;
      this.#lose(text, "a file and line without their function");
    } else {
      this.#place = "known";
      if (!this.#aside && this.#frame !== undefined) Object.assign(this.#frame, position);
    }
    return true;
  }

  /** Frames under a goroutine's line are its own; others are of the goroutine that a command named. */
  #startStack(below: boolean): void {
    this.#aside = false;
    const owner = this.#owner;
    this.#owner = undefined;
    if (below && owner !== undefined && owner.frames.length === 0) return;
    // Of two stacks below one line of a list the second is that of a goroutine whose line is lost.
    const id = below && this.#listed > 0 ? owner?.id : (this.#asked ?? this.#selected);
    this.#endStack();
    const stray = newGoroutine(id ?? Number.NaN);
    this.#now.strays.push(stray);
    this.#goroutine = stray;
  }

  #variable(text: string, frame: TranscriptFrame): boolean {
    const variable = variableLine(text);
    if (variable === undefined) return false;
    frame.withArguments = true;
    if (frame.args.length === 0 && lacksFirst(frame.function, variable.name, variable.type))
      frame.args.push(unknownAddress);
    if (frame.args.length < maxArguments) frame.args.push(variable.value);
    return true;
  }

  #endStack(): void {
    this.#goroutine = undefined;
    this.#owner = undefined;
    this.#frame = undefined;
    this.#deferred = false;
    this.#next = 0;
  }

  #otherLine(text: string): void {
    const labels = /^\s+Labels: (.*)$/.exec(text);
    const total = /^\s+Total: (\d{1,12})$/.exec(text);
    const count = /^\[(\d{1,12}) goroutines\]$/.exec(text);
    const switched = /^Switched from \d+ to (\d{1,15})\b/.exec(text);
    if (labels !== null && this.#goroutine !== undefined) this.#goroutine.labels = labelPairs(labels[1]!);
    else if (/^\s*\(truncated\)$/.test(text) && this.#goroutine !== undefined)
      this.#goroutine.truncated = true;
    else if (total !== null) this.#endGroup(text, Number(total[1]));
    else if (count !== null) this.#endList(text, Number(count[1]));
    else if (switched !== null) {
      this.#endStack();
      this.#selected = Number(switched[1]);
      this.#selectedBefore = this.#selected;
    } else if (/^(?:Command failed: |unknown goroutine \d)/.test(text)) {
      this.#selected = this.#selectedBefore;
    } else if (text === "Type 'help' for list of commands.") {
      this.#endOutput(text);
      this.#goOn(undefined);
    } else if (this.#line === this.#foldable + 1 && endOfFolded.test(text))
      this.#lose(text, "the end of a line that is folded");
    else this.#version(text);
  }

  #endGroup(text: string, total: number): void {
    if (total > this.#grouped)
      this.#lack(text, total - this.#grouped, "a group does not show all its members");
    this.#listed = 0;
    this.#grouped = 0;
    this.#endStack();
  }

  /** The count stands behind the list; early versions of Delve wrote it before. */
  #endList(text: string, count: number): void {
    if (this.#listed === 0) {
      this.#announced = count;
      return;
    }
    if (count > this.#listed) this.#lack(text, count - this.#listed, "the list is shorter than it says");
    else if (this.#selective) this.#now.selection = true;
    else this.#now.whole = Math.max(this.#now.whole, count);
    this.#listed = 0;
    this.#inList = false;
    this.#endStack();
  }

  #lack(text: string, lost: number, message: string): void {
    this.#now.gaps.push({
      line: this.#line,
      text,
      message: `${message}: ${plural(lost, "goroutine is", "goroutines are")} missing`,
      lost,
    });
  }

  #version(text: string): void {
    const found = /\bGo version (go1\.\d{1,3}(?:\.\d{1,3})?)/.exec(text);
    if (found !== null) this.#now.goVersion = found[1];
  }

  /** Where a line is lost, others may be. */
  #lose(text: string, what: string): void {
    this.#problem(text, `${what}: the transcript has lost lines, perhaps of whole goroutines`, -1);
  }

  #problem(text: string, message: string, lost: number): void {
    this.#now.problems.push({ line: this.#line, text, message, lost });
  }
}
