import { expect } from "vitest";
import type { Dump } from "../../src/model/dump.ts";
import { readDumps } from "../../src/read/read-dumps.ts";

/** The dumps of a standard input that comes in these chunks; that it holds none fails the test. */
export async function readStdin(...chunks: readonly (string | Uint8Array)[]): Promise<Dump[]> {
  async function* stdin() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const { dumps, failures } = await readDumps(["-"], { threads: 1, stdin: stdin() });
  expect(failures).toEqual([]);
  return dumps;
}
