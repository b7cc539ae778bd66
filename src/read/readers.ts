import { UsageError } from "../errors.ts";
import type { FormatId } from "../model/dump.ts";
import type { Reader } from "./reader.ts";

/** All input formats. Each reader is loaded when it is asked for: most runs need one. */
const loaders: Readonly<Partial<Record<FormatId, () => Promise<Reader>>>> = {
  "go-traceback": async () => (await import("./go-traceback.ts")).goTracebackReader,
  "delve-json": async () => (await import("./delve-json.ts")).delveJsonReader,
  "delve-text": async () => (await import("./delve-text.ts")).delveTextReader,
  gdb: async () => (await import("./gdb.ts")).gdbReader,
  "pprof-text": async () => (await import("./pprof-text.ts")).pprofTextReader,
  "pprof-proto": async () => (await import("./pprof-proto.ts")).pprofProtoReader,
  snapshot: async () => (await import("./snapshot.ts")).snapshotReader,
};

/** Ids of the formats that can be read, in the order in which they are tried. */
export const readableFormats: readonly FormatId[] = Object.keys(loaders) as FormatId[];

/** The reader that `--input-format` names. Throws `UsageError` when there is none. */
export async function readerOf(id: string): Promise<Reader> {
  const load = Object.hasOwn(loaders, id) ? loaders[id as FormatId] : undefined;
  if (load === undefined) {
    throw new UsageError(`unknown input format "${id}"`, {
      hint: `Known are: ${readableFormats.join(", ")}.`,
    });
  }
  return load();
}

/** The reader that is surest of these first bytes, and how sure it is. `undefined`: no format is like this. */
export async function sniffReader(
  head: Uint8Array,
): Promise<{ reader: Reader; sure: 1 | 2 | 3 } | undefined> {
  let best: { reader: Reader; sure: 1 | 2 | 3 } | undefined;
  for (const id of readableFormats) {
    const reader = await readerOf(id);
    const sure = reader.sniff(head);
    if (sure > (best?.sure ?? 0)) best = { reader, sure: sure as 1 | 2 | 3 };
    if (sure === 3) break;
  }
  return best;
}
