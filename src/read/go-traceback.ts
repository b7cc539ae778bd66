import type { Dump } from "../model/dump.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";
import type { LearnedShape } from "./traceback/assembler.ts";
import { Scanner } from "./traceback/scanner.ts";
import { TracebackBuilder } from "./traceback/traceback-builder.ts";

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
  const scanner = new Scanner();
  const scan = (last: boolean) => {
    const { batch, done } = scanner.scan(last);
    builder.take(batch, shapes, (offset, length) => scanner.part(offset, length));
    done();
  };
  for await (const chunk of source.chunks()) {
    for (let at = 0; at < chunk.length; ) {
      const room = scanner.room;
      const bytes = Math.min(room.length, chunk.length - at);
      room.set(chunk.subarray(at, at + bytes));
      scanner.filled(bytes);
      at += bytes;
      if (bytes === room.length) scan(false);
    }
    options.onProgress?.(scanner.position);
  }
  scan(true);
  return builder.finish(scanner.position);
}
