const eachByte = 0x01010101;
const highBits = 0x80808080 | 0;

export const newline = 10;
export const tab = 9;
export const space = 32;
export const colon = 58;

/** Whether one of four bytes is less than `limit`, which is at most 128. */
export function hasLess(four: number, limit: number): boolean {
  return ((four - limit * eachByte) & ~four & highBits) !== 0;
}

/** The same byte four times. */
export function fourOf(byte: number): number {
  return byte * eachByte;
}

/** Whether a word stands at `at`. */
export function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** Value of a hexadecimal digit (lower case, as Go prints), -1 for other characters. */
export function hexDigit(c: number): number {
  if (isDigit(c)) return c - 48;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}

/** Where the hexadecimal digits end that begin at `from`; -1 where there are none. */
export function hexEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (hexDigit(bytes[at]!) >= 0) at++;
  return at > from ? at : -1;
}

/** Where the decimal digits end that begin at `from`, which may be none. */
export function decimalEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let c = bytes[at]!; c >= 48 && c <= 57; c = bytes[at]!) at++;
  return at;
}

/** Most digits of a number that is exact as a double, decimal and hexadecimal. */
export const exactDecimals = 15;
export const exactHexadecimals = 13;

/** Value of decimal digits. */
export function decimal(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + bytes[at]! - 48;
  return value;
}
