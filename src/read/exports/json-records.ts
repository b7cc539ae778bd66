import { looksLikeJson } from "../json-text.ts";
import { findHeader } from "../logs/header.ts";
import { type Exported, type LogRecord, namesStream, textRank, timeRank } from "./record.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const lists =
  /"(?:result|results|hits|events|data|entries|logs|logEvents|records|values|streams|items|responses)"\s{0,100}:\s{0,100}\[/;

/** True when JSON begins like a list of records, or like an answer that holds one. */
export function looksLikeRecords(head: string): boolean {
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
  const records: LogRecord[] = [];
  const others: string[] = [];
  collect(document, "", 0, records, others);
  const problem = others.length > 0 ? outside : isObject(document) ? missingOf(document) : undefined;
  return problem === undefined ? { records } : { records, problem };
}

const outside = "the export shows goroutines outside of its records, and they are not read";

/** What an answer says of records that it does not hold: stores answer page by page. */
function missingOf(answer: JsonObject): string | undefined {
  const { hits, meta, _shards: shards } = answer;
  if (isObject(hits) && isList(hits.hits)) {
    const total = isObject(hits.total) ? hits.total.value : hits.total;
    if (typeof total === "number" && total > hits.hits.length)
      return `the answer holds ${hits.hits.length} of ${total} records: ask for all of them`;
  }
  if (answer.timed_out === true || (isObject(shards) && Number(shards.failed) > 0))
    return "the answer says that not everything was searched: records may be missing";
  const pages = [
    answer.nextToken,
    answer.nextPageToken,
    isObject(meta) && isObject(meta.page) && meta.page.after,
  ];
  return pages.some((next) => typeof next === "string" && next !== "")
    ? "the answer is one page of several: records of the next are missing"
    : undefined;
}

/** Answers are not deeper than this. */
const maxDepth = 8;

/** Takes the records out of all lists, however deep they lie, and other texts that show goroutines. */
function collect(value: Json, stream: string, depth: number, records: LogRecord[], others: string[]): void {
  if (typeof value === "string" && findHeader(value) >= 0) others.push(value);
  if (depth > maxDepth || typeof value !== "object" || value === null) return;
  if (isList(value)) {
    for (const entry of value) {
      const record = recordOf(entry, stream);
      if (record === undefined) collect(entry, stream, depth + 1, records, others);
      else records.push(record);
    }
    return;
  }
  // Loki puts the labels of a stream beside its lines.
  const labels = isObject(value.stream) ? streamOf(value.stream) : stream;
  for (const part of Object.values(value)) collect(part, labels, depth + 1, records, others);
}

function recordOf(entry: Json, stream: string): LogRecord | undefined {
  if (isList(entry)) return pairOf(entry, stream) ?? columnsOf(entry);
  if (!isObject(entry)) return undefined;
  const fields = flat(entry);
  const shown = fields.filter(([, value]) => typeof value === "string" && findHeader(value) >= 0);
  const text = pick(shown, textRank, isText) ?? shown[0]?.[1] ?? pick(fields, textRank, isText);
  const time = pick(fields, timeRank, (value) => typeof value === "string" || typeof value === "number");
  if (typeof text !== "string" || (time === undefined && shown.length === 0)) return undefined;
  return { text, time, stream: stream + streamOf(entry) };
}

/** Loki: `["1700000000000000000", "line"]`. */
function pairOf(entry: readonly Json[], stream: string): LogRecord | undefined {
  const [time, text] = entry;
  const isPair = typeof time === "string" && /^\d{16,20}$/.test(time) && typeof text === "string";
  return isPair ? { text, time, stream } : undefined;
}

/** CloudWatch Insights: `[{"field": "@timestamp", "value": "…"}, {"field": "@message", "value": "…"}]`. */
function columnsOf(entry: readonly Json[]): LogRecord | undefined {
  const columns: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const column of entry)
    if (isObject(column) && typeof column.field === "string") columns[column.field] = column.value ?? null;
  return Object.keys(columns).length === 0 ? undefined : recordOf(columns, "");
}

/** Members, and those of objects in it: `jsonPayload.message`. */
function flat(entry: JsonObject, prefix = "", depth = 0): [string, Json][] {
  return Object.entries(entry).flatMap(([name, value]): [string, Json][] =>
    isObject(value) && depth < 4 ? flat(value, `${prefix}${name}.`, depth + 1) : [[prefix + name, value]],
  );
}

function pick(
  fields: readonly (readonly [string, Json])[],
  rank: (name: string) => number,
  fits: (value: Json) => boolean,
): Json | undefined {
  let found: Json | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [name, given] of fields) {
    // Elasticsearch's `fields` are lists.
    const value = isList(given) && given.length === 1 ? given[0]! : given;
    const at = rank(name) * 10 + name.split(".").length;
    if (rank(name) >= 0 && at < lowest && fits(value)) {
      found = value;
      lowest = at;
    }
  }
  return found;
}

function streamOf(entry: JsonObject): string {
  return flat(entry)
    .filter(([name, value]) => namesStream(name) && typeof value === "string")
    .map(([name, value]) => `${name}=${value as string}`)
    .sort()
    .join("\u0000");
}

function isText(value: Json): boolean {
  return typeof value === "string";
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
