import { isList, isObject, type Json, type JsonObject } from "./json-value.ts";

/** Where stores that answer with tables put the names of the columns, and the rows. */
const namesIn = ["columns", "schema", "fields"] as const;
const rowsIn = ["rows", "datarows", "values", "data", "columns"] as const;

/**
 * The rows of a table as objects, when an object holds one, and the names of its members that it is made of: names of
 * columns beside lists of cells, row by row (Azure Monitor, SQL of OpenSearch, Graylog, BigQuery) or column by column
 * (Grafana's data frames, Splunk).
 */
export function tableOf(
  value: JsonObject,
): { readonly rows: readonly JsonObject[]; readonly of: readonly string[] } | undefined {
  const members = new Map(Object.keys(value).map((name) => [name.toLowerCase(), name]));
  for (const nameMember of namesIn.flatMap((name) => members.get(name) ?? [])) {
    const names = columnNames(value[nameMember]!);
    if (names === undefined) continue;
    for (const member of rowsIn.flatMap((name) => members.get(name) ?? [])) {
      if (member === nameMember) continue;
      const cells = cellsOf(value[member]!, names.length);
      if (cells !== undefined)
        return { rows: cells.map((row) => named(names, row)), of: [nameMember, member] };
    }
  }
  return undefined;
}

/** `["a"]`, `[{"name": "a"}]`, `{"fields": [{"name": "a"}]}`. */
function columnNames(value: Json): string[] | undefined {
  if (isObject(value)) return value.fields === undefined ? undefined : columnNames(value.fields);
  if (!isList(value) || value.length === 0) return undefined;
  const names = value.map((column) =>
    isObject(column) ? (column.field ?? column.name ?? column.ColumnName) : column,
  );
  return names.every((name): name is string => typeof name === "string") ? names : undefined;
}

function cellsOf(value: Json, width: number): (readonly Json[])[] | undefined {
  if (isObject(value)) return value.values === undefined ? undefined : columnwise(value.values, width);
  if (!isList(value)) return undefined;
  const rows = value.map((row) => (isObject(row) && isList(row.f) ? row.f.map(cellOf) : row));
  return rows.every((row): row is readonly Json[] => isList(row) && row.length === width)
    ? rows
    : columnwise(value, width);
}

/** BigQuery: `{"v": "…"}`. */
function cellOf(cell: Json): Json {
  return isObject(cell) ? (cell.v ?? null) : cell;
}

function columnwise(value: Json, width: number): (readonly Json[])[] | undefined {
  if (!isList(value) || value.length !== width || !value.every(isList)) return undefined;
  const columns = value as readonly (readonly Json[])[];
  const length = columns[0]!.length;
  return columns.every((column) => column.length === length)
    ? columns[0]!.map((_, row) => columns.map((column) => column[row]!))
    : undefined;
}

function named(names: readonly string[], row: readonly Json[]): JsonObject {
  return Object.fromEntries(names.map((name, index) => [name, row[index]!]));
}
