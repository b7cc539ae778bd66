import { InputError } from "../../errors.ts";
import { plural } from "../../words.ts";
import type { ByteSource } from "../reader.ts";
import { noteProblem, streamSource } from "../source.ts";
import type { Budget } from "./budget.ts";
import { ByteCursor, copied } from "./byte-cursor.ts";
import { endOfArchive, moreBehind } from "./end-of-archive.ts";
import {
  isTarHeader,
  type PaxAttributes,
  paxAttributes,
  tarBlock,
  tarNumber,
  tarText,
} from "./tar-header.ts";
import { gnuSparseMap, isPaxSparse, isWhole, paxSparseMap, type SparseMap, withZeros } from "./tar-sparse.ts";

/** Longer names and attributes are not read. */
const maxAttributes = 1 << 20;
const noAttributes: PaxAttributes = new Map();

/**
 * Members of which POSIX, GNU, Solaris and star say that they hold no file: links, devices, directories, fifos, rights,
 * attributes, long names, lists of directories, labels. All others do, as POSIX says of those that nobody knows.
 */
const noFiles = "123456ADEIKLNVXgx";

/**
 * The files of a tar archive (v7, ustar, pax, GNU), in order, and of those behind it. Each must be read before the next is
 * asked for. Throws `InputError` when a header is damaged, and when the archive ends without the zeros that end one.
 */
export async function* tarEntries(archive: ByteSource, budget: Budget): AsyncGenerator<ByteSource> {
  const cursor = new ByteCursor(archive.chunks());
  let longName: string | undefined;
  let attributes = noAttributes;
  let ended = false;
  try {
    for (;;) {
      const header = await cursor.read(tarBlock);
      if (header.length === 0 && ended) return endOfArchive(archive);
      if (header.every((byte) => byte === 0) && (ended || header.length === tarBlock)) {
        // Others may follow, as `cat a.tar b.tar` makes them.
        ended = true;
        continue;
      }
      if (!isTarHeader(header)) throw ended ? moreBehind(archive, "tar") : damaged(archive, cursor);
      ended = false;
      const type = String.fromCharCode(header[156]!);
      const size = sizeOf(header, type, attributes);
      if (Number.isNaN(size)) throw damaged(archive, cursor);
      const padding = (tarBlock - (size % tarBlock)) % tarBlock;
      if ("LxX".includes(type) && size <= maxAttributes) {
        const content = await cursor.read(size);
        await cursor.skip(padding);
        if (type === "L") longName = tarText(content, 0, content.length);
        else attributes = paxAttributes(content);
        continue;
      }
      const name =
        attributes.get("GNU.sparse.name")?.[0] ??
        attributes.get("path")?.[0] ??
        longName ??
        headerName(header);
      let begin = cursor.offset;
      let sparse: Member["sparse"];
      if (type === "S") {
        sparse = { map: await gnuSparseMap(header, cursor) };
        begin = cursor.offset;
      } else if (isPaxSparse(attributes)) sparse = { map: await paxSparseMap(attributes, cursor) };
      const end = begin + size;
      longName = undefined;
      attributes = noAttributes;
      if (!noFiles.includes(type) && !name.endsWith("/"))
        yield entry(archive, { name, type, end, sparse }, cursor, budget);
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

/** Headers of labels have none. */
function sizeOf(header: Uint8Array, type: string, attributes: PaxAttributes): number {
  const size = attributes.get("size")?.[0];
  if (size !== undefined && /^\d{1,15}$/.test(size)) return Number(size);
  return type === "V" ? 0 : tarNumber(header, 124, 12);
}

interface Member {
  readonly name: string;
  readonly type: string;
  /** Where its content ends in the archive. */
  readonly end: number;
  /** For a file without its zeros: what it has; `undefined` in there when that can't be read. */
  readonly sparse: { readonly map: SparseMap | undefined } | undefined;
}

function entry(archive: ByteSource, member: Member, cursor: ByteCursor, budget: Budget): ByteSource {
  const { name, type, end, sparse } = member;
  const source = streamSource(`${archive.name}!${name}`, content());
  const note = (message: string): void => noteProblem(source, { message, lost: -1 });
  async function* content() {
    if (type === "M") note("the beginning of this file is in the volume of the tar archive before this one");
    const stored = end - cursor.offset;
    if (sparse === undefined) yield* copied(cursor.parts(stored));
    else if (sparse.map !== undefined && isWhole(sparse.map, stored))
      yield* withZeros(cursor, sparse.map, budget, () => noteProblem(source, budget.problem()));
    else {
      note("this file is in the tar archive without its zeros, and where they were can't be read");
      yield* copied(cursor.parts(stored));
    }
    if (cursor.offset === end) return;
    for (const problem of archive.problems ?? []) noteProblem(source, problem);
    note(`the tar archive ends ${plural(end - cursor.offset, "byte")} before this file does`);
  }
  return source;
}

function headerName(header: Uint8Array): string {
  const prefix = tarText(header, 257, 5) === "ustar" ? tarText(header, 345, 155) : "";
  return prefix === "" ? tarText(header, 0, 100) : `${prefix}/${tarText(header, 0, 100)}`;
}
