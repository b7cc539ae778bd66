/** The key of a record's text. */
export const recordText = "text";

/** A record of a log store's export as a line of its own. @param process which of the export's processes wrote it */
export function recordLine(process: number, text: string): string {
  return `${JSON.stringify({ deadlockLintProcess: process, [recordText]: text })}\n`;
}

/** Which process wrote the record of a line; `undefined`: it is no record's. */
export function recordProcess(line: string): string | undefined {
  return /^\{"deadlockLintProcess":(\d{1,9}),/.exec(line)?.[1];
}
