import type { FormatId } from "../model/dump.ts";
import {
  hasTracebackInField,
  haveTracebackInFields,
  haveTracebackInList,
  haveTracebackInTabbedList,
} from "./quoted-traceback.ts";

/** A dump that is not the reader's own, in an input that it reads. */
export interface OtherDump {
  readonly format: FormatId;
  /** Where it begins, from 1. */
  readonly line: number;
  /** It stands before all others. */
  readonly isFirst: boolean;
  /** It stands in a field of a log, or a list of texts: so may one of the reader's own format. */
  readonly isQuoted: boolean;
}

export type OnOther = (other: OtherDump) => void;

interface Beginning {
  readonly format: FormatId;
  /** Tested on a line and the one before it. */
  readonly begins: Pick<RegExp, "test">;
  /** It begins in the line before: of what prose quotes, too, one line is not enough. */
  readonly before?: true;
  readonly isQuoted?: true;
  /** A format whose own lines look like this. */
  readonly notIn?: FormatId;
}

// Logs, tables and JSON of other programs have goroutines with numbers, tasks that wait and frames, too: Delve and gdb put
// behind them what those lack.
const listed =
  "[* ] ?\\d{1,15} (?:idle|runnable|running|syscall|waiting) {2}[^\\s/.][^\\s.]{0,300}\\.\\S{1,500}";

const beginnings: readonly Beginning[] = [
  {
    format: "go-traceback",
    begins:
      /^[ \t]*(?:- )?goroutine \d{1,15} (?:gp=[^[\n]{1,100} )?\[[^\n]{1,1600}[\]}]:[ \t]*\n[ \t]*(?:- )?(?:[^\s()][^\n]*\([^\n]*\)$|goroutine running on other thread)/,
    before: true,
  },
  { format: "go-traceback", begins: { test: hasTracebackInField }, isQuoted: true },
  { format: "go-traceback", begins: { test: haveTracebackInFields }, before: true, isQuoted: true },
  { format: "go-traceback", begins: { test: haveTracebackInList }, before: true, isQuoted: true },
  {
    format: "go-traceback",
    begins: { test: haveTracebackInTabbedList },
    before: true,
    isQuoted: true,
    notIn: "delve-text",
  },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is gzipped begins with it
  { format: "pprof-proto", begins: /\u001f[\u008b\ufffd]\u0008/ },
  {
    format: "pprof-text",
    begins: /^[ \t]*goroutine(?:leak)? profile: total \d{1,15}[ \t]*\n[ \t]*\d{1,15} @(?: 0x[0-9a-f]{1,16})+/,
    before: true,
  },
  {
    format: "delve-text",
    begins:
      /\n\s*(?:\* ?)?Goroutine \d{1,15} - (?:User|Runtime|Go|Start): \S[^\n]{0,2000} \(0x[0-9a-f]{1,16}\)/,
  },
  { format: "gdb", begins: new RegExp(`^${listed}\\s*\\n${listed}\\s*$`), before: true },
  {
    format: "gdb",
    begins: /^#\d{1,4} {1,3}[^\n]{1,1000}\) at [^\n]{1,500}\.(?:go|s):\d{1,9}\s*\n#\d{1,4} {1,3}\S/,
    before: true,
  },
  {
    format: "delve-json",
    begins:
      /\n\s*(?:\(dlv\) [^\n{]{0,100})?(?:[[{][^\n]{0,2000})?"(?:currentLoc|userCurrentLoc)"\s*:\s*\{\s*(?:"pc"|$)/,
  },
];
/** What no beginning lacks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const telling = /oroutine|urrentLoc|\u001f[\u008b\ufffd]\u0008|^[* ] ?\d{1,15} [a-z]+ {2}|^#\d{1,4} /;

/**
 * Finds, among the lines of an input, the beginnings of dumps of other formats than the reader's own: people append to one
 * file whatever they collect.
 */
export class OtherFormats {
  readonly #own: FormatId;
  readonly #onOther: OnOther | undefined;
  readonly #found = new Set<FormatId>();
  #isQuoteFound = false;
  #previous = "";
  #previousLine = 0;

  constructor(own: FormatId, onOther: OnOther | undefined) {
    this.#own = own;
    this.#onOther = onOther;
  }

  /** @param isFirst nothing of the reader's own format has come; where it is not given, its own beginning is looked for */
  line(text: string, line: number, isFirst?: boolean): void {
    const previous = this.#previousLine === line - 1 ? this.#previous : "";
    this.#previous = text;
    this.#previousLine = line;
    if (!telling.test(text) && !telling.test(previous)) return;
    const both = `${previous}\n${text}`;
    for (const { format, begins, before, isQuoted = false, notIn } of beginnings) {
      const isFound = isQuoted ? this.#isQuoteFound : this.#found.has(format);
      if (isFound || notIn === this.#own || !begins.test(both)) continue;
      if (isQuoted) this.#isQuoteFound = true;
      else this.#found.add(format);
      if (!isQuoted && format === this.#own) continue;
      const begin = before ? line - 1 : line;
      this.#onOther?.({ format, line: begin, isFirst: isFirst ?? !this.#found.has(this.#own), isQuoted });
    }
  }
}
