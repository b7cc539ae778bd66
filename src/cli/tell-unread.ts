import { passedOverNote } from "../read/passed-over.ts";
import type { ReadResult } from "../read/read-dumps.ts";
import { visible } from "../report/escape.ts";
import { errorText } from "./print-error.ts";
import { type Terminal, write } from "./terminal.ts";

/** Says which inputs could not be read, and which files were passed over, where no report does. */
export async function tellUnread({ failures, skipped }: ReadResult, terminal: Terminal): Promise<void> {
  for (const { error } of failures) await write(terminal.stderr, errorText(error));
  const note = passedOverNote(skipped);
  if (note !== undefined) await write(terminal.stderr, `deadlock-lint: ${visible(note)}\n`);
}
