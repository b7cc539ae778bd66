import { crc32, createInflateRaw } from "node:zlib";
import { InputError } from "../../errors.ts";
import type { ByteSource } from "../reader.ts";
import { noteProblem, streamSource } from "../source.ts";
import type { Budget } from "./budget.ts";
import { ByteCursor, copied } from "./byte-cursor.ts";
import { endOfArchive } from "./end-of-archive.ts";
import { unpackedAtOnce, zlibUnpacker } from "./gzip.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const localHeader = 0x04034b50;
const descriptor = 0x08074b50;
/** What may follow the files: central directory, its end, zip64's end of it, an archive's extra data. */
const afterFiles: readonly number[] = [0x02014b50, 0x06054b50, 0x06064b50, 0x08064b50];
/** Small, so that even a bomb gives no more than megabytes at once. */
const pieceSize = 1 << 14;

/** What precedes each file of an archive: section 4.3.7 of APPNOTE.TXT. */
interface LocalHeader {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  /** Sizes and checksum are 0 here and follow the content. */
  readonly sizesFollow: boolean;
  readonly crc: number;
  readonly size: number;
}

/**
 * The files of a zip archive, in order, as its bytes pass by: a pipe or a cut archive gives what it has.
 * Each must be read before the next is asked for. Throws `InputError` when the archive is damaged between files.
 */
export async function* zipEntries(archive: ByteSource, budget: Budget): AsyncGenerator<ByteSource> {
  const cursor = new ByteCursor(archive.chunks());
  try {
    for (;;) {
      const header = await readHeader(archive, cursor);
      if (header === undefined) {
        await endOfArchive(archive, cursor);
        return;
      }
      const start = cursor.offset;
      const content = entryContent(header, cursor, budget, (message) => {
        for (const problem of archive.problems ?? []) noteProblem(source, problem);
        noteProblem(source, { message, lost: -1 });
      });
      const source = streamSource(`${archive.name}!${header.name}`, content);
      if (!header.name.endsWith("/")) yield source;
      if (header.sizesFollow) {
        // Where the content ends is known only when it has been unpacked.
        for await (const _ of content);
        await skipDescriptor(cursor);
      } else await cursor.skip(start + header.size - cursor.offset);
    }
  } finally {
    await cursor.close();
  }
}

async function readHeader(archive: ByteSource, cursor: ByteCursor): Promise<LocalHeader | undefined> {
  const fixed = await cursor.read(30);
  const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.length);
  const signature = fixed.length >= 4 ? view.getUint32(0, true) : 0;
  if (afterFiles.includes(signature)) return undefined;
  if (signature !== localHeader || fixed.length < 30) {
    throw new InputError(
      `${archive.name}: the zip archive is damaged or cut at byte ${cursor.offset - fixed.length}`,
      {
        hint: "Take or copy it again; the files before this place were read.",
      },
    );
  }
  const flags = view.getUint16(6, true);
  const name = await cursor.read(view.getUint16(26, true));
  const extra = await cursor.read(view.getUint16(28, true));
  const size = view.getUint32(18, true);
  return {
    name: Buffer.from(name).toString(flags & 0x800 ? "utf8" : "latin1"),
    method: view.getUint16(8, true),
    encrypted: (flags & 1) !== 0,
    sizesFollow: (flags & 8) !== 0,
    crc: view.getUint32(14, true),
    size: size === 0xffffffff ? zip64Size(extra) : size,
  };
}

/** Of the extra fields, that with id 1 has the sizes: unpacked, packed. */
function zip64Size(extra: Bytes): number {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.length);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) === 1 && at + 20 <= extra.length)
      return Number(view.getBigUint64(at + 12, true));
  }
  return 0xffffffff;
}

async function* entryContent(
  header: LocalHeader,
  cursor: ByteCursor,
  budget: Budget,
  note: (message: string) => void,
): AsyncGenerator<Bytes> {
  if (header.encrypted) return note("this file of the zip archive is encrypted: unpack the archive first");
  if (header.method !== 8 && (header.method !== 0 || header.sizesFollow)) {
    return note(
      `this file of the zip archive is packed in a way not known (${header.method}): unpack it first`,
    );
  }
  const state: ContentState = { crc: 0, error: undefined };
  const end = cursor.offset + header.size;
  const plain = header.method === 8 ? inflated(cursor, header, state) : copied(cursor.parts(header.size));
  for await (const bytes of plain) {
    const granted = budget.take(bytes.length);
    state.crc = crc32(bytes, state.crc);
    if (granted > 0) yield bytes.subarray(0, granted);
    if (granted < bytes.length) return note(budget.problem().message);
  }
  if (state.error !== undefined)
    note(`this file of the zip archive is damaged or cut (${state.error.message})`);
  else if (!header.sizesFollow && cursor.offset < end) note("the zip archive is cut in this file");
  else if (!header.sizesFollow && state.crc !== header.crc)
    note("this file of the zip archive is damaged: its checksum is wrong");
}

interface ContentState {
  crc: number;
  error: Error | undefined;
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
      header.sizesFollow ? Number.MAX_SAFE_INTEGER : header.size,
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

/** Checksum and sizes behind the content: with or without signature, sizes of 4 or 8 bytes. */
async function skipDescriptor(cursor: ByteCursor): Promise<void> {
  const ahead = await cursor.peek(28);
  const view = new DataView(ahead.buffer, ahead.byteOffset, ahead.length);
  const signed = ahead.length >= 4 && view.getUint32(0, true) === descriptor ? 4 : 0;
  for (const length of [signed + 12, signed + 20]) {
    if (length + 4 > ahead.length) continue;
    const next = view.getUint32(length, true);
    if (next === localHeader || afterFiles.includes(next)) {
      await cursor.skip(length);
      return;
    }
  }
}
