import { InputError } from "../../errors.ts";
import type { ByteSource } from "../reader.ts";
import type { ByteCursor } from "./byte-cursor.ts";

/**
 * Passes over what follows the last file of an archive: it holds no files, but shows whether the compression around
 * the archive is whole. Throws `InputError` when it is not.
 */
export async function endOfArchive(archive: ByteSource, cursor: ByteCursor): Promise<void> {
  await cursor.skip(Number.MAX_SAFE_INTEGER);
  const problem = archive.problems?.[0];
  if (problem !== undefined) {
    throw new InputError(`${archive.name}: behind the last file of the archive, ${problem.message}`, {
      hint: "Take or copy it again; the files before this place were read.",
    });
  }
}
