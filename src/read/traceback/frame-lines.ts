import { parseAddress, unknownAddress } from "../../model/address.ts";
import type { FrameArguments } from "../../model/arguments.ts";
import { exactHexadecimals, hexDigit } from "./ascii.ts";

/** A function line: `main.(*T).run(0xc000010000, {0x1, 0x2?}, ...)`. */
export interface FunctionLine {
  readonly function: string;
  readonly args: FrameArguments;
  /** `(...)`: inlined, or the frame of an ancestor. */
  readonly hidden: boolean;
  /** The arguments have braces, as Go writes them since 1.17. */
  readonly braces: boolean;
  /** A value is marked as not live, as Go does since 1.18. */
  readonly marked: boolean;
}

/** A position line: `\t/src/main.go:12 +0x1d fp=0xc00004af80 sp=0xc00004af50 pc=0x4b5b6f`. */
export interface PositionLine {
  readonly file: string;
  readonly line: number;
  /** False where the line ends after the line number: an inlined frame, a function's first instruction, or a cut. */
  readonly hasOffset: boolean;
  /** The line names the frame's `fp=`, as the runtime does when it shows all of a stack. */
  readonly hasPointers: boolean;
}

/** Reads a function line; `undefined` for other text. Arguments hold no parentheses, names do. */
export function parseFunctionLine(line: string): FunctionLine | undefined {
  if (line.charCodeAt(line.length - 1) !== closeParenthesis) return undefined;
  const open = line.lastIndexOf("(");
  if (open <= 0) return undefined;
  const list = parseArguments(line, open + 1);
  if (list === undefined) return undefined;
  const name = line.slice(0, open);
  if (!isFunctionName(name)) return undefined;
  const hidden = line.length - open === 5 && line.startsWith("...", open + 1);
  return {
    function: withStar(name),
    args: hidden ? none : list.args,
    hidden,
    braces: list.braces,
    marked: list.marked,
  };
}

const closeParenthesis = 41;
const eatenStar = /\.\(_?(?=[\p{L}_][\p{L}\w]*(?:\[[^\]]{0,200}\])?\))/gu;

/** Pages that read stars as emphasis leave `(_T)` or `(T)` of `(*T)`: Go puts no other receivers in parentheses. */
export function withStar(name: string): string {
  const at = name.indexOf(".(");
  return at < 0 || name.charCodeAt(at + 2) === 42 ? name : name.replace(eatenStar, ".(*");
}

const none: FrameArguments = [];

const typeBegins = /[([{]|(?:struct|interface)$/;

/** Has a package, or is one of the few symbols without (`panic`, `_cgoexp_…`, `crosscall2`). */
function isFunctionName(name: string): boolean {
  const first = name.charCodeAt(0);
  // A header between two lines is not of a name.
  if (first === 9 || first === 32 || name.includes("goroutine ")) return false;
  if (!name.includes(".")) return /^[\w\u00b7]+$/.test(name);
  // Blanks are in types only: elsewhere, something stands before the name.
  const blank = name.search(/[\t ]/);
  if (blank < 0) return true;
  return typeBegins.test(name.slice(0, blank)) && !name.endsWith(" ") && !name.includes(": ");
}

/** Whether a line ends as a function's does, whatever stands before the name. */
export function endsInFunction(line: string): boolean {
  if (line.charCodeAt(line.length - 1) !== closeParenthesis) return false;
  const open = line.lastIndexOf("(");
  const name = line.slice(0, open);
  if (open <= 0 || parseArguments(line, open + 1) === undefined || name.includes("goroutine ")) return false;
  return name.includes(".") && !name.endsWith(" ") && !name.includes(": ");
}

/**
 * Reads `0x1, {0x2, 0x3?}, _, ...)` up to the line's end: values in order, braces flattened; NaN for `?`, `_`, `...`.
 * @returns `undefined` when the text is no argument list
 */
function parseArguments(
  line: string,
  from: number,
): { args: FrameArguments; braces: boolean; marked: boolean } | undefined {
  const end = line.length - 1;
  const args: number[] = [];
  let braces = false;
  let marked = false;
  for (let at = from; at < end; ) {
    const c = line.charCodeAt(at);
    if (c === 48 && line.charCodeAt(at + 1) === 120) {
      const start = at + 2;
      let value = 0;
      at = start;
      for (let digit = hexDigit(line.charCodeAt(at)); digit >= 0; digit = hexDigit(line.charCodeAt(++at))) {
        value = value * 16 + digit;
      }
      if (at === start || at - start > 16) return undefined;
      if (at - start > exactHexadecimals) value = parseAddress(line.slice(start - 2, at));
      if (line.charCodeAt(at) === 63) {
        at++;
        marked = true;
        value = unknownAddress;
      }
      args.push(value);
    } else if (c === 44 || c === 32 || c === 125) at++;
    else if (c === 123) {
      at++;
      braces = true;
    } else if (c === 95) {
      at++;
      args.push(unknownAddress);
    } else if (c === 46 && line.startsWith("...", at)) {
      at += 3;
      args.push(unknownAddress);
    } else return undefined;
  }
  return { args, braces, marked };
}

/** Fields that a logger has put behind the last line of a message; none of them are the frame's own pointers. */
const fieldsBehind = /^(.* \+0x[0-9a-f]{1,16}) {1,8}(?!fp=|sp=|pc=)[A-Za-z_][\w.-]{0,100}=\S/;

/** Reads a position line; a pasted dump may have spaces, or nothing, where the tab was. */
export function parsePositionLine(text: string): PositionLine | undefined {
  // Loggers put a space behind a message.
  const line = text.trimEnd();
  const position = positionOf(line);
  if (position !== undefined || !line.includes("=")) return position;
  const bare = fieldsBehind.exec(line)?.[1];
  return bare === undefined ? undefined : positionOf(bare);
}

function positionOf(line: string): PositionLine | undefined {
  let end = line.length;
  const pointers = line.lastIndexOf(" fp=0x");
  if (pointers > 0) {
    if (!/^ fp=0x[0-9a-f]+ sp=0x[0-9a-f]+(?: pc=0x[0-9a-f]+)?$/.test(line.slice(pointers))) return undefined;
    end = pointers;
  }
  let hasOffset = false;
  const plus = line.lastIndexOf(" +0x", end - 1);
  if (plus > 0 && isHex(line, plus + 4, end)) {
    end = plus;
    hasOffset = true;
  }
  const colon = line.lastIndexOf(":", end - 1);
  if (colon <= 0 || end - colon > 10 || end - colon < 2) return undefined;
  let number = 0;
  for (let at = colon + 1; at < end; at++) {
    const digit = line.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  let start = 0;
  for (let c = line.charCodeAt(0); (c === 9 || c === 32) && start < 8; c = line.charCodeAt(++start));
  const first = line.charCodeAt(start);
  if (start >= colon || first === 9 || first === 32) return undefined;
  const file = line.slice(start, colon);
  // Two places on one line.
  if (file.includes(" +0x")) return undefined;
  return { file, line: number, hasOffset, hasPointers: pointers > 0 };
}

function isHex(line: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (hexDigit(line.charCodeAt(at)) < 0) return false;
  return to > from;
}

const foreignPosition = /^[\t ]{1,8}(?:(\S.*):(\d{1,9}) )?pc=0x[0-9a-f]+$/;

/** Reads the second line of a C frame: `\tfile.c:12 pc=0x…` or `\tpc=0x…`. */
export function parseForeignPosition(line: string): PositionLine | undefined {
  const found = foreignPosition.exec(line);
  if (found === null) return undefined;
  return { file: found[1] ?? "", line: Number(found[2] ?? 0), hasOffset: true, hasPointers: false };
}

/** The line of a creator: `created by main.start in goroutine 1`. */
export interface CreatorLine {
  readonly function: string;
  /** NaN where the line has none. */
  readonly creator: number;
  /** False where something else stands behind the function: a line that is cut, or joined to the next one. */
  readonly whole: boolean;
}

export function parseCreatedBy(line: string): CreatorLine | undefined {
  if (!line.startsWith("created by ")) return undefined;
  const text = line.slice("created by ".length);
  const found = / in goroutine (\d{1,16})$/.exec(text);
  const name = found === null ? text : text.slice(0, found.index);
  // Blanks are in type arguments only.
  const blank = name.slice(name.lastIndexOf("]") + 1).search(/[\t ]/);
  if (blank < 0)
    return { function: withStar(name), creator: found === null ? Number.NaN : Number(found[1]), whole: true };
  const end = name.lastIndexOf("]") + 1 + blank;
  return { function: withStar(name.slice(0, end)), creator: Number.NaN, whole: false };
}
