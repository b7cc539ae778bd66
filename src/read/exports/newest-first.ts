import { timestamp } from "../logs/line-prefix.ts";
import { isLatestFirst } from "./in-order.ts";
import { type JsonDocument, outside, recordsOf } from "./json-records.ts";
import { isObject, type Json } from "./json-value.ts";
import type { Exported, LogRecord } from "./record.ts";

/**
 * True for lines of which the newest comes first, as `logcli` and Splunk write them: records in JSON, or lines that begin
 * with their time. All others are read as they come, whatever their length.
 */
export function looksNewestFirst(head: string): boolean {
  const read = readLines(head.slice(0, head.lastIndexOf("\n") + 1));
  return read !== undefined && read.lost === undefined && isLatestFirst(read.records);
}

/** The records of such lines; `undefined`: they only begin so. */
export function newestFirstRecords(text: string): Exported | undefined {
  const read = readLines(text);
  if (read === undefined) return undefined;
  const { records, lost, others } = read;
  if (lost !== undefined)
    return { records, problem: `line ${lost} of the log may be cut, and older lines missing` };
  return others.length > 0 ? { records, problem: outside } : { records };
}

interface Line {
  readonly text: string;
  readonly line: number;
}

interface ReadLines {
  readonly records: readonly LogRecord[];
  readonly others: readonly string[];
  /** The first line that can't be read. */
  readonly lost: number | undefined;
}

function readLines(text: string): ReadLines | undefined {
  if (!/^\ufeff?[{\d]/.test(text)) return undefined;
  const lines = text
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line, index): Line => ({ text: line.replace(/\r$/, ""), line: index + 1 }))
    .filter((line) => line.text.trim() !== "");
  if (lines.length < 2) return undefined;
  if (lines[0]!.text.startsWith("{")) return jsonLines(lines);
  const read = stampedLines(lines);
  return read === undefined || text.endsWith("\n") ? read : { ...read, lost: lines.at(-1)!.line };
}

function jsonLines(lines: readonly Line[]): ReadLines {
  const documents: JsonDocument[] = [];
  let lost: number | undefined;
  for (const { text, line } of lines) {
    const value = parsed(text);
    if (value === undefined) lost ??= line;
    else documents.push({ value, line });
  }
  return { ...recordsOf(documents), lost };
}

function parsed(line: string): Json | undefined {
  try {
    const value = JSON.parse(line) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const stamped = new RegExp(`^${timestamp.source}(?=\\s|$)`);

function stampedLines(lines: readonly Line[]): ReadLines | undefined {
  const records: LogRecord[] = [];
  for (const { text, line } of lines) {
    const time = stamped.exec(text)?.[0];
    if (time !== undefined) records.push({ text, time, stream: "", line });
    // The last may be cut within its time.
    else return line === lines.at(-1)!.line ? { records, others: [], lost: line } : undefined;
  }
  return { records, others: [], lost: undefined };
}
