export const tarBlock = 512;

/** True for a block that is a tar header: its checksum is right. */
export function isTarHeader(block: Uint8Array): boolean {
  return block.length >= tarBlock && block[0] !== 0 && checksum(block) === tarNumber(block, 148, 8);
}

function checksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < tarBlock; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!;
  return sum;
}

/** A number of a header: octal text, or binary when its first bit is set; NaN for neither. */
export function tarNumber(header: Uint8Array, at: number, length: number): number {
  if (header[at]! & 0x80) {
    let value = header[at]! & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + header[at + i]!;
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }
  const digits = tarText(header, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** Text up to the first NUL. */
export function tarText(bytes: Uint8Array, at: number, length: number): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

/** What pax says of a file, by key; a key may come several times. */
export type PaxAttributes = ReadonlyMap<string, readonly string[]>;

/** `30 path=some/name\n`, as often as it is there. */
export function paxAttributes(content: Uint8Array): PaxAttributes {
  const found = new Map<string, string[]>();
  for (const line of tarText(content, 0, content.length).split("\n")) {
    const [, key, value] = /^\d+ ([^=]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    const values = found.get(key);
    if (values === undefined) found.set(key, [value!]);
    else values.push(value!);
  }
  return found;
}
