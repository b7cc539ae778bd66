import { goroutineCount } from "../../../src/model/dump.ts";
import { type ReadResult, readDumps } from "../../../src/read/read-dumps.ts";
import { once } from "./kinds.ts";

/** What a reading says, as far as the mutations ask. */
export interface Said {
  /** Goroutines that were seen: read, repeated or reported as lost. */
  readonly seen: number;
  /** Something is said to be missing: the run exits with 3. */
  readonly noticed: boolean;
  readonly messages: readonly string[];
}

/** Reads damaged bytes as `deadlock-lint dump -` does, and checks what holds of every reading. Throws where it does not. */
export async function reading(bytes: Uint8Array): Promise<Said> {
  const result = await readDumps(["-"], { threads: 1, stdin: once(bytes) });
  if (result.dumps.length + result.failures.length === 0) throw new Error("neither a dump nor a failure");
  let seen = 0;
  for (const dump of result.dumps) {
    const lost = dump.problems.reduce((sum, p) => sum + Math.max(p.lost, 0), 0);
    const read = goroutineCount(dump);
    if (dump.headersSeen !== read + dump.repeated + lost)
      throw new Error(`${dump.headersSeen} seen, but ${read} read, ${dump.repeated} repeated, ${lost} lost`);
    if (lost > 0 && dump.complete) throw new Error("goroutines are lost, but the dump is complete");
    const { goroutines, stacks, labelSets } = dump;
    for (let row = 0; row < goroutines.length; row++) {
      if (stacks[goroutines.stack[row]!] === undefined || labelSets[goroutines.labels[row]!] === undefined)
        throw new Error(`row ${row} has no stack or labels`);
    }
    seen += dump.headersSeen;
  }
  // The command refuses input without goroutines.
  return { seen, noticed: seen === 0 || wasNoticed(result), messages: messagesOf(result) };
}

function wasNoticed({ dumps, failures }: ReadResult): boolean {
  return failures.length > 0 || dumps.some((dump) => !dump.complete);
}

function messagesOf({ dumps, failures }: ReadResult): string[] {
  return [...failures.map((f) => f.error.message), ...dumps.flatMap((d) => d.problems.map((p) => p.message))];
}
