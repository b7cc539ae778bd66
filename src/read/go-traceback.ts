import type { Dump } from "../model/dump.ts";
import { looksLikeJson } from "./json-text.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";
import { Scanner } from "./traceback/scanner.ts";
import { scanWithThreads } from "./traceback/threads.ts";
import { learnsInto, TracebackBuilder } from "./traceback/traceback-builder.ts";

/** Smaller files are read before a thread has started. */
const largeFile = 24 << 20;
const segmentSize = 4 << 20;
/** To learn shapes takes longer than to parse a goroutine: inputs of so many bytes have too few that are alike. */
const smallInput = 64 << 10;

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
  if (/^[ \t]*(?:goroutine \d+ (?:gp=[^[\]\n]*)?\[|\[?Goroutine \d+ in state )/m.test(text)) return 3;
  if (/^(?:panic: |fatal error: |SIG[A-Z]+: |runtime stack:\r?$|WARNING: DATA RACE)/m.test(text)) return 2;
  // A log may come to its traceback late.
  const first = text.trimStart().charAt(0);
  return text.includes("\0") || first === "" || first === "<" || looksLikeJson(text) ? 0 : 1;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const builder = new TracebackBuilder(source.name, options.goVersion, options.onOther);
  const { file } = source;
  if (file !== undefined && file.size >= largeFile) {
    await scanWithThreads({ ...file, segmentSize }, options.threads, builder, (bytes) => {
      options.onProgress?.(Math.min(bytes, file.size));
    });
    return builder.finish(file.size);
  }
  return builder.finish(await scanStream(source, builder, options));
}

/**
 * @param small inputs of so many bytes are parsed without learning anything
 * @returns how many bytes there were
 */
export async function scanStream(
  source: ByteSource,
  builder: TracebackBuilder,
  options: ReadOptions,
  small: number = smallInput,
): Promise<number> {
  const chunks = source.chunks()[Symbol.asyncIterator]();
  const begun = new Uint8Array(small);
  let length = 0;
  try {
    for (;;) {
      const next = await chunks.next();
      if (next.done === true) {
        builder.text(begun.subarray(0, length));
        return length;
      }
      if (length + next.value.length > small) {
        const first = Buffer.concat([begun.subarray(0, length), next.value]);
        return await scanRest(first, chunks, builder, options);
      }
      begun.set(next.value, length);
      length += next.value.length;
      options.onProgress?.(length);
    }
  } finally {
    // Closes what is read, where something went wrong.
    await chunks.return?.();
  }
}

/** Learns shapes of goroutines, which is faster where there are many. */
async function scanRest(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  builder: TracebackBuilder,
  options: ReadOptions,
): Promise<number> {
  const known = builder.newKnown();
  const scanner = new Scanner(learnsInto(known));
  const scan = (last: boolean) => {
    const { batch, done } = scanner.scan(last);
    builder.take(batch, known, (offset, length) => scanner.part(offset, length));
    done();
  };
  try {
    for (let chunk: Uint8Array | undefined = first; chunk !== undefined; ) {
      for (let at = 0; at < chunk.length; ) {
        const room = scanner.room;
        const bytes = Math.min(room.length, chunk.length - at);
        room.set(chunk.subarray(at, at + bytes));
        scanner.filled(bytes);
        at += bytes;
        if (bytes === room.length) scan(false);
      }
      options.onProgress?.(scanner.position);
      const next = await rest.next();
      chunk = next.done === true ? undefined : next.value;
    }
    scan(true);
    return scanner.position;
  } finally {
    scanner.close();
  }
}
