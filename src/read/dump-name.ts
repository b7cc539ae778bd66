/** What the dump at an index (from 0) of an input is called: `dump.txt`, `dump.txt#2`. */
export function dumpName(input: string, index: number): string {
  return index === 0 ? input : `${input}#${index + 1}`;
}
