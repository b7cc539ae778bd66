import type { JsonObject, JsonValue } from "./json-value.ts";
import type { PlacedGoroutine } from "./places.ts";

/** Takes what `JsonStream` finds. Offsets count bytes from the beginning of the input. */
export interface JsonHandler {
  /** A list begins inside these objects, whose members so far are given, outermost first. Answers its number. */
  listBegins(around: readonly JsonObject[]): number;
  /** An element of a list, or with list -1 a goroutine that stands alone. Answers its shape, -1 when it has none. */
  element(value: JsonValue, list: number, offset: number): number;
  /** An element that is this goroutine, as `element`. */
  goroutine(goroutine: PlacedGoroutine, list: number, offset: number): number;
  /** Goroutines whose shapes are known: rows as of `templateRow`, valid during the call. */
  rows(rows: Float64Array, list: number): void;
  listEnds(list: number): void;
  /** An object of the outermost level has been read; its lists, which were told before, are left out. */
  message(members: JsonObject, list: number, offset: number): void;
  /** Something is not JSON, or too large. `lost` goroutines: 0, 1, or -1 for nobody knows. */
  broken(offset: number, text: string | undefined, message: string, lost: number): void;
  /** The input ends inside a value; `inElement`: inside an element of `list`. */
  cut(offset: number, text: string, list: number, inElement: boolean): void;
}
