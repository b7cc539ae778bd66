import { findHeader } from "../logs/header.ts";
import { type Exported, type LogRecord, namesStream, textRank, timeRank } from "./record.ts";

const longestHead = 10_000;
const separators = [",", ";", "\t"] as const;

/**
 * True when the first line names columns of which one holds the text of log lines: exports of Datadog, Kibana,
 * CloudWatch Insights, Grafana.
 */
export function isTable(head: Uint8Array): boolean {
  const end = head.subarray(0, longestHead).indexOf(10);
  return end >= 0 && looksLikeCsv(Buffer.from(head.subarray(0, end + 1)).toString());
}

/** The same of text. */
export function looksLikeCsv(head: string): boolean {
  const line = head.slice(0, head.indexOf("\n") + 1).trimEnd();
  if (line === "" || line.length > longestHead || !/^\ufeff?["@\w]/.test(line)) return false;
  const names = namesOf(line);
  const isName = (name: string) => /^[@\w][\w.@ -]{0,99}$/.test(name);
  return names.every(isName) && names.some((n) => textRank(n) >= 0) && names.some((n) => timeRank(n) >= 0);
}

function namesOf(line: string): string[] {
  return [...rows(`${line}\n`, separatorOf(line))][0]?.cells ?? [];
}

function separatorOf(line: string): string {
  const count = (separator: string) => line.split(separator).length;
  return separators.reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

/** The records of a table: quotes are doubled within quotes, where lines may end. */
export function csvRecords(text: string): Exported {
  const separator = separatorOf(text.slice(0, text.indexOf("\n")));
  const table = rows(text, separator);
  const names = table.next().value?.cells ?? [];
  const textAt = best(names, textRank);
  const timeAt = best(names, timeRank);
  const streamAt = names.flatMap((name, index) => (namesStream(name) ? [index] : []));
  const records: LogRecord[] = [];
  let problem: string | undefined;
  for (const { cells, line, whole } of table) {
    if (!whole) problem ??= "the table ends within a quoted cell: what was behind it is missing";
    if (cells.length !== names.length)
      problem ??= `a row of the table has ${cells.length} cells, and not one for each column (line ${line}): text may be missing`;
    const stream = streamAt.map((index) => cells[index] ?? "").join("\u0000");
    const text =
      findHeader(cells[textAt] ?? "") < 0 ? cells.find((cell) => findHeader(cell) >= 0) : undefined;
    records.push({ text: text ?? cells[textAt] ?? "", time: cells[timeAt], stream, line });
  }
  const last = /[^\n"]$/.test(text) && records.at(-1)?.text !== "";
  if (last) problem ??= "the last row of the table has no end: it may be cut";
  return problem === undefined ? { records } : { records, problem };
}

function best(names: readonly string[], rank: (name: string) => number): number {
  let found = -1;
  for (const [index, name] of names.entries())
    if (rank(name) >= 0 && (found < 0 || rank(name) < rank(names[found]!))) found = index;
  return found;
}

interface Row {
  readonly cells: string[];
  readonly line: number;
  /** The quotes of its last cell are closed. */
  readonly whole: boolean;
}

function* rows(text: string, separator: string): Generator<Row, undefined> {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const cells: string[] = [];
    const begins = line;
    let whole = true;
    for (let more = true; more; at++) {
      const start = at;
      if (text[at] === '"') {
        const end = quotedEnd(text, at + 1);
        whole = end < text.length;
        const quoted = text.slice(at + 1, end);
        line += quoted.split("\n").length - 1;
        at = cellEnd(text, Math.min(end + 1, text.length), separator);
        cells.push(quoted.replaceAll('""', '"') + text.slice(end + 1, at).trimEnd());
      } else {
        at = cellEnd(text, at, separator);
        cells.push(text.slice(start, at).replace(/\r$/, ""));
      }
      more = text[at] === separator;
    }
    line++;
    if (cells.length > 1 || cells[0] !== "") yield { cells, line: begins, whole };
  }
  return undefined;
}

/** Index of the quote that ends a cell; of two that follow each other none does. */
function quotedEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return text.length;
}

function cellEnd(text: string, from: number, separator: string): number {
  let at = from;
  while (at < text.length && text[at] !== separator && text[at] !== "\n") at++;
  return at;
}
