/** Numbers in words, for messages and reports alike. */

/** `12345` → `12,345`, whatever the locale. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 goroutine`, `1,000 goroutines`. */
export function plural(n: number, noun: string, nouns: string = `${noun}s`): string {
  return `${count(n)} ${n === 1 ? noun : nouns}`;
}
