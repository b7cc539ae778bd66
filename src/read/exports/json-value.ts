import { namesStream } from "./record.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members, and those of objects in it: `jsonPayload.message`. */
export function flat(entry: JsonObject, prefix = "", depth = 0): [string, Json][] {
  return Object.entries(entry).flatMap(([name, value]): [string, Json][] =>
    isObject(value) && depth < 4 ? flat(value, `${prefix}${name}.`, depth + 1) : [[prefix + name, value]],
  );
}

/** What tells the process that wrote a record. */
export function streamOf(entry: JsonObject): string {
  return flat(entry)
    .filter(([name, value]) => namesStream(name) && typeof value === "string")
    .map(([name, value]) => `${name}=${value as string}`)
    .sort()
    .join("\u0000");
}
