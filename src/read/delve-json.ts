import type { Dump } from "../model/dump.ts";
import { GoroutineReader } from "./delve/goroutine-reader.ts";
import { GoroutineTemplates } from "./delve/goroutine-templates.ts";
import { JsonStream } from "./delve/json-stream.ts";
import { Places } from "./delve/places.ts";
import { DelveSession } from "./delve/session.ts";
import { looksLikeJson } from "./json-text.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";

/**
 * Delve's JSON-RPC answers, in any of these forms, pretty-printed or compact, one or many in a file:
 *
 *     {"id":2,"result":{"Goroutines":[{"id":1,"currentLoc":…},…],"Nextg":-1,"Groups":null},"error":null}   API v2
 *     {"id":2,"result":[{"id":1,"currentLoc":…},…],"error":null}                                       API v1
 *     {"Goroutines":[…]}, [{"id":1,…},…], {"id":1,…} {"id":2,…}                      what people cut out of them
 *     {"request":{"method":…,"params":[…],"id":3},"response":{"id":3,"result":…}}       what `collect` writes
 *     {"method":…,"params":[…],"id":3} and, before or after, {"id":3,"result":…}                 recorded traffic
 *
 * Used are the answers of ListGoroutines, Stacktrace, StacktraceGoroutine, GetVersion, and of Eval for
 * `runtime.curg.waiting.c`, `.c.vu`, `.elem.vu`, `runtime.curg.waitreason` and `runtime.curg.parentGoid`.
 * https://github.com/go-delve/delve/blob/master/Documentation/api/json-rpc/README.md
 */
export const delveJsonReader: Reader = {
  id: "delve-json",
  title: "Delve JSON (ListGoroutines)",
  sniff,
  read,
};

/** Members that only Delve's goroutines, frames, messages and our collected lines have. */
const telling =
  /"(?:currentLoc|userCurrentLoc|goStatementLoc|startLoc|Goroutines|Locations|TargetGoVersion)"\s*:|"RPCServer\.\w|"method"\s*:\s*"RPCServer/;

function sniff(head: Uint8Array): Sniffed {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  const isJson = looksLikeJson(text);
  if (telling.test(text)) return isJson ? 3 : 2;
  if (!isJson) return 0;
  return /"(?:result|goroutineID|waitReason|Nextg)"\s*:/.test(text) ? 1 : 0;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const places = new Places();
  const session = new DelveSession(source.name, places);
  const templates = new GoroutineTemplates();
  const stream = new JsonStream(session, new GoroutineReader(places), templates);
  let bytes = 0;
  try {
    for await (const chunk of source.chunks()) {
      stream.feed(chunk);
      bytes += chunk.length;
      options.onProgress?.(bytes);
    }
    stream.finish();
  } finally {
    templates.close();
  }
  return session.finish(options.goVersion);
}
