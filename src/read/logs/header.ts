import { plainMessage } from "./ci-message.ts";
import { findSession, isSessionIndent } from "./session-line.ts";

const header =
  /goroutine (?:\d+ (?:gp=[^[\]\n]{1,100} )?\[|profile: total \d)|goroutineleak profile: total \d|[[ ]Goroutine \d+ in state /g;

/** Index of the next header of a goroutine or a profile, or line of a debugger's session; -1: none. */
export function findHeader(text: string, from = 0): number {
  header.lastIndex = from;
  const mayBe = text.includes("goroutine", from) || text.includes("Goroutine ", from);
  const found = mayBe ? (header.exec(text)?.index ?? -1) : -1;
  return found >= 0 ? found : findSession(text, from);
}

/** A header that fills the rest of its line. */
export interface DumpHeader {
  readonly at: number;
  /** Index behind its colon. */
  readonly end: number;
  /** What ends its line: nothing is left of it, an escape, a quote, rsyslog's `#012`, a page's `&#xA;`. */
  readonly ending: "line" | (typeof endings)[number];
}

/** A header as far as its labels, which need not be what they look like; goleak's as a whole. */
const headerStart =
  /goroutine(?:( \d+ (?:gp=[^[\]\n]{1,100} )?\[)[^\]{\n]{0,500}|(?:leak)? profile: total \d{1,15})|[[ ]Goroutine \d{1,20} in state [^\n]{1,1000}? on top of the stack:/g;
const endings = ["escape", "quote", "rsyslog", "page"] as const;
const headerEnding =
  /[ \t]*(?:$|[\r\n])|(\\+[rn])|(\\*")|(#012)|(&#(?:10|13|x[aAdD]);|<br ?\/?>|<\/(?:div|p)>)/iy;

/** The first header, from `from` on, that fills the rest of its line. What prose tells of a goroutine is none. */
export function findDumpHeader(text: string, from = 0): DumpHeader | undefined {
  headerStart.lastIndex = from;
  for (let start = headerStart.exec(text); start !== null; start = headerStart.exec(text)) {
    const behind = headerStart.lastIndex;
    const end = start[1] === undefined ? behind : colonEnd(text, behind);
    // Labels that have no end: what they quote is no header.
    if (end === undefined) return undefined;
    headerEnding.lastIndex = end;
    const ending = end < 0 ? null : headerEnding.exec(text);
    if (ending === null) continue;
    const kind = endings[ending.slice(1).findIndex((text) => text !== undefined)];
    return { at: start.index, end, ending: kind ?? "line" };
  }
  return undefined;
}

/** Index of the first header that fills the rest of its line, or line of a debugger's session; -1: none. */
export function findDumpLine(text: string): number {
  return findDumpHeader(text)?.at ?? findSession(text);
}

/**
 * Index behind the colon of a header, from the end of its wait reason on; -1: it has none. Labels may stand before the
 * bracket and behind it. `undefined`: they do not end.
 */
function colonEnd(text: string, from: number): number | undefined {
  const bracket = text[from] === "{" ? labelsEnd(text, from) : from;
  if (bracket === undefined) return undefined;
  if (text[bracket] !== "]") return -1;
  const colon = text.startsWith("] {", bracket) ? labelsEnd(text, bracket + 2) : bracket + 1;
  if (colon === undefined) return undefined;
  return text[colon] === ":" ? colon + 1 : -1;
}

/** Longer ones are no labels. */
const longestLabels = 1 << 16;

/**
 * Index behind the labels that a brace opens; -1: they are none; `undefined`: they do not end. Within quotes anything may
 * stand, and the quotes may be escaped, once or several times, as those of a dump in a field are.
 */
function labelsEnd(text: string, from: number): number | undefined {
  /** Backslashes before the quote that is open; -1: none is. */
  let open = -1;
  let openMark = "";
  let backslashes = 0;
  const end = Math.min(text.length, from + longestLabels);
  for (let at = from + 1; at < end; at++) {
    const c = text.charCodeAt(at);
    if (c === 92) {
      backslashes++;
      continue;
    }
    const mark = c === 34 ? '"' : c === 38 ? (quoteEntity(text, at) ?? "") : "";
    if (mark !== "") {
      if (open < 0) [open, openMark] = [backslashes, mark];
      // Each time that text is escaped doubles its backslashes, and puts one before its quotes.
      else if (mark === openMark && ((backslashes - open) / (open + 1)) % 2 === 0) open = -1;
    } else if (c === 10) return -1;
    else if (open < 0 && c === 125) return at + 1;
    else if (open < 0 && (c === 123 || c === 91)) return -1;
    backslashes = 0;
  }
  return open < 0 ? -1 : undefined;
}

function quoteEntity(text: string, at: number): string | undefined {
  return ["&#34;", "&quot;"].find((mark) => text.startsWith(mark, at));
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
/** What ends the lines of a page's text that stands on one line. */
export const pageLineEnd: RegExp =
  /&#(?:10|x0?a);|<br ?\/?>|<\/(?:div|p)>\s{0,100}<(?:div|p)\b[^<>]{0,500}>/i;
/** The same where the page's source ends its line, too. */
const doubleEnd = /(?:<br ?\/?>|<\/p>)\s*$/i;
/** A page's beginning, or that of a test report's text, before the first line. */
const openingTags =
  /^\s{0,100}(?:<[!/?]?[a-z][^<>]{0,500}>\s{0,100}){0,50}<(?:pre|p|div|td|code|body|failure|error(?= \w)|system-(?:out|err))\b[^<>]{0,500}>(?:<!\[CDATA\[)?/i;
/** Its end, behind the last line. */
const longestEnd = 300;
const closingTags = /(?:\]\]>)?(?:<\/[a-z]{1,20}(?:\d|-[a-z]{3})?>)+\s{0,100}$/i;

/** The ends of the lines of the dump that begins on a line are a page's. */
export function isPageLine(line: string): boolean {
  if (!pageLineEnd.test(line)) return false;
  const header = findDumpHeader(line);
  if (header === undefined) return findSession(line) >= 0;
  return header.ending === "page" || pageLineEnd.test(line.slice(Math.max(0, header.at - 6), header.at));
}

/** What profiles and Delve put before the labels of a goroutine, on a line of their own. */
export const labelsFollow: RegExp = /(?:# labels: \{|[ \t]Labels: )"/;

/**
 * Takes off what does not change what a line says: terminal sequences; rsyslog's tabs; no-break spaces, entities, and the
 * tags around the text of pages that it was copied or saved from.
 */
export function plainText(line: string): string {
  let text = line;
  if (text.includes("\u001b") || text.includes("#033")) text = text.replace(terminal, "");
  if (text.includes("##teamcity[") || text.includes("%0A")) text = plainMessage(text);
  if (text.includes("\u00a0")) text = text.replaceAll("\u00a0", " ");
  if (text.includes("<")) text = text.replace(openingTags, "").replace(doubleEnd, "");
  if (text.includes("</"))
    text = text.slice(0, -longestEnd) + text.slice(-longestEnd).replace(closingTags, "");
  if (text.includes("&") && !labelsFollow.test(text)) {
    // The lines of a page are told apart first: what is decoded may look as if it ended one.
    if (isPageLine(text)) return text;
    // A page has no quotes that are bare; within those of a field, another would end it.
    const quoted = text.includes('"');
    text = besidesLabels(text, (part) => withoutEntities(part, quoted));
  }
  return text.includes("#011") ? besidesLabels(text, (part) => part.replaceAll("#011", "\t")) : text;
}

/** Changes a line but for headers that quote labels, in which Go has written itself what would have to be escaped. */
export function besidesLabels(text: string, change: (part: string) => string): string {
  let changed = "";
  let from = 0;
  for (let header = findDumpHeader(text); header !== undefined; header = findDumpHeader(text, header.end)) {
    const { at, end } = header;
    if (!text.slice(at, end).includes('"')) continue;
    changed += change(text.slice(from, at)) + text.slice(at, end);
    from = end;
  }
  return changed + change(text.slice(from));
}

function withoutEntities(text: string, quoted: boolean): string {
  return text.replace(entity, (whole, name: string) => {
    const plain = named[name] ?? String.fromCodePoint(codeOf(name));
    return plain === "\n" || (quoted && plain === '"') ? whole : plain;
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

/** Signs of colours, pages, test reports and chats; the bytes are those of a no-break space. */
const dressed = new RegExp(
  `\u001b\\[|##teamcity\\[|%0A|\xc2\xa0|${entity.source}|</pre>|<failure\\b|<br ?/?>|</(?:div|p)>|<!\\[CDATA\\[`,
);

/**
 * True when the first bytes of an input show a goroutine's header with something before it on its line, or lines that are
 * dressed up: then what is around the dump must be taken off.
 */
export function isWrapped(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  const [header, session] = [findHeader(text), findSession(text)];
  // A session may tell of a header in what it lists.
  const at = session < 0 ? header : Math.min(header, session);
  if (at < 0) return false;
  const lineEnd = text.indexOf("\n", at);
  const line = text.slice(text.lastIndexOf("\n", at) + 1, lineEnd < 0 ? text.length : lineEnd);
  if (isSession(line) || isBareHeader(line)) return dressed.test(text);
  // A header that stands alone tells that the dump does.
  return findHeader(line) !== 0 || line.includes("\\n") || dressed.test(text);
}

/** A header that is all of its line, whatever its labels look like. */
function isBareHeader(line: string): boolean {
  const header = findDumpHeader(line);
  return header?.at === 0 && header.ending === "line";
}
