import type { ReadProgress } from "../read/read-dumps.ts";
import { visible } from "../report/escape.ts";
import type { Terminal } from "./terminal.ts";

/** Reading that is over sooner shows nothing. */
const firstAfter = 500;
const interval = 150;
const clearLine = "\r\u001b[K";

/**
 * Shows on a terminal's standard error how far a long reading is; nothing when that is no terminal.
 * @returns what `ReadDumpsOptions.onProgress` is; `undefined` without a terminal
 */
export function progressOn(
  { stderr, env }: Terminal,
  now: () => number = Date.now,
): ((progress: ReadProgress | undefined) => void) | undefined {
  if (stderr.isTTY !== true || env.TERM === "dumb") return undefined;
  let next = now() + firstAfter;
  let shown = false;
  return (progress) => {
    if (progress === undefined) {
      if (shown) stderr.write(clearLine);
      shown = false;
      next = now() + firstAfter;
      return;
    }
    if (now() < next) return;
    next = now() + interval;
    shown = true;
    stderr.write(clearLine + lineOf(progress, (stderr.columns || 80) - 1));
  };
}

function lineOf({ name, bytes, size }: ReadProgress, columns: number): string {
  const of =
    size === undefined || size === 0
      ? megabytes(bytes)
      : `${megabytes(bytes)} of ${megabytes(size)}, ${Math.floor((100 * Math.min(bytes, size)) / size)} %`;
  const room = Math.max(10, columns - of.length - "reading : ".length);
  const shown = visible(name);
  return `reading ${shown.length > room ? `…${shown.slice(1 - room)}` : shown}: ${of}`.slice(0, columns);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
