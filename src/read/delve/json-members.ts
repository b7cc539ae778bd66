import { ByteText, viewOf } from "./byte-text.ts";
import {
  backslash,
  closeBrace,
  colon,
  comma,
  isSpace,
  JsonParser,
  JsonStop,
  type JsonValue,
  openBrace,
  quote,
} from "./json-value.ts";

/** Names of an object's members, in the order in which they come most likely; at most 31. */
export class MemberNames {
  readonly names: readonly string[];
  /** The names as keys, with their colons. */
  readonly keys: readonly ByteText[];

  constructor(...names: string[]) {
    this.names = names;
    this.keys = names.map((name) => new ByteText(new TextEncoder().encode(`"${name}":`)));
  }
}

/** Why something is left to `JsonParser`. */
export const unusual = new JsonStop("malformed");
/** Most objects and lists in values of any kind. */
const maxParts = 1000;
const lineFeed = 0x0a;

/**
 * Takes objects apart whose members are known by name and type, without making anything of what is not asked for. All
 * methods throw a `JsonStop` where the bytes are not what is asked for, or end; what they take is valid JSON.
 */
export class JsonMembers {
  readonly #parser = new JsonParser();
  #bytes: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#bytes);
  #end = 0;
  #parts = 0;
  /** Where the next token begins. */
  pos = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Of the bytes. */
  get view(): DataView {
    return this.#view;
  }

  get end(): number {
    return this.#end;
  }

  /** Goes to a value. */
  start(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    this.pos = start;
    this.#end = end;
    this.#parts = 0;
  }

  /** Takes the brace of an object that is not empty. */
  open(): void {
    if (this.#peek() !== openBrace) throw unusual;
    this.pos++;
  }

  /** Takes what follows a member; false when it was the last one. */
  more(): boolean {
    const byte = this.#peek();
    this.pos++;
    if (byte === comma) return true;
    if (byte !== closeBrace) throw unusual;
    return false;
  }

  /** Passes over spaces and answers the next byte, without taking it. */
  #peek(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let pos = this.pos;
    while (pos < end && isSpace(bytes[pos]!)) pos++;
    this.pos = pos;
    if (pos >= end) throw unusual;
    return bytes[pos]!;
  }

  /**
   * Takes a key with its colon, and the spaces behind it.
   * @param guess which one it is, most likely
   * @returns which of the members it is, -1 for none of them
   */
  member({ names, keys }: MemberNames, guess: number): number {
    if (this.#peek() !== quote) throw unusual;
    const view = this.#view;
    const pos = this.pos;
    const end = this.#end;
    let member = guess;
    if (guess >= keys.length || !keys[guess]!.isAt(view, pos, end))
      member = keys.findIndex((key) => key.isAt(view, pos, end));
    if (member >= 0) {
      this.pos += keys[member]!.length;
      this.#peek();
      return member;
    }
    member = names.indexOf(this.string());
    if (this.#peek() !== colon) throw unusual;
    this.pos++;
    this.#peek();
    return member;
  }

  /** Takes a string. */
  string(): string {
    if (this.#bytes[this.pos] !== quote) throw unusual;
    const parser = this.#atParser();
    const text = parser.string();
    this.pos = parser.pos;
    return text;
  }

  /**
   * Takes a string whose bytes between the quotes are its text, in ASCII.
   * @returns where its text ends; -1 when it is another string, which is not taken
   */
  plain(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    if (bytes[this.pos] !== quote) throw unusual;
    let pos = this.pos + 1;
    while (pos < end && bytes[pos] !== quote) {
      const byte = bytes[pos++]!;
      if (byte === backslash || byte === lineFeed || byte > 127) return -1;
    }
    if (pos >= end) throw unusual;
    this.pos = pos + 1;
    return pos;
  }

  /** Takes a natural number that a double holds exactly. */
  number(): number {
    const number = this.digits();
    if (!Number.isSafeInteger(number)) throw unusual;
    return number;
  }

  /** Takes the digits of a natural number; one that no double holds exactly is not exact. */
  digits(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const start = this.pos;
    let number = 0;
    let pos = start;
    for (; pos < end; pos++) {
      const digit = bytes[pos]! - 0x30;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    if (pos === start) throw unusual;
    this.pos = pos;
    return number;
  }

  /** Takes any value. */
  value(): JsonValue {
    const parser = this.#atParser();
    const value = parser.value();
    this.pos = parser.pos;
    this.#parts += parser.parts;
    if (this.#parts > maxParts) throw unusual;
    return value;
  }

  /** The parser, at the next token. */
  #atParser(): JsonParser {
    const parser = this.#parser;
    parser.bytes = this.#bytes;
    parser.pos = this.pos;
    parser.end = this.#end;
    return parser;
  }
}

/** Adds a member to those seen, a bit for each of `MemberNames`. @throws JsonStop when it is there twice */
export function noteSeen(seen: number, member: number): number {
  if (member < 0) return seen;
  const bit = 1 << member;
  if ((seen & bit) !== 0) throw unusual;
  return seen | bit;
}
