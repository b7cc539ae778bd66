import type { JsonObject, JsonValue } from "./json-value.ts";

const traceback =
  /(?:^|\n)goroutine \d{1,15} (?:gp=[^[\n]{1,100} )?\[[^\]\n]{1,500}\]:\s*(?:$|\n[^\s()][^\n(]{0,1000}\()/;
const ofDelve = ["request", "response", "method", "result"] as const;
const maxDepth = 4;

/** True for an object of another program, as of a log in JSON, that holds a traceback or its first line. */
export function holdsTraceback(record: JsonObject): boolean {
  return !ofDelve.some((key) => record.has(key)) && isIn(record, 0);
}

function isIn(value: JsonValue, depth: number): boolean {
  if (typeof value === "string") return value.length > 0 && traceback.test(value);
  return value instanceof Map && depth < maxDepth && [...value.values()].some((v) => isIn(v, depth + 1));
}
