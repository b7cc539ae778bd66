const header =
  /goroutine (?:\d+ (?:gp=[^[\]\n]{1,100} )?\[|profile: total \d)|goroutineleak profile: total \d/g;

/** Index of the next header of a goroutine or a profile; -1: none. */
export function findHeader(text: string, from = 0): number {
  header.lastIndex = from;
  return header.exec(text)?.index ?? -1;
}

/** A header to the end of its line, which an escape (rsyslog's, too) or a quote may end. */
const wholeHeader =
  /goroutine(?: \d+ (?:gp=[^[\]\n]{1,100} )?\[[^\]\n]{0,500}\](?: \{[^\n]{0,500}?\})?:|(?:leak)? profile: total \d{1,15})(?=[ \t]*(?:$|[\r\n])|\\+[rn]|\\*"|#012)/g;

/** Index of the first header that fills the rest of its line; -1: none. What prose tells of a goroutine is none. */
export function findDumpHeader(text: string): number {
  wholeHeader.lastIndex = 0;
  return wholeHeader.exec(text)?.index ?? -1;
}

/** Takes colours and other terminal sequences off. */
export function stripAnsi(line: string): string {
  if (!line.includes("\u001b") && !line.includes("#033[")) return line;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken off
  return line.replace(/(?:\u001b|#033)\[[0-9;:?]{0,64}[@-~]/g, "");
}

/**
 * True when the first bytes of an input show a goroutine's header with something before it on its line, or colours:
 * then the log around the dump must be taken off.
 */
export function isWrapped(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  const at = findHeader(text);
  if (at < 0) return false;
  const lineEnd = text.indexOf("\n", at);
  const line = text.slice(text.lastIndexOf("\n", at) + 1, lineEnd < 0 ? text.length : lineEnd);
  // A header that stands alone tells that the dump does, unless its lines are coloured.
  return findHeader(line) !== 0 || text.includes("\u001b[", at);
}
