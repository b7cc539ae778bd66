import { type FileHandle, open } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import type { ReadProblem } from "../model/dump.ts";
import type { ByteSource } from "./reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const chunkSize = 1 << 20;
/** What a stream that can be read only once keeps of its beginning, so that formats can be recognised. */
const keptOfStream = 4 << 20;

/** Bytes that passed by are asked for again. */
export class ReadOnceError extends Error {}

/** A plain file of `size` bytes. Throws `UsageError` from `chunks` when it can't be opened. */
export function fileSource(name: string, path: string, size: number): ByteSource {
  return { name, file: { path, size }, problems: [], chunks: () => fileChunks(name, path, size) };
}

/** Bytes in memory. */
export function bytesSource(name: string, bytes: Bytes): ByteSource {
  return {
    name,
    problems: [],
    async *chunks() {
      for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
    },
  };
}

/**
 * A pipe or socket, which passes by once. Its first megabytes are kept, so `chunks` may be called again
 * as long as no more than those were taken; later calls throw `ReadOnceError`.
 */
export function streamSource(name: string, stream: AsyncIterable<Uint8Array>): ByteSource {
  const kept: Bytes[] = [];
  let keptBytes = 0;
  let passed = false;
  let iterator: AsyncIterator<Uint8Array> | undefined;
  return {
    name,
    problems: [],
    async *chunks() {
      if (passed) throw new ReadOnceError(`${name} can be read only once`);
      iterator ??= stream[Symbol.asyncIterator]();
      for (let i = 0; ; i++) {
        if (i === kept.length) {
          const next = await iterator.next();
          if (next.done) return;
          const chunk = ownBytes(next.value);
          // One large chunk may come before anything else: it is kept, the next one is not.
          if (keptBytes > keptOfStream) {
            passed = true;
            kept.splice(i);
            yield chunk;
            break;
          }
          keptBytes += chunk.length;
          kept.push(chunk);
        }
        yield kept[i]!;
      }
      kept.length = 0;
      for (let next = await iterator.next(); !next.done; next = await iterator.next())
        yield ownBytes(next.value);
    },
  };
}

/** Notes what is wrong with the bytes of a source, once however often they are read. */
export function noteProblem(source: ByteSource, problem: ReadProblem): void {
  const known = source.problems?.some((p) => p.message === problem.message) ?? true;
  if (!known) source.problems?.push(problem);
}

/** Bytes by which a format is recognised. */
export const headSize = 65_536;

/** A copy of the first `limit` bytes. */
export async function headOf(source: ByteSource, limit: number = headSize): Promise<Bytes> {
  const head = new Uint8Array(limit);
  let length = 0;
  for await (const chunk of source.chunks()) {
    const part = chunk.subarray(0, limit - length);
    head.set(part, length);
    length += part.length;
    if (length === limit) break;
  }
  return head.subarray(0, length);
}

/**
 * Reads ahead by one chunk, so that the disk works while the reader does.
 * @param expected bytes of the file; thousands of small ones must not cost a large buffer each
 */
async function* fileChunks(name: string, path: string, expected: number): AsyncGenerator<Bytes> {
  const file = await openFile(name, path);
  let pending: ReturnType<FileHandle["read"]> | undefined;
  try {
    const size = Math.min(chunkSize, Math.max(expected + 1, 4096));
    const buffers = [new Uint8Array(size), new Uint8Array(size)] as const;
    pending = file.read(buffers[0], 0, size, null);
    for (let turn = 0; ; turn ^= 1) {
      const { bytesRead } = await pending;
      pending = undefined;
      if (bytesRead === 0) return;
      pending = file.read(buffers[turn === 0 ? 1 : 0], 0, size, null);
      yield buffers[turn === 0 ? 0 : 1].subarray(0, bytesRead);
    }
  } finally {
    await pending?.catch(() => undefined);
    await file.close();
  }
}

async function openFile(name: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw openError(name, cause);
  }
}

/** Words an error of the file system. */
export function openError(name: string, cause: unknown): UsageError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UsageError(`${name}: no such file or directory`, { hint: "Check the path.", cause });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new UsageError(`${name}: permission denied`, { hint: "Make the file readable for you.", cause });
  }
  return new UsageError(`${name}: cannot be opened (${code ?? String(cause)})`, { cause });
}

function ownBytes(chunk: Uint8Array): Bytes {
  return new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength);
}
