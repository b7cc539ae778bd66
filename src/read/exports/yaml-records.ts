import { FAILSAFE_SCHEMA, load, YAMLException } from "js-yaml";
import { type JsonDocument, outside, recordsOf } from "./json-records.ts";
import { isObject, type Json } from "./json-value.ts";
import { type Exported, timeRank } from "./record.ts";
import { yamlBorder } from "./yaml-documents.ts";

/** The records of documents, one each, as `gcloud logging read` prints them; `undefined`: they are none. */
export function yamlRecords(text: string): Exported | undefined {
  const documents: JsonDocument[] = [];
  let line = 1;
  let lost: number | undefined;
  for (const part of text.replace(/^\ufeff/, "").split(yamlBorder)) {
    const value = parsed(part);
    if (isObject(value)) documents.push({ value, line });
    else if (value !== null) lost ??= line;
    line += part.split("\n").length;
  }
  if (documents.length === 0) return undefined;
  const { records, others } = recordsOf(documents);
  const problem =
    lost !== undefined
      ? `the record of the log's line ${lost} can't be read`
      : others.length > 0
        ? outside
        : isCut(text, documents)
          ? cut
          : undefined;
  return problem === undefined ? { records } : { records, problem };
}

/** Scalars are texts, and nothing stands for anything else; `null`: there is nothing; `undefined`: it is no YAML. */
function parsed(text: string): Json | undefined {
  if (text.trim() === "") return null;
  try {
    return load(text, { schema: FAILSAFE_SCHEMA, maxAliases: 0 }) as Json;
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
}

/** Keys come in the order of the alphabet: times are behind texts. */
function isCut(text: string, documents: readonly JsonDocument[]): boolean {
  const timed = documents.map(
    ({ value }) => isObject(value) && Object.keys(value).some((n) => timeRank(n) >= 0),
  );
  return !text.endsWith("\n") || (timed.at(-1) === false && timed.includes(true));
}

const cut = "the last record of the log has no end: it may be cut, and what was behind it is missing";
