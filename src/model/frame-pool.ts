import { mixed } from "./hash.ts";
import { IndexTable } from "./index-table.ts";
import { isMachinery } from "./origin.ts";
import type { Frame } from "./stack.ts";
import { type GoSymbol, parseSymbol } from "./symbol.ts";
import { widened } from "./typed-array.ts";

/** Numbers that a frame is found by: symbol, file, line, flags. */
const keySize = 4;
const inlinedFlag = 1;
const machineryFlag = 2;
/** In the place of lines that are no 32-bit integers. */
const oddLine = -(2 ** 31);

/** A copy of a string; a part of a larger string keeps all of it in memory. */
function standalone(text: string): string {
  const copy = Buffer.from(text, "utf8").toString("utf8");
  // What is no Unicode does not survive the way through bytes.
  return copy === text ? copy : text;
}

/** Interns symbols, files and frames, and numbers each kind from 0. Dumps of one input may share a pool. */
export class FramePool {
  readonly #own: boolean;
  readonly #symbols: GoSymbol[] = [];
  /** The flag of each symbol. */
  #machinery = new Uint8Array(64);
  readonly #symbolNumbers = new Map<string, number>();
  readonly #files: string[] = [];
  readonly #fileNumbers = new Map<string, number>();
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
    let number = this.#symbolNumbers.get(name);
    if (number === undefined) {
      const own = isOwn ? name : standalone(name);
      const symbol = parseSymbol(own);
      number = this.#symbols.push(symbol) - 1;
      this.#symbolNumbers.set(own, number);
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
    let number = this.#fileNumbers.get(name);
    if (number === undefined) {
      const own = isOwn ? name : standalone(name);
      number = this.#files.push(own) - 1;
      this.#fileNumbers.set(own, number);
    }
    return number;
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
    this.#frames.push({ symbol: this.#symbols[symbol]!, file: this.#files[file]!, line, inlined });
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
}
