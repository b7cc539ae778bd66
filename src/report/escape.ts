import { whole } from "./later.ts";

/**
 * All escaping of all formats. Names in a dump are hostile: whoever can start a goroutine, or write a log line, can put
 * terminal escapes, markup or direction marks into them.
 */

/** Directional marks, overrides and isolates: they reorder what a reader sees (CVE-2021-42574). */
const bidi = "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
/** Characters without a picture, and line breaks that only some programs know. */
const invisible =
  "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e\\u200b-\\u200d\\u2028\\u2029\\u2060-\\u2065\\u206a-\\u206f\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff";
const control = "\\u0000-\\u001f\\u007f-\\u009f";

const unsafe = new RegExp(`[${control}${bidi}${invisible}]|[\\u{e0000}-\\u{e007f}]|\\p{Surrogate}`, "gu");
const plain = /^[ -~]*$/;
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
  // Nearly all texts: the expression for all that hides is slow to make and to run.
  if (plain.test(text)) return text;
  return text.replace(unsafe, (c) => short[c] ?? codePointEscape(c));
}

/** Characters of one text in a report for people; what is longer is cut, and says so. */
const longest = 2_000;

function cut(text: string): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length - longest} more characters)`;
}

/** Texts that rule authors write in paragraphs: their line breaks are only layout. */
const prose: ReadonlySet<string> = new Set(["title", "message", "why", "fix", "reason", "missing"]);

/** A report whose texts are all `visible`, so that no reporter for people can forget one; what needs no change is not copied. */
export function visibleReport<T>(value: T, key = ""): T {
  if (typeof value === "string") return visibleText(value, prose.has(key)) as T;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = visibleReport(value[i], key);
      if (item === value[i]) continue;
      copy ??= [...value];
      copy[i] = item;
    }
    return (copy ?? value) as T;
  }
  if (value === null || typeof value !== "object") return value;
  const all = whole(value);
  const names = Object.keys(all);
  const items = names.map((name) => visibleReport(all[name as keyof T & string], name) as unknown);
  const isSame = names.every(
    (name, i) => items[i] === all[name as keyof T & string] && visible(name) === name,
  );
  return isSame ? all : (Object.fromEntries(names.map((name, i) => [visible(name), items[i]])) as T);
}

function visibleText(text: string, isProse: boolean): string {
  // Nearly all.
  if (text.length <= longest && plain.test(text)) return isProse ? text.trim() : text;
  const lines = isProse ? text.trim().split("\n") : [text];
  // Tabs indent source lines.
  const flat = lines.map((line) => (isProse ? line.trim() : line.replaceAll("\t", "    "))).join(" ");
  return visible(cut(flat));
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

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text or attribute value of XML, HTML and SVG; characters that XML can't hold are made visible. */
export function markup(text: string): string {
  return visible(text).replace(/[&<>"']/g, (c) => entities[c]!);
}

/** Lines of text inside an XML or HTML element. */
export function markupLines(lines: readonly string[]): string {
  return lines.map(markup).join("\n");
}

/**
 * Prose in markdown (GitHub, GitLab): markup, mentions, issue references, autolinks and formulas are taken as text, and
 * nothing at the beginning makes a heading or a list.
 */
export function markdown(text: string): string {
  return visible(text)
    .replace(/[\\`*_[\]|~$]/g, "\\$&")
    .replace(/[&<>]/g, (c) => entities[c]!)
    .replace(/[@#](?=[\p{L}\p{N}])|:(?=\/\/)|(?<=\bwww)\./gu, (c) => `${c}<!-- -->`)
    .replace(/^(?:[#+=-]|\d{1,9}(?=[.)](?:\s|$)))/, (c) => (/\d/.test(c) ? `${c}\\` : `\\${c}`));
}

function longestRun(text: string, character: string): number {
  let most = 0;
  let run = 0;
  for (const c of text) {
    run = c === character ? run + 1 : 0;
    if (run > most) most = run;
  }
  return most;
}

/** An inline code span of markdown, whatever is in it. */
export function markdownCode(text: string): string {
  const safe = visible(text);
  if (safe === "") return "";
  const fence = "`".repeat(longestRun(safe, "`") + 1);
  const space = /^[` ]|[` ]$/.test(safe) ? " " : "";
  return fence + space + safe + space + fence;
}

/** A fenced code block of markdown. */
export function markdownFence(lines: readonly string[], language = ""): string[] {
  const safe = lines.map(visible);
  const fence = "`".repeat(Math.max(3, ...safe.map((line) => longestRun(line, "`") + 1)));
  return [fence + language, ...safe, fence];
}

/** A web address as markdown shows it as a link; anything else as text. */
export function markdownLink(text: string): string {
  const safe = webAddress(text);
  return safe === undefined ? markdown(text) : `<${safe}>`;
}

/** The address when it is one of http or https, percent-encoded; `undefined` for all else, `javascript:` for one. */
export function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "https:" || url.protocol === "http:"
    ? url.href.replace(/[<>`|]/g, encodeURIComponent)
    : undefined;
}

/** A quoted string of Graphviz; `\\N` and entities in it are not expanded. */
export function dot(text: string): string {
  return `"${visible(text).replaceAll("&", "&amp;").replace(/[\\"]/g, "\\$&")}"`;
}

/** A quoted label of mermaid: all that could mean something is written as an entity code. */
export function mermaid(text: string): string {
  return `"${visible(text).replace(/[^\p{L}\p{N}\p{M} .,:/()*+=…·×]/gu, (c) => `#${c.codePointAt(0)};`)}"`;
}

/** The message of a GitHub workflow command; may have several lines. */
export function githubMessage(lines: readonly string[]): string {
  return lines.map((line) => visible(line).replaceAll("%", "%25")).join("%0A");
}

/** A property of a GitHub workflow command. */
export function githubProperty(text: string): string {
  return githubMessage([text]).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** A label value of the Prometheus text format, without quotes. */
export function prometheusLabel(text: string): string {
  return visible(text).replace(/[\\"]/g, "\\$&");
}

/** A path as relative or absolute URI reference. */
export function uriPath(path: string): string {
  return wellFormed(path)
    .split("/")
    .map((element) => encodeURIComponent(element).replace(/%(?:40|2B|24|26|3D|2C|3B)/g, decodeURIComponent))
    .join("/");
}

/** A message of SARIF, in which `[text](target)` would become a link. */
export function sarifMessage(lines: readonly string[]): string {
  return lines.map((line) => visible(line).replaceAll("](", "]\\(")).join("\n");
}
