import { UsageError } from "../errors.ts";

/** What the command line may know of the terminal and its environment. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether to colour a stream: `--no-color`, NO_COLOR, FORCE_COLOR, then whether it is a terminal. */
export function wantsColor(
  terminal: Terminal,
  stream: NodeJS.WriteStream,
  asked: boolean | undefined,
): boolean {
  if (asked !== undefined) return asked;
  const { NO_COLOR, FORCE_COLOR, TERM } = terminal.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return stream.isTTY === true && TERM !== "dumb";
}

/**
 * Writes and waits until the stream has taken it; a reader that went away (`| head`) is no error.
 * @throws UsageError when the disk is full and the like
 */
export async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") reject(outputError(error));
      else resolve();
    });
  });
}

/** What to say when a stream can't be written. */
export function outputError(cause: Error): UsageError {
  return new UsageError(`the output can't be written: ${cause.message}`, { cause });
}

/** The terminal of this process; a stream is opened when it is asked for. */
export function processTerminal(): Terminal {
  return process;
}
