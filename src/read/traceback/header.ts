/** What the header line of a goroutine says. */
export interface Header {
  readonly id: number;
  /** Wait reason, flags removed: `chan send (nil chan)`. */
  readonly reason: string;
  /** -1 when the line has none. */
  readonly minutes: number;
  readonly leaked: boolean;
  readonly durable: boolean;
  readonly locked: boolean;
  /** `gp=… m=3 mp=…`: the thread that executes it; -1 for `m=nil` and where the line does not say. */
  readonly thread: number;
  readonly labels: readonly (readonly [string, string])[];
  /**
   * The labels as they are written, from behind their `{` to the end of the line, where nothing but this text decides what
   * they are; "" elsewhere, and without labels.
   */
  readonly labelText: string;
  /** What no rule above knows: `synctest bubble 1`, attributes of Go versions to come. */
  readonly extra: readonly string[];
  /** The oldest Go minor version that writes such a header, and whether only that one does; 0 for any. */
  readonly sinceMinor: number;
  readonly onlyMinor: boolean;
}

/** Flags that follow the wait reason in parentheses; other parentheses belong to the reason. */
const flagAtEnd = / \((leaked|scan|durable|synctest)\)$/;

/** All of a header that stands before its labels, within the brackets (Go 1.26) or behind them; nothing of it is quoted. */
const beforeLabels = /^goroutine \d{1,20}(?: [^[\]"{]*)?\[[^[\]"{]*(?: labels:|\] )\{/;
/** How labels end that stand within the brackets, and how others do. */
const endWithin = "}]:";
const endBehind = "}:";
const longestLabels = 1024;

/** True for a line that begins like a header, understood or not. */
export function looksLikeHeader(line: string): boolean {
  return /^goroutine \d+ [^\n]*\[/.test(line) || /^goroutine \d+:?$/.test(line);
}

/** Where another goroutine's header, the last one, begins on the line of a header, whole or cut; -1: nowhere. */
export function gluedHeader(line: string): number {
  const at = line.lastIndexOf("goroutine ");
  return at <= 0 || !looksLikeHeader(line.slice(at)) || isQuoted(line, at) ? -1 : at;
}

/** What stands in quotes is a label. */
function isQuoted(line: string, at: number): boolean {
  const quotes = line.slice(0, at).replaceAll(/\\./g, "").split('"');
  return quotes.length % 2 === 0;
}

/** How many headers there are on a line. */
export function countHeaders(line: string): number {
  return line.match(/goroutine \d{1,20}(?= )/g)?.length ?? 0;
}

/**
 * Reads `goroutine 7 gp=0xc000007340 m=nil [chan send, 5 minutes, locked to thread] {k: "v"}:`.
 * Unknown attributes are kept in `extra`; `undefined` when even id and brackets can't be found.
 */
export function parseHeader(line: string): Header | undefined {
  const start = /^goroutine (\d{1,20})( [^[\]"]*)?\[/.exec(line);
  if (start === null || gluedHeader(line) > 0) return undefined;
  const open = start[0].length;
  const close = closingBracket(line, open);
  if (close < 0) return undefined;
  const tail = line.slice(close + 1);
  if (tail !== "" && !tail.endsWith(":")) return undefined;
  const draft = new HeaderDraft();
  draft.words(start[2] ?? "");
  draft.body(line.slice(open, close));
  draft.tail(tail.slice(0, -1).trim());
  return draft.build(Number(start[1]), () => labelTextOf(line, close));
}

/** `labelText` of a header that has labels, whose brackets close at `close`. */
function labelTextOf(line: string, close: number): string {
  const before = beforeLabels.exec(line)?.[0];
  // Behind a second `goroutine ` other labels make another header of the same text.
  if (before === undefined || before.lastIndexOf("goroutine ") > 0) return "";
  const text = line.slice(before.length);
  const isWhole =
    close >= before.length ? areWithin(text) && close === line.length - 2 : text.endsWith(endBehind);
  const isPlain = text.length <= longestLabels && /^[ -~]+$/.test(text);
  return isWhole && isPlain ? text : "";
}

/** Whether labels of a `labelText` stand within the brackets. */
export function areWithin(labelText: string): boolean {
  return labelText.endsWith(endWithin);
}

/** The labels that a `labelText` stands for. */
export function labelsOfText(labelText: string): Header["labels"] {
  return parseLabels(labelText.slice(0, -(areWithin(labelText) ? endWithin : endBehind).length));
}

class HeaderDraft {
  #reason = "";
  #minutes = -1;
  #leaked = false;
  #durable = false;
  #locked = false;
  #thread = -1;
  #labels: (readonly [string, string])[] = [];
  readonly #extra: string[] = [];
  #sinceMinor = 0;
  #onlyMinor = false;

  /** Between id and brackets: `gp=0xc000007340 m=3 mp=0xc000048708`. */
  words(text: string): void {
    for (const word of text.split(" ")) {
      if (word === "") continue;
      if (word.startsWith("gp=")) this.#since(22);
      else if (/^m=\d{1,9}$/.test(word)) this.#thread = Number(word.slice(2));
      else if (word !== "m=nil" && !word.startsWith("mp=")) this.#extra.push(word);
    }
  }

  /** Inside the brackets: reason, flags, attributes, labels of Go 1.26. */
  body(text: string): void {
    let rest = text;
    const labels = rest.indexOf(" labels:{");
    if (labels >= 0 && rest.endsWith("}")) {
      this.#labels = parseLabels(rest.slice(labels + " labels:{".length, -1));
      this.#since(26, true);
      rest = rest.slice(0, labels);
    }
    const [reason, ...attributes] = rest.split(", ");
    this.#takeReason(reason ?? "");
    for (const attribute of attributes) this.#takeAttribute(attribute);
  }

  /** After the brackets: labels of Go 1.27. */
  tail(text: string): void {
    if (text === "") return;
    if (!text.startsWith("{") || !text.endsWith("}")) {
      this.#extra.push(text);
      return;
    }
    this.#labels = parseLabels(text.slice(1, -1));
    this.#since(27);
  }

  build(id: number, labelText: () => string): Header {
    return {
      id,
      reason: this.#reason,
      minutes: this.#minutes,
      leaked: this.#leaked,
      durable: this.#durable,
      locked: this.#locked,
      thread: this.#thread,
      labels: this.#labels,
      labelText: this.#labels.length === 0 ? "" : labelText(),
      extra: this.#extra,
      sinceMinor: this.#sinceMinor,
      onlyMinor: this.#onlyMinor,
    };
  }

  #takeReason(text: string): void {
    let reason = text;
    for (let flag = flagAtEnd.exec(reason); flag !== null; flag = flagAtEnd.exec(reason)) {
      reason = reason.slice(0, flag.index);
      if (flag[1] === "leaked") {
        this.#leaked = true;
        this.#since(26);
      } else if (flag[1] === "durable") {
        this.#durable = true;
        this.#since(25);
      } else if (flag[1] === "synctest") {
        this.#durable = true;
        this.#since(24, true);
      }
    }
    this.#reason = reason;
  }

  #takeAttribute(text: string): void {
    const minutes = /^(\d{1,9}) minutes?$/.exec(text);
    if (minutes !== null) this.#minutes = Number(minutes[1]);
    else if (text === "locked to thread") this.#locked = true;
    else {
      if (text.startsWith("synctest group ")) this.#since(24, true);
      else if (text.startsWith("synctest bubble ")) this.#since(25);
      this.#extra.push(text);
    }
  }

  #since(minor: number, only = false): void {
    if (minor < this.#sinceMinor) return;
    this.#sinceMinor = minor;
    this.#onlyMinor = only;
  }
}

/** Index of the `]` that closes the brackets, outside quotes; of the last one where quotes don't pair. -1: none. */
function closingBracket(line: string, from: number): number {
  let quoted = false;
  for (let i = from; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 93) return i;
  }
  const last = line.lastIndexOf("]");
  return last >= from ? last : -1;
}

/** Reads `k1: "v 1", k2: x/y.z, empty: `, keys and values quoted as Go quotes them or bare. */
export function parseLabels(text: string): (readonly [string, string])[] {
  const labels: (readonly [string, string])[] = [];
  let at = 0;
  while (at < text.length) {
    const key = takeToken(text, at, ":");
    const value = takeToken(text, skip(text, key.end, ":"), ",");
    labels.push([key.text, value.text]);
    at = skip(text, value.end, ",");
  }
  return labels;
}

/** Past `separator` and one space. */
function skip(text: string, at: number, separator: string): number {
  let next = at;
  if (text[next] === separator) next++;
  if (text[next] === " ") next++;
  // Always forward, so that text that is no label list ends too.
  return next === at ? at + 1 : next;
}

function takeToken(text: string, at: number, end: string): { text: string; end: number } {
  if (text[at] !== '"') {
    const found = text.indexOf(end, at);
    const stop = found < 0 ? text.length : found;
    return { text: text.slice(at, stop), end: stop };
  }
  let i = at + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return { text: unquote(text.slice(at + 1, i)), end: Math.min(i + 1, text.length) };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** Undoes Go's quoting: `\n \r \t \" \\ \xHH \uHHHH \UHHHHHHHH`. */
function unquote(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g,
    (whole, x: string | undefined, u: string | undefined, long: string | undefined, plain: string) => {
      const hex = x ?? u ?? long;
      if (hex === undefined) return escapes[plain] ?? whole;
      const code = Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
