import { mixed } from "./hash.ts";
import { IndexTable } from "./index-table.ts";

/** Numbers distinct strings from 0, and finds them by their bytes too: one that is known is not made again. */
export class Strings {
  readonly #strings: string[] = [];
  readonly #table = new IndexTable();

  /** Number of a string. @param isOwn it is no part of a larger one */
  number(text: string, isOwn: boolean): number {
    let hash = text.length;
    for (let i = 0; i < text.length; i++) hash = mixed(hash, text.charCodeAt(i));
    const table = this.#table;
    let slot = table.first(hash);
    for (let number = table.at(slot); number >= 0; number = table.at(slot)) {
      if (table.hashAt(slot) === hash && this.#strings[number] === text) return number;
      slot = table.next(slot);
    }
    this.#strings.push(isOwn ? text : standalone(text));
    return table.add(slot, hash);
  }

  /** Number of the string that bytes are in ASCII, as `number` has it. */
  numberOf(bytes: Buffer, from: number, to: number): number {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = mixed(hash, bytes[i]!);
    const table = this.#table;
    let slot = table.first(hash);
    for (let number = table.at(slot); number >= 0; number = table.at(slot)) {
      if (table.hashAt(slot) === hash && isText(this.#strings[number]!, bytes, from, to)) return number;
      slot = table.next(slot);
    }
    this.#strings.push(bytes.toString("latin1", from, to));
    return table.add(slot, hash);
  }

  at(number: number): string {
    return this.#strings[number]!;
  }
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

/** A copy of a string; a part of a larger string keeps all of it in memory. */
function standalone(text: string): string {
  const copy = Buffer.from(text, "utf8").toString("utf8");
  // What is no Unicode does not survive the way through bytes.
  return copy === text ? copy : text;
}
