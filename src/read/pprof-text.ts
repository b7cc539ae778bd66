import type { Dump } from "../model/dump.ts";
import { eachLine } from "./lines.ts";
import { noSymbols, ProfileAssembler } from "./pprof/profile-assembler.ts";
import type { ByteSource, Reader, ReadOptions, Sniffed } from "./reader.ts";
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
  const unterminated = await eachLine(source, options, (line) => {
    parser.line(line);
  });
  return parser.end(unterminated);
}

interface OpenEntry {
  readonly line: number;
  readonly count: number;
  readonly pcs: readonly string[];
  readonly frames: { function: string; file: string; line: number }[];
  firstPc: string | undefined;
  lastPc: string | undefined;
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
    if (entry !== undefined && !this.#closed && this.#isCut(entry, unterminated)) {
      this.#profile?.builder.cut({
        line: this.#lineNumber,
        text: this.#lastLine,
        message: "the input ends in the middle of a stack",
        lost: 0,
      });
    }
    this.#close();
    return this.#dumps;
  }

  /**
   * The last entry, which no blank line closes. Its stack is whole when its outermost function is that of the last
   * program counter, or of the one before: the last one is in `goexit`, which is never shown.
   */
  #isCut(entry: OpenEntry, unterminated: boolean): boolean {
    if (entry.lastPc === undefined) return unterminated || this.#named;
    if (unterminated && this.#lastLine.startsWith("#") && !/:\d+$/.test(this.#lastLine.trimEnd()))
      return true;
    const shown = BigInt(entry.lastPc);
    return !entry.pcs.slice(-2).some((pc) => BigInt(pc) === shown || BigInt(pc) === shown + 1n);
  }

  #open(line: string): void {
    const match = profileLine.exec(line.trimEnd());
    if (match === null) return;
    this.#close();
    const number = this.#dumps.length + 1;
    const name = number === 1 ? this.#name : `${this.#name}#${number}`;
    this.#profile = new ProfileAssembler(name, "pprof-text", match[1] === "goroutineleak");
    this.#profile.builder.goVersion = this.#goVersion;
    this.#total = Number(match[2]);
    this.#counted = 0;
    this.#named = false;
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
    this.#entry = {
      line: this.#lineNumber,
      count,
      pcs: match[2] === "" ? [] : match[2]!.slice(1).split(" "),
      frames: [],
      firstPc: undefined,
      lastPc: undefined,
      labels: [],
    };
  }

  /** `# labels: {…}` or `#\t0x4fa549\tmain.f+0x29\t/src/main.go:187` */
  #detail(line: string): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (line.startsWith("# labels: {")) {
      entry.labels = parseLabels(line.slice("# labels: {".length, line.lastIndexOf("}")));
      return;
    }
    const [, pc, symbol, position] = columnsOf(line);
    if (pc === undefined || !/^0x[0-9a-f]{1,16}$/.test(pc)) {
      if (line.trim() !== "#")
        this.#problem(line, "a line of a stack that is not understood; the frame is missing", 0);
      return;
    }
    entry.firstPc ??= pc;
    entry.lastPc = pc;
    if (symbol === undefined || position === undefined) {
      if (symbol !== undefined) this.#problem(line, "a frame that is cut; its file is unknown", 0);
      entry.frames.push({ function: symbol ?? pc, file: "", line: 0 });
      return;
    }
    const offset = symbol.lastIndexOf("+0x");
    const colon = position.lastIndexOf(":");
    entry.frames.push({
      function: offset < 0 ? symbol : symbol.slice(0, offset),
      file: colon < 0 ? position : position.slice(0, colon),
      line: colon < 0 ? 0 : Number.parseInt(position.slice(colon + 1), 10) || 0,
    });
  }

  #flush(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
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
    // Single stacks without names are those of the runtime alone.
    if (!this.#named && this.#counted > 0) profile.builder.problem(noSymbols);
    this.#dumps.push(profile.finish(this.#total, this.#counted));
  }

  #problem(text: string, message: string, lost: number): void {
    this.#profile?.builder.problem({ line: this.#lineNumber, text, message, lost });
  }
}

/** Columns of a line, which tabs part, or blanks where somebody has replaced them. */
function columnsOf(line: string): readonly string[] {
  if (line.includes("  ")) return line.split(/\t+| {2,}/);
  const columns: string[] = [];
  let from = 0;
  for (let tab = line.indexOf("\t"); tab >= 0; tab = line.indexOf("\t", from)) {
    columns.push(line.slice(from, tab));
    from = tab + 1;
    while (line.charCodeAt(from) === 9) from++;
  }
  columns.push(line.slice(from));
  return columns;
}

/** Program counters above the innermost function that is shown: an address is one behind the instruction that calls. */
function hiddenIn({ pcs, firstPc }: OpenEntry): readonly string[] {
  if (firstPc === undefined) return [];
  const shown = BigInt(firstPc);
  const hidden = pcs.findIndex((pc) => BigInt(pc) === shown || BigInt(pc) === shown + 1n);
  return pcs.slice(0, hidden < 0 ? 1 : hidden);
}
