import { bareHeader, findHeaderInside } from "./annotation.ts";
import { cleanLine } from "./clean-line.ts";
import { countHeaders, gluedHeader, type Header, looksLikeHeader, parseHeader } from "./header.ts";
import { LeakList } from "./leak-list.ts";
import { leftOutAt, leftOutProblem } from "./left-out.ts";
import { OpenEvent } from "./open-event.ts";
import { type LinePlace, OpenRecord } from "./open-record.ts";
import type { RecordSink } from "./record.ts";
import { StrayFrames } from "./stray-frames.ts";
import { LostLines, Registers } from "./system-lines.ts";
import { cutPlace, endsBlock, lostOfHeader } from "./tail.ts";
import { YamlBlock } from "./yaml-block.ts";

/** This many foreign lines in a row part one dump from the next. */
const longStretch = 200;

/** First characters of the lines that begin a dump. */
const preambleStarts: ReadonlySet<number> = new Set([..."pfSWr-["].map((c) => c.charCodeAt(0)));

/**
 * The state machine over lines. Whatever the state, a header begins a goroutine; a blank line, a header or a
 * preamble ends one; lines that it does not know are skipped, because logs interleave.
 *
 * | state    | lines it eats                                                                       |
 * |----------|-------------------------------------------------------------------------------------|
 * | outside  | preambles: `panic: …`, `fatal error: …`, `SIGQUIT: quit`, `WARNING: DATA RACE`       |
 * | record   | function and position lines, `created by`, elisions, ancestors                      |
 * | panic    | the text of a panic, its nested panics, running tests; ends at a blank line         |
 * | runtime  | `runtime stack:` and the frames below it                                            |
 * | race     | a report of the race detector, whose numbers are no goroutine ids                   |
 */
export class LineParser {
  readonly #sink: RecordSink;
  #state: "outside" | "record" | "panic" | "runtime" | "race" = "outside";
  #record: OpenRecord | undefined;
  readonly #event: OpenEvent;
  #line = 0;
  #foreign = 0;
  #afterSeparator = false;
  #previous = "";
  readonly #strays = new StrayFrames();
  readonly #leaks = new LeakList();
  #goroutines = 0;
  #badHeader = false;
  #isCut = false;
  /** A block of text has ended in which goroutines were. */
  #blockEnded = false;
  #skipped = 0;
  readonly #registers = new Registers();
  readonly #lost = new LostLines();
  readonly #yaml = new YamlBlock();
  /** Nothing came since the last known goroutine. */
  #clean = false;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#event = new OpenEvent(sink);
  }

  /** Takes the next line, without its line end. */
  line(raw: string): void {
    this.#line++;
    this.#clean = false;
    this.#badHeader = false;
    const line = cleanLine(raw);
    // Go indents the text of a panic: its blank lines do not end it.
    if (line !== "" || this.#state !== "panic" || !raw.startsWith("\t")) this.#take(line);
    this.#previous = line;
  }

  /** Goroutines come that were understood without this parser, and their blank lines: they leave no state. */
  skipKnown(goroutines: number, lines: number): void {
    this.#line += lines;
    this.#goroutines += goroutines;
    if (this.#clean) return;
    this.#leaks.announced = undefined;
    this.#beforeGoroutine();
    this.#state = "outside";
    this.#previous = "";
    this.#badHeader = false;
    this.#clean = true;
  }

  get #place(): LinePlace {
    return { number: this.#line, previous: this.#previous };
  }

  /** How many lines came so far. */
  get lineNumber(): number {
    return this.#line;
  }

  /** All lines were understood, and nothing is open. */
  get idle(): boolean {
    const open = this.#record ?? this.#leaks.announced;
    return open === undefined && this.#state === "outside" && this.#skipped === 0;
  }

  /** @param unterminated the last line has no line end */
  end(unterminated: boolean): void {
    this.#beginLeak();
    if (!unterminated || !this.#partialHeader()) this.#isCut = this.#judgeTail("input", unterminated);
    this.#closeRecord();
    this.#reportStrays(false);
    if (!this.#isCut) this.#leaks.miss(this.#line, this.#sink);
    this.#missRegisters();
    this.#event.flush();
  }

  #take(line: string): void {
    if (line === "") {
      this.#blank();
      return;
    }
    this.#registers.line(line);
    if (this.#leaks.announced !== undefined) this.#beginLeak(line);
    if (this.#leak(line)) return;
    if (line.startsWith("goroutine ") && this.#header(line)) return;
    if (line.startsWith("created by ") && this.#headerInside(line)) return;
    if (this.#preamble(line)) return;
    if (this.#state === "race" || this.#state === "runtime") return;
    if (this.#state === "panic") {
      this.#event.panicText(line, this.#line);
      return;
    }
    if (this.#record?.take(line, this.#place) === true) {
      this.#foreign = 0;
      return;
    }
    const isYamlEnd = this.#yaml.closes(line);
    if (!isYamlEnd && this.#leftOut(line)) return;
    if (isYamlEnd || endsBlock(line)) this.#endBlock();
    if (this.#httpPanic(line) || this.#preambleInside(line) || this.#headerInside(line)) return;
    this.#skip(line);
  }

  #blank(): void {
    this.#strays.blank();
    if (this.#state === "panic" || this.#state === "runtime") {
      this.#event.flush();
      this.#state = "outside";
    }
    if (this.#record?.blank() === true) this.#closeRecord();
  }

  /** A header, wherever it stands; false for prose that only begins with the word. */
  #header(line: string): boolean {
    const header = parseHeader(line) ?? parseHeader(bareHeader(line) ?? "");
    if (header === undefined) {
      if (!looksLikeHeader(line)) return false;
      this.#closeRecord();
      const next = gluedHeader(line);
      this.#sink.problem({
        line: this.#line,
        text: line,
        message: "goroutine header not understood",
        lost: next > 0 ? Math.max(1, countHeaders(line.slice(0, next))) : 1,
      });
      if (next > 0) return this.#header(line.slice(next));
      this.#reportStrays(true);
      this.#strays.explain();
      this.#state = "outside";
      this.#badHeader = true;
      return true;
    }
    this.#begin(header);
    return true;
  }

  /** The header of goleak's list, or its end. */
  #leak(line: string): boolean {
    if (this.#state === "panic") return false;
    if (this.#leaks.closes(line)) {
      this.#closeRecord();
      return true;
    }
    const entry = this.#leaks.take(line, this.#line);
    if (entry === undefined) return false;
    this.#beforeGoroutine();
    // Each test reports its own.
    if (entry === "first") this.#sink.stretch();
    return true;
  }

  /** @param next the line behind a header of goleak's; the runtime's own may be there, which tells more */
  #beginLeak(next = ""): void {
    const { announced } = this.#leaks;
    this.#leaks.announced = undefined;
    if (announced !== undefined && parseHeader(next)?.id !== announced.header.id)
      this.#begin(announced.header, announced.line);
  }

  #beforeGoroutine(): void {
    this.#lost.beforeGoroutine(this.#line, longStretch, this.#sink);
    this.#closeRecord();
    this.#event.flush();
    if (this.#foreign >= longStretch) this.#sink.stretch();
    this.#foreign = 0;
    this.#afterSeparator = false;
    this.#reportStrays(true);
  }

  #begin(header: Header, line = this.#line): void {
    this.#beforeGoroutine();
    this.#state = "record";
    this.#record = new OpenRecord(header, line, this.#sink);
  }

  /** A header glued to the end of another line, or behind a prefix that nobody removed. */
  #headerInside(line: string): boolean {
    const found = this.#state === "panic" ? undefined : findHeaderInside(line);
    if (found === undefined) return false;
    const { header, before, behind } = found;
    this.#record?.take(before, this.#place);
    this.#begin(header);
    const known = behind === "" || (/^[^\s[(]+[[(]/.test(behind) && this.#record?.take(behind, this.#place));
    if (known !== true)
      this.#sink.problem({
        line: this.#line,
        text: line,
        message: "a goroutine's header is joined to other text: the goroutine's lines may be lost",
        lost: -1,
      });
    return true;
  }

  #preamble(line: string): boolean {
    if (this.#event.signal !== undefined && line.startsWith("PC=0x"))
      this.#registers.due = !this.#event.signal.continues;
    if (this.#state !== "race" && !preambleStarts.has(line.charCodeAt(0))) return false;
    const found = /^(panic: |fatal error: |SIG[A-Z0-9]+: |WARNING: DATA RACE$|runtime stack:$|-----$)/.exec(
      line,
    );
    if (found !== null) {
      this.#beginPreamble(found[1]!, line);
      return true;
    }
    if (this.#state === "race") {
      if (/^={10,}$/.test(line)) {
        this.#event.flush();
        this.#state = "outside";
      } else this.#event.race(line);
      return true;
    }
    if (line.startsWith("[signal ") && line.endsWith("]")) {
      this.#event.flush();
      this.#sink.event({ kind: "signal", text: line.slice(8, -1), line: this.#line }, true);
      return true;
    }
    if (this.#record === undefined && line.startsWith("runtime: ")) {
      this.#sink.event({ kind: "runtime-message", text: line.slice(9), line: this.#line }, true);
      return true;
    }
    return false;
  }

  /** A preamble glued to the end of what a program has printed without a line end, or to a terminal's `^\`. */
  #preambleInside(line: string): boolean {
    const found =
      /(panic: )test timed out after \S{1,40}$|(fatal error: )all goroutines are asleep - deadlock!$|(SIG)QUIT: quit$/.exec(
        line,
      );
    if (found === null) return false;
    this.#beginPreamble(found[1] ?? found[2] ?? "SIG", line.slice(found.index));
    return true;
  }

  #beginPreamble(word: string, line: string): void {
    this.#closeRecord();
    this.#event.flush();
    this.#missRegisters();
    this.#strays.preamble();
    this.#startPreamble(word, line);
    this.#foreign = 0;
  }

  /** `2026/01/02 03:04:05 http: panic serving 1.2.3.4:5: boom`: a goroutine follows that the server prints. */
  #httpPanic(line: string): boolean {
    const http = /http: panic serving [^:]*:\d+: (.*)$/.exec(line);
    if (http === null) return false;
    this.#closeRecord();
    this.#sink.event({ kind: "panic", text: http[1]!, line: this.#line }, false);
    // The value of the panic may be a stack itself.
    this.#headerInside(line);
    return true;
  }

  #missRegisters(): void {
    this.#registers.miss(this.#line, !this.#isCut && this.#goroutines > 0, this.#sink);
  }

  #startPreamble(word: string, line: string): void {
    this.#state = "outside";
    if (word === "runtime stack:") this.#state = "runtime";
    else if (word === "-----") {
      this.#afterSeparator = true;
      this.#sink.separator();
    } else if (word.startsWith("WARNING")) {
      this.#state = "race";
      this.#event.open("race", "DATA RACE", this.#line, true);
    } else if (word === "panic: ") {
      this.#state = "panic";
      const text = line.slice(word.length);
      const kind = text.startsWith("test timed out after ") ? "test-timeout" : "panic";
      this.#event.open(kind, text, this.#line, false);
    } else if (word === "fatal error: ")
      this.#event.open("fatal-error", line.slice(word.length), this.#line, false);
    else this.#event.open("signal", line, this.#line, this.#afterSeparator);
  }

  /** The line stands for others that somebody has left out of a dump: of a goroutine that is open, or behind one. */
  #leftOut(line: string): boolean {
    if (this.#record === undefined && this.#goroutines === 0) return false;
    const open = this.#record?.ended === false ? this.#record : undefined;
    const found = leftOutAt(line, this.#previous, this.#foreign, open !== undefined);
    if (found === undefined) return false;
    this.#foreign = 0;
    const record = found.what === "goroutines" ? undefined : open;
    const problem = { line: this.#line, text: line, ...leftOutProblem(found, record?.header.id) };
    if (record !== undefined) record.leaveOut(problem);
    else {
      this.#closeRecord();
      this.#sink.cut(problem);
    }
    return true;
  }

  #skip(line: string): void {
    this.#yaml.line(line);
    this.#foreign++;
    this.#skipped++;
    this.#sink.foreign(line, this.#line, this.#record !== undefined);
    if (this.#lost.take(line, this.#line) && (this.#goroutines > 0 || this.#record !== undefined))
      this.#lost.report(this.#foreign < longStretch, this.#sink);
    if (this.#record !== undefined && !this.#record.ended) return;
    const known = this.#goroutines > 0 || this.#record !== undefined;
    this.#strays.line(line, this.#line, known ? this.#foreign : undefined);
  }

  /** @param header a goroutine's header is what comes now */
  #reportStrays(header: boolean): void {
    const found = this.#strays.report(header);
    if (found === undefined) return;
    const { first, ...problem } = found;
    if (first) this.#sink.cut(problem);
    else this.#sink.problem(problem);
  }

  #closeRecord(isCut = this.#isCut): void {
    const record = this.#record;
    if (record === undefined) return;
    this.#record = undefined;
    if (this.#state === "record") this.#state = "outside";
    if (this.#isQuote(record)) {
      this.#sink.repeat();
      return;
    }
    record.close(isCut);
    this.#goroutines++;
  }

  /** A last line that is only the beginning of a header: the goroutine is lost, and so is what follows. */
  #partialHeader(): boolean {
    const line = this.#previous;
    const lost = lostOfHeader(line, this.#badHeader, this.#foreign);
    if (lost === undefined) return false;
    const message = "the input ends in the middle of a goroutine's header";
    this.#sink.cut({ line: this.#line, text: line, message, lost });
    return true;
  }

  /** Judges the goroutine that is open where the text ends; true when it is not whole. */
  #judgeTail(what: "input" | "text", unterminated: boolean): boolean {
    const record = this.#record;
    if (record === undefined || this.#isQuote(record)) return false;
    const where = cutPlace(record, {
      line: this.#previous,
      unterminated,
      foreign: this.#foreign,
      goroutines: this.#goroutines,
    });
    if (where === undefined) return false;
    const message = `the ${what} ends in the middle of ${where}; goroutines after ${record.header.id} are missing, if there were any`;
    record.cutHere({ line: this.#line, text: this.#previous, message, lost: 0 });
    return true;
  }

  /** A block of text of a page ends here, as the input may. */
  #endBlock(): void {
    this.#closeRecord(this.#judgeTail("text", false));
    this.#blockEnded ||= this.#goroutines > 0;
  }

  /** A header alone, in another block of text than the goroutine that it names. */
  #isQuote(record: OpenRecord): boolean {
    return this.#blockEnded && record.isBare && this.#sink.shows(record.header);
  }
}
