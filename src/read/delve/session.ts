import { type Address, parseAddress } from "../../model/address.ts";
import type { Dump } from "../../model/dump.ts";
import { waitReasonOfConstant } from "../../model/wait-reasons.ts";
import { plural } from "../../words.ts";
import { dumpName } from "../dump-name.ts";
import { IdSet } from "../id-set.ts";
import {
  goroutineOf,
  integerAddress,
  type Location,
  numberOf,
  objectOf,
  stackFrameOf,
  textOf,
  variableAddress,
} from "./api.ts";
import { DelveAssembly } from "./assembly.ts";
import { versionOfTarget } from "./go-version.ts";
import { GoroutineShapes } from "./goroutine-shapes.ts";
import { templateRow } from "./goroutine-templates.ts";
import type { JsonHandler } from "./json-handler.ts";
import type { JsonObject, JsonValue } from "./json-value.ts";
import { ListPages } from "./list-pages.ts";
import type { PlacedGoroutine, Places } from "./places.ts";
import { asksAboutSome, enveloped, goroutineIdOf, needsRequest, nothing, paramsOf } from "./request.ts";

/** A list as it was answered: of goroutines, or in API v1 of a stack's frames. */
interface ListState {
  readonly request: JsonObject | undefined;
  /** The answer to a question about some goroutines only: it adds to those of a list, it is none itself. */
  readonly partial: boolean;
  readonly frames: Location[];
  goroutines: number;
  strangers: number;
  /** Ids of a partial list. */
  readonly ids: number[];
  ended: boolean;
}

/** One dump of the input while it is read. */
interface Current {
  readonly assembly: DelveAssembly;
  readonly ids: IdSet;
  readonly pages: ListPages;
  goVersion: string | undefined;
  /** Answers to questions about some goroutines only brought goroutines. */
  partial: boolean;
  /** The file is one of `collect`, and whether its last line was seen. */
  collected: boolean | undefined;
}

/** An answer to who waits on a channel. */
interface Waiters {
  readonly assembly: DelveAssembly;
  readonly ids: readonly number[];
  /** NaN when only the variable that holds it is known. */
  readonly channel: Address;
  readonly variable: Address;
}

/** Delve's filter for goroutines that wait on the channel of an expression. */
const waitingOnChannel = 8;

/** Members that hold no goroutines: of requests, stacks, evaluations and `State`. */
const ofCalls: ReadonlySet<string> = new Set([
  "request",
  "params",
  "Locations",
  "Variable",
  "Threads",
  "State",
]);

/** Joins the answers of Delve to dumps: lists and their pages, stacks, evaluations, versions. */
export class DelveSession implements JsonHandler {
  readonly #name: string;
  readonly #places: Places;
  readonly #shapes: GoroutineShapes;
  readonly #requests = new Map<string, JsonObject>();
  /** Answers whose request has not been seen yet. */
  readonly #waiting: { readonly id: string; readonly answer: JsonObject; readonly list: number }[] = [];
  readonly #waiters: Waiters[] = [];
  /** Channels by the address of a variable that was seen to hold them. */
  readonly #channels = new Map<Address, Address>();
  readonly #lists: ListState[] = [];
  readonly #dumps: Current[] = [];
  #current: Current;
  readonly #unjoined: (readonly Location[])[] = [];
  /** The last error that Delve answered to we do not know what. */
  #error = "";

  /** @param places number the places of the goroutines that it is given */
  constructor(name: string, places: Places) {
    this.#name = name;
    this.#places = places;
    this.#shapes = new GoroutineShapes(places);
    this.#current = this.#begin();
  }

  #begin(): Current {
    const number = this.#dumps.length + 1;
    const current: Current = {
      assembly: new DelveAssembly(dumpName(this.#name, number - 1), this.#shapes),
      ids: new IdSet(),
      pages: new ListPages(),
      goVersion: this.#current?.goVersion,
      partial: false,
      collected: undefined,
    };
    this.#dumps.push(current);
    return current;
  }

  listBegins(around: readonly JsonObject[]): number {
    const request = this.#requestOf(around);
    const partial = asksAboutSome(request);
    this.#lists.push({ request, partial, frames: [], goroutines: 0, strangers: 0, ids: [], ended: false });
    return this.#lists.length - 1;
  }

  #requestOf(around: readonly JsonObject[]): JsonObject | undefined {
    for (const members of around) {
      const own = objectOf(members.get("request"));
      if (own !== undefined) return own;
    }
    for (const members of around) {
      const id = members.get("id");
      if (id !== undefined) return this.#requests.get(String(id));
    }
    return undefined;
  }

  element(value: JsonValue, list: number, offset: number): number {
    const goroutine = goroutineOf(value);
    if (goroutine !== undefined) return this.goroutine(this.#places.placed(goroutine), list, offset);
    this.#other(value, this.#lists[list], offset);
    return -1;
  }

  goroutine(goroutine: PlacedGoroutine, list: number, offset: number): number {
    if (!this.#take(goroutine.id, this.#lists[list])) return -1;
    const { builder } = this.#current.assembly;
    if (goroutine.unreadable !== "") {
      builder.headersSeen++;
      const message = `Delve could not read goroutine ${goroutine.id}: ${goroutine.unreadable}`;
      builder.problem({ offset, message, lost: 1 });
      return -1;
    }
    const shape = this.#shapes.number(goroutine);
    this.#current.assembly.push(shape, goroutine.id);
    return shape;
  }

  /** An element that is no goroutine: a frame, an id alone, a whole message. */
  #other(value: JsonValue, state: ListState | undefined, offset: number): void {
    const object = objectOf(value);
    const id = numberOf(object?.get("id"));
    if (object !== undefined && (object.has("result") || object.has("method") || object.has("request"))) {
      this.message(object, -1, offset);
    } else if (state?.partial && object !== undefined && id !== undefined) {
      state.ids.push(id);
    } else if (state !== undefined) {
      const frame = stackFrameOf(value);
      if (frame !== undefined && !object?.has("goroutineID") && id === undefined) state.frames.push(frame);
      else state.strangers++;
    }
  }

  rows(rows: Float64Array, list: number): void {
    const state = this.#lists[list];
    for (let at = 0; at < rows.length; at += templateRow.length) {
      const id = rows[at + templateRow.id]!;
      if (!this.#take(id, state)) continue;
      const shape = this.#shapes.onThread(rows[at + templateRow.shape]!, rows[at + templateRow.threadId]!);
      this.#current.assembly.push(shape, id);
    }
  }

  /** Counts a goroutine; false when it is not to be added. The first of a second list may begin a new dump. */
  #take(id: number, state: ListState | undefined): boolean {
    if (state?.partial) {
      state.ids.push(id);
      this.#current.partial = true;
    }
    if (state !== undefined && state.goroutines++ === 0 && !state.partial) this.#firstOf(id, state);
    const { ids, assembly } = this.#current;
    if (ids.add(id)) return true;
    if (state?.partial) return false;
    assembly.builder.headersSeen++;
    assembly.builder.repeated++;
    return false;
  }

  #firstOf(id: number, state: ListState): void {
    const start =
      state.request === undefined ? undefined : (numberOf(paramsOf(state.request).get("Start")) ?? 0);
    if (this.#current.pages.whole && !start && this.#current.ids.has(id)) this.#current = this.#begin();
    this.#current.pages.begin(start);
  }

  listEnds(list: number): void {
    const state = this.#lists[list]!;
    state.ended = true;
    const { builder } = this.#current.assembly;
    if (state.strangers > 0 && state.goroutines > 0) {
      builder.headersSeen += state.strangers;
      const message = `${state.strangers} elements of the list are no goroutines that Delve writes`;
      builder.problem({ message, lost: state.strangers });
    }
  }

  message(members: JsonObject, list: number, offset: number): void {
    if (goroutineOf(members) !== undefined) {
      this.element(members, -1, offset);
      return;
    }
    const response = objectOf(members.get("response"));
    if (members.has("collected")) this.#current.collected = true;
    const request = objectOf(members.get("request"));
    if (request !== undefined) {
      this.#current.collected ??= false;
      this.#answer(request, response ?? nothing, list, members);
      return;
    }
    const method = members.get("method");
    if (typeof method === "string") {
      this.#requests.set(String(members.get("id")), members);
      return;
    }
    const id = members.get("id");
    const known = id === undefined ? undefined : this.#requests.get(String(id));
    const hasFrames = (this.#lists[list]?.frames.length ?? 0) > 0;
    if (known === undefined && id !== undefined && (hasFrames || needsRequest(members)))
      this.#waiting.push({ id: String(id), answer: members, list });
    else {
      this.#answer(known, response ?? (members.has("result") ? members : enveloped(members)), list, members);
      // Answered: a transcript has as many requests as it has stacks.
      if (known !== undefined) this.#requests.delete(String(id));
    }
  }

  #answer(request: JsonObject | undefined, response: JsonObject, list: number, message: JsonObject): void {
    const method = textOf(request?.get("method")).replace(/^RPCServer\./, "");
    const result = objectOf(response.get("result"));
    const state = this.#lists[list];
    const error = textOf(response.get("error"));
    if (error !== "" && method === "ListGoroutines") this.#failed(error);
    else if (error !== "") this.#error = error;
    const version = versionOfTarget(textOf(result?.get("TargetGoVersion")));
    if (version !== undefined) this.#current.goVersion ??= version;
    if (state !== undefined && state.goroutines > 0)
      this.#listAnswered(result, state, numberOf(message.get("id")));
    if (state?.partial) this.#noteWaiters(request, state, message);
    if (state === undefined) this.#salvage(message);
    const locations = result?.get("Locations");
    if (Array.isArray(locations)) this.#stack(request, (locations as readonly JsonValue[]).map(stackFrameOf));
    else if (state !== undefined && state.frames.length > 0) this.#stack(request, state.frames);
    const variable = objectOf(result?.get("Variable")) ?? (result?.has("realType") ? result : undefined);
    if (variable !== undefined) this.#evaluated(request, variable);
  }

  #failed(error: string): void {
    this.#current.assembly.builder.problem({ message: `Delve answered: ${error}`, lost: -1 });
  }

  #listAnswered(result: JsonObject | undefined, state: ListState, id?: number): void {
    const { builder } = this.#current.assembly;
    const next = numberOf(result?.get("Nextg"));
    if (!state.partial) this.#current.pages.end(next, state.goroutines, id);
    const groups = result?.get("Groups");
    if (!Array.isArray(groups)) return;
    let total = 0;
    for (const group of groups as readonly JsonValue[]) total += numberOf(objectOf(group)?.get("Total")) ?? 0;
    const missing = total - state.goroutines;
    if (missing <= 0 || state.partial) return;
    builder.headersSeen += missing;
    builder.missingShare = missing / total;
    const message = `the list was grouped and holds ${state.goroutines} of ${plural(total, "goroutine")}; save it without GroupBy`;
    builder.cut({ message, lost: missing });
  }

  /** Finds goroutines under names that are not Delve's, or in messages that were read as a whole. */
  #salvage(members: JsonObject, depth = 0): void {
    for (const [key, value] of members) {
      if (ofCalls.has(key)) continue;
      if (value instanceof Map && depth < 4) this.#salvage(value as JsonObject, depth + 1);
      if (!Array.isArray(value) || !value.some((v) => goroutineOf(v as JsonValue) !== undefined)) continue;
      const list = this.listBegins([]);
      for (const element of value as readonly JsonValue[]) this.element(element, list, 0);
      this.listEnds(list);
      this.#listAnswered(key === "result" ? undefined : members, this.#lists[list]!);
    }
  }

  /**
   * Delve's answer to which goroutines wait on a channel. The filter names the variable that holds it; `collect`
   * writes the channel itself beside the answer.
   */
  #noteWaiters(request: JsonObject | undefined, state: ListState, message: JsonObject): void {
    const filters = paramsOf(request).get("Filters");
    const filter = Array.isArray(filters) ? objectOf(filters[0] as JsonValue) : undefined;
    if (numberOf(filter?.get("Kind")) !== waitingOnChannel) return;
    const channel = parseAddress(textOf(message.get("channel")));
    const variable = parseAddress(/\((0x[0-9a-f]{1,16})\)$/.exec(textOf(filter?.get("Arg")))?.[1] ?? "");
    this.#waiters.push({ assembly: this.#current.assembly, ids: state.ids, channel, variable });
  }

  #stack(request: JsonObject | undefined, frames: readonly (Location | undefined)[]): void {
    const known = frames.filter((f) => f !== undefined);
    const id = goroutineIdOf(request);
    if (id !== undefined) this.#current.assembly.trace(id, known);
    else if (known.length > 0) this.#unjoined.push(known);
  }

  #evaluated(request: JsonObject | undefined, variable: JsonObject): void {
    const params = paramsOf(request);
    const id = goroutineIdOf(request);
    const expression =
      textOf(params.get("Expr")) || textOf(params.get("Symbol")) || textOf(variable.get("name"));
    const { assembly } = this.#current;
    const reason = /^(\w+) \((\d{1,3})\)$/.exec(textOf(variable.get("value")));
    if (expression === "runtime.curg.waitreason" && reason !== null) {
      const text = waitReasonOfConstant(reason[1]!);
      if (text !== undefined) assembly.nameReason(Number(reason[2]), text);
    }
    if (id === undefined) return;
    const value = variableAddress(variable);
    if (Number.isNaN(value)) return;
    const path = /^runtime\.curg\.waiting\.(c|elem)(?:\.vu)?$/.exec(expression)?.[1];
    if (path === "c") this.#channels.set(integerAddress(variable.get("addr")), value);
    if (path === "c" && value !== 0) assembly.details(id).channel = value;
    else if (path === "elem") assembly.details(id).semaphore = value;
    else if (expression === "runtime.curg.parentGoid" && value > 0) assembly.details(id).creator = value;
  }

  broken(offset: number, text: string | undefined, message: string, lost: number): void {
    const { builder } = this.#current.assembly;
    if (lost > 0) builder.headersSeen += lost;
    builder.problem({ offset, ...(text ? { text } : {}), message, lost });
  }

  cut(offset: number, text: string, list: number, inElement: boolean): void {
    const { builder } = this.#current.assembly;
    if (inElement) this.broken(offset, text, "the input ends in the middle of a goroutine", 1);
    if (list >= 0) this.#current.pages.stop();
    builder.cut({
      offset,
      ...(text ? { text } : {}),
      message: "the JSON ends early: what would follow is missing",
      lost: -1,
    });
  }

  /** @param goVersion what the user says */
  finish(goVersion: string | undefined): Dump[] {
    for (const { id, answer, list } of this.#waiting) {
      const request = this.#requests.get(id);
      this.#answer(request, objectOf(answer.get("response")) ?? answer, list, answer);
    }
    for (const { assembly, ids, channel, variable } of this.#waiters) {
      const found = Number.isNaN(channel) ? this.#channels.get(variable) : channel;
      if (found !== undefined) for (const waiter of ids) assembly.details(waiter).channel ??= found;
    }
    if (!this.#current.pages.any && this.#current.ids.size === 0)
      for (const frames of this.#unjoined) this.#current.assembly.alone(frames);
    else if (this.#unjoined.length > 0)
      this.#current.assembly.builder.problem({
        message: `${plural(this.#unjoined.length, "stack")} could not be joined to their goroutines: the requests are not in the file`,
        lost: 0,
      });
    return this.#dumps.map((dump) => this.#finishDump(dump, goVersion));
  }

  #finishDump(dump: Current, goVersion: string | undefined): Dump {
    const { builder } = dump.assembly;
    // `main` may have ended with runtime.Goexit; the second is the runtime's own and never ends.
    const hasFirst = dump.ids.has(1) || dump.ids.has(2);
    for (const message of dump.pages.gaps(hasFirst)) builder.cut({ message, lost: -1 });
    if (dump.partial && !dump.pages.any)
      builder.cut({
        message: "the requests asked for some goroutines only (Filters, GroupBy): the others are not here",
        lost: -1,
      });
    if (dump.collected === false)
      builder.cut({
        message: "the last line of the collected file is missing: requests may be, too",
        lost: 0,
      });
    const finished = dump.assembly.finish(goVersion ?? dump.goVersion);
    if (finished.goroutines.length > 0) return finished;
    if (this.#error !== "") this.#failed(this.#error);
    builder.problem({ message: "no goroutine was found in this JSON", lost: 0 });
    return builder.build();
  }
}
