import { KnownKeys } from "./known-keys.ts";

/** A JSON value: integers are exact whatever their size, objects are maps, so that no key can do harm. */
export type JsonValue = null | boolean | string | number | bigint | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Why a value was not read: its bytes end, they are no JSON, or it holds too much. */
export class JsonStop extends Error {
  readonly why: "incomplete" | "malformed" | "large";

  constructor(why: "incomplete" | "malformed" | "large") {
    super(`the value is ${why}`);
    this.why = why;
  }
}

const incomplete = new JsonStop("incomplete");
const malformed = new JsonStop("malformed");
const large = new JsonStop("large");

/** Deeper values are passed over and read as null. */
const maxDepth = 200;
/** Most objects and lists in one value: a few hundred bytes of memory each, where the input may have two. */
const maxParts = 1_000_000;

export const quote = 0x22;
export const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
export const comma = 0x2c;
export const colon = 0x3a;

/** True for the bytes that JSON allows between tokens. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Where the spaces that begin at `from` end. */
export function pastSpaces(bytes: Uint8Array, from: number, end: number): number {
  let pos = from;
  while (pos < end && isSpace(bytes[pos]!)) pos++;
  return pos;
}

/** Where members of the outermost object stand that `JsonParser` was asked to note: byte offsets of a number. */
export interface MemberSpan {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/** What knows where the numbers of the goroutine stand that it read last. */
export interface Spanned {
  readonly spans: readonly MemberSpan[];
}

/** Reads one JSON value out of bytes. Nesting costs no stack, however deep. */
export class JsonParser {
  bytes: Buffer = Buffer.alloc(0);
  /** Where the next token begins; after `parse` the end of the value, after a `JsonStop` where it went wrong. */
  pos = 0;
  end = 0;
  /** Objects and lists of the value that was read last. */
  parts = 0;
  /** Something was nested too deeply to be read. */
  tooDeep = false;
  /** Non-negative integers among the outermost object's members, in order. */
  readonly spans: MemberSpan[] = [];
  readonly #keys = new KnownKeys();

  /** @throws JsonStop */
  parse(bytes: Buffer, start: number, end: number): JsonValue {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
    this.tooDeep = false;
    this.spans.length = 0;
    this.parts = 0;
    return this.#value(0);
  }

  /** Passes over spaces and answers the next byte, without taking it. @throws JsonStop */
  peek(): number {
    const { bytes, end } = this;
    let pos = this.pos;
    while (pos < end && isSpace(bytes[pos]!)) pos++;
    this.pos = pos;
    if (pos >= end) throw incomplete;
    return bytes[pos]!;
  }

  /** Reads a key with its colon. @throws JsonStop */
  key(): string {
    if (this.peek() !== quote) throw malformed;
    const start = this.pos + 1;
    const { close, plain, ascii } = this.#stringEnd(start);
    this.pos = close + 1;
    const key =
      plain && ascii
        ? this.#keys.text(this.bytes, start, close)
        : stringIn(this.bytes, start, close, plain, ascii);
    if (this.peek() !== colon) throw malformed;
    this.pos++;
    return key;
  }

  /** Reads the value that begins at `pos`. @throws JsonStop */
  value(): JsonValue {
    this.parts = 0;
    return this.#value(1);
  }

  #value(depth: number): JsonValue {
    const byte = this.peek();
    if (byte === quote) return this.string();
    if (byte === openBrace || byte === openBracket) {
      if (depth >= maxDepth) return this.#pass();
      if (++this.parts > maxParts) throw large;
      return byte === openBrace ? this.#object(depth) : this.#array(depth);
    }
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number();
    if (byte === 0x74) return this.#word("true", true);
    if (byte === 0x66) return this.#word("false", false);
    if (byte === 0x6e) return this.#word("null", null);
    throw malformed;
  }

  #object(depth: number): JsonObject {
    const object = new Map<string, JsonValue>();
    this.pos++;
    if (this.peek() === closeBrace) {
      this.pos++;
      return object;
    }
    for (;;) {
      const key = this.key();
      const value = this.#member(key, depth);
      object.set(key, value);
      const byte = this.peek();
      this.pos++;
      if (byte === closeBrace) return object;
      if (byte !== comma) throw this.#back();
    }
  }

  #member(key: string, depth: number): JsonValue {
    if (depth > 0) return this.#value(depth + 1);
    this.peek();
    const start = this.pos;
    const value = this.#value(1);
    if (typeof value === "number" && value >= 0 && this.bytes[start] !== 0x2d)
      this.spans.push({ key, start, end: this.pos });
    return value;
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.pos++;
    if (this.peek() === closeBracket) {
      this.pos++;
      return array;
    }
    for (;;) {
      array.push(this.#value(depth + 1));
      const byte = this.peek();
      this.pos++;
      if (byte === closeBracket) return array;
      if (byte !== comma) throw this.#back();
    }
  }

  #back(): JsonStop {
    this.pos--;
    return malformed;
  }

  #word<T>(word: string, value: T): T {
    const { bytes, pos, end } = this;
    for (let i = 0; i < word.length; i++) {
      if (pos + i >= end) throw incomplete;
      if (bytes[pos + i] !== word.charCodeAt(i)) throw malformed;
    }
    this.pos = pos + word.length;
    return value;
  }

  /** Takes a string. @throws JsonStop */
  string(): string {
    const start = this.pos + 1;
    const { close, plain, ascii } = this.#stringEnd(start);
    this.pos = close + 1;
    return stringIn(this.bytes, start, close, plain, ascii);
  }

  #stringEnd(start: number): { close: number; plain: boolean; ascii: boolean } {
    const { bytes, end } = this;
    let plain = true;
    let high = 0;
    let pos = start;
    for (;;) {
      if (pos >= end) throw incomplete;
      const byte = bytes[pos]!;
      if (byte === quote) return { close: pos, plain, ascii: high < 0x80 };
      if (byte === 0x0a) {
        // A line break in a string means that a quote was lost: stop here, not at the next quote far away.
        this.pos = pos;
        throw malformed;
      }
      high |= byte;
      if (byte === backslash) {
        plain = false;
        pos++;
      }
      pos++;
    }
  }

  #number(): number | bigint {
    const { bytes, end } = this;
    const start = this.pos;
    let pos = start;
    let value = 0;
    let integer = true;
    for (; pos < end; pos++) {
      const byte = bytes[pos]!;
      if (byte >= 0x30 && byte <= 0x39) value = value * 10 + (byte - 0x30);
      else if (byte === 0x2d && pos === start) continue;
      else if (byte === 0x2e || byte === 0x65 || byte === 0x45 || byte === 0x2b || byte === 0x2d)
        integer = false;
      else break;
    }
    // More digits may follow those that are here.
    if (pos >= end) throw incomplete;
    this.pos = pos;
    const negative = bytes[start] === 0x2d;
    if (integer && Number.isSafeInteger(value) && pos > start + (negative ? 1 : 0))
      return negative ? -value : value;
    return exactNumber(bytes.toString("latin1", start, pos));
  }

  /** Passes over a value without reading it. */
  #pass(): null {
    this.tooDeep = true;
    const { bytes, end } = this;
    let open = 0;
    for (let pos = this.pos; pos < end; pos++) {
      const byte = bytes[pos]!;
      if (byte === quote) pos = this.#stringEnd(pos + 1).close;
      else if (byte === openBrace || byte === openBracket) open++;
      else if ((byte === closeBrace || byte === closeBracket) && --open === 0) {
        this.pos = pos + 1;
        return null;
      }
    }
    throw incomplete;
  }
}

function exactNumber(text: string): number | bigint {
  if (/^-?\d{1,400}$/.test(text)) return BigInt(text);
  const value = Number(text);
  if (Number.isNaN(value)) throw malformed;
  return value;
}

/** The text of a string between its quotes. @param plain nothing in it is escaped @param ascii all of it is */
function stringIn(bytes: Buffer, start: number, end: number, plain: boolean, ascii: boolean): string {
  if (plain && ascii) return bytes.toString("latin1", start, end);
  const text = bytes.toString("utf8", start, end);
  return plain ? text : unescaped(text);
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    // Control characters or unknown escapes: better as it stands than lost.
    return text;
  }
}
