import { looksLikeJson } from "../json-text.ts";
import { findHeader } from "../logs/header.ts";
import { tableOf } from "./json-tables.ts";
import { flat, isList, isObject, type Json, type JsonObject, streamOf } from "./json-value.ts";
import { type Exported, isDate, type LogRecord, textRank, timeRank } from "./record.ts";

const lists =
  /"(?:result|results|hits|events|data|entries|logs|logEvents|records|values|streams|items|responses|messages|tables|rows|datarows|columns|schema|fields|frames|resourceLogs|scopeLogs|logRecords)"\s{0,100}:\s{0,100}\[/i;

/** A list of lines, several of which stand on one; where each has its own, they are read like a log. */
const linesInOne = /^\ufeff?\s*(?:\{[^\n]{0,500}?"\w{1,50}":\s?)?\["(?:[^"\\\n]|\\.)*", ?"/;

/** True when JSON begins like a list of records, or like an answer that holds one. */
export function looksLikeRecords(head: string): boolean {
  if (linesInOne.test(head)) return !isJsonLines(head);
  if (!/^\ufeff?\s*(?:\[\s*[{[]|\{)/.test(head) || !looksLikeJson(head)) return false;
  if (!/^\ufeff?\s*\[/.test(head) && !lists.test(head)) return false;
  return !isJsonLines(head);
}

/** A line that is JSON by itself, and more behind it. */
function isJsonLines(head: string): boolean {
  const end = head.indexOf("\n");
  if (end < 0 || head.slice(end).trim() === "") return false;
  try {
    JSON.parse(head.slice(0, end));
    return true;
  } catch {
    return false;
  }
}

/** True when brackets are open at the end: the rest of the document is missing. */
export function isCutJson(text: string): boolean {
  let open = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') quoted = !quoted;
    else if (quoted) i += Number(c === "\\");
    else if (c === "[" || c === "{") open++;
    else if (c === "]" || c === "}") open--;
  }
  return quoted || open > 0;
}

/** The records of a document; `undefined` when it is no JSON. */
export function jsonRecords(text: string): Exported | undefined {
  let document: Json;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, "")) as Json;
  } catch {
    return undefined;
  }
  const { records, others } = recordsOf([{ value: document }]);
  const problem =
    others.length > 0 ? outside : isObject(document) ? missingOf(document, records.length) : undefined;
  return problem === undefined ? { records } : { records, problem };
}

export const outside = "the export shows goroutines outside of its records, and they are not read";

/** What an answer says of records that it does not hold: stores answer page by page. */
function missingOf(answer: JsonObject, held: number): string | undefined {
  const { hits, meta, error, _shards: shards } = answer;
  if (isObject(hits) && isList(hits.hits)) {
    const total = isObject(hits.total) ? hits.total.value : hits.total;
    if (typeof total === "number" && total > hits.hits.length) return heldOf(hits.hits.length, total);
  }
  const total = Number(answer.total_results ?? answer.totalRows ?? 0);
  if (total > held) return heldOf(held, total);
  const failed = isObject(shards) && Number(shards.failed) > 0;
  const part = answer.is_partial === true || (isObject(error) && error.code === "PartialError");
  if (answer.timed_out === true || failed || part)
    return "the answer says that not everything was searched: records may be missing";
  const pages = [
    answer.nextToken,
    answer.nextPageToken,
    answer.pageToken,
    answer.cursor,
    isObject(meta) && isObject(meta.page) && meta.page.after,
  ];
  return pages.some((next) => typeof next === "string" && next !== "")
    ? "the answer is one page of several: records of the next are missing"
    : undefined;
}

function heldOf(held: number, total: number): string {
  return `the answer holds ${held} of ${total} records: ask for all of them`;
}

/** Answers are not deeper than this. */
const maxDepth = 8;

/** A document, or one of several that follow each other. */
export interface JsonDocument {
  readonly value: Json;
  /** 1-based line on which it begins, where that is known: it is a record, or holds some. */
  readonly line?: number;
}

/** The records in documents, and other texts in them that show goroutines. */
export function recordsOf(documents: readonly JsonDocument[]): {
  readonly records: readonly LogRecord[];
  readonly others: readonly string[];
} {
  const found = new Collector(documents, undefined);
  const lineField = found.lineField();
  return lineField === undefined ? found : new Collector(documents, lineField);
}

/** Takes the records out of all lists, however deep they lie, and other texts that show goroutines. */
class Collector {
  readonly records: LogRecord[] = [];
  readonly others: string[] = [];
  /** Holds the text of every record that has it, whatever names are known. */
  readonly #lineField: string | undefined;
  #line: number | undefined;
  /** How often a field whose name does not tell, or that has no time beside it, was a header alone on its line. */
  readonly #headers = new Map<string, number>();

  constructor(documents: readonly JsonDocument[], lineField: string | undefined) {
    this.#lineField = lineField;
    for (const { value, line } of documents) {
      this.#line = line;
      if (line === undefined) this.#collect(value, "", 0);
      else this.#entries([value], "", 0);
    }
  }

  /** The field that shows the lines of a dump one by one, as only its headers tell: the lines between say nothing. */
  lineField(): string | undefined {
    return [...this.#headers].sort(([, one], [, other]) => other - one)[0]?.[0];
  }

  #collect(value: Json, stream: string, depth: number): void {
    if (typeof value === "string" && findHeader(value) >= 0) this.others.push(value);
    if (depth > maxDepth || typeof value !== "object" || value === null) return;
    if (isList(value)) {
      this.#entries(value, stream, depth);
      return;
    }
    const labels = labelsOf(value) ?? stream;
    const table = tableOf(value);
    if (table !== undefined) this.#entries(table.rows, labels, depth);
    for (const [name, part] of Object.entries(value))
      if (table?.of.includes(name) !== true) this.#collect(part, labels, depth + 1);
  }

  #entries(entries: readonly Json[], stream: string, depth: number): void {
    if (isLines(entries)) {
      for (const text of entries) this.records.push({ text, time: undefined, stream });
      return;
    }
    for (const entry of entries) {
      const record = this.#recordOf(entry, stream);
      if (record === undefined) this.#collect(entry, stream, depth + 1);
      else this.records.push(this.#line === undefined ? record : { ...record, line: this.#line });
    }
  }

  #recordOf(entry: Json, stream: string): LogRecord | undefined {
    if (isList(entry)) {
      const columns = columnsOf(entry);
      return pairOf(entry, stream) ?? (columns && this.#recordOf(columns, ""));
    }
    if (!isObject(entry)) return undefined;
    const fields = flat(entry);
    const shown = fields.filter(([, value]) => typeof value === "string" && findHeader(value) >= 0);
    const byContent = pickField(shown, textRank, isText) ?? shown[0];
    const time = timeOf(fields);
    if (byContent !== undefined) this.#note(byContent, time);
    const lines = fields.find(([name, value]) => name === this.#lineField && typeof value === "string");
    const text = (byContent ?? lines ?? pickField(fields, textRank, isText))?.[1];
    const isRecord = time !== undefined || byContent !== undefined || lines !== undefined;
    return isRecord && typeof text === "string"
      ? { text, time, stream: stream + streamOf(entry) }
      : undefined;
  }

  #note([name, text]: readonly [string, Json], time: Json | undefined): void {
    if ((textRank(name) >= 0 && time !== undefined) || String(text).trimEnd().includes("\n")) return;
    this.#headers.set(name, (this.#headers.get(name) ?? 0) + 1);
  }
}

/** The lines of a dump, or whole ones, with nothing beside them. */
function isLines(entries: readonly Json[]): entries is readonly string[] {
  return (
    entries.every((entry) => typeof entry === "string") && entries.some((entry) => findHeader(entry) >= 0)
  );
}

/** What is said of all records in an object: Loki puts the labels of a stream beside its lines, OpenTelemetry a resource. */
function labelsOf({ stream, resource }: JsonObject): string | undefined {
  if (isObject(stream)) return streamOf(stream);
  return isObject(resource) && isList(resource.attributes) ? JSON.stringify(resource.attributes) : undefined;
}

function timeOf(fields: readonly (readonly [string, Json])[]): Json | undefined {
  const isTime = (value: Json) => typeof value === "string" || typeof value === "number";
  return (pickField(fields, timeRank, isTime) ?? fields.find(([, value]) => isDate(value)))?.[1];
}

/** Loki: `["1700000000000000000", "line"]`. */
function pairOf(entry: readonly Json[], stream: string): LogRecord | undefined {
  const [time, text] = entry;
  const isPair = typeof time === "string" && /^\d{16,20}$/.test(time) && typeof text === "string";
  return isPair ? { text, time, stream } : undefined;
}

/** CloudWatch Insights: `[{"field": "@timestamp", "value": "…"}, {"field": "@message", "value": "…"}]`. */
function columnsOf(entry: readonly Json[]): JsonObject | undefined {
  const columns: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const column of entry)
    if (isObject(column) && typeof column.field === "string") columns[column.field] = column.value ?? null;
  return Object.keys(columns).length === 0 ? undefined : columns;
}

/** The field whose name tells most, with its value. */
function pickField(
  fields: readonly (readonly [string, Json])[],
  rank: (name: string) => number,
  fits: (value: Json) => boolean,
): readonly [string, Json] | undefined {
  let found: readonly [string, Json] | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [name, given] of fields) {
    // Elasticsearch's `fields` are lists.
    const value = isList(given) && given.length === 1 ? given[0]! : given;
    const at = rank(name) * 10 + name.split(".").length;
    if (rank(name) >= 0 && at < lowest && fits(value)) {
      found = [name, value];
      lowest = at;
    }
  }
  return found;
}

function isText(value: Json): boolean {
  return typeof value === "string";
}
