import type { DumpEvent } from "../../model/dump.ts";
import type { RecordSink } from "./record.ts";

/** Running tests that are named, at most. */
const maxTests = 100;

interface Begun {
  readonly kind: DumpEvent["kind"];
  text: string;
  readonly line: number;
  readonly continues: boolean;
}

/** What a preamble tells, whose further lines are still to come. */
export class OpenEvent {
  readonly #sink: RecordSink;
  #event: Begun | undefined;
  #tests: string[] = [];

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** @param continues it belongs to the dump that is being read */
  open(kind: DumpEvent["kind"], text: string, line: number, continues: boolean): void {
    this.#event = { kind, text, line, continues };
  }

  /** A signal's, unless none is open. */
  get signal(): { readonly continues: boolean } | undefined {
    return this.#event?.kind === "signal" ? this.#event : undefined;
  }

  /** A line below `WARNING: DATA RACE`, of which the first says what raced. */
  race(line: string): void {
    if (this.#event?.text === "DATA RACE") this.#event.text = `DATA RACE: ${line.replace(/:$/, "")}`;
  }

  /** Text of a panic: nested panics and running tests are kept, the rest is the message's own further lines. */
  panicText(line: string, number: number): void {
    const nested = /^\s{1,8}panic: (.*)$/.exec(line);
    if (nested !== null) {
      this.flush();
      this.open("panic", nested[1]!, number, true);
    } else if (this.#event?.kind === "test-timeout" && this.#tests.length < maxTests) {
      const test = /^\s{2,16}(\S.* \(\S+\))$/.exec(line);
      if (test !== null) this.#tests.push(test[1]!);
    }
  }

  /** All of it came. */
  flush(): void {
    const event = this.#event;
    if (event === undefined) return;
    this.#event = undefined;
    const text = this.#tests.length === 0 ? event.text : `${event.text}; running: ${this.#tests.join(", ")}`;
    this.#tests = [];
    this.#sink.event({ kind: event.kind, text, line: event.line }, event.continues);
  }
}
