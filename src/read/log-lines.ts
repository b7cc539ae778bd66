import type { ReadProblem } from "../model/dump.ts";
import { LineSplitter } from "./lines.ts";
import { type LineMap, LineMapBuilder } from "./logs/line-map.ts";
import { LogStreams } from "./logs/log-streams.ts";
import type { LinePiece } from "./logs/log-unwrapper.ts";
import type { ByteSource } from "./reader.ts";
import { noteProblem } from "./source.ts";

/** A source without the prefixes and envelopes that a log put around its lines. */
export interface UnwrappedSource extends ByteSource {
  readonly problems: ReadProblem[];
  /** Which line of the original each line comes from; complete when the chunks are all read. */
  readonly lines: LineMap;
}

/**
 * Longer lines are read in pieces of about this many bytes: a whole dump may stand on one line, as a JSON string.
 * Less than what is kept of a stream, so that its format can be recognised by the first piece.
 */
const maxPiece = 1 << 20;

/**
 * Takes off what a log wraps around the lines of a dump: Docker's JSON lines, CRI, compose, journald, syslog,
 * `kubectl logs --timestamps --prefix`, timestamps of CI, stacks escaped into a field, colours.
 * The first header of a goroutine shows which; lines that are not wrapped so pass as they are. Several processes are told
 * apart by their prefixes.
 */
export function unwrapLogLines(wrapped: ByteSource): UnwrappedSource {
  const lines = new LineMapBuilder();
  const source: UnwrappedSource = {
    name: wrapped.name,
    problems: wrapped.problems ?? [],
    lines,
    async *chunks() {
      lines.reset();
      const out: string[] = [];
      let inputLine = 1;
      let midInput = false;
      let midOutput = false;
      const emit = ({ text, from, ends }: LinePiece) => {
        if (!midOutput) lines.add(from);
        midOutput = !ends;
        out.push(text);
        if (ends) out.push("\n");
      };
      const streams = new LogStreams(emit, (problem) => noteProblem(source, problem));
      const split = (text: string, ends: boolean) => {
        streams.line({ text, from: inputLine, begins: !midInput, ends });
        midInput = !ends;
        if (ends) inputLine++;
      };
      const splitter = new LineSplitter(maxPiece, split, true);
      for await (const chunk of wrapped.chunks()) {
        splitter.push(chunk);
        if (out.length > 0) yield Buffer.from(out.splice(0).join(""));
      }
      if (splitter.open) streams.lastLineIsOpen();
      const open = splitter.end();
      streams.end();
      if (open && out.at(-1) === "\n") out.pop();
      if (out.length > 0) yield Buffer.from(out.join(""));
      if (streams.missed > 0) noteProblem(source, missedProblem);
    },
  };
  return source;
}

const missedProblem: ReadProblem = {
  message: `a line of the log is longer than ${maxPiece} bytes, and goroutines that begin behind these are not read`,
  lost: -1,
};
