import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.ts";

/**
 * A file that gets its name only when it is whole. Until then its bytes lie beside it under a name that starts with
 * a dot and ends with `.partial`, which `discard` and any failure remove.
 */
export class DumpFile {
  readonly path: string;
  readonly #partial: string;
  readonly #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();
  bytes = 0;

  private constructor(path: string, partial: string, handle: FileHandle) {
    this.path = path;
    this.#partial = partial;
    this.#handle = handle;
  }

  /**
   * Begins a file.
   * @throws UsageError when the directory can't be made or written to
   */
  static async create(directory: string, name: string): Promise<DumpFile> {
    const partial = join(directory, `.${name}.${randomBytes(4).toString("hex")}.partial`);
    try {
      await makeDirectory(directory);
      const handle = await open(partial, "wx");
      return new DumpFile(join(directory, name), partial, handle);
    } catch (cause) {
      throw writeError(cause, directory);
    }
  }

  /** Appends. Calls may overlap; their chunks come one after the other. */
  write(chunk: Uint8Array | string): Promise<void> {
    this.#last = this.#last.then(() => this.#append(chunk));
    return this.#last;
  }

  async #append(chunk: Uint8Array | string): Promise<void> {
    try {
      let rest = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
      while (rest.length > 0) {
        const { bytesWritten } = await this.#handle.write(rest);
        this.bytes += bytesWritten;
        rest = rest.subarray(bytesWritten);
      }
    } catch (cause) {
      await this.discard();
      throw writeError(cause, this.path);
    }
  }

  /** Gives the file its name. Content reaches the disk first, so that a crash leaves the whole file or none. */
  async finish(): Promise<string> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      if (await exists(this.path)) throw Object.assign(new Error("file exists"), { code: "EEXIST" });
      await rename(this.#partial, this.path);
      return this.path;
    } catch (cause) {
      await this.discard();
      throw writeError(cause, this.path);
    }
  }

  /** Removes what was written; does nothing after `finish`. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#partial, { force: true }).catch(() => undefined);
  }
}

/**
 * Makes a directory for files that nobody keeps.
 * @throws UsageError when the place for temporary files can't be written to
 */
export async function temporaryDirectory(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "deadlock-lint-"));
  } catch (cause) {
    throw writeError(
      cause,
      `temporary files in ${tmpdir()}`,
      "Set TMPDIR to a directory that you may write to.",
    );
  }
}

/** Makes a directory and its parents. Node's own `recursive` never returns where none can be made, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  const make = () =>
    mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  try {
    await make();
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    await makeDirectory(parent);
    await make();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ["the disk is full", "Free some space, or choose another directory with --output."],
  EDQUOT: ["the disk quota is used up", "Free some space, or choose another directory with --output."],
  EFBIG: [
    "the file grew over the limit on file sizes",
    "Raise the limit (ulimit -f), or collect less with --debug 1.",
  ],
  EACCES: ["permission denied", "Choose a directory that you may write to with --output."],
  EPERM: ["permission denied", "Choose a directory that you may write to with --output."],
  EROFS: ["the file system is read-only", "Choose a directory that you may write to with --output."],
  ENOENT: ["no directory can be made there", "Choose another directory with --output."],
  ENOTDIR: ["part of the path is a file", "Choose a directory with --output."],
  EEXIST: ["a file of this name is there already", "Choose another directory with --output."],
  EIO: ["the disk reports an error", "Choose another directory with --output."],
};

/**
 * What the system said of a path that we write to, in words.
 * @param otherwise what to do, where it is not the usual
 */
export function writeError(cause: unknown, path: string, otherwise?: string): UsageError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
  const [reason, hint] = reasons[code] ?? [cause instanceof Error ? cause.message : String(cause), undefined];
  const advice = otherwise ?? hint;
  return new UsageError(`cannot write ${path}: ${reason}`, {
    ...(advice === undefined ? {} : { hint: advice }),
    cause,
  });
}
