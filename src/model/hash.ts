/** Odd, and another one in each process: nobody can write a dump whose parts all collide. */
const factor = (Math.random() * 2 ** 32) | 1;

/** A hash that goes on with another 32-bit number. */
export function mixed(hash: number, value: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ value, factor);
}

/** A hash that goes on with a number of up to 53 bits. */
export function mixedDouble(hash: number, value: number): number {
  return mixed(mixed(hash, value | 0), value / 2 ** 32);
}
