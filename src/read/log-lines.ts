import type { ReadProblem } from "../model/dump.ts";
import { LineSplitter } from "./lines.ts";
import { besidesLabels, findDumpHeader, plainText } from "./logs/header.ts";
import { type LineMap, LineMapBuilder } from "./logs/line-map.ts";
import type { LinePiece } from "./logs/line-piece.ts";
import { type HeldLines, LogStreams } from "./logs/log-streams.ts";
import { cutMessage, MessageEnd } from "./logs/message-end.ts";
import { findSession } from "./logs/session-line.ts";
import { SteadyLines } from "./logs/steady-lines.ts";
import type { ByteSource } from "./reader.ts";
import { noteProblem } from "./source.ts";

/** A source without the prefixes and envelopes that a log put around its lines. */
export interface UnwrappedSource extends ByteSource {
  readonly problems: ReadProblem[];
  /** Which line of the original each line comes from; complete when the chunks are all read. */
  readonly lines: LineMap;
}

/** A log without what it put around its lines: of the process that shows the first dump, as they come. */
export interface UnwrappedLog extends UnwrappedSource {
  /** The lines of other processes that show dumps; all there when the chunks are all read. */
  readonly others: readonly UnwrappedSource[];
  /** What is not read yet is handed on as it is, unless a wrapping is known. */
  leaveRest(): void;
}

/**
 * Longer lines are read in pieces of about this many bytes: a whole dump may stand on one line, as a JSON string.
 * Less than what is kept of a stream, so that its format can be recognised by the first piece.
 */
const maxPiece = 1 << 20;

/**
 * Takes off what a log wraps around the lines of a dump: Docker's JSON lines, CRI, compose, journald, syslog,
 * `kubectl logs --timestamps --prefix`, timestamps of CI, stacks escaped into a field, indentation, colours.
 * The first header of a goroutine shows which; lines that are not wrapped so pass as they are. Several processes are told
 * apart by their prefixes.
 */
export function unwrapLogLines(wrapped: ByteSource): UnwrappedLog {
  const others: UnwrappedSource[] = [];
  const lines = new LineMapBuilder();
  let leaving = false;
  const source: UnwrappedLog = {
    name: wrapped.name,
    problems: wrapped.problems ?? [],
    lines,
    others,
    leaveRest: () => {
      leaving = true;
    },
    async *chunks() {
      lines.reset();
      others.length = 0;
      const text = new PlainText(lines);
      let inputLine = 1;
      let midInput = false;
      /** Of the line that was split off last: how many pieces came of it, and the last of them. */
      let came = 0;
      let last: LinePiece | undefined;
      const steady = new SteadyLines();
      const streams = new LogStreams(
        (piece) => {
          text.add(piece);
          came++;
          last = piece;
        },
        (problem) => noteProblem(source, problem),
      );
      const split = (line: string, ends: boolean) => {
        const parts = ends && !midInput ? recordsOf(line) : [line];
        if (parts.length > 1 && isCutMessage(parts))
          noteProblem(source, { line: inputLine, message: cutMessage, lost: -1 });
        came = 0;
        for (const text of parts) streams.line({ text, from: inputLine, begins: !midInput, ends });
        if (came === 1 && last?.begins && last.ends && last.from === inputLine)
          steady.observe(line, last.text, streams.steady);
        midInput = !ends;
        if (ends) inputLine++;
      };
      const takeLines = (chunk: Buffer, from: number) => {
        if (steady.isIdle) return from;
        const end = steady.take(chunk, from, streams.steady);
        text.addLines(steady.text, inputLine, steady.lines);
        inputLine += steady.lines;
        return end;
      };
      const splitter = new LineSplitter(maxPiece, split, true, takeLines);
      let left = false;
      for await (const chunk of wrapped.chunks()) {
        if (leaving && !left && streams.unwrapped) {
          left = true;
          streams.end();
          yield Buffer.concat([text.take(), splitter.takeBack()]);
        }
        if (left) {
          yield chunk;
          continue;
        }
        splitter.push(chunk);
        if (!text.empty) yield text.take();
      }
      if (left) return;
      if (splitter.open) streams.lastLineIsOpen();
      splitter.end();
      if (streams.end()) text.dropLineEnd();
      if (!text.empty) yield text.take();
      if (streams.missed > 0) noteProblem(source, missedProblem);
      others.push(...streams.others.map((held) => heldSource(wrapped.name, held)));
    },
  };
  return source;
}

/**
 * The lines of a message that rsyslog has put on one line; the JSON objects of a line, of which there are several where a
 * line end was lost. Within text, quotes are escaped.
 */
function recordsOf(line: string): string[] {
  if (line.includes("#012") && isOneMessage(line)) {
    const text = line.slice(line.indexOf(": ") < 0 ? 0 : line.indexOf(": ") + 2);
    return besidesLabels(text, (part) => part.replaceAll("#012", "\n")).split("\n");
  }
  if (!line.startsWith("{") || !line.includes('}{"')) return [line];
  return line.split(/(?<=\})(?=\{"[^"\\]{1,100}"\s{0,10}:)/);
}

/** A header's line begins or ends where rsyslog has put it: what else looks so is in a label. */
function isOneMessage(line: string): boolean {
  const text = plainText(line);
  const header = findDumpHeader(text);
  const session = findSession(text);
  // What a session lists may tell of a header.
  if (header === undefined || (session >= 0 && session < header.at)) return session >= 0;
  return header.ending === "rsyslog" || text.endsWith("#012", header.at);
}

function isCutMessage(lines: readonly string[]): boolean {
  const message = new MessageEnd();
  for (const line of lines) message.line(line);
  return message.end();
}

/** The lines of a process that were held while the log was read. */
function heldSource(name: string, { pieces, open }: HeldLines): UnwrappedSource {
  const lines = new LineMapBuilder();
  return {
    name,
    problems: [],
    lines,
    async *chunks() {
      lines.reset();
      const text = new PlainText(lines);
      for (const piece of pieces) {
        if (text.length > maxPiece) yield text.take();
        text.add(piece);
      }
      if (open) text.dropLineEnd();
      if (!text.empty) yield text.take();
    },
  };
}

/** Lines that become bytes. */
class PlainText {
  readonly #lines: LineMapBuilder;
  readonly #whole: Uint8Array[] = [];
  #parts: string[] = [];
  #mid = false;
  /** Characters that wait to be taken. */
  length = 0;

  constructor(lines: LineMapBuilder) {
    this.#lines = lines;
  }

  get empty(): boolean {
    return this.length === 0;
  }

  add({ text, from, begins, ends }: LinePiece): void {
    // A long line of which no more is of use.
    if (this.#mid && begins) this.#parts.push("\n");
    if (!this.#mid || begins) this.#lines.add(from);
    this.#mid = !ends;
    this.#parts.push(text);
    if (ends) this.#parts.push("\n");
    this.length += text.length + 1;
  }

  /** Adds whole lines, which come from as many that follow each other. @param from number of the first */
  addLines(bytes: Uint8Array, from: number, lines: number): void {
    if (lines === 0) return;
    if (this.#mid) this.#parts.push("\n");
    this.#mid = false;
    this.#lines.addAll(from, lines);
    this.#flush();
    this.#whole.push(new Uint8Array(bytes));
    this.length += bytes.length;
  }

  #flush(): void {
    if (this.#parts.length > 0) this.#whole.push(Buffer.from(this.#parts.splice(0).join("")));
  }

  /** The last line has none. */
  dropLineEnd(): void {
    if (this.#parts.at(-1) === "\n") this.#parts.pop();
  }

  take(): Uint8Array<ArrayBuffer> {
    this.length = 0;
    this.#flush();
    return Buffer.concat(this.#whole.splice(0));
  }
}

const missedProblem: ReadProblem = {
  message: `a line of the log is longer than ${maxPiece} bytes, and goroutines that begin behind these are not read`,
  lost: -1,
};
