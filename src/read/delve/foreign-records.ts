import { beginsWithCall, endsInHeader, holdsTraceback } from "../quoted-traceback.ts";
import type { JsonObject, JsonValue } from "./json-value.ts";

/** What a debugger's user had asked for, tracebacks in variables of the program included. */
const answers: ReadonlySet<string> = new Set(["request", "response", "result"]);
const ofVariables = ["realType", "variablesReference"] as const;
const maxDepth = 8;

/** Looks for tracebacks in what other programs have written between Delve's objects: in one text, or line by line. */
export class ForeignRecords {
  /** The value before ends in a goroutine's header, or this one does. */
  #isHeaderBefore = false;
  #endsInHeader = false;

  /** Takes the next value; true when a traceback begins in it, or goes on after its header. */
  take(value: JsonValue, depth = 0): boolean {
    this.#endsInHeader = false;
    const isFound = value instanceof Map && depth === 0 ? this.#inRecord(value) : this.#isIn(value, depth);
    this.#isHeaderBefore = this.#endsInHeader;
    return isFound;
  }

  #inRecord(record: JsonObject): boolean {
    const method = record.get("method");
    if (typeof method === "string" && method.startsWith("RPCServer.")) return false;
    for (const [key, value] of record)
      if (!(answers.has(key) && value instanceof Map) && this.#isIn(value, 1)) return true;
    return false;
  }

  #isIn(value: JsonValue, depth: number): boolean {
    if (typeof value === "string") return this.#isInText(value);
    if (depth > maxDepth || typeof value !== "object" || value === null) return false;
    if (!(value instanceof Map)) return (value as readonly JsonValue[]).some((v) => this.take(v, depth + 1));
    if (ofVariables.some((key) => value.has(key))) return false;
    for (const member of value.values()) if (this.#isIn(member, depth + 1)) return true;
    return false;
  }

  #isInText(text: string): boolean {
    if (holdsTraceback(text) || (this.#isHeaderBefore && beginsWithCall(text))) return true;
    this.#endsInHeader ||= endsInHeader(text);
    return false;
  }
}
