import { findSession, isSessionIndent } from "./session-line.ts";

const header =
  /goroutine (?:\d+ (?:gp=[^[\]\n]{1,100} )?\[|profile: total \d)|goroutineleak profile: total \d/g;

/** Index of the next header of a goroutine or a profile, or line of a debugger's session; -1: none. */
export function findHeader(text: string, from = 0): number {
  header.lastIndex = from;
  const found = text.includes("goroutine", from) ? (header.exec(text)?.index ?? -1) : -1;
  return found >= 0 ? found : findSession(text, from);
}

/** A header to the end of its line, which an escape (rsyslog's, too) or a quote may end. */
const wholeHeader =
  /goroutine(?: \d+ (?:gp=[^[\]\n]{1,100} )?\[[^\]\n]{0,500}\](?: \{[^\n]{0,500}?\})?:|(?:leak)? profile: total \d{1,15})(?=[ \t]*(?:$|[\r\n])|\\+[rn]|\\*"|#012)/g;

/** Index of the first header that fills the rest of its line; -1: none. What prose tells of a goroutine is none. */
export function findDumpHeader(text: string): number {
  wholeHeader.lastIndex = 0;
  return wholeHeader.exec(text)?.index ?? findSession(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken off
const terminal = /(?:\u001b|#033)(?:\[[0-9;:?]{0,64}[@-~]|\][^\u0007\u001b]{0,500}(?:\u0007|\u001b\\))/g;
const entity = /&(lt|gt|amp|quot|apos|nbsp|#\d{1,4}|#[xX][0-9a-fA-F]{1,4});/g;
const named: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
  nbsp: " ",
};
/** A page's beginning, before the first line of its text. */
const openingTags = /^\s{0,100}(?:<[!/]?[a-z][^<>]{0,500}>\s{0,100}){0,50}<pre\b[^<>]{0,500}>/i;
/** A page's end, behind the last line of its text. */
const longestEnd = 300;
const closingTags = /(?:<\/[a-z]{1,20}\d?>)+\s{0,100}$/i;

/**
 * Takes off what does not change what a line says: terminal sequences; rsyslog's tabs; no-break spaces, entities, and the
 * tags around the text of pages that it was copied or saved from.
 */
export function plainText(line: string): string {
  let text = line;
  if (text.includes("\u001b") || text.includes("#033")) text = text.replace(terminal, "");
  if (text.includes("<pre")) text = text.replace(openingTags, "");
  if (text.includes("</"))
    text = text.slice(0, -longestEnd) + text.slice(-longestEnd).replace(closingTags, "");
  if (text.includes("&")) text = withoutEntities(text);
  if (text.includes("#011")) text = text.replaceAll("#011", "\t");
  return text.includes("\u00a0") ? text.replaceAll("\u00a0", " ") : text;
}

function withoutEntities(text: string): string {
  // A page has no quotes that are bare; within those of a field, another would end it.
  const quoted = text.includes('"');
  return text.replace(entity, (whole, name: string) => {
    const plain = named[name] ?? String.fromCodePoint(codeOf(name));
    return quoted && plain === '"' ? whole : plain;
  });
}

function codeOf(reference: string): number {
  const hex = /^#x/i.test(reference);
  return Number.parseInt(reference.slice(hex ? 2 : 1), hex ? 16 : 10);
}

/** A line of a debugger's session with nothing before it but what its reader takes off. */
export function isSession(line: string): boolean {
  const at = findSession(line);
  return at >= 0 && isSessionIndent(line.slice(0, at));
}

/** Signs of colours, pages and chats; the bytes are those of a no-break space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are a sign
const dressed = /\u001b\[|\xc2\xa0|&(?:lt|gt|amp|quot|nbsp|#43|#34|#39);|<\/pre>/;

/**
 * True when the first bytes of an input show a goroutine's header with something before it on its line, or lines that are
 * dressed up: then what is around the dump must be taken off.
 */
export function isWrapped(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  const at = findHeader(text);
  if (at < 0) return false;
  const lineEnd = text.indexOf("\n", at);
  const line = text.slice(text.lastIndexOf("\n", at) + 1, lineEnd < 0 ? text.length : lineEnd);
  if (isSession(line)) return dressed.test(text);
  // A header that stands alone tells that the dump does.
  return findHeader(line) !== 0 || line.includes("\\n") || dressed.test(text);
}
