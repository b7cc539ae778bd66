import { InputError } from "../errors.ts";
import type { Dump } from "../model/dump.ts";
import { dumpName } from "./dump-name.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";
import { type SnapshotFile, snapshotVersion } from "./snapshot/form.ts";

export { snapshotText } from "./snapshot/write.ts";

/** Snapshots are small; what is longer is none. */
const maxBytes = 1 << 28;

/** Our own condensed form, which `deadlock-lint condense` writes: schemas/snapshot.schema.json. */
export const snapshotReader: Reader = {
  id: "snapshot",
  title: "deadlock-lint snapshot (condense)",
  sniff,
  read,
};

function sniff(head: Uint8Array): Sniffed {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 200)).toString("latin1");
  return /^\s*\{\s*"deadlockLintSnapshot"\s*:/.test(text) ? 3 : 0;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const file = await parse(source, options);
  if (file.deadlockLintSnapshot !== snapshotVersion) {
    throw new InputError(`${source.name}: a snapshot of version ${String(file.deadlockLintSnapshot)}`, {
      hint: `This deadlock-lint reads version ${snapshotVersion}: use the one that wrote it, or condense the dump again.`,
    });
  }
  const { checkSnapshot } = await import("./snapshot/check.ts");
  const { restoreDump } = await import("./snapshot/restore.ts");
  try {
    checkSnapshot(file);
    return file.dumps.map((dump, i) => restoreDump(dump, dumpName(source.name, i)));
  } catch (cause) {
    throw damaged(source.name, cause);
  }
}

async function parse(source: ByteSource, options: ReadOptions): Promise<SnapshotFile> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source.chunks()) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(source.name);
    chunks.push(Buffer.from(chunk));
    options.onProgress?.(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as SnapshotFile;
  } catch (cause) {
    throw damaged(source.name, cause);
  }
}

function tooLarge(name: string): InputError {
  return new InputError(`${name}: the snapshot is longer than ${maxBytes} bytes, which is the limit`, {
    hint: "Give the dump that it was made of: readers of dumps have no such limit.",
  });
}

function damaged(name: string, cause: unknown): InputError {
  return new InputError(`${name}: the snapshot is cut or damaged: ${(cause as Error).message}`, {
    hint: "Condense the dump again.",
    cause,
  });
}
