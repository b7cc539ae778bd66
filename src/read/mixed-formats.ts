import type { Dump, FormatId, ReadProblem } from "../model/dump.ts";
import { isGzippedOther } from "./gzipped-inside.ts";
import type { OtherDump } from "./other-formats.ts";
import type { ByteSource, Reader, ReadOptions } from "./reader.ts";
import { readerOf } from "./readers.ts";
import { ReadOnceError } from "./source.ts";

export interface ReadFormats {
  readonly dumps: readonly Dump[];
  /** One stands in a field of a log or a list of texts, and is told: the log may be taken off. */
  readonly isQuoted: boolean;
}

/** Formats that are read wherever they stand in a text. */
const inText: ReadonlySet<FormatId> = new Set<FormatId>(["go-traceback", "pprof-text", "delve-text", "gdb"]);

/**
 * Reads all dumps of an input, those of other formats than the reader's, too: of each format one after the other, those
 * that begin before the reader's first. What can't be read a second time is told.
 * @param isNamed the user named the format, and wants no other
 */
export async function readAllFormats(
  reader: Reader | undefined,
  isNamed: boolean,
  source: ByteSource,
  options: ReadOptions,
): Promise<ReadFormats> {
  if (reader === undefined) return { dumps: [], isQuoted: false };
  if (isNamed) return { dumps: await reader.read(source, options), isQuoted: false };
  const others: OtherDump[] = [];
  const own = await reader.read(source, { ...options, onOther: (other) => others.push(other) });
  return { dumps: await withOthers(own, others, source, options), isQuoted: others.some((o) => o.isQuoted) };
}

async function withOthers(
  own: readonly Dump[],
  others: readonly OtherDump[],
  source: ByteSource,
  options: ReadOptions,
): Promise<readonly Dump[]> {
  if (others.length === 0) return own;
  const before: Dump[] = [];
  const behind: Dump[] = [];
  const problems: ReadProblem[] = [];
  for (const other of others) {
    if (other.format === "pprof-proto" && (await isGzippedOther(source))) continue;
    const dumps = other.isQuoted ? undefined : await readOther(other.format, source, options);
    if (dumps !== undefined) (other.isFirst ? before : behind).push(...dumps);
    else {
      const { title } = await readerOf(other.format);
      const message = `another dump begins here (${title}), which is not read with this one: save it as a file of its own`;
      problems.push({ line: other.line, message, lost: -1 });
    }
  }
  const all = [...before, ...own, ...behind];
  const last = all.at(-1);
  if (problems.length === 0 || last === undefined) return all;
  return [...all.slice(0, -1), { ...last, complete: false, problems: [...last.problems, ...problems] }];
}

/** `undefined`: the bytes have passed by, or hold the format in a way in which it can't be read out of them. */
async function readOther(
  format: FormatId,
  source: ByteSource,
  options: ReadOptions,
): Promise<readonly Dump[] | undefined> {
  if (!inText.has(format)) return undefined;
  try {
    const dumps = await (await readerOf(format)).read(source, options);
    return dumps.some(({ headersSeen }) => headersSeen > 0) ? dumps : undefined;
  } catch (error) {
    if (error instanceof ReadOnceError) return undefined;
    throw error;
  }
}
