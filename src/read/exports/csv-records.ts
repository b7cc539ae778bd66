import { findHeader } from "../logs/header.ts";
import { isObject, type Json, streamOf } from "./json-value.ts";
import { type Exported, isDate, type LogRecord, namesStream, textRank, timeRank } from "./record.ts";

const longestHead = 10_000;
const separators = [",", ";", "\t"] as const;

/**
 * True when the first line names columns of which one holds the text of log lines: exports of Datadog, Kibana,
 * CloudWatch Insights, Grafana, Azure; or any columns, when what follows is made of as many cells.
 */
export function isTable(head: Uint8Array): boolean {
  const end = head.subarray(0, longestHead).indexOf(10);
  if (end < 0) return false;
  const text = (bytes: Uint8Array) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return columnsOf(text(head.subarray(0, end + 1))) !== undefined && looksLikeCsv(text(head));
}

/** The same of text. */
export function looksLikeCsv(head: string): boolean {
  const names = columnsOf(head);
  if (names === undefined) return false;
  if (names.some((n) => textRank(n) >= 0) && names.some((n) => timeRank(n) >= 0)) return true;
  if (names.length < 2) return false;
  const [, ...table] = rows(head, separatorOf(firstLine(head)));
  // The last may be cut.
  const last = table.pop();
  return last !== undefined && last.cells.length <= names.length && table.every(isWide(names));
}

const isWide =
  (names: readonly string[]) =>
  ({ cells }: Row) =>
    cells.length === names.length;

/** The names in the first line, when it is made of nothing else. */
function columnsOf(head: string): string[] | undefined {
  const line = firstLine(head);
  if (line === "" || line.length > longestHead || !/^\ufeff?["@\w]/.test(line)) return undefined;
  const names = namesOf(line);
  return names.every((name) => /^[@\w][\w.@ -]{0,99}(?:[[(]\w{1,20}[\])])?$/.test(name)) ? names : undefined;
}

function firstLine(text: string): string {
  return text.slice(0, text.indexOf("\n") + 1).trimEnd();
}

function namesOf(line: string): string[] {
  return [...rows(`${line}\n`, separatorOf(line))][0]?.cells ?? [];
}

function separatorOf(line: string): string {
  const count = (separator: string) => line.split(separator).length;
  return separators.reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

/**
 * The records of a table: quotes are doubled within quotes, where lines may end. Where the column that is known by its
 * name shows no goroutine, the one that does holds the text.
 */
export function csvRecords(text: string): Exported {
  const names = namesOf(firstLine(text));
  const textAt = best(names, textRank);
  const table = new Table(text, textAt);
  const shows = table.headers.indexOf(Math.max(1, ...table.headers));
  const known = textAt >= 0 && (table.headers[textAt] ?? 0) > 0;
  return known || shows < 0 ? table : new Table(text, shows);
}

class Table implements Exported {
  readonly records: LogRecord[] = [];
  readonly problem?: string;
  /** How many headers of goroutines each column shows: alone in their cells, where a name tells which holds the text. */
  readonly headers: number[];

  constructor(text: string, textAt: number) {
    const table = rows(text, separatorOf(firstLine(text)));
    const names = table.next().value?.cells ?? [];
    this.headers = names.map(() => 0);
    const timeAt = best(names, timeRank);
    const streams = new StreamColumns(names);
    let problem: string | undefined;
    let at = textAt;
    for (const { cells, line, whole } of table) {
      if (!whole) problem ??= "the table ends within a quoted cell: what was behind it is missing";
      if (cells.length !== names.length)
        problem ??= `a row of the table has ${cells.length} cells, and not one for each column (line ${line}): text may be missing`;
      const shown = cells.flatMap((cell, index) => (findHeader(cell) >= 0 ? [index] : []));
      for (const index of shown)
        if (textAt < 0 || !cells[index]!.trimEnd().includes("\n"))
          this.headers[index] = (this.headers[index] ?? 0) + 1;
      at = shown.includes(textAt) ? textAt : (shown[0] ?? textAt);
      const time = timeAt < 0 ? cells.find(isDate) : cells[timeAt];
      this.records.push({ text: cells[at] ?? "", time, stream: streams.of(cells), line });
    }
    // The blank line of a dump is whole, unless something is behind it that may be cut.
    const ends = this.records.at(-1)?.text === "" && at === names.length - 1;
    if (/[^\n"]$/.test(text) && !ends) problem ??= "the last row of the table has no end: it may be cut";
    if (problem !== undefined) this.problem = problem;
  }
}

/** The cells that tell processes apart: of their own columns, or as the labels that Grafana writes as JSON. */
class StreamColumns {
  readonly #columns: readonly number[];
  readonly #labels: number;
  readonly #known = new Map<string, string>();

  constructor(names: readonly string[]) {
    this.#columns = names.flatMap((name, index) => (namesStream(name) ? [index] : []));
    this.#labels = names.indexOf("labels");
  }

  of(cells: readonly string[]): string {
    const named = this.#columns.map((index) => cells[index] ?? "");
    return [...named, this.#labelled(cells[this.#labels] ?? "")].join("\u0000");
  }

  #labelled(cell: string): string {
    if (!cell.startsWith("{")) return "";
    const stream = this.#known.get(cell) ?? labelsOf(cell);
    this.#known.set(cell, stream);
    return stream;
  }
}

function labelsOf(cell: string): string {
  try {
    const labels = JSON.parse(cell) as Json;
    return isObject(labels) ? streamOf(labels) : "";
  } catch {
    return "";
  }
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
    if (cells.length > 1 || cells[0] !== "" || !whole) yield { cells, line: begins, whole };
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
