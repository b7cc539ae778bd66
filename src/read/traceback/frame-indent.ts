import { parseCreatedBy, parseFunctionLine } from "./frame-lines.ts";
import { parseBareFrame, parseJoinedCall } from "./joined-lines.ts";

/** What comments and quotes begin with. */
const mark = "(?://|[#;>*|]|--)";
const indents = new RegExp(`^(?:[\\t ]{0,40}${mark}[\\t ]{1,40}|[\\t ]{1,40})(?=[^\\t ])`);
const onlyMark = new RegExp(`^${mark}$`);

/** A comment's or a quote's. */
export function isMark(text: string): boolean {
  return onlyMark.test(text);
}

/** What stands before the lines below a header, and not before the header: pages and comments indent the lines of a goroutine. */
export class FrameIndent {
  #indent = "";

  /** Something is to be taken off. */
  get known(): boolean {
    return this.#indent !== "";
  }

  /** @param line the first below a header, perhaps */
  learn(line: string): void {
    // Most begin with a package's name.
    if (/^\w/.test(line)) return;
    const indent = this.known ? undefined : indents.exec(line)?.[0];
    if (indent !== undefined && begins(line.slice(indent.length))) this.#indent = indent;
  }

  off(line: string): string {
    return line.startsWith(this.#indent) ? line.slice(this.#indent.length) : line;
  }
}

/** A function's line or a creator's, which the runtime indents by nothing. */
function begins(line: string): boolean {
  const call = parseFunctionLine(line) ?? parseJoinedCall(line)?.call ?? parseBareFrame(line)?.call;
  return call !== undefined ? call.function.includes(".") : parseCreatedBy(line)?.whole === true;
}
