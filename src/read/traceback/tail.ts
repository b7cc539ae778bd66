import { bareFrameLine } from "./annotation.ts";
import { parseForeignPosition, parsePositionLine } from "./frame-lines.ts";
import type { OpenRecord } from "./open-record.ts";

/** What is known at the end of the input, beside the goroutine that is open. */
export interface Tail {
  /** The last line. */
  readonly line: string;
  /** It has no line end. */
  readonly unterminated: boolean;
  /** Lines since the last that was understood. */
  readonly foreign: number;
  /** How many goroutines came before. */
  readonly goroutines: number;
}

/** In the middle of what the input ends; `undefined` when the last goroutine is whole as far as one can see. */
export function cutPlace(record: OpenRecord, tail: Tail): string | undefined {
  const { line, unterminated, foreign } = tail;
  // Which was told.
  if (record.endsInCut) return undefined;
  if (record.pending !== undefined) return "a frame";
  if (record.pendingCreator !== undefined) return "a goroutine's creator";
  if (record.frames.length === 0 && !record.unavailable) return "a goroutine";
  // The beginning of a function's line looks like text that follows.
  const fragment = unterminated && foreign > 0 && beginsFrame(line);
  if (fragment && record.createdBy === undefined) {
    if (!record.unavailable) return "a frame";
    if ("created by ".startsWith(line)) return "a goroutine's creator";
  }
  // Text that follows the goroutine shows that it is whole.
  if (foreign > 0) return undefined;
  if (unterminated && !understoodTail(line)) return "a line";
  const entry = record.frames.at(-1)?.function ?? "";
  if (record.createdBy !== undefined || record.unavailable) return undefined;
  if (record.pointers) return showsItsEnd(record, entry) ? undefined : "a goroutine";
  if (/^(?:runtime\.|main\.main$)/.test(entry)) return undefined;
  // The first goroutine runs the packages' initialisers, too, and has no creator behind frames that are left out.
  if (record.header.id <= 1 && (record.endsInGap || /\.init(?:\.|$)/.test(entry))) return undefined;
  // Only a goroutine that the runtime started ends without a creator.
  return mayRunFinalizers(record, tail)
    ? "a goroutine, unless it is the one that runs finalizers, whose starter Go hides up to 1.24"
    : "a goroutine";
}

/** The line ends a block of text of a page, or begins one. */
export function endsBlock(line: string): boolean {
  return /^[\t >]{0,16}(?:```|~~~|<\/(?:pre|code)>|\[\/code\]|\{% ?end(?:codeblock|highlight) ?%\})/i.test(
    line,
  );
}

/**
 * How many goroutines are lost where a last line without an end is the beginning of a header, and were not told of.
 * @param isBad the line was told to be a header that is not understood
 * @returns `undefined` for a line that is none
 */
export function lostOfHeader(line: string, isBad: boolean, foreign: number): number | undefined {
  const known = /^goroutine \d/.test(line);
  const begun = line !== "" && "goroutine ".startsWith(line);
  if (!begun && !(known && (isBad || foreign > 0))) return undefined;
  // A header with its bracket was counted when its line came.
  return known && !isBad ? 1 : 0;
}

/** That goroutine is made before main runs, behind which it stands; a finalizer takes one argument. */
function mayRunFinalizers({ frames }: OpenRecord, { goroutines }: Tail): boolean {
  return (goroutines === 1 || goroutines === 2) && frames.at(-1)?.args?.length === 1;
}

/** Functions at which the stack of a thread's scheduler ends. */
const endsOfThreads =
  /^runtime\.(?:mcall|mstart|systemstack|systemstack_switch|morestack|rt0_go|asmcgocall|cgocallback|goexit)$/;

/**
 * A stack with its `fp=` goes down to `runtime.goexit`, and a creator follows; only the first goroutine has none, and
 * a thread's scheduler has neither.
 */
function showsItsEnd(record: OpenRecord, entry: string): boolean {
  if (record.endsInGap) return record.header.id <= 1;
  if (record.header.id === 0) return endsOfThreads.test(entry) || !entry.startsWith("runtime.");
  return record.header.id === 1 && entry === "runtime.goexit";
}

/** The beginning of a line with a function or a creator: a name up to its end, its parenthesis or its type arguments. */
function beginsFrame(line: string): boolean {
  return (
    /^[^\s([]+(?:[([]|$)|^\.\.\.\w* ?[a-z. ]*$/.test(line) ||
    "created by ".startsWith(line) ||
    line.startsWith("created by ")
  );
}

/** The last line of a goroutine is whole as far as one can see. */
function understoodTail(text: string): boolean {
  const bare = bareFrameLine(text);
  const line = bare ?? text;
  const position = parsePositionLine(line);
  return position !== undefined
    ? position.hasOffset || bare !== undefined || !line.startsWith("\t")
    : parseForeignPosition(line) !== undefined ||
        /^\s*goroutine running on other thread; stack unavailable$|frames elided\.\.\.$|^non-Go function/.test(
          line,
        ) ||
        !/^[\t ]|^\S+\(|^created by |^\.\.\./.test(line);
}
