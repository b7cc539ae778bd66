import { type Address, addressOf, parseAddress, unknownAddress } from "../../model/address.ts";
import type { FrameDraft } from "../../model/dump-builder.ts";
import { lacksFirst } from "./first-argument.ts";
import type { JsonObject, JsonValue } from "./json-value.ts";

/** The object that a JSON value is; `undefined` when it is none. */
export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return value instanceof Map ? (value as JsonObject) : undefined;
}

export function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A number that a double holds exactly; `undefined` for anything else. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A place in the program, as Delve's API has it. */
export interface Location extends FrameDraft {
  /** Address of the instruction, and of the function's first one. */
  readonly pc: Address;
  readonly entry: Address;
}

/** Delve's Location; before Delve 0.12 a goroutine has its members inlined. `undefined` when it names no place. */
export function locationOf(value: JsonValue | undefined): Location | undefined {
  const location = objectOf(value);
  if (location === undefined) return undefined;
  const fn = objectOf(location.get("function"));
  return locationAt(
    textOf(fn?.get("name")),
    textOf(location.get("file")),
    numberOf(location.get("line")) ?? 0,
    integerAddress(location.get("pc")),
    integerAddress(fn?.get("value")),
  );
}

/** The location of which Delve says this, "" and 0 for what it does not say; `undefined` when it names no place. */
export function locationAt(
  name: string,
  file: string,
  line: number,
  pc: Address,
  entry: Address,
): Location | undefined {
  if (name === "" && (file === "" || file === "?")) return undefined;
  return {
    function: name === "" ? "???" : name,
    file: file === "?" ? "" : file,
    line: lineOf(line),
    pc,
    entry,
  };
}

/** A line that a number of JSON is; 0 when it is none. */
export function lineOf(line: number): number {
  return Number.isInteger(line) && line > 0 && line < 2 ** 31 ? line : 0;
}

/** An address that JSON has as a number; NaN for anything else. */
export function integerAddress(value: JsonValue | undefined): Address {
  if (typeof value === "bigint" && value >= 0n) return addressOf(value);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : unknownAddress;
}

/** A goroutine of a list; `Place` is how its places are said. */
export interface ListedGoroutine<Place = Location | undefined> {
  readonly id: number;
  readonly current: Place;
  readonly user: Place;
  readonly start: Place;
  readonly creator: Place;
  readonly threadId: number;
  /** Masked; `undefined` before Delve 1.6. */
  readonly status: number | undefined;
  readonly waitReason: number | undefined;
  readonly unreadable: string;
  readonly labels: readonly (readonly [string, string])[];
}

/** Delve's Goroutine; `undefined` when the value is none. */
export function goroutineOf(value: JsonValue): ListedGoroutine | undefined {
  const g = objectOf(value);
  const id = numberOf(g?.get("id"));
  if (g === undefined || id === undefined || !Number.isSafeInteger(id) || id < 0) return undefined;
  const nested =
    g.has("currentLoc") || g.has("userCurrentLoc") || g.has("startLoc") || g.has("goStatementLoc");
  // A thread has `goroutineID` and the flat members too.
  if (!nested && (!g.has("pc") || g.has("goroutineID"))) return undefined;
  const current = nested ? locationOf(g.get("currentLoc")) : locationOf(g);
  const status = numberOf(g.get("status"));
  return {
    id,
    current,
    user: locationOf(g.get("userCurrentLoc")) ?? current,
    start: locationOf(g.get("startLoc")),
    creator: locationOf(g.get("goStatementLoc")),
    threadId: threadOf(g.get("threadID")),
    status: status === undefined ? undefined : status & 0xfff,
    waitReason: numberOf(g.get("waitReason")),
    unreadable: textOf(g.get("unreadable")),
    labels: labelsOf(g.get("labels")),
  };
}

/** 0 for none; of a number that no double holds it only matters that it is one. */
function threadOf(value: JsonValue | undefined): number {
  return typeof value === "bigint" ? Number(value) : (numberOf(value) ?? 0);
}

export const noLabels: readonly (readonly [string, string])[] = [];

export function labelsOf(value: JsonValue | undefined): readonly (readonly [string, string])[] {
  const labels = objectOf(value);
  if (labels === undefined) return noLabels;
  return [...labels].map(([key, label]) => [key, typeof label === "string" ? label : String(label)] as const);
}

/** A frame of Stacktrace with the values of its arguments; `undefined` when Delve could not read it. */
export function stackFrameOf(value: JsonValue): Location | undefined {
  const frame = objectOf(value);
  if (frame === undefined || textOf(frame.get("Err")) !== "") return undefined;
  const location = locationOf(frame);
  const args = frame.get("Arguments");
  if (location === undefined || !Array.isArray(args)) return location;
  const incoming = (args as readonly JsonValue[]).filter(isIncoming);
  const values = incoming.map(variableAddress);
  const first = objectOf(incoming[0]);
  if (lacksFirst(location.function, textOf(first?.get("name")), textOf(first?.get("type"))))
    values.unshift(unknownAddress);
  return { ...location, args: values };
}

/** Bit of a Variable's flags: it is a result, which is listed among the arguments. */
const returnArgument = 16;

function isIncoming(value: JsonValue): boolean {
  return ((numberOf(objectOf(value)?.get("flags")) ?? 0) & returnArgument) === 0;
}

const kinds = { firstInteger: 2, uintptr: 12, chan: 18, map: 21, pointer: 22, unsafePointer: 26 } as const;

/** The address or number that a Variable holds; NaN when it is lost or no single word. */
export function variableAddress(value: JsonValue | undefined): Address {
  const variable = objectOf(value);
  if (variable === undefined || textOf(variable.get("unreadable")) !== "") return unknownAddress;
  const kind = numberOf(variable.get("kind")) ?? 0;
  if (kind === kinds.chan || kind === kinds.map) return integerAddress(variable.get("base"));
  const pointer = kind === kinds.pointer || kind === kinds.unsafePointer;
  if (!pointer && (kind < kinds.firstInteger || kind > kinds.uintptr)) return unknownAddress;
  const address = parseAddress(textOf(variable.get("value")));
  if (!Number.isNaN(address) || !pointer) return address;
  // Where pointers are followed, the pointer's value is its child's address.
  const children = variable.get("children");
  const child = Array.isArray(children) ? objectOf((children as readonly JsonValue[])[0]) : undefined;
  return child === undefined ? unknownAddress : integerAddress(child.get("addr"));
}
