import { crc32, createInflateRaw } from "node:zlib";
import type { ByteSource } from "../reader.ts";
import { noteProblem, streamSource } from "../source.ts";
import type { Budget } from "./budget.ts";
import { ByteCursor, copied } from "./byte-cursor.ts";
import { endOfArchive, moreBehind } from "./end-of-archive.ts";
import { unpackedAtOnce, zlibUnpacker } from "./inflate.ts";
import { readDescriptor, untilDescriptor } from "./zip-descriptor.ts";
import { type LocalHeader, passDirectory, readHeader } from "./zip-header.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Small, so that even a bomb gives no more than megabytes at once. */
const pieceSize = 1 << 14;

/**
 * The files of a zip archive, in order, as its bytes pass by, and of those behind it: a pipe or a cut archive gives what it
 * has. Each must be read before the next is asked for. Throws `InputError` when the archive is damaged between files.
 */
export async function* zipEntries(archive: ByteSource, budget: Budget): AsyncGenerator<ByteSource> {
  const cursor = new ByteCursor(archive.chunks());
  try {
    for (;;) {
      const header = await readHeader(archive, cursor);
      if (header === undefined) {
        const behind = await passDirectory(cursor);
        if (behind === "archive") continue;
        if (behind === "other") throw moreBehind(archive, "zip");
        return endOfArchive(archive);
      }
      const start = cursor.offset;
      const content = entryContent(header, cursor, budget, (message) => {
        for (const problem of archive.problems ?? []) noteProblem(source, problem);
        noteProblem(source, { message, lost: -1 });
      });
      const source = streamSource(`${archive.name}!${header.name}`, content);
      if (!header.name.endsWith("/")) yield source;
      // Where the content ends may be known only when it has been read.
      if (header.sizesFollow) for await (const _ of content);
      else await cursor.skip(start + (header.size ?? 0) - cursor.offset);
    }
  } finally {
    await cursor.close();
  }
}

async function* entryContent(
  header: LocalHeader,
  cursor: ByteCursor,
  budget: Budget,
  note: (message: string) => void,
): AsyncGenerator<Bytes> {
  const state: ContentState = { crc: 0, error: undefined, cut: false };
  const unreadable = whyUnreadable(header);
  if (unreadable !== undefined) {
    note(unreadable);
    if (!header.sizesFollow) return;
    for await (const _ of packed(cursor, header, state));
    await readDescriptor(cursor);
    return;
  }
  const end = cursor.offset + (header.size ?? 0);
  const plain = header.method === 8 ? inflated(cursor, header, state) : packed(cursor, header, state);
  for await (const bytes of plain) {
    const granted = budget.take(bytes.length);
    state.crc = crc32(bytes, state.crc);
    if (granted > 0) yield bytes.subarray(0, granted);
    if (granted < bytes.length) return note(budget.problem().message);
  }
  if (state.error !== undefined)
    return note(`this file of the zip archive is damaged or cut (${state.error.message})`);
  if (state.cut || cursor.offset < end) return note("the zip archive is cut in this file");
  const crc = header.sizesFollow ? await readDescriptor(cursor) : header.crc;
  if (crc !== undefined && crc !== state.crc)
    note("this file of the zip archive is damaged: its checksum is wrong");
}

function whyUnreadable({ encrypted, method }: LocalHeader): string | undefined {
  if (encrypted) return "this file of the zip archive is encrypted: unpack the archive first";
  if (method !== 0 && method !== 8)
    return `this file of the zip archive is packed in a way not known (${method}): unpack it first`;
  return undefined;
}

interface ContentState {
  crc: number;
  error: Error | undefined;
  /** What says where it ends is not there. */
  cut: boolean;
}

/** As the archive has it. */
function packed(cursor: ByteCursor, { size }: LocalHeader, state: ContentState): AsyncGenerator<Bytes> {
  if (size !== undefined) return copied(cursor.parts(size));
  return untilDescriptor(cursor, () => {
    state.cut = true;
  });
}

/** Unpacks until deflate itself says that it ends; what was read beyond is given back. */
async function* inflated(
  cursor: ByteCursor,
  header: LocalHeader,
  state: ContentState,
): AsyncGenerator<Bytes> {
  const stream = createInflateRaw({ chunkSize: unpackedAtOnce });
  const unpacker = zlibUnpacker(stream);
  let fed = 0;
  try {
    for await (const piece of cursor.parts(
      header.sizesFollow ? Number.MAX_SAFE_INTEGER : (header.size ?? 0),
      pieceSize,
    )) {
      state.error = await unpacker.push(piece);
      fed += piece.length;
      yield* unpacker.take();
      if (state.error !== undefined) return;
      if (stream.bytesWritten < fed) {
        cursor.back(fed - stream.bytesWritten);
        return;
      }
    }
    state.error = await unpacker.push(undefined);
    yield* unpacker.take();
  } finally {
    unpacker.close();
  }
}
