import {
  type CreatorLine,
  type FunctionLine,
  type PositionLine,
  parseCreatedBy,
  parseFunctionLine,
  parsePositionLine,
} from "./frame-lines.ts";

/** Nobody wraps lines that are shorter, unless their rest shows it. */
const leastWidth = 40;
/** Windows that wrap lines are hardly narrower: so long is a line that may have a rest which shows nothing. */
const usualWidth = 60;
/** Longer lines are no begun ones. */
const longest = 4000;

/** A function's line that a terminal or a mail has wrapped. */
export interface WrappedCall {
  readonly call: FunctionLine;
  /** The two lines are nothing by themselves. */
  readonly certain: boolean;
}

/** A creator's line that is wrapped. */
export interface WrappedCreator {
  readonly created: CreatorLine;
  /** The rest shows what it is. */
  readonly certain: boolean;
}

/** The rest of a place that shows nothing but itself: what is left of its extension, line and offset. */
const endOfPlace = /^(?:\.?[a-z]{1,4}:\d|:\d{1,9}(?: |$)|\d{0,9} ?\+?0x[0-9a-f]|\+0x)/;
/** A place that ends before the digits of its offset. */
const beforeOffset = /:\d{1,9} \+0?x?$/;
const separator = /[/\\]/;

/** What may have been begun before `line`, which was not understood either. */
export function begunBy(begun: string, line: string): string {
  if (begun === "" || begun.length > longest) return line;
  const both = begun + line;
  return !/\s/.test(line) || openArguments.test(both) ? both : line;
}

/** Reads the place that a line begins which was not understood. */
export function unwrapPlace(begun: string, line: string): PositionLine | undefined {
  if (!/^[\t ]/.test(begun) || !separator.test(begun) || /^[\t ](?! ?\+0x)/.test(line)) return undefined;
  const isEnd = endOfPlace.test(line) || beforeOffset.test(begun);
  if (!isEnd && (begun.length < leastWidth || /\s/.test(begun.trim()))) return undefined;
  // An absolute path is a place by itself, unless the line before is as long as a window.
  if (/^(?:\/|[A-Za-z]:[/\\])/.test(line) && begun.length < usualWidth) return undefined;
  const position = joinedPlace(begun, line);
  return position?.hasOffset || /\.(?:go|s)$/.test(position?.file ?? "") ? position : undefined;
}

/** The place of which a line, that may be one by itself, lacks the end of its line and its offset. */
export function goOnWithPlace(before: string, line: string): PositionLine | undefined {
  return /^ ?\d{0,9} ?\+0x[0-9a-f]{1,16}$/.test(line) ? joinedPlace(before, line) : undefined;
}

function joinedPlace(begun: string, line: string): PositionLine | undefined {
  return parsePositionLine(
    line.startsWith("+0x") && !begun.endsWith(" ") ? `${begun} ${line}` : begun + line,
  );
}

/** A place's line that ends where a window may end, and the next one in digits only. */
export function mayLackDigits(before: string, line: string): boolean {
  return before.length >= usualWidth && isNumber(line) && /\d$/.test(before);
}

export function isNumber(line: string): boolean {
  return /^\d{1,9}$/.test(line);
}

const openArguments = /^[^\s()]+(?:\(\*[^\s()]*\)[^\s()]*)?\((?:[0-9a-fx?{}_, ]|\.\.\.)*$/;
const restOfArguments = /^(?:[0-9a-fx?{}_, ]|\.){0,500}\)$/;
const beginOfName = /^\w[^\s:;,"'=]*$/;
/** Functions of the runtime that have no package. */
const withoutPackage = /^(?:panic|crosscall2|_\w+)$/;

/** Reads the function's line that a line begins which was not understood. */
export function unwrapCall(begun: string, line: string): WrappedCall | undefined {
  if (!line.endsWith(")") || /^(?:\t| [\t ])/.test(line)) return undefined;
  const inArguments = openArguments.test(begun);
  // Else the next function's name would be taken for arguments.
  if (inArguments && !begun.endsWith(".(") && !restOfArguments.test(line)) return undefined;
  const atArguments = line.startsWith("(");
  const long = atArguments || begun.length >= leastWidth;
  if (!inArguments && !(long && beginOfName.test(begun) && /[./]/.test(begun))) return undefined;
  const call = parseFunctionLine(begun + line);
  if (call === undefined || /\s/.test(call.function)) return undefined;
  const name = parseFunctionLine(line)?.function;
  const certain =
    inArguments ||
    name === undefined ||
    /[./]$/.test(begun) ||
    isUnbalanced(begun) ||
    name.startsWith(".") ||
    (!name.includes(".") && !withoutPackage.test(name));
  return { call, certain };
}

/** Ends within the parentheses of a receiver. */
function isUnbalanced(name: string): boolean {
  return name.lastIndexOf("(") > name.lastIndexOf(")");
}

/** Reads the creator of whom a line has only the beginning. */
export function unwrapCreator(before: string, line: string): WrappedCreator | undefined {
  if (line.startsWith("\t") || / in goroutine \d/.test(before)) return undefined;
  for (const blank of ["", " "]) {
    const created = parseCreatedBy(before + blank + line);
    if (created?.whole === true && !Number.isNaN(created.creator)) return { created, certain: true };
  }
  if (before.length < usualWidth || !partOfName.test(line) || isNumber(line)) return undefined;
  const created = parseCreatedBy(before + line);
  return created?.whole === true ? { created, certain: false } : undefined;
}

const partOfName = /^[\w.()*\u00b7[\]-]+$/;

/** A name that is no file's: what is left of one whose line is wrapped. */
export function isCutFile(file: string): boolean {
  return /^\.?\w{0,4}$/.test(file);
}
