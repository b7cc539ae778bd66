import type { JsonValue } from "./json-value.ts";

/** Members whose value is read as a stream, for lists of goroutines lie in them. */
export const streamed: ReadonlySet<string> = new Set(["result", "response", "Goroutines", "goroutines"]);
/** Members by which a goroutine is known. */
export const ofGoroutine: ReadonlySet<string> = new Set([
  "currentLoc",
  "userCurrentLoc",
  "goStatementLoc",
  "startLoc",
]);

/** An object whose members are being read. */
export interface OpenObject {
  readonly kind: "object";
  readonly members: Map<string, JsonValue>;
  /** Byte offset of its brace. */
  readonly offset: number;
  state: "first" | "key" | "comma";
  /** Key of the member that is open. */
  key: string;
  /** Number of the list inside, -1 while there is none. */
  list: number;
  /** Nothing inside it was taken as a stream, so that it can still be read as a whole. */
  whole: boolean;
  /** What its members take so far, streamed ones apart, in bytes of the input. */
  size: number;
}

/** One that begins. @param offset of its brace */
export function openObject(offset: number): OpenObject {
  return {
    kind: "object",
    members: new Map(),
    offset,
    state: "first",
    key: "",
    list: -1,
    whole: true,
    size: 0,
  };
}

/** A list whose elements are being read. */
export interface OpenList {
  readonly kind: "list";
  readonly list: number;
  state: "first" | "value" | "comma";
}
