import { mixed } from "../../model/hash.ts";
import { colon, decimal, decimalEnd, exactDecimals, hexEnd, newline, space, startsWith } from "./ascii.ts";
import { hasLinks } from "./clean-line.ts";
import { parseHeader } from "./header.ts";
import { NameTable } from "./name-table.ts";

const headerWord = Buffer.from("goroutine ");
const threadWord = Buffer.from(" gp=0x");
const noThread = Buffer.from(" m=nil");
const minutesWord = Buffer.from(" minute");
const labelsWord = Buffer.from("labels:{");
const bracket = 91;

/** Distinct headers that are kept; labels may differ from goroutine to goroutine. */
const maxHeaders = 4096;
/** More than there are different parts of them. */
const headerTextLimit = 2 * maxHeaders + 2;
/** What headers are parsed behind, whatever id they have. */
const plainPrefix = "goroutine 1 [";
const parkedPrefix = "goroutine 1 gp=0x1 m=nil [";
const minutesDecimals = 9;

/** What headers that differ in id and minutes have in common. */
interface HeaderKind {
  /** Below `maxHeaders`; given to another one when there are more. */
  readonly number: number;
  /** -1 for none. */
  readonly minutes: number;
  /** As in `Header`. */
  readonly labelText: string;
  /** Hash of all but the labels. */
  readonly hash: number;
}

/** Reads the header of a goroutine from bytes: its id, its minutes, and the number of all else that it says. */
export class RegularHeader {
  readonly #numbered: (number: number, text: string) => void;
  /** By the numbers of their texts before and behind the minutes; `undefined` for those that are none. */
  readonly #kinds = new Map<number, HeaderKind | undefined>();
  #texts = newTexts();
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Behind the minutes that were cut out. */
  #behind = 0;
  /** Behind its line. */
  end = 0;
  id = 0;
  /** -1 for none. */
  minutes = -1;
  /** As `numbered` was told of it. */
  number = 0;
  /** As in `Header`. */
  labelText = "";
  /** Of all but id, minutes and labels: equal for headers that agree in it. */
  hash = 0;

  /** @param numbered is told of each number, and of the header that it stands for from now on */
  constructor(numbered: (number: number, text: string) => void) {
    this.#numbered = numbered;
  }

  /** Text comes that headers are read from. */
  open(bytes: Buffer, view: DataView): void {
    this.#bytes = bytes;
    this.#view = view;
  }

  /** Reads the header that begins at `at`; false for text that is no regular one. */
  read(at: number): boolean {
    const bytes = this.#bytes;
    if (!startsWith(bytes, at, headerWord)) return false;
    const first = at + headerWord.length;
    const last = decimalEnd(bytes, first);
    if (last === first || last - first > exactDecimals) return false;
    const kind = this.#rest(last);
    if (kind === undefined) return false;
    this.id = decimal(bytes, first, last);
    this.number = kind.number;
    this.labelText = kind.labelText;
    this.hash = kind.hash;
    if (this.minutes < 0) this.minutes = kind.minutes;
    return true;
  }

  /** The rest of the line, of which only the minutes differ between most goroutines. */
  #rest(start: number): HeaderKind | undefined {
    const bytes = this.#bytes;
    let prefix = plainPrefix;
    let at = start;
    if (bytes[at + 1] === 103) {
      // ` gp=0xc000007340 m=nil`: parked, so that nothing but an address differs.
      if (!startsWith(bytes, at, threadWord)) return undefined;
      at = hexEnd(bytes, at + threadWord.length);
      if (at < 0 || !startsWith(bytes, at, noThread)) return undefined;
      at += noThread.length;
      prefix = parkedPrefix;
    }
    if (bytes[at] !== space || bytes[at + 1] !== bracket) return undefined;
    const from = at + 2;
    const cut = this.#cutMinutes(from);
    const reasonEnd = cut < 0 ? from : cut;
    const restStart = cut < 0 ? from : this.#behind;
    let hash = 0;
    for (let i = from; i < reasonEnd; i++) hash = mixed(hash, bytes[i]!);
    let end = restStart;
    let restHash = 0;
    for (let c = bytes[end]!; c !== newline; c = bytes[++end]!) restHash = mixed(restHash, c);
    if (bytes[end - 1] !== colon) return undefined;
    if (this.#kinds.size >= maxHeaders) {
      this.#kinds.clear();
      this.#texts = newTexts();
    }
    const key =
      this.#texts.number(bytes, this.#view, from, reasonEnd, hash) * headerTextLimit * 2 +
      this.#texts.number(bytes, this.#view, restStart, end, restHash) * 2 +
      (prefix === plainPrefix ? 0 : 1);
    let kind = this.#kinds.get(key);
    if (kind === undefined && !this.#kinds.has(key)) {
      kind = this.#kind(
        prefix + bytes.toString("utf8", from, reasonEnd) + bytes.toString("utf8", restStart, end),
      );
      this.#kinds.set(key, kind);
    }
    // Said twice: let the line parser decide.
    if (cut >= 0 && kind !== undefined && kind.minutes >= 0) return undefined;
    this.end = end + 1;
    return kind;
  }

  #kind(text: string): HeaderKind | undefined {
    const header = hasLinks(text) ? undefined : parseHeader(text);
    if (header === undefined) return undefined;
    const number = this.#kinds.size;
    this.#numbered(number, text);
    const { minutes, labelText } = header;
    return { number, minutes, labelText, hash: hashOf(text.slice(0, text.length - labelText.length)) };
  }

  /** Where `, 5 minutes` begins behind the wait reason, which ends at `#behind`; -1 where there is none. */
  #cutMinutes(from: number): number {
    const bytes = this.#bytes;
    this.minutes = -1;
    let at = from;
    // Letters, digits and `.` `(` `)` of a reason, and blanks.
    for (let c = bytes[at]!; c !== 44; c = bytes[++at]!) {
      if (c < 32 || c > 122 || c === bracket || c === 93 || c === 34) return -1;
    }
    if (bytes[at + 1] !== space) return -1;
    const last = decimalEnd(bytes, at + 2);
    const digits = last - at - 2;
    if (digits === 0 || digits > minutesDecimals || !startsWith(bytes, last, minutesWord)) return -1;
    let behind = last + minutesWord.length;
    if (bytes[behind] === 115) behind++;
    const next = bytes[behind];
    // A comma parts attributes only before a blank, and labels are none.
    if (
      next !== 93 &&
      (next !== 44 || bytes[behind + 1] !== space || startsWith(bytes, behind + 2, labelsWord))
    )
      return -1;
    this.#behind = behind;
    this.minutes = decimal(bytes, at + 2, last);
    return at;
  }
}

function hashOf(text: string): number {
  let hash = text.length;
  for (let i = 0; i < text.length; i++) hash = mixed(hash, text.charCodeAt(i));
  return hash;
}

function newTexts(): NameTable {
  let count = 0;
  return new NameTable(() => count++);
}
