import { parseAddress, unknownAddress } from "../../model/address.ts";
import type { FrameArguments } from "../../model/arguments.ts";

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
}

const argumentText = /^[0-9a-fx?_{}., ]*$/;

/** Reads a function line; `undefined` for other text. Arguments hold no parentheses, names do. */
export function parseFunctionLine(line: string): FunctionLine | undefined {
  if (!line.endsWith(")")) return undefined;
  const open = line.lastIndexOf("(");
  if (open <= 0) return undefined;
  const name = line.slice(0, open);
  const text = line.slice(open + 1, -1);
  if (!argumentText.test(text) || !isFunctionName(name)) return undefined;
  const args = parseArguments(text);
  if (args === undefined) return undefined;
  return {
    function: name,
    args,
    hidden: text === "...",
    braces: text.includes("{"),
    marked: text.includes("?"),
  };
}

/** Has a package, or is one of the few symbols without (`panic`, `_cgoexp_…`, `crosscall2`). */
function isFunctionName(name: string): boolean {
  const first = name.charCodeAt(0);
  if (first === 9 || first === 32) return false;
  return name.includes(".") ? !name.endsWith(" ") : /^[\w\u00b7]+$/.test(name);
}

/** Values in order, braces flattened; NaN for `?`, `_` and `...`. `undefined` when the text is no argument list. */
function parseArguments(text: string): FrameArguments | undefined {
  const args: number[] = [];
  if (text === "" || text === "...") return args;
  for (const token of text.split(/[{}, ]+/)) {
    if (token === "") continue;
    if (token === "..." || token === "_") args.push(unknownAddress);
    else if (token.endsWith("?")) {
      if (Number.isNaN(parseAddress(token.slice(0, -1)))) return undefined;
      args.push(unknownAddress);
    } else {
      const value = parseAddress(token);
      if (Number.isNaN(value)) return undefined;
      args.push(value);
    }
  }
  return args;
}

const position =
  /^[\t ]{0,8}(\S.*):(\d{1,9})( \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+(?: pc=0x[0-9a-f]+)?)?$/;

/** Reads a position line; a pasted dump may have spaces, or nothing, where the tab was. */
export function parsePositionLine(line: string): PositionLine | undefined {
  const found = position.exec(line);
  if (found === null) return undefined;
  return { file: found[1]!, line: Number(found[2]), hasOffset: found[3] !== undefined };
}

const foreignPosition = /^[\t ]{1,8}(?:(\S.*):(\d{1,9}) )?pc=0x[0-9a-f]+$/;

/** Reads the second line of a C frame: `\tfile.c:12 pc=0x…` or `\tpc=0x…`. */
export function parseForeignPosition(line: string): PositionLine | undefined {
  const found = foreignPosition.exec(line);
  if (found === null) return undefined;
  return { file: found[1] ?? "", line: Number(found[2] ?? 0), hasOffset: true };
}

/** Reads `created by main.start in goroutine 1`; the id is NaN where the line has none. */
export function parseCreatedBy(line: string): { function: string; creator: number } | undefined {
  if (!line.startsWith("created by ")) return undefined;
  const text = line.slice("created by ".length);
  const creator = / in goroutine (\d{1,16})$/.exec(text);
  if (creator === null) return { function: text, creator: Number.NaN };
  return { function: text.slice(0, creator.index), creator: Number(creator[1]) };
}
