import { type Address, parseAddress, unknownAddress } from "../../model/address.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import { lacksFirst } from "../delve/first-argument.ts";

/** A frame of gdb, and its place in the stack. */
export interface GdbFrame extends FrameDraft {
  readonly index: number;
}

/**
 * `#1  0x000000000040f145 in runtime.chanrecv (c=0xc0000780e0, ep=0x0, block=true) at /go/src/runtime/chan.go:664`
 * A terminal wraps such lines; the parts must have been joined.
 */
export function gdbFrame(line: string): GdbFrame | undefined {
  const found = /^#(\d{1,6})\s+(?:0x[0-9a-f]{1,16} in )?(.+)$/.exec(line);
  if (found === null) return undefined;
  const text = found[2]!;
  const open = argumentsStart(text);
  const name = (open < 0 ? text : text.slice(0, open)).trim();
  const close = open < 0 ? -1 : argumentsEnd(text, open + 1);
  const place = /^\) at (.+):(\d{1,9})\s*$/.exec(close < 0 ? "" : text.slice(close));
  const args = close < 0 ? [] : argumentValues(name, text.slice(open + 2, close));
  return {
    index: Number(found[1]),
    function: name === "" ? "???" : name,
    file: place === null ? "" : place[1]!,
    line: place === null ? 0 : Number(place[2]),
    args,
  };
}

/** Where ` (` of the arguments stands: names of methods have parentheses, but no space before them. */
function argumentsStart(text: string): number {
  let brackets = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "[") brackets++;
    else if (c === "]") brackets--;
    else if (c === " " && text[i + 1] === "(" && brackets <= 0) return i;
  }
  return -1;
}

/** Where the arguments' closing parenthesis stands; -1 when the line is cut before it. */
function argumentsEnd(text: string, open: number): number {
  for (const { at, depth } of outsideQuotes(text, open)) if (depth === 0) return at;
  return -1;
}

/** Brackets and commas outside quotes, with the depth behind them. */
function* outsideQuotes(text: string, from: number): Generator<{ at: number; depth: number; char: string }> {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"' || char === "'") {
      for (i++; i < text.length && text[i] !== char; i++) if (text[i] === "\\") i++;
    } else if (char === "(" || char === "{" || char === "[") yield { at: i, depth: ++depth, char };
    else if (char === ")" || char === "}" || char === "]") yield { at: i, depth: --depth, char };
    else if (char === ",") yield { at: i, depth, char };
  }
}

const maxArguments = 16;

function argumentValues(fn: string, text: string): Address[] {
  const parts: string[] = [];
  let start = 0;
  for (const { at, depth, char } of outsideQuotes(text, 0)) {
    if (char !== "," || depth !== 0) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
    if (parts.length === maxArguments) break;
  }
  if (parts.length < maxArguments && text.slice(start).trim() !== "") parts.push(text.slice(start));
  const values: Address[] = [];
  for (const part of parts) {
    const equals = part.indexOf("=");
    const name = part.slice(0, equals).trim();
    if (name.startsWith("~r")) continue;
    if (values.length === 0 && lacksFirst(fn, name, "")) values.push(unknownAddress);
    values.push(equals < 0 ? unknownAddress : argumentValue(part.slice(equals + 1)));
  }
  return values;
}

/** gdb prints lost values as `<optimized out>`, and stale ones as if they were alive: addresses of the kernel. */
function argumentValue(text: string): Address {
  const word = /^(0x[0-9a-f]{1,16}|\d{1,20})(?: <.*>)?$/.exec(text.trim())?.[1];
  const value = word === undefined ? unknownAddress : parseAddress(word);
  return value < 0 || value >= 2 ** 47 ? unknownAddress : value;
}

/** `* 7 syscall  runtime.notetsleepg` of `info goroutines`. */
export interface GdbListed {
  readonly id: number;
  readonly status: string;
  readonly function: string;
}

const statuses =
  "idle|runnable|running|syscall|waiting|moribund|dead|enqueue|copystack|preempted|leaked|unknown\\(\\d+\\)";
const listed = new RegExp(`^\\s*(?:\\* ?)?(\\d{1,15}) (${statuses})\\s+(\\S.*)$`);

export function gdbListed(line: string): GdbListed | undefined {
  const found = listed.exec(line);
  return found === null
    ? undefined
    : { id: Number(found[1]), status: found[2]!, function: found[3]!.trimEnd() };
}
