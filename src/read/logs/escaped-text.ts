import { findDumpHeader, findHeader } from "./header.ts";

/** The quoted text that stands around index `at` of a line, unescaped, where it begins, and the key before it (`""`: none). */
export function fieldAround(
  line: string,
  at: number,
): { readonly key: string; readonly text: string; readonly start: number } | undefined {
  let start = -1;
  for (let i = 0; i < at; i++) {
    const c = line.charCodeAt(i);
    if (c === 92) i++;
    else if (c === 34) start = start < 0 ? i : -1;
  }
  if (start < 0) return undefined;
  const end = closingQuote(line, start + 1);
  const content = line.slice(start + 1, end);
  // Text with a stray quote in it is no field, unless it shows that it is escaped.
  if (end === line.length && !content.includes("\\n")) return undefined;
  return {
    key: keyBefore(line.slice(Math.max(0, start - 200), start)),
    text: unescapeText(content),
    start: start + 1,
  };
}

/** The key at the end of what stands before a quote; `""`: none. */
export function keyBefore(text: string): string {
  const key = /(?:"([^"\\]{1,100})"\s{0,10}(?::|=>)|\b([\w.]{1,100})=)\s{0,10}$/.exec(text);
  return key?.[1] ?? key?.[2] ?? "";
}

/** The text of a field as far as a line, or a piece of one, holds it. */
export interface FieldText {
  readonly text: string;
  /** What stands at the end and can't be unescaped yet: the beginning of an escape, where the text has no end. */
  readonly tail: string;
  /** The quote behind it is there. */
  readonly closed: boolean;
}

/**
 * The text of a field of a line, unescaped: `"key": "…"` at any depth of JSON, `"key"=>"…"` of Ruby, or `key="…"`.
 * Works on cut lines too. Without a key: the first quoted text that is a dump, or the one that is all of the line, as in a
 * list of lines.
 */
export function fieldText(line: string, key: string): FieldText | undefined {
  if (key === "") {
    const header = findHeader(line);
    if (header < 0) return listedText(line);
    const start = fieldAround(line, header)?.start;
    return start === undefined ? undefined : restOfField(line, start);
  }
  const quoted = `"${key}"`;
  const start = valueStart(line, quoted, ":") ?? valueStart(line, quoted, "=>") ?? valueStart(line, key, "=");
  return start === undefined ? unquotedText(line, key) : restOfField(line, start);
}

/** The text of a field that needs no quotes, `msg=main.main()`: slog leaves them off where nothing has to be escaped. */
function unquotedText(line: string, key: string): FieldText | undefined {
  // At the line's beginning, too.
  const at = ` ${line}`.indexOf(` ${key}=`);
  if (at < 0 || findHeader(line) >= 0) return undefined;
  return { text: /^\S*/.exec(line.slice(at + key.length + 1))![0], tail: "", closed: true };
}

function listedText(line: string): FieldText | undefined {
  const start = line.search(/[^ \t]/) + 1;
  if (line[start - 1] !== '"') return undefined;
  const behind = line.slice(closingQuote(line, start) + 1).trim();
  return behind === "" || behind === "," ? restOfField(line, start) : undefined;
}

/** The text of a field from within it on. */
export function restOfField(line: string, from = 0): FieldText {
  const end = closingQuote(line, from);
  const closed = end < line.length;
  const escaped = line.slice(from, end);
  const tail = closed ? 0 : openEscape(escaped);
  return {
    text: unescapeText(escaped.slice(0, escaped.length - tail)),
    tail: escaped.slice(escaped.length - tail),
    closed,
  };
}

/** A whole line, or a piece of one, that is escaped without quotes around it; in the middle of an escape it is cut. */
export function bareText(line: string, ends: boolean): FieldText {
  const tail = openEscape(line);
  const at = line.length - tail;
  return { text: unescapeText(line.slice(0, at)), tail: line.slice(at), closed: ends && tail === 0 };
}

/** Line ends are escaped in it. */
export function isEscaped(line: string): boolean {
  if (!line.includes("\\n")) return false;
  const header = findDumpHeader(line);
  if (header !== undefined) return header.ending !== "line";
  return /\\n(?:\\t|\\n)/.test(line) || findHeader(line) >= 0;
}

/** How many characters at the end belong to an escape, or to a pair of two, that may go on. */
function openEscape(text: string): number {
  const at = text.lastIndexOf("\\");
  if (at < 0 || text.length - at > 6) return 0;
  let first = at;
  while (first > 0 && text.charCodeAt(first - 1) === 92) first--;
  if ((at - first) % 2 === 1) return 0;
  const open = /^\\(?:u[0-9a-f]{0,3}|ud[89ab][0-9a-f]{2}|x[0-9a-f]?)?$/i.test(text.slice(at));
  return open ? text.length - at : 0;
}

/** Index behind the quote that opens the value of `name`. */
function valueStart(line: string, name: string, separator: string): number | undefined {
  for (let at = line.indexOf(name); at >= 0; at = line.indexOf(name, at + name.length)) {
    const before = line[at - 1];
    if (before === "\\" || (separator === "=" && before !== undefined && !/\s/.test(before))) continue;
    let i = skipSpace(line, at + name.length);
    if (!line.startsWith(separator, i)) continue;
    i = skipSpace(line, i + separator.length);
    if (line[i] === '"') return i + 1;
  }
  return undefined;
}

function skipSpace(line: string, at: number): number {
  let i = at;
  while (line[i] === " " || line[i] === "\t") i++;
  return i;
}

/** Index of the quote that closes the text, or of the end of the line. */
function closingQuote(line: string, from: number): number {
  for (let i = line.indexOf('"', from); i >= 0; i = line.indexOf('"', i + 1)) {
    let backslashes = 0;
    while (i - 1 - backslashes >= from && line.charCodeAt(i - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return i;
  }
  return line.length;
}

const simple: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\u0007",
  e: "\u001b",
};

/** Undoes the escapes of JSON, Go and Ruby. */
function unescapeText(text: string): string {
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    // Cut, or escaped as Go does it.
    return unescapePieces(text);
  }
}

function unescapePieces(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs,
    (_, unicode: string | undefined, byte: string | undefined, plain: string) => {
      const hex = unicode ?? byte;
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return simple[plain] ?? plain;
    },
  );
}
