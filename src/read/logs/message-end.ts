/**
 * Follows the lines of one message of a log that holds a whole dump. Loggers and collectors cut long messages, and nothing
 * in the log may say so; but the goroutines that a dump ends with say who created them.
 */
export class MessageEnd {
  #headers = 0;
  #lastId = "";
  #created = false;

  line(text: string): void {
    const id = /^goroutine (\d{1,20}) (?:gp=|\[)/.exec(text)?.[1];
    if (id !== undefined) {
      this.#headers++;
      this.#lastId = id;
      this.#created = false;
    } else if (text.startsWith("created by ")) this.#created = true;
  }

  /** The message ends here: true when its last goroutine is not whole. */
  end(): boolean {
    // Nobody has created the main goroutine and those of threads.
    const isCut = this.#headers > 1 && !this.#created && this.#lastId !== "0" && this.#lastId !== "1";
    this.#headers = 0;
    return isCut;
  }
}

export const cutMessage =
  "a message of the log ends in the middle of a goroutine: the rest of the dump that is in it is missing";
