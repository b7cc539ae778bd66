import { InputError } from "../../errors.ts";
import type { ByteSource } from "../reader.ts";
import type { ByteCursor } from "./byte-cursor.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const localHeader = 0x04034b50;
const central = 0x02014b50;
const centralEnd = 0x06054b50;
const centralEnd64 = 0x06064b50;
const locator64 = 0x07064b50;
const centralSignature = 0x05054b50;
const extraData = 0x08064b50;
const behindFiles: readonly number[] = [central, centralEnd, centralEnd64, extraData];

/** What precedes each file of an archive: section 4.3.7 of APPNOTE.TXT. */
export interface LocalHeader {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  /** Sizes and checksum follow the content, too. */
  readonly sizesFollow: boolean;
  readonly crc: number;
  /** Packed; `undefined` when only what follows says it. */
  readonly size: number | undefined;
}

/** True for what may stand behind a file: the next one, or what is behind the last. */
export function isBehindFile(signature: number): boolean {
  return signature === localHeader || behindFiles.includes(signature);
}

/** @returns undefined, with nothing read, behind the last file */
export async function readHeader(archive: ByteSource, cursor: ByteCursor): Promise<LocalHeader | undefined> {
  const fixed = await cursor.peek(30);
  const view = viewOf(fixed);
  const signature = fixed.length >= 4 ? view.getUint32(0, true) : 0;
  if (behindFiles.includes(signature)) return undefined;
  if (signature !== localHeader || fixed.length < 30) {
    throw new InputError(`${archive.name}: the zip archive is damaged or cut at byte ${cursor.offset}`, {
      hint: "Take or copy it again; the files before this place were read.",
    });
  }
  await cursor.skip(30);
  const flags = view.getUint16(6, true);
  const name = await cursor.read(view.getUint16(26, true));
  const extra = await cursor.read(view.getUint16(28, true));
  const sizesFollow = (flags & 8) !== 0;
  const field = view.getUint32(18, true);
  const size = field === 0xffffffff ? zip64Size(extra) : field;
  return {
    name: Buffer.from(name).toString(flags & 0x800 ? "utf8" : "latin1"),
    method: view.getUint16(8, true),
    encrypted: (flags & 1) !== 0,
    sizesFollow,
    crc: view.getUint32(14, true),
    size: sizesFollow && size === 0 ? undefined : size,
  };
}

/** Of the extra fields, that with id 1 has the sizes: unpacked, packed. */
function zip64Size(extra: Bytes): number {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) === 1 && at + 20 <= extra.length)
      return Number(view.getBigUint64(at + 12, true));
  }
  return 0xffffffff;
}

/**
 * Passes over what is behind the last file: the directory and its end. A cut there loses no file.
 * @returns what follows: another archive, which `cat a.zip b.zip` makes, or something else
 */
export async function passDirectory(cursor: ByteCursor): Promise<"archive" | "other" | "nothing"> {
  for (;;) {
    const head = await cursor.peek(46);
    const length = recordLength(head);
    if (length !== undefined) {
      if (!(await cursor.skip(length))) return "nothing";
      continue;
    }
    if (head.length >= 4 && viewOf(head).getUint32(0, true) === localHeader) return "archive";
    for await (const part of cursor.parts(Number.MAX_SAFE_INTEGER))
      if (part.some((byte) => byte !== 0)) return "other";
    return "nothing";
  }
}

/** Length of a record of the directory, or more when it is cut; `undefined` when it is none. */
function recordLength(head: Bytes): number | undefined {
  const view = viewOf(head);
  if (head.length < 4) return undefined;
  const u16 = (at: number): number => (at + 2 <= head.length ? view.getUint16(at, true) : cut);
  const u32 = (at: number): number => (at + 4 <= head.length ? view.getUint32(at, true) : cut);
  const u64 = (at: number): number => u32(at) + 2 ** 32 * u32(at + 4);
  switch (view.getUint32(0, true)) {
    case central:
      return 46 + u16(28) + u16(30) + u16(32);
    case centralEnd:
      return 22 + u16(20);
    case centralEnd64:
      return 12 + u64(4);
    case locator64:
      return 20;
    case centralSignature:
      return 6 + u16(4);
    case extraData:
      return 8 + u32(4);
    default:
      return undefined;
  }
}

const cut = 2 ** 33;

export function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
