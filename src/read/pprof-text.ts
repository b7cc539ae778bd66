import type { Dump } from "../model/dump.ts";
import { plural } from "../words.ts";
import { dumpName } from "./dump-name.ts";
import { eachLine } from "./lines.ts";
import { OtherFormats } from "./other-formats.ts";
import { noSymbols, ProfileAssembler } from "./pprof/profile-assembler.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";
import { withoutAnnotation } from "./traceback/annotation.ts";
import { hexDigit } from "./traceback/ascii.ts";
import { parseLabels } from "./traceback/header.ts";

/**
 * net/http/pprof's goroutine and goroutineleak profiles as text (debug=1), as runtime/pprof/pprof.go writes them:
 *
 *     goroutine profile: total 61
 *     2 @ 0x438e16 0x40651b 0x406018 0x4fa54a 0x4659c1
 *     # labels: {"k1":"v 1"}
 *     #	0x4fa549	main.(*T).PtrM+0x29	/src/main.go:187
 */
export const pprofTextReader: Reader = {
  id: "pprof-text",
  title: "pprof goroutine profile as text (debug=1)",
  sniff,
  read,
};

const profileLine = /^(goroutine|goroutineleak) profile: total (\d{1,15})$/;
const entryLine = /^(\d{1,15}) @((?: 0x[0-9a-f]{1,16})*)$/;

function sniff(head: Uint8Array): Sniffed {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  const found = /^[ \t]*goroutine(?:leak)? profile: total \d+[ \t\r]*$/m.exec(text);
  if (found === null) return 0;
  return /^\d+ @(?: 0x[0-9a-f]+)+\r?$/m.test(text.slice(found.index)) ? 3 : 2;
}

async function read(source: ByteSource, options: ReadOptions): Promise<Dump[]> {
  const parser = new PprofTextParser(source.name, options.goVersion);
  const others = new OtherFormats("pprof-text", options.onOther);
  const unterminated = await eachLine(source, options, (line, number) => {
    parser.line(line);
    others.line(line, number);
  });
  return parser.end(unterminated);
}

interface OpenEntry {
  readonly line: number;
  readonly count: number;
  readonly pcs: readonly string[];
  readonly frames: { function: string; file: string; line: number }[];
  /** Addresses of the program counters, and of the frames. */
  readonly addresses: readonly number[];
  readonly shown: number[];
  labels: readonly (readonly [string, string])[];
}

class PprofTextParser {
  readonly #name: string;
  readonly #goVersion: string | undefined;
  readonly #dumps: Dump[] = [];
  #profile: ProfileAssembler | undefined;
  #total = 0;
  #counted = 0;
  #named = false;
  /** Entries without a line of their stacks. */
  #unnamed = 0;
  /** Entries that have more program counters than lines, and where the first of them begins. */
  #broken = 0;
  #firstBroken = 0;
  /** The Go version writes no line for a method's wrapper. */
  #hidesWrappers = false;
  #entry: OpenEntry | undefined;
  #lineNumber = 0;
  #lastLine = "";
  /** A blank line closed the last entry. */
  #closed = false;

  constructor(name: string, goVersion: string | undefined) {
    this.#name = name;
    this.#goVersion = goVersion;
  }

  line(raw: string): void {
    this.#lineNumber++;
    const line = raw.charCodeAt(0) === 32 ? raw.trimStart() : raw;
    const first = line.charCodeAt(0);
    this.#lastLine = line;
    if (first === 35) this.#detail(line);
    else if (first >= 48 && first <= 57) this.#start(line);
    else if (first === 103) this.#open(line);
    else if (line === "") this.#closed = true;
  }

  /** @param unterminated the last line has no line end */
  end(unterminated: boolean): Dump[] {
    const entry = this.#entry;
    const isCut = entry !== undefined && !this.#closed && this.#isCut(entry, unterminated);
    if (isCut) {
      this.#profile?.builder.cut({
        line: this.#lineNumber,
        text: this.#lastLine,
        message: "the input ends in the middle of a stack",
        lost: 0,
      });
    }
    this.#flush(isCut);
    this.#close();
    return this.#dumps;
  }

  /** Of the last entry, which no blank line closes. */
  #isCut(entry: OpenEntry, unterminated: boolean): boolean {
    if (entry.shown.length === 0) return unterminated || this.#named;
    return (
      (unterminated && /^#/.test(this.#lastLine) && !/:\d+$/.test(this.#lastLine.trimEnd())) ||
      !isWhole(entry)
    );
  }

  #open(line: string): void {
    const match = profileLine.exec(line.trimEnd());
    if (match === null) return;
    this.#close();
    const name = dumpName(this.#name, this.#dumps.length);
    this.#profile = new ProfileAssembler(name, "pprof-text", match[1] === "goroutineleak");
    this.#profile.builder.goVersion = this.#goVersion;
    this.#total = Number(match[2]);
    this.#counted = 0;
    this.#named = false;
    this.#unnamed = 0;
    this.#broken = 0;
    this.#hidesWrappers = false;
  }

  /** `2 @ 0x438e16 0x40651b` */
  #start(line: string): void {
    if (this.#profile === undefined) return;
    const match = entryLine.exec(line.trimEnd());
    if (match === null) {
      if (/^\d+ @/.test(line))
        this.#problem(line, "an entry that is cut or damaged; its goroutines are missing", -1);
      return;
    }
    this.#flush();
    this.#closed = false;
    const count = Number(match[1]);
    this.#counted += count;
    const pcs = match[2] === "" ? [] : match[2]!.slice(1).split(" ");
    this.#entry = {
      line: this.#lineNumber,
      count,
      pcs,
      addresses: pcs.map(addressOf),
      frames: [],
      shown: [],
      labels: [],
    };
  }

  /** `# labels: {…}` or `#\t0x4fa549\tmain.f+0x29\t/src/main.go:187` */
  #detail(line: string): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (line.startsWith("# labels: {")) {
      const end = line.lastIndexOf("}");
      if (end < 0) this.#problem(line, "labels that are cut; some are missing", -1);
      entry.labels = parseLabels(line.slice("# labels: {".length, end < 0 ? undefined : end));
      return;
    }
    const columns = columnsOf(line);
    const [, pc = "", symbol] = columns;
    const address = addressOf(pc);
    if (address < 0) {
      // Behind a blank line it may be anything, as what follows the prompt of a root shell.
      if (line.trim() !== "#" && !this.#closed)
        this.#problem(line, "a line of a stack that is not understood; the frame is missing", -1);
      return;
    }
    entry.shown.push(address);
    if (symbol === undefined) {
      entry.frames.push({ function: pc, file: "", line: 0 });
      return;
    }
    const column = columns[3]?.trimEnd() ?? "";
    const isPlace = (text: string) => positionOf(text) !== undefined;
    const position = positionOf(withoutAnnotation(column, isPlace) ?? column);
    if (position === undefined) this.#problem(line, "a frame that is cut; its line is unknown", -1);
    if (symbol.startsWith(profileWriter) && (position?.line ?? writerOfGo113) < writerOfGo113)
      this.#hidesWrappers = true;
    const offset = symbol.lastIndexOf("+0x");
    entry.frames.push({
      function: offset < 0 ? symbol : symbol.slice(0, offset),
      file: position?.file ?? columns[3] ?? "",
      line: position?.line ?? 0,
    });
  }

  /** @param isSaid it was said already that the entry is cut */
  #flush(isSaid = false): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    if (!isSaid && !isWhole(entry) && this.#broken++ === 0) this.#firstBroken = entry.line;
    // Of `goexit` alone no line is written.
    if (entry.shown.length === 0 && entry.pcs.length > 1) this.#unnamed++;
    const frames =
      entry.frames.length > 0 ? entry.frames : entry.pcs.map((pc) => ({ function: pc, file: "", line: 0 }));
    this.#profile!.add({
      count: entry.count,
      frames,
      labels: entry.labels,
      depth: entry.pcs.length,
      hidden: hiddenIn(entry),
      entryPc: entry.pcs.at(-1),
    });
    this.#named ||= entry.frames.length > 0;
  }

  #close(): void {
    this.#flush();
    const profile = this.#profile;
    if (profile === undefined) return;
    this.#profile = undefined;
    if (!this.#named && this.#counted > 0) profile.builder.problem(noSymbols);
    else if (this.#unnamed > 0)
      profile.builder.problem({
        message: `${plural(this.#unnamed, "entry", "entries")} without a stack`,
        lost: -1,
      });
    if (this.#broken > 0 && !this.#hidesWrappers)
      profile.builder.problem({
        line: this.#firstBroken,
        message: `lines are missing in the stacks of ${plural(this.#broken, "entry", "entries")}, which have more program counters`,
        lost: -1,
      });
    this.#dumps.push(profile.finish(this.#total, this.#counted));
  }

  #problem(text: string, message: string, lost: number): void {
    this.#profile?.builder.problem({ line: this.#lineNumber, text, message, lost });
  }
}

/** Who writes a profile is in it; before Go 1.13, which shows wrappers or has no program counter of them, it stood higher. */
const profileWriter = "runtime/pprof.(*Profile).WriteTo+";
const writerOfGo113 = 329;

const blankParted = /^#\s+(0x[0-9a-f]{1,16})\s+(.*\+0x[0-9a-f]+)\s+(\S.*)$/;

/** Columns of a line, which tabs part, or blanks where somebody has replaced them. */
function columnsOf(line: string): readonly string[] {
  if (line.charCodeAt(1) !== 9 || line.includes("  ")) {
    // Names of functions have blanks, too.
    const parts = blankParted.exec(line);
    return parts === null ? line.split(/[\t ]{2,}|\t|(?<=^#) /) : ["#", parts[1]!, parts[2]!, parts[3]!];
  }
  const columns: string[] = [];
  let from = 0;
  for (let tab = line.indexOf("\t"); tab >= 0; tab = line.indexOf("\t", from)) {
    columns.push(line.slice(from, tab));
    from = tab + 1;
    while (line.charCodeAt(from) === 9) from++;
  }
  columns.push(line.slice(from).trimEnd());
  return columns;
}

/** The number that `0x438e16` is, beyond 2^53 not exactly; -1 when it is none. */
function addressOf(text: string): number {
  if (text.length < 3 || text.length > 18 || !text.startsWith("0x")) return -1;
  let address = 0;
  for (let i = 2; i < text.length; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    address = address * 16 + digit;
  }
  return address;
}

/** `/src/main.go:187`; `undefined` when it is cut. */
function positionOf(text: string): { readonly file: string; readonly line: number } | undefined {
  const colon = text.lastIndexOf(":");
  let line = 0;
  for (let i = colon + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    line = line * 10 + digit;
  }
  return colon < 0 || colon === text.length - 1 ? undefined : { file: text.slice(0, colon), line };
}

/**
 * Whether lines show all program counters of an entry but for those of the runtime above the first, and the last one,
 * which is in `goexit`. Functions that are inlined share one, or have their own, by Go version; and an address is one
 * behind the instruction that calls.
 */
function isWhole({ addresses, shown, frames }: OpenEntry): boolean {
  if (shown.length === 0) return true;
  const shows = (line: number, at: number): boolean =>
    addresses[at] === shown[line]! + 1 || addresses[at] === shown[line];
  let at = addresses.indexOf(shown[0]! + 1);
  if (at < 0) at = addresses.indexOf(shown[0]!);
  for (let line = 1; line < shown.length && at >= 0; line++) {
    if (shows(line, at + 1)) at++;
    else if (!shows(line, at) || frames[line]!.function === frames[line - 1]!.function) at = -1;
  }
  const last = addresses.length - 1;
  // The last one of a stack that is too deep is no goexit.
  return at >= 0 && (at === last || (at === last - 1 && !shows(shown.length - 1, last)));
}

/** Program counters above the innermost function that is shown: an address is one behind the instruction that calls. */
function hiddenIn({ pcs, addresses, shown }: OpenEntry): readonly string[] {
  const first = shown[0];
  if (first === undefined) return [];
  const hidden = addresses.findIndex((address) => address === first || address === first + 1);
  return pcs.slice(0, hidden < 0 ? 1 : hidden);
}
