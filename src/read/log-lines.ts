import { LineSplitter } from "./lines.ts";
import { type LineMap, LineMapBuilder } from "./logs/line-map.ts";
import { LogUnwrapper } from "./logs/log-unwrapper.ts";
import type { ByteSource } from "./reader.ts";

/** A source without the prefixes and envelopes that a log put around its lines. */
export interface UnwrappedSource extends ByteSource {
  /** Which line of the original each line comes from; complete when the chunks are all read. */
  readonly lines: LineMap;
}

/** Longer lines are cut: a whole dump may stand on one line, as a JSON string. */
const maxLine = 1 << 28;

/**
 * Takes off what a log wraps around the lines of a dump: Docker's JSON lines, CRI, compose, journald, syslog,
 * `kubectl logs --timestamps --prefix`, timestamps of CI, stacks escaped into a field, colours.
 * The first header of a goroutine shows which; lines that are not wrapped so pass as they are.
 */
export function unwrapLogLines(wrapped: ByteSource): UnwrappedSource {
  const lines = new LineMapBuilder();
  return {
    name: wrapped.name,
    ...(wrapped.problems === undefined ? {} : { problems: wrapped.problems }),
    lines,
    async *chunks() {
      lines.reset();
      const out: string[] = [];
      let inputLine = 0;
      const unwrapper = new LogUnwrapper((line, from) => {
        lines.add(from);
        out.push(line);
      });
      const splitter = new LineSplitter(maxLine, (line) => {
        unwrapper.line(line, ++inputLine);
      });
      for await (const chunk of wrapped.chunks()) {
        splitter.push(chunk);
        if (out.length > 0) yield Buffer.from(`${out.splice(0).join("\n")}\n`);
      }
      const open = splitter.end();
      unwrapper.end();
      if (out.length > 0) yield Buffer.from(`${out.join("\n")}${open ? "" : "\n"}`);
    },
  };
}
