import { LineSplitter } from "../lines.ts";
import { findHeader } from "../logs/header.ts";
import type { ByteSource } from "../reader.ts";

/** Lines behind a header that must end as it does: a function and its place. */
const alike = 2;
/** Longer ones are no fields. */
const longest = 1000;
/** Headers that are looked at. */
const mostHeaders = 20;
/** Longer lines come in pieces. */
const maxPiece = 1 << 20;

/** The fields that a log's shipper puts behind a line: ` service=a pod=b`, ` | host=a`. */
const fields = /[ \t]+(?:\|[ \t]*)?[A-Za-z_][\w.-]{0,99}=[^\s=]/;

/** What stands behind the first header of the text and all lines below it, where these are fields; `undefined`: nothing. */
export function lineSuffix(head: string): string | undefined {
  let at = findHeader(head);
  for (let tries = 0; at >= 0 && tries < mostHeaders; tries++) {
    const end = head.indexOf("\n", at);
    if (end < 0) return undefined;
    const lines = head
      .slice(at, at + 4 * longest)
      .split("\n")
      .map((line) => line.trimEnd())
      .slice(0, alike + 1);
    const suffix = lines.length > alike ? fieldsOf(lines.reduce(commonEnd)) : undefined;
    if (suffix !== undefined) return suffix;
    at = findHeader(head, end);
  }
  return undefined;
}

function fieldsOf(end: string): string | undefined {
  const found = end.length > longest ? null : fields.exec(end);
  return found === null ? undefined : end.slice(found.index);
}

function commonEnd(one: string, other: string): string {
  let length = 0;
  const most = Math.min(one.length, other.length);
  while (length < most && one.at(-1 - length) === other.at(-1 - length)) length++;
  return one.slice(one.length - length);
}

/** The source without the fields behind its lines. */
export function withoutSuffix(source: ByteSource, suffix: string): ByteSource {
  const { name, problems = [] } = source;
  // Behind a blank line their blank may be missing.
  const bare = suffix.trimStart();
  const strip = (line: string) => {
    const text = line.trimEnd();
    if (text.endsWith(suffix)) return text.slice(0, -suffix.length);
    return text === bare ? "" : line;
  };
  return {
    name,
    problems,
    async *chunks() {
      let text = "";
      const splitter = new LineSplitter(
        maxPiece,
        (line, ends) => {
          text += ends ? `${strip(line)}\n` : line;
        },
        true,
      );
      for await (const chunk of source.chunks()) {
        splitter.push(chunk);
        if (text !== "") yield Buffer.from(text);
        text = "";
      }
      // A last line that is cut may be so in what is behind it.
      if (splitter.end()) text = withoutLineEnd(text, suffix);
      if (text !== "") yield Buffer.from(text);
    },
  };
}

/** The open last line, without the beginning of the suffix in which it is cut. */
function withoutLineEnd(text: string, suffix: string): string {
  const line = text.slice(0, -1);
  for (let length = suffix.length - 1; length > 0; length--)
    if (line.endsWith(suffix.slice(0, length))) return line.slice(0, -length);
  return line;
}
