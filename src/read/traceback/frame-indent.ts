import { parseCreatedBy, parseFunctionLine } from "./frame-lines.ts";

const blanks = /^[\t ]{1,40}(?=\S)/;

/**
 * What stands before the first line below a header, and not before the header: pages indent the lines of a goroutine.
 * `""` for a line of another kind.
 */
export function indentOf(line: string): string {
  const indent = blanks.exec(line)?.[0] ?? "";
  return indent !== "" && begins(line.slice(indent.length)) ? indent : "";
}

/** A function's line or a creator's, which the runtime indents by nothing. */
function begins(line: string): boolean {
  const call = parseFunctionLine(line);
  return call !== undefined ? call.function.includes(".") : parseCreatedBy(line)?.whole === true;
}

const endOfPlace = /\S:\d{1,9} \+0x[0-9a-f]{1,16}$/;
const endOfCall = /[\w)]\((?:0x[0-9a-f]{1,16}\??|[{}_, ]|\.\.\.)*\)$/;

/** A line that was not understood and ends as only places do: with an offset. */
export function endsAsPlace(line: string): boolean {
  return endOfPlace.test(line);
}

/** A line that was not understood and ends as functions' lines do, and others, too. */
export function endsAsCall(line: string): boolean {
  return line.includes(".") && endOfCall.test(line);
}
