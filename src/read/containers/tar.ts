import { InputError } from "../../errors.ts";
import { plural } from "../../words.ts";
import type { ByteSource } from "../reader.ts";
import { noteProblem, streamSource } from "../source.ts";
import { ByteCursor, copied } from "./byte-cursor.ts";
import { endOfArchive } from "./end-of-archive.ts";
import { isTarHeader, tarBlock, tarNumber, tarText } from "./tar-header.ts";

/** Longer names and attributes are not read. */
const maxAttributes = 1 << 20;

/**
 * The files of a tar archive (v7, ustar, pax, GNU), in order. Each must be read before the next is asked for.
 * Throws `InputError` when a header is damaged, and when the archive ends without the zeros that end one.
 */
export async function* tarEntries(archive: ByteSource): AsyncGenerator<ByteSource> {
  const cursor = new ByteCursor(archive.chunks());
  let longName: string | undefined;
  let paxSize: number | undefined;
  try {
    for (;;) {
      const header = await cursor.read(tarBlock);
      if (header.length === tarBlock && header.every((byte) => byte === 0)) {
        await endOfArchive(archive, cursor);
        return;
      }
      if (!isTarHeader(header)) {
        throw damaged(archive, cursor);
      }
      const type = String.fromCharCode(header[156]!);
      const size = paxSize ?? tarNumber(header, 124, 12);
      if (Number.isNaN(size)) throw damaged(archive, cursor);
      const padding = (tarBlock - (size % tarBlock)) % tarBlock;
      if ((type === "L" || type === "x") && size <= maxAttributes) {
        const content = await cursor.read(size);
        await cursor.skip(padding);
        if (type === "L") longName = tarText(content, 0, content.length);
        else ({ path: longName = longName, size: paxSize } = paxAttributes(content));
        continue;
      }
      const name = longName ?? headerName(header);
      longName = undefined;
      paxSize = undefined;
      const end = cursor.offset + size;
      if (type === "0" || type === "\0" || type === "7") yield entry(archive, name, cursor, size);
      await cursor.skip(end + padding - cursor.offset);
    }
  } finally {
    await cursor.close();
  }
}

function damaged(archive: ByteSource, cursor: ByteCursor): InputError {
  return new InputError(`${archive.name}: the tar archive is damaged or cut at byte ${cursor.offset}`, {
    hint: "Take or copy it again; the files before this place were read.",
  });
}

function entry(archive: ByteSource, name: string, cursor: ByteCursor, size: number): ByteSource {
  const end = cursor.offset + size;
  const source = streamSource(`${archive.name}!${name}`, content());
  async function* content() {
    yield* copied(cursor.parts(size));
    if (cursor.offset === end) return;
    for (const problem of archive.problems ?? []) noteProblem(source, problem);
    noteProblem(source, {
      message: `the tar archive ends ${plural(end - cursor.offset, "byte")} before this file does`,
      lost: -1,
    });
  }
  return source;
}

function headerName(header: Uint8Array): string {
  const prefix = tarText(header, 257, 5) === "ustar" ? tarText(header, 345, 155) : "";
  return prefix === "" ? tarText(header, 0, 100) : `${prefix}/${tarText(header, 0, 100)}`;
}

/** `30 path=some/name\n`, as often as it is there. */
function paxAttributes(content: Uint8Array): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (const line of tarText(content, 0, content.length).split("\n")) {
    const [, key, value] = /^\d+ (path|size)=(.*)$/.exec(line) ?? [];
    if (key === "path") found.path = value!;
    else if (key === "size" && /^\d{1,15}$/.test(value!)) found.size = Number(value);
  }
  return found;
}
