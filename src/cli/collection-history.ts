import type { InstanceResult } from "../collect/snapshots.ts";
import { InputError } from "../errors.ts";
import type { ReadFailure } from "../read/read-dumps.ts";
import { plural } from "../words.ts";
import { instanceLines } from "./collect.ts";

/** What became of each instance over all snapshots: thousands of them must not give thousands of lines. */
export class CollectionHistory {
  readonly #instances = new Map<string, InstanceResult[]>();

  add(result: InstanceResult): void {
    const list = this.#instances.get(result.instance) ?? [];
    this.#instances.set(result.instance, list);
    list.push(result);
  }

  /** Why instances gave no dump: each reason once, with the number of snapshots. */
  failures(): ReadFailure[] {
    return [...this.#instances].flatMap(([name, results]) => {
      const counts = new Map<string, number>();
      const first = new Map<string, InputError>();
      for (const { failure } of results) {
        if (failure === undefined) continue;
        counts.set(failure.message, (counts.get(failure.message) ?? 0) + 1);
        if (!first.has(failure.message)) first.set(failure.message, failure);
      }
      return [...first].map(([message, error]) => {
        const times =
          results.length === 1 ? "" : ` (in ${counts.get(message)} of ${results.length} snapshots)`;
        const { hint } = error;
        return { name, error: new InputError(message + times, hint === undefined ? {} : { hint }) };
      });
    });
  }

  /** How long each instance took, and what it did not give. */
  notes(): string[] {
    return [...this.#instances].flatMap(([name, results]) => {
      const taken = results.filter((r) => r.failure === undefined);
      const remarks = new Set(results.flatMap((r) => r.notes.map((note) => `${name}: ${note}`)));
      if (taken.length === 0) return [...remarks];
      return [taken.length === 1 ? instanceLines(taken[0]!)[0]! : summaryOf(name, taken), ...remarks];
    });
  }
}

function summaryOf(name: string, taken: readonly InstanceResult[]): string {
  const bytes = taken.reduce((sum, r) => sum + r.dumps.reduce((n, d) => n + d.bytes, 0), 0);
  const slowest = new Map<string, number>();
  for (const { profile, answerMs } of taken.flatMap((r) => r.requests))
    slowest.set(profile, Math.max(answerMs, slowest.get(profile) ?? 0));
  const answers = [...slowest].map(([profile, ms]) => `${profile} ${ms} ms`);
  const halted = Math.max(...taken.map((r) => r.delve?.haltedMs ?? 0));
  const parts = [
    `${plural(taken.length, "snapshot")}, ${bytes} bytes`,
    ...(answers.length === 0 ? [] : [`the server's own time, at most: ${answers.join(", ")}`]),
    ...(halted === 0 ? [] : [`process halted for at most ${halted} ms at a time`]),
  ];
  return `${name}: ${parts.join("; ")}`;
}
