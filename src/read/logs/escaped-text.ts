import { findHeader } from "./header.ts";

/** The quoted text that stands around index `at` of a line, unescaped, and the key before it (`""`: none). */
export function fieldAround(
  line: string,
  at: number,
): { readonly key: string; readonly text: string } | undefined {
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
  const key = /(?:"([^"\\]{1,100})"\s{0,10}:|\b([\w.]{1,100})=)\s{0,10}$/.exec(
    line.slice(Math.max(0, start - 200), start),
  );
  return { key: key?.[1] ?? key?.[2] ?? "", text: unescapeText(content) };
}

/**
 * The text of a field of a line, unescaped: `"key": "…"` at any depth of JSON, or `key="…"`.
 * Works on cut lines too. Without a key: the first quoted text that is a dump.
 */
export function fieldText(line: string, key: string): string | undefined {
  if (key === "") {
    const header = findHeader(line);
    return header < 0 ? undefined : fieldAround(line, header)?.text;
  }
  const start = valueStart(line, `"${key}"`, ":") ?? valueStart(line, key, "=");
  return start === undefined ? undefined : unescapeText(line.slice(start, closingQuote(line, start)));
}

/** Index behind the quote that opens the value of `name`. */
function valueStart(line: string, name: string, separator: string): number | undefined {
  for (let at = line.indexOf(name); at >= 0; at = line.indexOf(name, at + name.length)) {
    const before = line[at - 1];
    if (before === "\\" || (separator === "=" && before !== undefined && !/\s/.test(before))) continue;
    let i = skipSpace(line, at + name.length);
    if (line[i] !== separator) continue;
    i = skipSpace(line, i + 1);
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
};

/** Undoes the escapes of JSON and Go. */
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
