import type { ReadProblem } from "../../model/dump.ts";
import { tellsOfLostLines } from "../traceback/system-lines.ts";
import { findHeader, plainText } from "./header.ts";
import type { Layer, LinePiece } from "./line-piece.ts";
import { LogUnwrapper } from "./log-unwrapper.ts";
import { type LineProcess, lineProcess } from "./process-prefix.ts";
import { recordProcess } from "./record-line.ts";

/** Text of the streams behind the first that is held, in characters. */
const maxHeld = 1 << 28;
/** Streams of one log at most; the lines of more are taken as one. */
const maxStreams = 1_000;

/** Of the system's own lines that tell of lost ones so many are kept; what they tell is of no dump that comes so many lines later. */
const maxNotices = 20;
const longStretch = 200;

/** What is looked at of a line for its prefix, in characters. */
const maxPrefix = 1_000;

/** `[pod/NAME/CONTAINER] ` of `kubectl logs --prefix`, `NAME-1  | ` of compose. */
const streamPrefix = /^(?:\[pod\/[^\]\s]{1,500}\] |[\w.-]{1,200} {1,100}\|(?: |$))/;

/** `POD CONTAINER ` of stern; a pod's name has a hyphen before what makes it unique. What grep puts before a line has one, too. */
const podPrefix =
  /^(?=[a-z0-9.]{1,250}-)(?!\d{1,9}-|[a-z0-9.-]{1,250}-created by )[a-z0-9][a-z0-9.-]{1,251}[a-z0-9] [a-z0-9][a-z0-9-]{0,62} /;

/** The stream of a line that a container's runtime has written: CRI's text, Docker's JSON. */
const criStream = /^\d{4}-\d\d-\d\dT\S{8,40} (stdout|stderr) [FP] /;
const dockerStream = /"stream":"(stdout|stderr)"/;

/** The package of an event of `go test -json`. */
const testedPackage = /^\{"Time":"[^"]{1,40}","Action":"[a-z]{1,20}","Package":"([^"]{1,500})"/;

/** What tells the lines of one process and stream from those of others; a process where syslog names one. */
function streamKey(text: string): string | LineProcess {
  const start = plainText(text.length > maxPrefix ? text.slice(0, maxPrefix) : text);
  const process = recordProcess(start);
  if (process !== undefined) return process;
  if (start.startsWith('{"log":"')) return dockerStream.exec(text.slice(-maxPrefix))?.[1] ?? "";
  if (start.startsWith('{"Time":"')) return testedPackage.exec(start)?.[1] ?? "";
  return (
    criStream.exec(start)?.[1] ??
    (streamPrefix.exec(start) ?? podPrefix.exec(start))?.[0].trimEnd() ??
    lineProcess(start) ??
    ""
  );
}

/** What one process has written. */
interface Stream {
  /** Syslog names it: lines that name none go on with those before. */
  readonly named: boolean;
  readonly unwrapper: LogUnwrapper;
  /** A goroutine's header has come. */
  shown: boolean;
  readonly held: LinePiece[];
  /** Its last line is the log's, which has no end. */
  open: boolean;
}

/** The unwrapped lines of one process. */
export interface HeldLines {
  readonly pieces: readonly LinePiece[];
  /** The last one has no end. */
  readonly open: boolean;
}

/**
 * Unwraps the lines of a log that several processes have written, so that no dump has goroutines of two: those of the
 * first that shows a dump as they come, those of the others are held, from what is before their first dump on.
 */
export class LogStreams {
  readonly #emit: (piece: LinePiece) => void;
  readonly #onProblem: (problem: ReadProblem) => void;
  readonly #streams = new Map<string, Stream>();
  #first: Stream | undefined;
  /** Of the line that is read in pieces. */
  #current: Stream | undefined;
  #held = 0;
  /** How many have shown a goroutine. */
  #shown = 0;
  /** How many that syslog names have not. */
  #silent = 0;
  /** Those that have shown one and have a line behind the last notice: others were told already. */
  readonly #untold = new Set<Stream>();
  /** The rest of a long line of the system's comes. */
  #passing = false;
  /** What the system has said lately of lost lines, which processes are told whose first dump comes soon. */
  readonly #notices: LinePiece[] = [];
  /** Pieces of long lines that show goroutines and are not known to lie in a field. */
  missed = 0;
  #open = false;

  constructor(emit: (piece: LinePiece) => void, onProblem: (problem: ReadProblem) => void) {
    this.#emit = emit;
    this.#onProblem = onProblem;
  }

  /** Nothing is known that would be taken off. */
  get unwrapped(): boolean {
    return [...this.#streams.values()].every((stream) => stream.unwrapper.isBare);
  }

  /**
   * What takes off the wrapping of the line that came last, when it will do so with all like it: they are of the process
   * whose lines are handed on.
   */
  get steady(): Layer | undefined {
    const stream = this.#first;
    return stream !== undefined && this.#current === stream ? stream.unwrapper.steadyIn() : undefined;
  }

  line(piece: LinePiece): void {
    if (piece.begins || this.#current === undefined) {
      const found = streamKey(piece.text);
      const process = typeof found === "string" ? undefined : found;
      const key = process?.key ?? (found as string);
      if (this.#open && !(key !== "" && this.#streams.has(key)) && this.#first !== undefined) {
        this.#lastLine(piece);
        return;
      }
      this.#passing = process?.system === true && this.#notice(key, piece);
      if (this.#passing) return;
      const goesOn = key === "" && this.#current?.named === true && this.#current.shown;
      // Headers tell where goroutines end; a blank line may be any process's.
      if (goesOn && this.#shown > 1 && piece.ends && piece.text.trim() === "") return;
      if (!goesOn) this.#current = this.#stream(key, process !== undefined);
    }
    if (this.#current !== undefined && !this.#passing) this.#take(this.#current, piece);
  }

  /** Takes a line of the system's, of which lost lines may be of every process, unless it is part of a dump itself. */
  #notice(key: string, piece: LinePiece): boolean {
    if (this.#streams.get(key)?.shown === true || findHeader(plainText(piece.text)) >= 0) return false;
    if (!tellsOfLostLines(piece.text.trimEnd())) return true;
    for (const stream of this.#untold) stream.unwrapper.line(piece);
    this.#untold.clear();
    // Its lines need not all come here.
    if (this.#first !== undefined) this.#untold.add(this.#first);
    this.#notices.push(piece);
    if (this.#notices.length > maxNotices) this.#notices.shift();
    return true;
  }

  /** A last line that may be cut before it says whose it is could be that of each process. */
  #lastLine(piece: LinePiece): void {
    for (const stream of this.#streams.values()) if (stream.shown) this.#take(stream, piece);
    // Docker tells the stream behind the text.
    if (this.#streams.size > 1 && piece.text.startsWith('{"log":"'))
      this.#onProblem({
        line: piece.from,
        message: "the log ends in a line that does not say which stream it belongs to",
        lost: -1,
      });
  }

  #take(stream: Stream, piece: LinePiece): void {
    const { text } = piece;
    stream.open = this.#open;
    if (!stream.shown && findHeader(plainText(text)) >= 0) {
      stream.shown = true;
      this.#shown++;
      if (stream.named) this.#silent--;
      this.#first ??= stream;
      for (const notice of this.#notices)
        if (piece.from - notice.from < longStretch) stream.unwrapper.line(notice);
    }
    if (stream.shown) this.#untold.add(stream);
    stream.unwrapper.line(piece);
  }

  /** The line that comes next is the last and has no end: it may be cut in what the log puts before its text. */
  lastLineIsOpen(): void {
    this.#open = true;
    for (const { unwrapper } of this.#streams.values()) unwrapper.lastLineIsOpen();
  }

  /** Ends the log. @returns whether the first process's lines end with the log's last one, which has no end */
  end(): boolean {
    for (const { unwrapper } of this.#streams.values()) unwrapper.end();
    return this.#first?.open ?? this.#open;
  }

  /** The lines of each process but the first, once the log has ended. */
  get others(): HeldLines[] {
    return [...this.#streams.values()]
      .filter((stream) => stream !== this.#first && stream.held.length > 0)
      .map(({ held, open }) => ({ pieces: held, open }));
  }

  #stream(key: string, named: boolean): Stream {
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    if (this.#streams.size >= maxStreams && this.#silent > 0) this.#forgetSilent();
    if (this.#current !== undefined && this.#streams.size >= maxStreams) {
      this.#onProblem({ message: `the log has more than ${maxStreams} processes`, lost: -1 });
      return this.#current;
    }
    const held: LinePiece[] = [];
    const unwrapper = new LogUnwrapper({
      emit: (piece) => this.#handOn(stream, piece),
      problem: this.#onProblem,
      missed: () => this.missed++,
    });
    if (this.#open) unwrapper.lastLineIsOpen();
    const stream: Stream = { named, unwrapper, shown: false, held, open: false };
    this.#streams.set(key, stream);
    if (named) this.#silent++;
    return stream;
  }

  /** Each job that a system starts has a number of its own, and few show dumps. */
  #forgetSilent(): void {
    for (const [key, stream] of this.#streams) {
      if (!stream.named || stream.shown) continue;
      stream.unwrapper.end();
      this.#streams.delete(key);
    }
    this.#silent = 0;
  }

  #handOn(stream: Stream, piece: LinePiece): void {
    if (this.#first === undefined || stream === this.#first) this.#emit(piece);
    else if (stream.shown) this.#hold(stream, piece);
  }

  #hold({ held }: Stream, piece: LinePiece): void {
    this.#held += piece.text.length + 1;
    if (this.#held <= maxHeld) held.push(piece);
    else {
      const message = "the log of several processes is too long to be told apart: take one of them alone";
      this.#onProblem({ line: piece.from, message, lost: -1 });
    }
  }
}
