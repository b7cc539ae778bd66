import { InputError } from "../../errors.ts";
import type { ByteSource } from "../reader.ts";

/** At the end of an archive: throws `InputError` when the compression around it is not whole. */
export function endOfArchive(archive: ByteSource): void {
  const problem = archive.problems?.[0];
  if (problem !== undefined) {
    throw new InputError(`${archive.name}: behind the last file of the archive, ${problem.message}`, {
      hint: "Take or copy it again; the files before this place were read.",
    });
  }
}

/** What to say when an archive ends, and what follows is no other. */
export function moreBehind(archive: ByteSource, kind: "tar" | "zip"): InputError {
  return new InputError(`${archive.name}: what is behind the end of the ${kind} archive is not read`, {
    hint: "Was something else written to the same file? The files of the archive were read.",
  });
}
