import { parseCreatedBy, parseFunctionLine, parsePositionLine } from "./frame-lines.ts";
import { type Header, parseHeader } from "./header.ts";

/** Behind a blank, what begins an explanation that somebody has written: an arrow, a comment, a parenthesis, no ASCII. */
const begins = /[\t ](?=<[-=<]|[-=]{1,4}>|--|\/[/*]|#|\((?!0x)|\*{2}|\P{ASCII})/gu;
const lineBreak = /<br ?\/?>$/i;
/** Longer lines are of no such text. */
const longest = 4000;
const mostTries = 8;

/**
 * A line without the explanation behind it.
 * @param isWhole whether a line is one of a dump
 * @returns `undefined` where it has none
 */
export function withoutAnnotation(line: string, isWhole: (bare: string) => boolean): string | undefined {
  if (line.length > longest) return undefined;
  const text = line.replace(lineBreak, "").trimEnd();
  begins.lastIndex = 0;
  for (let tries = 0; tries < mostTries; tries++) {
    const at = begins.exec(text)?.index;
    if (at === undefined) break;
    const bare = text.slice(0, at).trimEnd();
    if (isWhole(bare)) return bare;
  }
  return text !== line && isWhole(text) ? text : undefined;
}

/** A line of a frame or a creator without the explanation behind it. */
export function bareFrameLine(line: string): string | undefined {
  return withoutAnnotation(line, isFrameLine);
}

function isFrameLine(line: string): boolean {
  if (line.startsWith("created by ")) return parseCreatedBy(line)?.whole === true;
  const call = parseFunctionLine(line);
  if (call !== undefined) return call.function.includes(".") && !call.function.includes(") ");
  const position = parsePositionLine(line);
  if (position === undefined) return false;
  // Only Go writes offsets; other programs name places in what they log.
  return position.hasOffset || (/^(?:[\t ]|\/|[A-Za-z]:[\\/])/.test(line) && !/[\t ]/.test(position.file));
}

/** A header without the explanation behind it. */
export function bareHeader(line: string): string | undefined {
  if (line.length > longest) return undefined;
  const colon =
    /[\]}]:(?=[\t ]*<br ?\/?>$|[\t ]+(?:<[-=<]|[-=]{1,4}>|--|\/[/*]|#|\(|\*{2})|[\t ]*\P{ASCII}|\(|\/\/|<-)/u.exec(
      line,
    );
  if (colon === null || /goroutine \d+ (?:gp=[^[\]]{1,100} )?\[/.test(line.slice(colon.index)))
    return undefined;
  const bare = line.slice(0, colon.index + 2);
  return parseHeader(bare) === undefined ? undefined : bare;
}

/** A header between other text. */
export interface HeaderInside {
  readonly header: Header;
  readonly before: string;
  /** Text that was on a line of its own. */
  readonly behind: string;
}

/** Finds a header that does not begin its line. */
export function findHeaderInside(line: string): HeaderInside | undefined {
  const at = line.search(/goroutine \d+ (?:gp=[^[\]]{1,100} )?\[/);
  if (at <= 0) return undefined;
  const before = line.slice(0, at);
  const isIndent = before.trim() === "";
  if (isIndent && before.includes("\t")) return undefined;
  // Behind other text it may be prose that goes on.
  const bare = isIndent ? bareHeader(line.slice(at)) : undefined;
  if (bare !== undefined) return { header: parseHeader(bare)!, before, behind: "" };
  // Text that was on a line of its own stands directly behind the header.
  const end = /[\]}]:$/.test(line) ? line.length : at + 2 + line.slice(at).search(/\]:[^\s"'`\\]/);
  const header = end < at + 2 ? undefined : parseHeader(line.slice(at, end));
  return header === undefined ? undefined : { header, before, behind: line.slice(end) };
}

/**
 * Whether a line that is not understood begins as one of a frame: what waits for its place does not get the next one,
 * which is that frame's.
 */
export function beginsAsFrame(line: string): boolean {
  return (
    line.length <= longest &&
    (/^[^\s"'(:.]{1,200}\.[^\s"']{0,500}\([^()]*(?:0x[0-9a-f]|\.\.\.|…)/.test(line) ||
      /^[\t ]+\S.*:\d{1,9} \+0x[0-9a-f]+[\t ]/.test(line))
  );
}
