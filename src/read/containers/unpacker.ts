import type { ByteSource } from "../reader.ts";
import { noteProblem } from "../source.ts";
import type { Budget } from "./budget.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Undoes one kind of compression, a piece at a time. */
export interface Unpacker {
  /** Takes packed bytes; `undefined` says that they are the last. @returns an error when they are damaged or cut */
  push(packed: Uint8Array | undefined): Promise<Error | undefined>;
  /** What was unpacked since the last call. */
  take(): Bytes[];
  close(): void;
}

/** Small, so that even a bomb gives no more than megabytes at once. */
const pieceSize = 1 << 14;

/**
 * The unpacked content of a source. Damage and cuts end it early and are noted as problems of the source.
 * @param what `gzip`, for messages
 */
export function unpackedSource(
  packed: ByteSource,
  what: string,
  makeUnpacker: () => Promise<Unpacker>,
  budget: Budget,
): ByteSource {
  const source: ByteSource = {
    name: packed.name,
    problems: packed.problems ?? [],
    async *chunks() {
      const unpacker = await makeUnpacker();
      try {
        for await (const piece of pieces(packed.chunks())) {
          const error = await unpacker.push(piece);
          for (const bytes of unpacker.take()) {
            const granted = budget.take(bytes.length);
            if (granted > 0) yield bytes.subarray(0, granted);
            if (granted < bytes.length) {
              noteProblem(source, budget.problem());
              return;
            }
          }
          if (error !== undefined) {
            const state =
              error instanceof RangeError ? "not unpacked" : piece === undefined ? "cut" : "damaged";
            noteProblem(source, { message: `the ${what} data is ${state} (${error.message})`, lost: -1 });
            return;
          }
        }
      } finally {
        unpacker.close();
      }
    },
  };
  return source;
}

async function* pieces(chunks: AsyncIterable<Bytes>): AsyncGenerator<Bytes | undefined> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += pieceSize) yield chunk.subarray(at, at + pieceSize);
  }
  yield undefined;
}
