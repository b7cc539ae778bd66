/**
 * A memory address of the dumped process. Addresses up to 2^53 are the number itself; larger ones, which a double
 * can't hold, are interned by the process that reads and stand as negative numbers. NaN: unknown.
 * Equal addresses are equal numbers; only `offsetAddress` may calculate with them.
 */
export type Address = number;

export const unknownAddress: Address = Number.NaN;

const large: bigint[] = [];
const largeIndex = new Map<bigint, number>();

/** An address from its exact value. */
export function addressOf(value: bigint): Address {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  let index = largeIndex.get(value);
  if (index === undefined) {
    index = large.length;
    large.push(value);
    largeIndex.set(value, index);
  }
  return -1 - index;
}

/** An address from text: decimal, or hexadecimal with `0x`. NaN when it is neither. */
export function parseAddress(text: string): Address {
  if (!/^(?:0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(text)) return unknownAddress;
  const short = Number(text);
  return Number.isSafeInteger(short) ? short : addressOf(BigInt(text));
}

/** The exact value. */
export function addressValue(address: Address): bigint {
  return address < 0 ? (large[-1 - address] ?? 0n) : BigInt(address);
}

/** `0xc000012345`, as Go prints it. */
export function formatAddress(address: Address): string {
  return Number.isNaN(address) ? "unknown" : `0x${addressValue(address).toString(16)}`;
}

/** `address` moved by `bytes`. */
export function offsetAddress(address: Address, bytes: number): Address {
  if (Number.isNaN(address)) return address;
  return address < 0 ? addressOf(addressValue(address) + BigInt(bytes)) : address + bytes;
}
