import { stripVTControlCharacters } from "node:util";
import type { Dump } from "../model/dump.ts";
import { dumpName } from "./dump-name.ts";
import { gdbFrame, gdbListed } from "./gdb/lines.ts";
import { GdbSession } from "./gdb/session.ts";
import { GdbDump } from "./gdb/session-dump.ts";
import { Indentation } from "./indentation.ts";
import { eachLine } from "./lines.ts";
import { OtherFormats } from "./other-formats.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";

/**
 * A gdb session with Go's runtime-gdb.py: `info goroutines`, `goroutine N bt`, `goroutine all bt`,
 * `thread apply all bt`.
 *
 *     * 7 syscall  runtime.notetsleepg
 *     #1  0x000000000040f145 in runtime.chanrecv (c=0xc0000780e0, ep=0x0) at /go/src/runtime/chan.go:664
 *
 * gdb says no wait reasons, which the frames do; `goroutine all bt` says no ids. When the program goes on, or another
 * session follows, a new dump begins.
 */
export const gdbReader: Reader = { id: "gdb", title: "gdb session (info goroutines, bt)", sniff, read };

const indented = /^([ \t>]*?)(?:\(gdb\) |#\d{1,6}\s|[* ] ?\d{1,15} [a-z]+ {2}\S)/;

function sniff(head: Uint8Array): Sniffed {
  const latin1 = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  let listed = false;
  let frames: Sniffed = 0;
  const indentation = new Indentation(indented);
  for (const line of stripVTControlCharacters(latin1).split("\n")) {
    const text = indentation.off(line.trimEnd());
    listed ||= gdbListed(text)?.function.includes(".") ?? false;
    const frame = text.startsWith("#") ? gdbFrame(text) : undefined;
    if (frame?.file.endsWith(".go")) frames = 2;
    else if ((frame !== undefined && frame.line > 0) || text.startsWith("(gdb) ")) frames ||= 1;
  }
  if (!listed) return frames;
  return frames > 0 || latin1.includes("gdb") || latin1.includes("[New LWP") ? 3 : 2;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const session = new GdbSession();
  const indentation = new Indentation(indented);
  const others = new OtherFormats("gdb", options.onOther);
  const cut = await eachLine(source, options, (line, number) => {
    session.line(indentation.off(line));
    others.line(line, number);
  });
  return session
    .finish(cut)
    .map((transcript, index) =>
      new GdbDump(dumpName(source.name, index), transcript, options.goVersion).build(),
    );
}
