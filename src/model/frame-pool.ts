import { mixed } from "./hash.ts";
import { IndexTable } from "./index-table.ts";
import { isMachinery, isStandardPackage } from "./origin.ts";
import type { Frame } from "./stack.ts";
import { Strings } from "./strings.ts";
import { type GoSymbol, parseSymbol } from "./symbol.ts";
import { widened } from "./typed-array.ts";

/** Numbers that a frame is found by: symbol, file, line, flags. */
const keySize = 4;
const inlinedFlag = 1;
const machineryFlag = 2;
/** In the place of lines that are no 32-bit integers. */
const oddLine = -(2 ** 31);

/** Interns symbols, files and frames, and numbers each kind from 0. Dumps of one input may share a pool. */
export class FramePool {
  readonly #own: boolean;
  readonly #names = new Strings();
  readonly #symbols: GoSymbol[] = [];
  /** The flag of each symbol. */
  #machinery = new Uint8Array(64);
  /** `isStandardPackage` of each symbol plus one; 0 where nobody has asked. */
  #standard = new Uint8Array(64);
  readonly #files = new Strings();
  readonly #frames: Frame[] = [];
  /** Of each frame. Frames may be more than the processor's caches hold: what is looked at together lies together. */
  #keys = new Int32Array(256 * keySize);
  readonly #table = new IndexTable();

  /** @param own no string that comes is a part of a larger one */
  constructor(own = false) {
    this.#own = own;
  }

  /** @param isOwn the string is no part of a larger one */
  symbol(name: string, isOwn: boolean = this.#own): number {
    return this.#parsed(this.#names.number(name, isOwn));
  }

  /** Number of the symbol whose name bytes are in ASCII. */
  symbolOf(bytes: Buffer, from: number, to: number): number {
    return this.#parsed(this.#names.numberOf(bytes, from, to));
  }

  /** The number of a name, which is its symbol's too. */
  #parsed(number: number): number {
    if (number === this.#symbols.length) {
      const symbol = parseSymbol(this.#names.at(number));
      this.#symbols.push(symbol);
      this.#machinery = widened(this.#machinery, number + 1);
      if (isMachinery(symbol)) this.#machinery[number] = machineryFlag;
    }
    return number;
  }

  symbolAt(number: number): GoSymbol {
    return this.#symbols[number]!;
  }

  /** @param isOwn the string is no part of a larger one */
  file(name: string, isOwn: boolean = this.#own): number {
    return this.#files.number(name, isOwn);
  }

  /** Number of the file whose name bytes are in ASCII. */
  fileOf(bytes: Buffer, from: number, to: number): number {
    return this.#files.numberOf(bytes, from, to);
  }

  /** Number of a frame, from the numbers of its symbol and file. */
  frame(symbol: number, file: number, line: number, inlined: boolean): number {
    const flags = (inlined ? inlinedFlag : 0) | this.#machinery[symbol]!;
    const lineKey = (line | 0) === line ? line : oddLine;
    const hash = mixed(mixed(mixed(symbol, file), lineKey), flags);
    const table = this.#table;
    const keys = this.#keys;
    let slot = table.first(hash);
    for (let number = table.at(slot); number >= 0; number = table.at(slot)) {
      const key = number * keySize;
      if (
        table.hashAt(slot) === hash &&
        keys[key] === symbol &&
        keys[key + 1] === file &&
        keys[key + 2] === lineKey &&
        keys[key + 3] === flags &&
        (lineKey !== oddLine || this.#frames[number]!.line === line)
      )
        return number;
      slot = table.next(slot);
    }
    const number = table.add(slot, hash);
    this.#frames.push({ symbol: this.#symbols[symbol]!, file: this.#files.at(file), line, inlined });
    const key = number * keySize;
    this.#keys = widened(keys, key + keySize);
    this.#keys[key] = symbol;
    this.#keys[key + 1] = file;
    this.#keys[key + 2] = lineKey;
    this.#keys[key + 3] = flags;
    return number;
  }

  at(number: number): Frame {
    return this.#frames[number]!;
  }

  /** `isMachinery` of the frame's symbol. */
  isMachinery(number: number): boolean {
    return (this.#keys[number * keySize + 3]! & machineryFlag) !== 0;
  }

  /** `isStandardPackage` of the frame's package. */
  isStandard(number: number): boolean {
    const symbol = this.#keys[number * keySize]!;
    this.#standard = widened(this.#standard, symbol + 1);
    if (this.#standard[symbol] === 0)
      this.#standard[symbol] = isStandardPackage(this.#symbols[symbol]!.package) ? 2 : 1;
    return this.#standard[symbol] === 2;
  }
}
