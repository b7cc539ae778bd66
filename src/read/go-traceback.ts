import type { Dump } from "../model/dump.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";
import type { LearnedShape } from "./traceback/assembler.ts";
import { Scanner } from "./traceback/scanner.ts";
import { shapeOf, TracebackBuilder } from "./traceback/traceback-builder.ts";
import { Window } from "./traceback/window.ts";

/**
 * Go text tracebacks of all versions from 1.6: net/http/pprof debug=2, runtime.Stack, panics, fatal errors,
 * SIGQUIT. The format is whatever runtime/traceback.go prints.
 */
export const goTracebackReader: Reader = {
  id: "go-traceback",
  title: "Go traceback (debug=2, SIGQUIT, panic)",
  sniff,
  read,
};

function sniff(head: Uint8Array): Sniffed {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  if (/^[ \t]*goroutine \d+ (?:gp=[^[\]\n]*)?\[/m.test(text)) return 3;
  if (/^(?:fatal error: |SIG[A-Z]+: |runtime stack:\r?$|WARNING: DATA RACE)/m.test(text)) return 2;
  // A log may come to its traceback late.
  const first = text.trimStart().charAt(0);
  return text.includes("\0") || first === "" || "{[<".includes(first) ? 0 : 1;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const builder = new TracebackBuilder(source.name, options.goVersion);
  const shapes: LearnedShape[] = [];
  const scanner = new Scanner((learned) => shapes.push(shapeOf(learned)));
  const window = new Window();
  let bytes = 0;
  const scan = (last: boolean) => {
    window.consume((memory, from, end) => {
      const stop = scanner.scan(memory, from, end, last);
      builder.take(scanner.out.batch, shapes);
      scanner.out.clear();
      return stop;
    });
  };
  for await (const chunk of source.chunks()) {
    for (let at = 0; at < chunk.length; ) {
      at += window.fill(chunk, at);
      if (window.full) scan(false);
    }
    bytes += chunk.length;
    options.onProgress?.(bytes);
  }
  scan(true);
  return builder.finish(window.rest, bytes);
}
