/**
 * What a person sees in the remaining bytes of a damaged input, without any of the readers' means: how many
 * goroutines it shows at least, and whether it may end where it ends. Both err on the side of the reader only where
 * the format itself leaves it open.
 */

/** Forms of input that the oracles tell apart. */
export type Form =
  | "traceback"
  | "profile text"
  | "profile"
  | "delve json"
  | "delve text"
  | "gdb"
  | "snapshot"
  | "packed";

/** Goroutines that the bytes show, at least; 0 for forms in which counting needs a decoder. */
export function countGoroutines(form: Form, bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString("latin1");
  if (form === "traceback") return countHeaders(text);
  if (form === "profile text") return countEntries(text);
  if (form === "delve text") return distinct(text, /^\s*\*? ?Goroutine (\d+) - (?:User|Runtime|Go|Start): /);
  if (form === "gdb") return distinct(text, /^[* ] (\d+) (?:waiting|running|runnable|syscall) {2}\S/);
  if (form === "delve json") return listedIds(text);
  return 0;
}

function distinct(text: string, line: RegExp): number {
  return new Set(text.split("\n").flatMap((l) => line.exec(l)?.[1] ?? [])).size;
}

/** Lines that begin like a header. */
export function countHeaders(text: string): number {
  let count = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith("goroutine ")) continue;
    const rest = line.slice("goroutine ".length);
    let digits = 0;
    while (rest[digits]! >= "0" && rest[digits]! <= "9") digits++;
    if (digits > 0 && digits <= 20 && rest[digits] === " " && rest.includes("[", digits)) count++;
  }
  return count;
}

/** Headers in a log, whatever stands around them: a prefix, an escaped line end, a colour. */
export function countLoggedHeaders(log: string): number {
  return log.match(/(?<!\w)goroutine \d{1,20} (?:gp=\w+ m=\w+ (?:mp=\w+ )?)?\[[^\]\n]*\]:/g)?.length ?? 0;
}

function countEntries(text: string): number {
  let sum = 0;
  for (const line of text.split("\n")) sum += Number(/^(\d+) @(?: 0x[0-9a-f]+)+$/.exec(line)?.[1] ?? 0);
  return sum;
}

/** Goroutines whose object is whole: each closes before the next begins. */
function listedIds(text: string): number {
  const ids = new Set<string>();
  for (const part of text.split(/(?=\{\s*"id"\s*:\s*\d+\s*,\s*"currentLoc")/).slice(1)) {
    if (bracketsOf(part).closed) ids.add(/\d+/.exec(part)![0]);
  }
  return ids.size;
}

/** Reads brackets outside strings. `closed`: the first one was closed; `open`: how many are open at the end. */
function bracketsOf(text: string): { closed: boolean; open: number; inString: boolean } {
  let open = 0;
  let closed = false;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === "\\") i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === "{" || c === "[") open++;
    else if ((c === "}" || c === "]") && --open === 0) closed = true;
  }
  return { closed, open, inString };
}

/** Whether an input of this form may end here. What must not end here and is read as whole is a silent loss. */
export function mayEnd(form: Form, bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString("latin1");
  switch (form) {
    case "traceback":
      return tracebackMayEnd(text);
    case "profile text":
      return profileMayEnd(text);
    case "delve json":
      return jsonMayEnd(text);
    case "snapshot":
      return jsonMayEnd(text) && text.includes("}");
    case "delve text":
      return delveTextMayEnd(text);
    case "gdb":
      return gdbMayEnd(text);
    default:
      // Nothing in the middle of a compressed file, or of a protobuf message before its strings, can be its end.
      return false;
  }
}

const creatorEnd = /^created by [^\n]+\n\t[^\n]+:\d+ \+0x[0-9a-f]+$/;
const headerStart = /^goroutine \d+ [^\n]*\[/;

/** Between goroutines; behind a goroutine that shows its end; or in text behind such a one. */
function tracebackMayEnd(text: string): boolean {
  // GOTRACEBACK=crash goes on with the other threads, which show goroutines again.
  const separator = text.indexOf("\n-----\n");
  if (separator >= 0) return tracebackMayEnd(text.slice(0, separator));
  const paragraphs = text.split(/\n\n+/);
  const last = paragraphs.at(-1)!.replace(/\n$/, "");
  if (countHeaders(text) === 0) return false;
  if (needsRegisters(text) && !/^\S{2,6} +0x[0-9a-f]+$/m.test(text.slice(text.lastIndexOf("goroutine "))))
    return false;
  if (last === "") return true;
  const start = /^goroutine \d+ [^\n]*\[/m.exec(last)?.index;
  // Other text: registers, `exit status 2`, `FAIL`. The beginning of the word is the beginning of a goroutine.
  if (start === undefined) return !"goroutine ".startsWith(last) && !/^goroutine \d/.test(last);
  return goroutineIsWhole(last.slice(start));
}

/** A signal's traceback goes on to the registers of the thread that took it. */
function needsRegisters(text: string): boolean {
  return /^SIG[A-Z]+: .*\nPC=0x/m.test(text);
}

function goroutineIsWhole(text: string): boolean {
  const lines = text.split("\n");
  // Foreign lines behind the goroutine.
  for (let end = lines.length; end > 1; end--) {
    const two = lines.slice(end - 2, end).join("\n");
    if (creatorEnd.test(two))
      return !/^[^\s([]*[([]?$/.test(lines.slice(end).join("\n")) || end === lines.length;
  }
  const [call, position] = lines.slice(-2);
  if (/stack unavailable$/.test(position!)) return true;
  if (!/^\t[^\n]+:\d+/.test(position!)) return false;
  // Goroutines that nobody created: the first, and the runtime's own.
  if (position!.includes(" fp=0x"))
    return /^runtime\.(?:goexit|mstart|rt0_go|systemstack|mcall|morestack|asmcgocall)\b/.test(call!);
  return /^(?:runtime\.|main\.main\(|\S+\.init\.?\S*\()/.test(call!) && headerStart.test(lines[0]!);
}

/** All goroutines are there that the profiles announce, and the last entry's blank line or outermost frame. */
function profileMayEnd(text: string): boolean {
  const profiles = text.split(/^(?=goroutine(?:leak)? profile: total )/m);
  const counts = profiles.every((profile) => {
    const total = /^goroutine(?:leak)? profile: total (\d+)$/m.exec(profile)?.[1];
    return total === undefined || (countEntries(profile) === Number(total) && /total \d+\n/.test(profile));
  });
  if (!counts || !/profile: total \d+\n/.test(text)) return false;
  if (/\n\n+$|total 0\n+$/.test(text)) return true;
  // The last entry: its outermost function is that of the program counter before goexit's.
  const entry = text.slice(text.lastIndexOf(" @ "));
  const counters = entry.split("\n", 1)[0]!.match(/0x[0-9a-f]+/g) ?? [];
  const shown = [...entry.matchAll(/^#\t(0x[0-9a-f]+)\t+\S+\t+\S+:\d+$/gm)].at(-1)?.[1];
  return shown !== undefined && counters.slice(-2).some((pc) => [0, 1].includes(Number(pc) - Number(shown)));
}

function jsonMayEnd(text: string): boolean {
  const { open, inString } = bracketsOf(text);
  return open === 0 && !inString && text.includes("}");
}

/** A list says how many goroutines it has; frames have two lines. What follows a whole list adds details only. */
function delveTextMayEnd(text: string): boolean {
  const listed = /Goroutine \d+ - /.test(text);
  const count = Number(/^\[(\d+) goroutines\]$/m.exec(text)?.[1] ?? -1);
  const lines = text.split("\n");
  if (/^\s*\d+ {2}0x[0-9a-f]+ in /.test(lines.at(-2)!) && lines.at(-1) === "") return false;
  return (!listed || count >= 0) && !/^\s*(?:\d+ {2}0x|at )/.test(lines.at(-1)!);
}

/** A list of gdb has no end: any line may be its last, if it is whole. */
function gdbMayEnd(text: string): boolean {
  return /\n(?:(?:\(gdb\) )*|\[[^\n]*|\([gdb)]*)$/.test(text);
}
