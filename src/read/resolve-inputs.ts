import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { UsageError } from "../errors.ts";
import { defaultMaxFiles, maxFilesHint } from "./containers/budget.ts";
import type { ByteSource } from "./reader.ts";
import { fileSource, openError, streamSource } from "./source.ts";

/** A source that an input stands for. */
export interface ResolvedInput {
  readonly source: ByteSource;
  /** Named by the user; false for what a directory or a glob brought along, which may be no dump at all. */
  readonly named: boolean;
}

/**
 * What a path, directory, glob or `-` stands for, in stable order.
 * @param maxFiles files that a directory or a glob may bring
 * Throws `UsageError` when there is no such thing.
 */
export async function resolveInput(
  input: string,
  stdin: AsyncIterable<Uint8Array> | undefined,
  maxFiles: number = defaultMaxFiles,
): Promise<ResolvedInput[]> {
  if (input === "-") {
    if (stdin === undefined) throw new UsageError("-: there is no standard input to read");
    return [{ source: streamSource("stdin", stdin), named: true }];
  }
  const info = await stat(input).catch((cause: NodeJS.ErrnoException) => cause);
  if (info instanceof Error) {
    if (info.code === "ENOENT" && isGlob(input)) return globbed(input, maxFiles);
    throw openError(input, info);
  }
  if (info.isDirectory()) return inDirectory(input, maxFiles);
  if (info.isFile()) return [{ source: fileSource(input, input, info.size), named: true }];
  return [{ source: streamSource(input, createReadStream(input)), named: true }];
}

function isGlob(input: string): boolean {
  return /[*?[{]/.test(input);
}

async function globbed(pattern: string, maxFiles: number): Promise<ResolvedInput[]> {
  const { glob } = await import("tinyglobby");
  const paths = await glob(pattern, { absolute: isAbsolute(pattern), expandDirectories: false });
  if (paths.length === 0) throw new UsageError(`${pattern}: no file matches`, { hint: "Check the pattern." });
  return filesOf(paths, maxFiles);
}

async function inDirectory(directory: string, maxFiles: number): Promise<ResolvedInput[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw openError(directory, cause);
    },
  );
  const paths = entries
    .filter((entry) => !entry.isDirectory() && !/(?:^|[/\\])\./.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[/\\](?:\.[^/\\.][^/\\]*|node_modules)[/\\]/.test(path.slice(directory.length)));
  if (paths.length === 0) {
    throw new UsageError(`${directory}: the directory has no files`, { hint: "Check the path." });
  }
  return filesOf(paths, maxFiles);
}

async function filesOf(paths: readonly string[], maxFiles: number): Promise<ResolvedInput[]> {
  if (paths.length > maxFiles) {
    throw new UsageError(
      `${paths.length} files are more than the ${maxFiles} that one directory or pattern may bring`,
      { hint: maxFilesHint },
    );
  }
  const inputs: ResolvedInput[] = [];
  for (const path of [...paths].sort()) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile()) inputs.push({ source: fileSource(path, path, info.size), named: false });
  }
  return inputs;
}
