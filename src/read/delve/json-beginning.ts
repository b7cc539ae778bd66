import { isSpace } from "./json-value.ts";

/** What is looked at of the line behind a bracket. */
const maxLook = 1000;

/**
 * Whether the bracket here opens a JSON value, and not a word like `[info]` or `{x}` of the text around it. JSON that is
 * damaged has a quote where a word has its end. `undefined`: more bytes are needed.
 */
export function beginsJson(bytes: Uint8Array, bracket: number, end: number): boolean | undefined {
  const last = Math.min(end, bracket + maxLook);
  let word = false;
  for (let pos = bracket + 1; pos < last; pos++) {
    const byte = bytes[pos]!;
    const isBracket = byte === 0x7b || byte === 0x5b || byte === 0x7d || byte === 0x5d;
    if (byte === 0x0a || isBracket) return !word;
    if (byte === 0x22) return true;
    word ||= !isSpace(byte);
  }
  return last < end ? true : undefined;
}
