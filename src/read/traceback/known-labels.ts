import type { Header } from "./header.ts";

/** A dump that numbers its sets of labels. */
export interface LabelledDump {
  readonly builder: { labels(set: Header["labels"]): number };
}

/** Labels by the numbers that a scanner gave them, and what they are in the dump that was asked for last. */
export class KnownLabels {
  readonly #sets: Header["labels"][] = [];
  #dump: LabelledDump | undefined;
  /** Index of each in that dump; `undefined` before the first goroutine that has it. */
  #indexes: (number | undefined)[] = [];

  add(set: Header["labels"]): void {
    this.#sets.push(set);
  }

  /** Index of labels in a dump, which has them from then on. */
  indexIn(dump: LabelledDump, number: number): number {
    if (this.#dump !== dump) {
      this.#dump = dump;
      this.#indexes = [];
    }
    this.#indexes[number] ??= dump.builder.labels(this.#sets[number]!);
    return this.#indexes[number];
  }
}
