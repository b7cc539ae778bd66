import { addTo } from "../../add-to.ts";
import { findHeader } from "../logs/header.ts";
import { recordLine } from "../logs/record-line.ts";
import type { ByteSource } from "../reader.ts";
import { noteProblem, streamSource } from "../source.ts";
import { csvRecords, looksLikeCsv } from "./csv-records.ts";
import { inOrder } from "./in-order.ts";
import { isCutJson, jsonRecords, looksLikeRecords } from "./json-records.ts";
import { lineSuffix, withoutSuffix } from "./line-suffix.ts";
import { looksNewestFirst, newestFirstRecords } from "./newest-first.ts";
import type { Exported, LogRecord } from "./record.ts";
import { castText, looksLikeCast } from "./terminal-cast.ts";
import { looksLikeYaml } from "./yaml-documents.ts";

/** Exports are put in order in memory, where they take many times this; log stores hand out less. */
const maxExport = 1 << 26;
/** Objects and lists of JSON, each of which takes memory. */
const maxObjects = 4_000_000;
const batch = 1 << 16;

/** A source, or what a log store exported as lines: of each process its own, oldest first. */
export interface MaybeExported {
  readonly source: ByteSource;
  /** Set when it is an export: which line of it a line of the source comes from, where that is known. */
  readonly original?: (line: number) => number | undefined;
}

/**
 * Takes the records out of an answer or a table of a log store, and fields off that stand behind lines. What only begins like
 * one is handed back as it is.
 */
export async function exportedLog(source: ByteSource, head: Uint8Array): Promise<MaybeExported> {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString();
  const read = [...forms].find(([looksLike]) => looksLike(text))?.[1];
  if (read === undefined) {
    const suffix = lineSuffix(text);
    return { source: suffix === undefined ? source : withoutSuffix(source, suffix) };
  }
  const { chunks, rest } = await held(source);
  const fits = rest === undefined && objectsIn(chunks) <= maxObjects;
  const found = fits ? await read(Buffer.concat(chunks).toString(), source) : undefined;
  if (found !== undefined) return found;
  if (!fits) noteProblem(source, { message: tooLarge, lost: -1 });
  const { problems = [] } = source;
  return { source: { ...streamSource(source.name, again(chunks, rest)), problems } };
}

/** `undefined`: it only begins like this. */
type FormReader = (
  text: string,
  source: ByteSource,
) => MaybeExported | undefined | Promise<MaybeExported | undefined>;

/** What each form is known by, and how it is read. */
const forms: ReadonlyMap<(head: string) => boolean, FormReader> = new Map<
  (head: string) => boolean,
  FormReader
>([
  [looksLikeCsv, recordsBy(csvRecords)],
  [looksLikeCast, (text, source) => ofTerminal(source, text)],
  [looksLikeRecords, recordsBy(jsonRecords)],
  [looksNewestFirst, recordsBy(newestFirstRecords)],
  [looksLikeYaml, recordsBy(async (text) => (await import("./yaml-records.ts")).yamlRecords(text))],
]);

function recordsBy(
  parse: (text: string) => Exported | undefined | Promise<Exported | undefined>,
): FormReader {
  return async (text, source) => {
    const exported = await parse(text);
    if (exported === undefined && isCutJson(text)) noteProblem(source, { message: cutJson, lost: -1 });
    const shows = exported?.records.some((record) => findHeader(record.text) >= 0) ?? false;
    return exported !== undefined && shows ? ofRecords(source, exported) : undefined;
  };
}

const tooLarge =
  "the export of a log is too large to be put in order (64 MiB, 4,000,000 objects) and read line by line: " +
  "records may be missing or out of order";
const cutJson = "the JSON of the log ends too early: what was behind is missing";

/** The bytes of a source as far as they are held, and what comes behind them. */
async function held(
  source: ByteSource,
): Promise<{ readonly chunks: Buffer[]; readonly rest: AsyncIterator<Uint8Array> | undefined }> {
  const chunks: Buffer[] = [];
  const iterator = source.chunks()[Symbol.asyncIterator]();
  for (let length = 0; length <= maxExport; length += chunks.at(-1)!.length) {
    const next = await iterator.next();
    if (next.done === true) return { chunks, rest: undefined };
    chunks.push(Buffer.from(next.value));
  }
  return { chunks, rest: iterator };
}

function objectsIn(chunks: readonly Buffer[]): number {
  let count = 0;
  // Not by an iterator, which takes ten times as long.
  for (const chunk of chunks)
    for (let i = 0; i < chunk.length; i++) if (chunk[i] === 0x7b || chunk[i] === 0x5b) count++;
  return count;
}

async function* again(
  chunks: readonly Buffer[],
  rest: AsyncIterator<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  yield* chunks;
  if (rest !== undefined) yield* { [Symbol.asyncIterator]: () => rest };
}

function ofTerminal({ name, problems = [] }: ByteSource, recording: string): MaybeExported {
  const { text, damaged } = castText(recording);
  const source: ByteSource = {
    name,
    problems,
    async *chunks() {
      yield Buffer.from(text);
    },
  };
  const message = "a line of the recording can't be read: what the terminal showed is missing";
  if (damaged) noteProblem(source, { message, lost: -1 });
  return { source, original: () => undefined };
}

function ofRecords({ name, problems = [] }: ByteSource, { records, problem }: Exported): MaybeExported {
  const processes = new Map<string, LogRecord[]>();
  for (const record of records) {
    addTo(processes, record.stream, record);
  }
  const ordered = [...processes.values()].map(inOrder);
  const source: ByteSource = {
    name,
    problems,
    async *chunks() {
      let lines = "";
      for (const [process, its] of ordered.entries()) {
        for (const { text } of its) {
          lines += recordLine(process, text);
          if (lines.length < batch) continue;
          yield Buffer.from(lines);
          lines = "";
        }
      }
      if (lines !== "") yield Buffer.from(lines);
    },
  };
  if (problem !== undefined) noteProblem(source, { message: problem, lost: -1 });
  const numbers = ordered.flatMap((its) => its.map((record) => record.line));
  return { source, original: (line) => numbers[line - 1] };
}
