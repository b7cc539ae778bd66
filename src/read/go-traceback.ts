import type { Dump } from "../model/dump.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";
import { DumpAssembler } from "./traceback/assembler.ts";
import { LineParser } from "./traceback/line-parser.ts";

/** Longer lines are cut: no traceback has them, hostile input may. */
const maxLine = 1 << 20;
/** net/http/pprof stops writing here. */
const pprofLimit = 64 << 20;

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
  const assembler = new DumpAssembler(source.name, options.goVersion);
  const parser = new LineParser(assembler);
  let rest: Uint8Array = new Uint8Array(0);
  let bytes = 0;
  for await (const chunk of source.chunks()) {
    bytes += chunk.length;
    options.onProgress?.(bytes);
    const joined = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = joined.indexOf(10); end >= 0; end = joined.indexOf(10, start)) {
      parser.line(joined.toString("utf8", start, Math.min(end, start + maxLine)));
      start = end + 1;
    }
    rest = joined.subarray(start);
  }
  if (rest.length > 0) parser.line(Buffer.from(rest).toString("utf8", 0, maxLine));
  if (bytes === pprofLimit) {
    assembler.cut({
      message: "the input is exactly 64 MiB long, where net/http/pprof stops: goroutines are missing",
      lost: -1,
    });
  }
  parser.end(rest.length > 0);
  return assembler.finish();
}
