import { holdsTraceback } from "../quoted-traceback.ts";
import { ForeignRecords } from "./foreign-records.ts";
import type { JsonHandler } from "./json-handler.ts";
import { isSpace, type JsonValue } from "./json-value.ts";
import type { JsonWindow } from "./json-window.ts";

/** Up to the next bracket. */
const beginsDump =
  /(?:^|\n)[ \t*]*(?:(?:- )?goroutine (?:\d{1,15} (?:gp=[^[\n]{1,100} )?$|profile: total \d)|Goroutine \d{1,15} - \w|\d{1,15} (?:waiting|running|syscall) {2}\S|#0 {2}\S)/;
/** So many characters before a bracket are looked at with those behind it: a header, and the call below. */
const kept = 700;
const otherDump =
  "another dump begins here (goroutines as text), which is not read with this one: save it as a file of its own";
const noBeginning = "more brackets close than open: the beginning is missing";

/**
 * What is around Delve's JSON in an input: a prompt, a log's lines, themselves JSON or not. Brackets that are left over after
 * something broken are none.
 */
export class SurroundingText {
  /** Brackets may be left over: something was broken, or that was said. */
  leftOver = false;
  /** It was said that there is some, and no JSON has come since. */
  #isTold = false;
  #isDumpTold = false;
  /** What was passed last, up to a bracket, and the offset of that. */
  #before = "";
  #passedTo = -1;
  readonly #records = new ForeignRecords();

  /** Passes over it up to what may be JSON again; the first byte is known to be some. */
  pass(window: JsonWindow, handler: JsonHandler): void {
    const { bytes, end, base } = window;
    const first = window.pos;
    let pos = first;
    for (; pos < end; pos++) {
      const byte = bytes[pos]!;
      if (pos > first && (byte === 0x7b || byte === 0x5b)) break;
      const closes = byte === 0x5d || byte === 0x7d;
      if (closes && !this.#isTold && !this.leftOver) {
        this.leftOver = true;
        handler.broken(base + pos, undefined, noBeginning, -1);
      }
      if (this.#isTold || closes || isSpace(byte)) continue;
      this.#isTold = true;
      handler.broken(base + pos, undefined, "text that is not JSON was passed over", 0);
    }
    if (!this.#isDumpTold && pos > first && this.#showsDump(window, first, pos))
      this.#tellDump(base + first, handler);
    window.pos = pos;
  }

  /** Quoted as a field of a log, too: brackets part its headers. */
  #showsDump(window: JsonWindow, from: number, to: number): boolean {
    const { base } = window;
    const goesOn = this.#passedTo === base + from;
    this.#passedTo = base + to;
    const text = window.text(Math.max(from, to - 200), to);
    this.#before = ((goesOn ? this.#before : "") + text).slice(-kept);
    return beginsDump.test(window.text(from, to)) || holdsTraceback(this.#before);
  }

  /** Looks at an object, or an element of a list, that may be none of Delve's. */
  look(value: JsonValue, offset: number, handler: JsonHandler): void {
    if (!this.#isDumpTold && this.#records.take(value)) this.#tellDump(offset, handler);
  }

  #tellDump(offset: number, handler: JsonHandler): void {
    this.#isDumpTold = true;
    handler.broken(offset, undefined, otherDump, -1);
  }

  /** JSON begins. */
  ends(): void {
    this.#isTold = false;
  }
}
