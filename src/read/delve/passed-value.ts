import type { JsonWindow } from "./json-window.ts";

/** Finds the end of a value that is too large to be read, as its bytes go by. */
export class PassedValue {
  #open = 0;
  #inString = false;
  #escaped = false;

  /** Passes over what is here of the value; false when it goes on. */
  passIn(window: JsonWindow): boolean {
    const end = this.#endOf(window);
    window.pos = end < 0 ? window.end : end;
    return end >= 0;
  }

  /** Where the value ends, -1 when it goes on behind the window. */
  #endOf({ bytes, pos: from, end }: JsonWindow): number {
    for (let pos = from; pos < end; pos++) {
      const byte = bytes[pos]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === 0x5c) this.#escaped = true;
        else if (byte === 0x22) {
          this.#inString = false;
          if (this.#open === 0) return pos + 1;
        }
      } else if (byte === 0x22) this.#inString = true;
      else if (byte === 0x7b || byte === 0x5b) this.#open++;
      else if (byte === 0x7d || byte === 0x5d) {
        // Of what is around the value: a number has no end of its own.
        if (this.#open === 0) return pos;
        if (--this.#open === 0) return pos + 1;
      } else if (byte === 0x2c && this.#open === 0) return pos;
    }
    return -1;
  }
}
