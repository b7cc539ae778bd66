import { stripVTControlCharacters } from "node:util";
import type { ReadProblem } from "../../model/dump.ts";
import { type GdbFrame, type GdbListed, gdbFrame, gdbListed } from "./lines.ts";

/** A stack, and whose it is. */
export interface GdbStack {
  readonly frames: GdbFrame[];
  /** NaN when gdb does not say it: `goroutine all bt` prints no ids. */
  id: number;
  /** It is what a thread executes, `thread apply all bt`. */
  readonly thread: boolean;
  /** Number of the answer that it belongs to. In a batch, which shows no prompts, one may be of several commands. */
  readonly answer: number;
  /** Number of the frame that comes next. */
  next: number;
  /** Index into `frames` before which lines are lost. */
  gapAt: number | undefined;
  /** Frames whose lines are lost. */
  lost: number;
  /** Why gdb says that it ends there: it was asked to, could not read on, or Go's script for it failed. */
  end: "asked" | "stopped" | "failed" | undefined;
}

/** What a session shows of a program that stands still. */
export interface GdbTranscript {
  /** Of all lists, in their order. */
  readonly listed: GdbListed[];
  readonly stacks: GdbStack[];
  /** Goroutines that gdb could not find when an answer came to them. */
  readonly absent: { readonly answer: number; readonly id: number }[];
  /** What is missing: each makes the dump incomplete. */
  readonly cuts: ReadProblem[];
}

/** The beginning of `* 17 waiting  runtime.gopark`. */
const beginsListed = /^[* ]{1,2}(?:\d{1,15}(?: [a-z]*)? {0,2})?$/;
/** What is left of such a line that is cut at its beginning. */
const endOfListed = /^(?: ?[a-z]{0,9} {2}| ?)[^\s"']+$/;
/** Of a longer first line nobody asks what it is the end of. */
const longestFirst = 2000;
/** What is left of a frame's line; gdb shows where it stands like that, too, but no stack directly behind. */
const endOfFrame = /^(?!#).*(?:\) at \S.*:\d{1,9}| in \?\? \(\))$/;
/** `576\truntime/sys_linux_amd64.s: No such file or directory.` */
const sourceLine = /^\d{1,9}\t/;
/** Most frames that are kept of a stack. */
export const maxFrames = 2000;
const listBegins = {
  message: "the session begins in the middle of a list: goroutines before it are missing",
  lost: -1,
};
/** Commands behind which the program stands elsewhere, or is another; piped sessions have variables in their place. */
const goingOn =
  /^(?:(?:c|continue|n|next|s|step|ni|nexti|si|stepi|u|until|fin|finish)(?: \d{1,9})?\s*$|(?:r|run|start|attach|detach|kill|core|core-file|jump|signal)\b(?! =))/;
/** What gdb says when it begins, and when the program goes on or is left. */
const elsewhere =
  /^(?:GNU gdb |Continuing\.|Starting program: |Attaching to |Detaching from |\[New LWP \d|\[Inferior \d{1,9} \([^)]{0,80}\) (?:detached|exited|killed))/;
/** What a terminal shows at the end of each page, behind which output may go on. */
const pager = /^-{2,3}Type <(?:RET|return)>[^-]{0,80}-{2,3}/;
/** Longest line that is put together of wrapped parts. */
const maxWrapped = 100_000;

/** Reads gdb sessions with Go's runtime-gdb.py, line by line. */
export class GdbSession {
  readonly #transcripts: GdbTranscript[] = [];
  #now: GdbTranscript = this.#next();
  /** The list of goroutines that is being read. */
  #run: GdbListed[] = [];
  #stack: GdbStack | undefined;
  /** A frame whose line may go on. */
  #pending = "";
  #asked = Number.NaN;
  #thread = false;
  #line = 0;
  #answer = 0;
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
  /** gdb goes to a thread, and shows its first frame. */
  #switched = false;
  /** A command asked for a stack, which has not come. */
  #awaited = false;
  /** A frame that no stack has a place for: the answer to `up`, or the second of a stack whose first line is lost. */
  #stray: GdbFrame | undefined;

  #next(): GdbTranscript {
    const transcript: GdbTranscript = { listed: [], stacks: [], absent: [], cuts: [] };
    this.#transcripts.push(transcript);
    return transcript;
  }

  line(raw: string): void {
    this.#line++;
    let text = raw.includes("\x1b") ? stripVTControlCharacters(raw) : raw;
    if (pager.test(text)) {
      text = text.replace(pager, "");
      if (/^c?\s*$/.test(text)) return;
    }
    if (this.#pending !== "" && /^ {4}\S/.test(text) && this.#pending.length < maxWrapped) {
      this.#pending += ` ${text.trim()}`;
      return;
    }
    this.#endFrame();
    while (text.startsWith("(gdb) ")) {
      text = text.slice(6);
      this.#prompted = true;
      this.#answer++;
      this.#endStack();
      this.#endList();
      this.#command(text);
    }
    if (this.#line === 1 && text.length < longestFirst) this.#frameEnds = endOfFrame.test(text);
    if (text.startsWith("#")) {
      this.#pending = text;
      this.#frameLine = this.#line;
      this.#inList = false;
      this.#endList();
    } else this.#other(text);
  }

  #command(text: string): void {
    if (goingOn.test(text)) this.#goOn();
    const found = /^(?:goroutine|go) (\d{1,15}|0x[0-9a-f]{1,16}) (?:bt|backtrace|where)\b/.exec(text);
    this.#asked = found === null ? Number.NaN : Number(found[1]);
    this.#thread = /^(?:bt|backtrace|where)\b/.test(text);
    this.#awaited = /^(?:\w+ ){0,3}(?:bt|backtrace|where)(?: -?[a-z]\w*)*(?: \d{1,9})?\s*$/.test(text);
  }

  /** What follows is of another time, or of another program. */
  #goOn(): void {
    this.#endStack();
    this.#thread = false;
    if (!isEmpty(this.#now)) this.#now = this.#next();
  }

  #endFrame(): void {
    if (this.#pending === "") return;
    const frame = gdbFrame(this.#pending);
    this.#pending = "";
    if (frame === undefined) return;
    // gdb shows where it stands when it starts: one frame, which no command asked for.
    if (frame.index === 0) {
      if (this.#frameEnds && this.#frameLine === 2) this.#missBeginning();
      if (this.#switched) {
        this.#switched = false;
        this.#endStack();
        return;
      }
      this.#begin();
    } else if (this.#now.stacks.length === 0 && !this.#prompted) this.#missBeginning();
    if (this.#stack !== undefined && frame.index >= this.#stack.next) this.#push(this.#stack, frame);
    else this.#displaced(frame);
  }

  #push(stack: GdbStack, frame: GdbFrame): void {
    this.#stray = undefined;
    if (frame.index > stack.next) {
      const message =
        "a frame without those before it: the session has lost lines, perhaps of whole goroutines";
      this.#now.cuts.push({ line: this.#frameLine, message, lost: -1 });
      stack.gapAt ??= stack.frames.length;
      stack.lost += frame.index - stack.next;
    }
    stack.next = frame.index + 1;
    if (stack.frames.length < maxFrames) stack.frames.push(frame);
  }

  /** A frame that does not go on with the stack before it: a line that came twice, an answer, or another stack. */
  #displaced(frame: GdbFrame): void {
    const before = this.#stray;
    this.#stray = undefined;
    const last = this.#stack?.frames.at(-1);
    if (last !== undefined && isSame(last, frame)) return;
    if (this.#awaited) this.#push(this.#begin(), frame);
    else if (before === undefined || before.index + 1 !== frame.index) this.#stray = frame;
    else {
      const stack = this.#begin();
      this.#push(stack, before);
      this.#push(stack, frame);
    }
  }

  #missBeginning(): void {
    const message = "the session begins in the middle of a stack: what was before is missing";
    this.#now.cuts.push({ line: this.#line, message, lost: -1 });
    this.#prompted = true;
  }

  #quit(): void {
    const message = "what gdb showed was ended at the end of a page: what would follow is missing";
    this.#now.cuts.push({ line: this.#line, message, lost: -1 });
  }

  #begin(): GdbStack {
    this.#stack = {
      frames: [],
      id: this.#asked,
      thread: this.#thread,
      answer: this.#answer,
      next: 0,
      gapAt: undefined,
      lost: 0,
      end: undefined,
    };
    this.#asked = Number.NaN;
    // A thread has one stack, whatever command comes next in a batch.
    this.#thread = false;
    this.#awaited = false;
    this.#now.stacks.push(this.#stack);
    return this.#stack;
  }

  #endStack(): void {
    this.#switched = false;
    this.#stack = undefined;
    this.#stray = undefined;
  }

  #other(text: string): void {
    if (text === "Quit" && (this.#inList || this.#stack !== undefined)) this.#quit();
    if (this.#stack !== undefined) this.#stack.end ??= endOf(text);
    const listed = gdbListed(text);
    const any = this.#run.length > 0 || this.#now.listed.length > 0;
    this.#inList = listed !== undefined || (any && beginsListed.test(text));
    if (this.#line === 1 && listed === undefined) this.#beginsMidLine = endOfListed.test(text);
    if (listed !== undefined) {
      if (this.#beginsMidLine && this.#line === 2) this.#now.cuts.push({ ...listBegins, line: 1 });
      this.#answer++;
      this.#endStack();
      this.#run.push(listed);
      return;
    }
    this.#endList();
    if (elsewhere.test(text)) this.#goOn();
    const absent = /^No such goroutine: {1,2}(\d{1,15})$/.exec(text);
    if (absent !== null) this.#now.absent.push({ answer: this.#answer, id: Number(absent[1]) });
    if (/^Thread \d{1,6} \(/.test(text)) {
      this.#thread = true;
      this.#answer++;
    } else if (/^No such goroutine|^\[Switching to thread|^Loading Go Runtime support/.test(text))
      this.#thread = false;
    // Of a thread that runs, it shows no frame.
    this.#switched ||= text.startsWith("[Switching to thread ") && !text.endsWith("(running)");
    if (/^\[Current thread is|^\[Switching to/.test(text)) this.#dropPosition();
    if (sourceLine.test(text)) this.#shownWithSource();
  }

  /** A list that begins like the one before and is another tells that the program went on. */
  #endList(): void {
    const run = this.#run;
    if (run.length === 0) return;
    this.#run = [];
    const { listed } = this.#now;
    if (listed[0]?.id === run[0]!.id) {
      const known = new Set(listed.map(textOf));
      const again = new Set(run.map(textOf));
      if (known.size !== again.size || [...again].some((text) => !known.has(text))) this.#now = this.#next();
    }
    for (const one of run) this.#now.listed.push(one);
  }

  /** A frame is shown with its line in the source where the debugger goes there: no stack is. */
  #shownWithSource(): void {
    if (this.#stack?.frames.length === 1) this.#dropPosition();
    this.#stray = undefined;
  }

  /** What gdb prints on its own when it stops is no answer to a command. */
  #dropPosition(): void {
    if (this.#stack === this.#now.stacks.at(-1) && this.#stack?.frames.length === 1) this.#now.stacks.pop();
    this.#stack = undefined;
  }

  /** @param cut the last line has no end @returns what was shown each time that the program stood still */
  finish(cut: boolean): GdbTranscript[] {
    const unfinished = cut && (this.#pending !== "" || this.#inList);
    this.#endFrame();
    this.#endList();
    const message = `the session ends in the middle of a ${this.#inList ? "list" : "frame"}`;
    if (unfinished) this.#now.cuts.push({ line: this.#line, message, lost: -1 });
    const last = this.#transcripts.at(-2);
    if (last !== undefined && isEmpty(this.#now)) {
      this.#transcripts.pop();
      last.cuts.push(...this.#now.cuts);
    }
    // The first two never end, but that main may call runtime.Goexit.
    for (const { listed, cuts } of this.#transcripts)
      if (listed.length > 0 && !listed.some((g) => g.id <= 2)) cuts.push(listBegins);
    return this.#transcripts;
  }
}

function isEmpty({ listed, stacks }: GdbTranscript): boolean {
  return listed.length === 0 && stacks.length === 0;
}

function textOf({ id, status, function: fn }: GdbListed): string {
  return `${id} ${status} ${fn}`;
}

function isSame(a: GdbFrame, b: GdbFrame): boolean {
  return a.index === b.index && a.function === b.function && a.file === b.file && a.line === b.line;
}

/** What a line behind a stack says of its end. */
function endOf(line: string): GdbStack["end"] {
  if (/^\(More stack frames follow\.\.\.\)|^Backtrace limit of \d/.test(line)) return "asked";
  if (line.startsWith("Backtrace stopped: ")) return "stopped";
  return /^(?:Python Exception <|Error occurred in Python|Cannot access memory)/.test(line)
    ? "failed"
    : undefined;
}
