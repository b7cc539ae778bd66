import type { ByteCursor } from "./byte-cursor.ts";
import { isBehindFile, viewOf } from "./zip-header.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const signature: Buffer = Buffer.from("PK\x07\x08", "latin1");
/** The longest, and the signature of what follows. */
const longest = 28;
const windowSize = 1 << 18;

/**
 * Takes checksum and sizes behind the content: with or without signature, sizes of 4 or 8 bytes.
 * @returns the checksum; `undefined`, with nothing read, when there are none
 */
export async function readDescriptor(cursor: ByteCursor): Promise<number | undefined> {
  const ahead = await cursor.peek(longest);
  const view = viewOf(ahead);
  const signed = signature.equals(ahead.subarray(0, 4)) ? 4 : 0;
  for (const length of [signed + 12, signed + 20]) {
    if (length + 4 > ahead.length || !isBehindFile(view.getUint32(length, true))) continue;
    await cursor.skip(length);
    return view.getUint32(signed, true);
  }
  return undefined;
}

/**
 * Content whose length only a descriptor behind it says: up to the first that says what came before it.
 * @param onCut called when there is none
 */
export async function* untilDescriptor(cursor: ByteCursor, onCut: () => void): AsyncGenerator<Bytes> {
  for (let before = 0; ; ) {
    const window = await cursor.read(windowSize);
    const isLast = window.length < windowSize;
    const end = descriptorIn(window, before);
    const known = isLast ? window.length : window.length - longest;
    if (end !== undefined && end <= known) {
      cursor.unread(window.subarray(end));
      if (end > 0) yield window.subarray(0, end);
      return;
    }
    if (isLast) {
      onCut();
      if (known > 0) yield window;
      return;
    }
    cursor.unread(window.subarray(known));
    yield window.subarray(0, known);
    before += known;
  }
}

/** Where a descriptor is that says the length of what is before it. */
function descriptorIn(window: Bytes, before: number): number | undefined {
  const bytes = Buffer.from(window.buffer, window.byteOffset, window.length);
  for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 1)) {
    const size = before + at;
    if (
      at + 20 <= bytes.length &&
      bytes.readUInt32LE(at + 8) === size &&
      isBehindFile(bytes.readUInt32LE(at + 16))
    )
      return at;
    if (
      at + longest <= bytes.length &&
      Number(bytes.readBigUInt64LE(at + 8)) === size &&
      isBehindFile(bytes.readUInt32LE(at + 24))
    )
      return at;
  }
  return undefined;
}
