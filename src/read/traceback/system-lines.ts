import type { RecordSink } from "./record.ts";

/** What journald, rsyslog and Heroku write where a program writes faster than they allow. */
const lostLines =
  /Suppressed \d+ messages from \S+$|(?:imuxsock|imjournal)\b.{0,200}(?:lost \d+ messages|\d+ messages lost|begin to drop messages)|\bError L1\d \([^()]{1,100}\): \d+ messages dropped/;

export function tellsOfLostLines(line: string): boolean {
  return lostLines.test(line);
}

/** The line by which the system's log says that lines are lost. */
export class LostLines {
  /** It came, and nobody was told. */
  #lost: { readonly line: number; readonly text: string } | undefined;

  /** @returns whether the line says so */
  take(text: string, line: number): boolean {
    if (!tellsOfLostLines(text)) return false;
    this.#lost = { line, text };
    return true;
  }

  /** Tells of a line before a goroutine, unless so many lines stand between. */
  beforeGoroutine(line: number, tooFar: number, sink: RecordSink): void {
    if (this.#lost !== undefined) this.report(line - this.#lost.line < tooFar, sink);
  }

  /** @param near the line is not far from the dump */
  report(near: boolean, sink: RecordSink): void {
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost === undefined || !near) return;
    const message = "the system's log says that it has lost lines, perhaps of goroutines";
    sink.cut({ ...lost, message, lost: -1 });
  }
}

/** `rax    0xca`; some architectures have two on a line. */
const registerLine = /^[a-z]\w{0,6} {1,8}0x[0-9a-f]{1,16}(?:\s|$)/;

/** The registers of the thread that a signal has stopped: the runtime prints them behind the last goroutine. */
export class Registers {
  /** A signal's preamble came, and they are still to be printed. */
  due = false;

  line(text: string): void {
    if (this.due && registerLine.test(text)) this.due = false;
  }

  /** They can't come any more: without them, goroutines before them may be missing, too. @param dump goroutines came */
  miss(line: number, dump: boolean, sink: RecordSink): void {
    const { due } = this;
    this.due = false;
    if (!due || !dump) return;
    sink.cut({
      line,
      message:
        "the traceback ends before the registers that the runtime prints behind the last goroutine: goroutines may be missing, too",
      lost: -1,
    });
  }
}
