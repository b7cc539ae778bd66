import { type Address, parseAddress, unknownAddress } from "../../model/address.ts";

/** Which location of a goroutine a list names: `goroutines -u`, `-r`, `-g`, `-s`. */
export type LocationKind = "User" | "Runtime" | "Go" | "Start";

/** `* Goroutine 6 - User: /src/main.go:41 main.chanSend (0x564759) (thread 4221) [chan send 2772268091302]` */
export interface HeaderLine {
  readonly current: boolean;
  readonly id: number;
  readonly kind: LocationKind;
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly pc: Address;
  readonly threadId: number;
  /** As printed, the time behind it left out; "" when there is none. */
  readonly reason: string;
}

const header = /^\s*(?:(\*) ?)?Goroutine (\d{1,15}) - (User|Runtime|Go|Start): (.*)$/;

/** A goroutine of a list; `undefined` when the line is none. */
export function headerLine(line: string): HeaderLine | undefined {
  const found = header.exec(line);
  if (found === null) return undefined;
  let rest = found[4]!.trimEnd();
  let reason = "";
  // A generic function ends with a bracket too, but then its address follows.
  const bracket = rest.endsWith("]") ? rest.lastIndexOf(") [") : -1;
  if (bracket >= 0) {
    reason = reasonOf(rest.slice(bracket + 3, -1));
    rest = rest.slice(0, bracket + 1);
  }
  const thread = /^(.*) \(thread (\d{1,15})\)$/.exec(rest);
  if (thread !== null) rest = thread[1]!;
  const pc = /^(.*) \(0x([0-9a-f]{1,16})\)$/.exec(rest);
  if (pc !== null) rest = pc[1]!;
  const place = splitPlace(rest);
  return {
    current: found[1] === "*",
    id: Number(found[2]),
    kind: found[3] as LocationKind,
    ...place,
    pc: pc === null ? unknownAddress : parseAddress(`0x${pc[2]}`),
    threadId: thread === null ? 0 : Number(thread[2]),
    reason,
  };
}

/** Removes the time: nanoseconds since Delve 1.20, before that a duration that means nothing. */
function reasonOf(text: string): string {
  const unknown = /^unknown wait reason \d{1,3}/.exec(text);
  if (unknown !== null) return unknown[0];
  return text.replace(/ (?:\d{1,20}|(?:\d{1,12}h)?(?:\d{1,3}m)?[\d.]{1,15}(?:s|ms|µs|ns))$/, "");
}

/** `/src/main.go:41 main.chanSend`: the function may hold spaces and the path may, too. */
function splitPlace(text: string): { file: string; line: number; function: string } {
  for (let colon = text.indexOf(":"); colon >= 0; colon = text.indexOf(":", colon + 1)) {
    let end = colon + 1;
    while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
    if (end === colon + 1 || end > colon + 10 || (end < text.length && text[end] !== " ")) continue;
    const name = text.slice(end + 1);
    const line = Number(text.slice(colon + 1, end));
    return { file: text.slice(0, colon), line, function: name === "" ? "???" : name };
  }
  return { file: "", line: 0, function: text === "" ? "???" : text };
}

/** `0  0x000000000043fbfd in runtime.gopark` */
export interface FrameLine {
  readonly index: number;
  readonly pc: Address;
  readonly function: string;
}

export function frameLine(line: string): FrameLine | undefined {
  const found = /^\s*(\d{1,6}) {2}0x([0-9a-f]{1,16}) in (.+)$/.exec(line);
  return found === null
    ? undefined
    : { index: Number(found[1]), pc: parseAddress(`0x${found[2]}`), function: found[3]!.trimEnd() };
}

/** `    at /src/runtime/proc.go:364`, or `at ?:-1` where Delve knows no place. */
export function positionLine(line: string): { file: string; line: number } | undefined {
  const found = /^\s*at (.*):(?:(\d{1,9})|-1)$/.exec(line);
  return found === null ? undefined : { file: found[1]!, line: Number(found[2] ?? 0) };
}

/** `       m = (*main.Metrics)(0xc000086080)`: a name, its type where it is a pointer's, its value. */
export interface VariableLine {
  readonly name: string;
  readonly type: string;
  readonly value: Address;
}

export function variableLine(line: string): VariableLine | undefined {
  const found = /^\s+([~\w&]{1,200}) = (.*)$/.exec(line);
  if (found === null) return undefined;
  const text = found[2]!;
  const pointer = /^(.{0,1000}?)\(0x([0-9a-f]{1,16})\)$/.exec(text);
  if (pointer !== null) {
    const type = pointer[1]!.replace(/^\((.*)\)$/, "$1");
    return { name: found[1]!, type, value: parseAddress(`0x${pointer[2]}`) };
  }
  return { name: found[1]!, type: "", value: parseAddress(text) };
}

/** The pairs of `Labels: "k1":"v 1", "k2":"v\"2\n"`. */
export function labelPairs(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  const quoted = /"(?:[^"\\]|\\.)*"/g;
  const found = text.match(quoted) ?? [];
  for (let i = 0; i + 1 < found.length; i += 2) pairs.push([unquoted(found[i]!), unquoted(found[i + 1]!)]);
  return pairs;
}

/** Go's escapes. */
function unquoted(text: string): string {
  const short: Readonly<Record<string, string>> = {
    n: "\n",
    t: "\t",
    r: "\r",
    a: "\x07",
    b: "\b",
    f: "\f",
    v: "\v",
  };
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g, (all, x, u, U, one) => {
      const hex = (x ?? u ?? U) as string | undefined;
      if (hex === undefined) return short[one as string] ?? (one as string);
      const code = Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : (all as string);
    });
}
