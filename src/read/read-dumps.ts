import { InputError, UsageError } from "../errors.ts";
import { type Dump, type FormatId, goroutinesByStack, type ReadProblem } from "../model/dump.ts";
import { StackPool } from "../model/stack-pool.ts";
import { binaryKindOf } from "./binary-kinds.ts";
import { Budget, defaultMaxDecompressedBytes } from "./containers/budget.ts";
import { isBlank, looksLike, noDumpError } from "./describe-input.ts";
import { dumpName } from "./dump-name.ts";
import { isTable } from "./exports/csv-records.ts";
import { lineSuffix } from "./exports/line-suffix.ts";
import type { UnwrappedLog } from "./log-lines.ts";
import { isWrapped } from "./logs/header.ts";
import type { LineMap } from "./logs/line-map.ts";
import { readAllFormats } from "./mixed-formats.ts";
import { FilesWithDumps, type PassedOver } from "./passed-over.ts";
import type { ByteSource, Reader, ReadOptions } from "./reader.ts";
import { readerOf, sniffReader } from "./readers.ts";
import { type ResolvedInput, resolveInput } from "./resolve-inputs.ts";
import { headOf, ReadOnceError, streamSource } from "./source.ts";
import { unpack } from "./unpack.ts";

export interface ReadDumpsOptions {
  /** A `FormatId`; by content when left out. */
  readonly inputFormat?: string;
  /** Worker threads that a reader may use, 1 for none. */
  readonly threads: number;
  /** Go version that the user gives, `go1.24`, where a dump does not say it. */
  readonly goVersion?: string;
  /** What the input `-` reads. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Called now and then while inputs are read, and with `undefined` when all are. */
  readonly onProgress?: (progress: ReadProgress | undefined) => void;
  /** Most bytes that compressed inputs may unpack to, each; `defaultMaxDecompressedBytes` when left out. */
  readonly maxDecompressedBytes?: number;
  /** Bytes of memory that a Zstandard frame may ask for; 128 MiB when left out. */
  readonly maxZstdWindow?: number;
  /** Most files taken from one directory, pattern or archive; 10,000 when left out. */
  readonly maxFiles?: number;
  /** What the dumps of several readings share. */
  readonly pool?: StackPool;
}

/** How far the reading of an input is. */
export interface ReadProgress {
  readonly name: string;
  /** Bytes read so far, unpacked. */
  readonly bytes: number;
  /** Bytes of the input, where that is known. */
  readonly size: number | undefined;
}

/** An input without a dump that can be used. */
export interface ReadFailure {
  readonly name: string;
  readonly error: UsageError | InputError;
}

export interface ReadResult {
  /** In the order of the inputs; within one input in its order. */
  readonly dumps: Dump[];
  readonly failures: ReadFailure[];
  /** Files of directories, globs and archives that are no dumps: to be said, not to fail on. */
  readonly skipped: PassedOver[];
}

/** What is known of all inputs until they are read. */
interface Collected extends ReadResult {
  readonly withDumps: FilesWithDumps;
}

/**
 * Reads all dumps of all inputs: paths, directories, globs, `-`. One that can't be read is a failure of its own
 * (`UsageError`: can't be opened, `InputError`: holds no dump) and does not stop the others.
 */
export async function readDumps(inputs: readonly string[], options: ReadDumpsOptions): Promise<ReadResult> {
  const result: Collected = { dumps: [], failures: [], skipped: [], withDumps: new FilesWithDumps() };
  const pool = options.pool ?? new StackPool();
  const forced = options.inputFormat === undefined ? undefined : await readerOf(options.inputFormat);
  for (const input of inputs) {
    const before = result.dumps.length + result.failures.length;
    await collect(input, result, async () => {
      for (const resolved of await resolveInput(input, options.stdin, options.maxFiles)) {
        await collect(resolved.source.name, result, () =>
          readInput(resolved, forced, { ...options, pool }, result),
        );
      }
    });
    if (result.dumps.length + result.failures.length === before) {
      const error = new InputError(`${input}: no file in it holds a goroutine dump`, {
        hint: "Check the path, or name the format with --input-format.",
      });
      result.failures.push({ name: input, error });
    }
  }
  options.onProgress?.(undefined);
  const { dumps, failures, skipped, withDumps } = result;
  const passedOver: PassedOver[] = [];
  for (const file of skipped) {
    const error = withDumps.errorOf(file);
    if (error === undefined) passedOver.push(file);
    else failures.push({ name: file.name, error });
  }
  return { dumps, failures, skipped: passedOver };
}

async function collect(name: string, result: Collected, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InputError)) throw error;
    result.failures.push({ name, error });
  }
}

async function readInput(
  { source, named }: ResolvedInput,
  forced: Reader | undefined,
  options: ReadDumpsOptions & { readonly pool: StackPool },
  result: Collected,
): Promise<void> {
  const budget = new Budget(
    options.maxDecompressedBytes ?? defaultMaxDecompressedBytes,
    options.maxZstdWindow,
    options.maxFiles,
  );
  for await (const content of unpack(source, budget)) {
    const name = content.name;
    await collect(name, result, () =>
      readContent(content, named && name === source.name, forced, options, result),
    );
  }
}

async function readContent(
  source: ByteSource,
  named: boolean,
  forced: Reader | undefined,
  options: ReadDumpsOptions & { readonly pool: StackPool },
  result: Collected,
): Promise<void> {
  const head = await headOf(source);
  let read = await readAs(await readerFor(source, head, forced), source, forced, options);
  if (read.mayBeLog) read = (await readAsLog(source, head, read.dumps, options)) ?? read;
  const { dumps, problems } = read;
  if (dumps.some(isDump)) {
    result.withDumps.add(source.name);
    result.dumps.push(...numbered(dumps).map((dump) => options.pool.share(dump)));
  } else if (problems.length > 0) {
    throw new InputError(`${source.name}: no goroutine dump can be read: ${problems[0]!.message}`);
  } else if (named) {
    throw noDumpError(source.name, head);
  } else {
    const passedOver = { name: source.name, reason: looksLike(head) };
    result.skipped.push(isBlank(head) ? { ...passedOver, blank: true } : passedOver);
  }
}

/** What came of an input. */
interface Read {
  readonly dumps: readonly Dump[];
  readonly problems: readonly ReadProblem[];
  /** It was not read as a log, and a log shows in it, with a dump that is told. */
  readonly mayBeLog: boolean;
}

async function readAs(
  { reader, content, log, skipped, original }: Reading,
  source: ByteSource,
  forced: Reader | undefined,
  options: ReadDumpsOptions,
): Promise<Read> {
  const { dumps, isQuoted } = await readAllFormats(
    reader,
    forced !== undefined,
    content,
    readOptions(source, options),
  );
  const problems = content.problems ?? [];
  if (log === undefined) return { dumps: withProblems(dumps, problems), problems, mayBeLog: isQuoted };
  const placed = withProblems(
    dumps.map((d) => onLinesOf(d, log.lines, skipped, original)),
    problems,
  );
  const others = await othersOf(log, forced, options, original);
  return { dumps: [...placed, ...others], problems, mayBeLog: false };
}

/** Reads an input once more, without the log in it; `undefined`: that shows no more stacks, or the bytes have passed by. */
async function readAsLog(
  source: ByteSource,
  head: Uint8Array,
  known: readonly Dump[],
  options: ReadDumpsOptions,
): Promise<Read | undefined> {
  try {
    const read = await readAs(await unwrapped(source, head, undefined), source, undefined, options);
    return stacksShown(read.dumps) > stacksShown(known) ? read : undefined;
  } catch (error) {
    if (error instanceof ReadOnceError) return undefined;
    throw error;
  }
}

/** How many goroutines have a stack. */
function stacksShown(dumps: readonly Dump[]): number {
  let shown = 0;
  for (const dump of dumps)
    goroutinesByStack(dump).forEach((count, i) => {
      if (dump.stacks[i]!.frames.length > 0) shown += count;
    });
  return shown;
}

/** The dumps of a log's other processes. */
async function othersOf(
  log: UnwrappedLog,
  forced: Reader | undefined,
  options: ReadDumpsOptions,
  original: LineOf,
): Promise<Dump[]> {
  const dumps: Dump[] = [];
  for (const other of log.others) {
    const reader = forced ?? (await sniffReader(await headOf(other)))?.reader;
    const read = await readAllFormats(reader, forced !== undefined, other, readOptions(other, options));
    const placed = read.dumps.filter(isDump).map((d) => onLinesOf(d, other.lines, 0, original));
    dumps.push(...withProblems(placed, other.problems));
  }
  return dumps;
}

/** Dumps of several formats and processes have been numbered each on its own. */
function numbered(dumps: readonly Dump[]): Dump[] {
  const name = dumps[0]!.name;
  return dumps.map((dump, index) => ({ ...dump, name: dumpName(name, index) }));
}

/** A leak profile that lists nobody is a dump too: nothing leaks. */
function isDump(dump: Dump): boolean {
  return dump.headersSeen > 0 || dump.events.length > 0 || dump.extra.profile === "goroutineleak";
}

/** How an input is to be read. */
interface Reading {
  /** `undefined`: it is no dump. */
  readonly reader: Reader | undefined;
  /** The source, without the log around it. */
  readonly content: ByteSource;
  /** Set when there is a log around it. */
  readonly log?: UnwrappedLog;
  /** Lines of the log, unwrapped, that stand before the content. */
  readonly skipped: number;
  readonly original: LineOf;
}

/** Which line of the input a line of the log comes from, where that is known. */
type LineOf = (line: number) => number | undefined;
const asItIs: LineOf = (line) => line;

/** Recognises the format; an input that shows none yet may come to its dump late, or have a log around it. */
async function readerFor(source: ByteSource, head: Uint8Array, forced: Reader | undefined): Promise<Reading> {
  // Not sought in: a program that links the runtime has all the texts by which dumps are known.
  if (forced === undefined && binaryKindOf(head) !== undefined)
    return { reader: undefined, content: source, skipped: 0, original: asItIs };
  const sniffed = await sniffReader(head);
  const certain = sniffed !== undefined && sniffed.sure >= (loggedFormats.has(sniffed.reader.id) ? 3 : 2);
  const reader = forced ?? (certain ? sniffed.reader : undefined);
  const wrapped =
    (reader === undefined || loggedFormats.has(reader.id)) &&
    (isWrapped(head) || isTable(head) || hasSuffix(head));
  if (!wrapped && reader !== undefined) return { reader, content: source, skipped: 0, original: asItIs };
  return unwrapped(source, head, forced);
}

/** @param reader that is named */
async function unwrapped(source: ByteSource, head: Uint8Array, reader: Reader | undefined): Promise<Reading> {
  const { exportedLog } = await import("./exports/exported-log.ts");
  const { source: logged, original = asItIs } = await exportedLog(source, head);
  const { unwrapLogLines } = await import("./log-lines.ts");
  const log = unwrapLogLines(logged);
  const { problems } = log;
  // Unwrapped once only: what its first bytes are made of may be more than what is kept of a pipe.
  const plain = (chunks: AsyncIterable<Uint8Array>) => ({ ...streamSource(source.name, chunks), problems });
  if (reader !== undefined) return { reader, content: plain(log.chunks()), log, skipped: 0, original };
  const { seekFormat } = await import("./seek-format.ts");
  const found = await seekFormat(log.chunks());
  if (found === undefined) return { reader: undefined, content: log, log, skipped: 0, original };
  if (!loggedFormats.has(found.reader.id)) log.leaveRest();
  return { reader: found.reader, content: plain(found.chunks()), log, skipped: found.skippedLines, original };
}

function hasSuffix(head: Uint8Array): boolean {
  return lineSuffix(Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString()) !== undefined;
}

/** Formats that programs write into their logs, and people into tickets and chats that are exported like logs. */
const loggedFormats: ReadonlySet<FormatId> = new Set<FormatId>([
  "go-traceback",
  "pprof-text",
  "delve-text",
  "gdb",
]);

/**
 * The dump with the lines of the original instead of those of the unwrapped text.
 * @param skipped lines of that text before the dump's first
 */
function onLinesOf(dump: Dump, lines: LineMap, skipped: number, original: LineOf): Dump {
  const placed = <T extends { readonly line?: number }>({ line, ...at }: T): T => {
    const found = line === undefined ? undefined : original(lines.original(line + skipped));
    return (found === undefined ? at : { ...at, line: found }) as T;
  };
  return { ...dump, problems: dump.problems.map(placed), events: dump.events.map(placed) };
}

/** The dumps, the last of which ends where the bytes went wrong. */
function withProblems(dumps: readonly Dump[], problems: readonly ReadProblem[]): Dump[] {
  const last = dumps.at(-1);
  if (last === undefined || problems.length === 0) return [...dumps];
  return [...dumps.slice(0, -1), { ...last, complete: false, problems: [...last.problems, ...problems] }];
}

function readOptions(source: ByteSource, options: ReadDumpsOptions): ReadOptions {
  const { onProgress } = options;
  return {
    threads: options.threads,
    ...(options.goVersion === undefined ? {} : { goVersion: options.goVersion }),
    ...(onProgress === undefined
      ? {}
      : { onProgress: (bytes) => onProgress({ name: source.name, bytes, size: source.file?.size }) }),
  };
}
