/**
 * All escaping of all formats. Names in a dump are hostile: whoever can start a goroutine, or write a log line, can put
 * terminal escapes, markup or direction marks into them.
 */

/** Directional marks, overrides and isolates: they reorder what a reader sees (CVE-2021-42574). */
const bidi = "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
/** Characters without a picture, and line breaks that only some programs know. */
const invisible =
  "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e\\u200b-\\u200d\\u2028\\u2029\\u2060-\\u2065\\u206a-\\u206f\\ufeff\\ufff9-\\ufffb";
const control = "\\u0000-\\u001f\\u007f-\\u009f";

const unsafe = new RegExp(`[${control}${bidi}${invisible}]|[\\u{e0000}-\\u{e007f}]|\\p{Surrogate}`, "gu");
const loneSurrogate = /\p{Surrogate}/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function codePointEscape(c: string): string {
  const code = c.codePointAt(0)!;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * Text on one line that shows what it is: control characters, direction marks, invisible characters and lone
 * surrogates become `\n`, `\x1b`, `\u202e`. For terminals, and the first step of all formats for people.
 */
export function visible(text: string): string {
  return text.replace(unsafe, (c) => short[c] ?? codePointEscape(c));
}

/** Texts that rule authors write in paragraphs: their line breaks are only layout. */
const prose: ReadonlySet<string> = new Set(["title", "message", "why", "fix", "reason", "missing"]);

/** A copy of a report whose texts are all `visible`, so that no reporter for people can forget one. */
export function visibleReport<T>(value: T, key = ""): T {
  if (typeof value === "string") {
    const lines = prose.has(key) ? value.trim().split("\n") : [value];
    // Tabs indent source lines.
    return visible(
      lines.map((line) => (prose.has(key) ? line.trim() : line.replaceAll("\t", "    "))).join(" "),
    ) as T;
  }
  if (Array.isArray(value)) return value.map((item) => visibleReport(item, key)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [visible(name), visibleReport(item, name)]),
  ) as T;
}

/** Well-formed Unicode: lone surrogates become U+FFFD, as encoding to UTF-8 would do. */
export function wellFormed(text: string): string {
  return text.replace(loneSurrogate, "\ufffd");
}

const hiddenInJson = new RegExp(`[\\u007f-\\u009f${bidi}${invisible}]|[\\u{e0000}-\\u{e007f}]`, "gu");

/** JSON that parses to the same value everywhere, and can be shown in a terminal: what hides is escaped as `\uXXXX`. */
export function json(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(hiddenInJson, (c) =>
    // Astral characters take two escapes.
    Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}
