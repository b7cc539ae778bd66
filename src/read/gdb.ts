import { stripVTControlCharacters } from "node:util";
import type { Dump } from "../model/dump.ts";
import { GdbSession } from "./gdb/session.ts";
import { eachLine } from "./lines.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";

/**
 * A gdb session with Go's runtime-gdb.py: `info goroutines`, `goroutine N bt`, `goroutine all bt`,
 * `thread apply all bt`.
 *
 *     * 7 syscall  runtime.notetsleepg
 *     #1  0x000000000040f145 in runtime.chanrecv (c=0xc0000780e0, ep=0x0) at /go/src/runtime/chan.go:664
 *
 * gdb says no wait reasons, which the frames do; `goroutine all bt` says no ids.
 */
export const gdbReader: Reader = { id: "gdb", title: "gdb session (info goroutines, bt)", sniff, read };

const listed = /^\s*\*?\s*\d+ (?:idle|runnable|running|syscall|waiting|preempted|leaked)\s+\S+\.\S+$/m;
const frame = /^#\d+ +(?:0x[0-9a-f]+ in )?(?:[^\s(]|\(\*)+ ?\(.*\.go:\d+$/m;

function sniff(head: Uint8Array): Sniffed {
  const latin1 = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  const text = stripVTControlCharacters(latin1).replaceAll("\r\n", "\n");
  const goFrame = frame.test(text);
  if (listed.test(text)) return text.includes("gdb") || goFrame || text.includes("[New LWP") ? 3 : 2;
  if (goFrame) return 2;
  return /^\(gdb\) |^#\d+ {2}0x[0-9a-f]{16} in /m.test(text) ? 1 : 0;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const session = new GdbSession(source.name, options.goVersion);
  return [session.finish(await eachLine(source, options, (line) => session.line(line)))];
}
