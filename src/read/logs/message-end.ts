/**
 * Follows the lines of one message of a log that holds a whole dump. Loggers and collectors cut long messages, and nothing
 * in the log may say so; but where other goroutines say who created them, the last one does, too.
 */
export class MessageEnd {
  #headers = 0;
  #lastId = "";
  #created = false;
  /** The line before is its header. */
  #atTop = false;
  /** Others in the message say it. */
  #creators = 0;

  line(text: string): void {
    const id = /^goroutine (\d{1,20}) (?:gp=|\[)/.exec(text)?.[1];
    if (id !== undefined) {
      this.#headers++;
      this.#lastId = id;
      this.#created = false;
      this.#atTop = true;
      return;
    }
    // A thread of C that has called Go has no more than this.
    if (this.#atTop && text.startsWith("runtime.goexit(")) this.#created = true;
    this.#atTop = false;
    if (text.startsWith("created by ")) {
      this.#created = true;
      this.#creators++;
    }
  }

  /** The message ends here: true when its last goroutine is not whole. */
  end(): boolean {
    // Nobody has created the main goroutine and those of threads.
    const mustSay = this.#headers > 1 && this.#creators > 0 && this.#lastId !== "0" && this.#lastId !== "1";
    const isCut = mustSay && !this.#created;
    this.#headers = 0;
    this.#creators = 0;
    return isCut;
  }
}

export const cutMessage =
  "a message of the log ends in the middle of a goroutine: the rest of the dump that is in it is missing";
