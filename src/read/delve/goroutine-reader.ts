import { type Address, unknownAddress } from "../../model/address.ts";
import { labelsOf, noLabels } from "./api.ts";
import { JsonMembers, MemberNames, noteSeen, unusual } from "./json-members.ts";
import { JsonStop, type MemberSpan } from "./json-value.ts";
import { KnownLocations } from "./known-locations.ts";
import type { PlacedGoroutine, Places } from "./places.ts";

const ofGoroutine = new MemberNames(
  "id",
  "currentLoc",
  "userCurrentLoc",
  "goStatementLoc",
  "startLoc",
  "threadID",
  "status",
  "waitSince",
  "waitReason",
  "unreadable",
  "labels",
);
/** Bits of the places. */
const anyPlace = 0b11110;
const ofLocation = new MemberNames("pc", "file", "line", "function");
const ofFunction = new MemberNames("name", "value", "type", "goType", "optimized");

/**
 * Reads goroutines out of the bytes of a list straight to what they mean, where `JsonParser` and `goroutineOf` make a
 * tree of their JSON on the way. What it reads it reads as they do; goroutines that are in any way unusual it leaves to
 * them: members of other types than Delve's, or twice, whatever is broken or not here as a whole.
 */
export class GoroutineReader {
  /** Member, start and end of each number of the goroutine read last that varies. */
  readonly #varied = new Int32Array(9);
  #variedLength = 0;
  readonly #places: Places;
  readonly #json = new JsonMembers();
  readonly #locations = new KnownLocations();
  #first = 0;
  #name: number;

  /** @param places number the places of what it reads */
  constructor(places: Places) {
    this.#places = places;
    this.#name = places.noName;
  }

  /** After `read` the end of the goroutine. */
  get pos(): number {
    return this.#json.pos;
  }

  /** After `read` the key of the goroutine's first member. */
  get firstKey(): string {
    return ofGoroutine.names[this.#first]!;
  }

  /** Where the numbers of the goroutine read last stand, as `JsonParser.spans`. */
  get spans(): MemberSpan[] {
    const spans: MemberSpan[] = [];
    for (let i = 0; i < this.#variedLength; i += 3) {
      const [member, start, end] = this.#varied.subarray(i, i + 3);
      spans.push({ key: ofGoroutine.names[member!]!, start: start!, end: end! });
    }
    return spans;
  }

  /** The goroutine that begins at `start`; `undefined` when it is none, or not a usual one. */
  read(bytes: Buffer, start: number, end: number): PlacedGoroutine | undefined {
    this.#json.start(bytes, start, end);
    this.#variedLength = 0;
    try {
      return this.#goroutine();
    } catch (stop) {
      if (stop instanceof JsonStop) return undefined;
      throw stop;
    }
  }

  #goroutine(): PlacedGoroutine {
    let id = -1;
    let current = -1;
    let user = -1;
    let start = -1;
    let creator = -1;
    let threadId = 0;
    let status: number | undefined;
    let waitReason: number | undefined;
    let unreadable = "";
    let labels = noLabels;
    let seen = 0;
    let next = 0;
    const json = this.#json;
    json.open();
    do {
      const member = json.member(ofGoroutine, next);
      // What begins with something else is something else, most likely.
      if (seen === 0) {
        if (member < 0) throw unusual;
        this.#first = member;
      }
      seen = noteSeen(seen, member);
      next = member + 1;
      switch (member) {
        case 0:
          id = this.#varying(member);
          break;
        case 1:
          current = this.#location();
          break;
        case 2:
          user = this.#location();
          break;
        case 3:
          creator = this.#location();
          break;
        case 4:
          start = this.#location();
          break;
        case 5:
          threadId = this.#varying(member);
          break;
        case 6:
          status = json.number();
          break;
        case 7:
          this.#varying(member);
          break;
        case 8:
          waitReason = json.number();
          break;
        case 9:
          unreadable = json.string();
          break;
        case 10:
          labels = labelsOf(json.value());
          break;
        default:
          json.value();
      }
    } while (json.more());
    if ((seen & 1) === 0 || (seen & anyPlace) === 0) throw unusual;
    if (!Number.isSafeInteger(id) || !Number.isSafeInteger(threadId)) throw unusual;
    return {
      id,
      current,
      user: user < 0 ? current : user,
      start,
      creator,
      threadId,
      status: status === undefined ? undefined : status & 0xfff,
      waitReason,
      unreadable,
      labels,
    };
  }

  /** Number of a place; -1 when it is none. */
  #location(): number {
    const json = this.#json;
    const start = json.pos;
    const known = this.#locations.find(json.bytes, json.view, start, json.end);
    if (known !== undefined) {
      json.pos = start + known.text.length;
      return known.place;
    }
    const place = this.#newLocation();
    this.#locations.add(json.bytes, start, json.pos, place);
    return place;
  }

  #newLocation(): number {
    const places = this.#places;
    let pc: Address = unknownAddress;
    let file = places.noFile;
    let line = 0;
    let name = places.noName;
    let entry: Address = unknownAddress;
    let seen = 0;
    let next = 0;
    const json = this.#json;
    json.open();
    do {
      const member = json.member(ofLocation, next);
      seen = noteSeen(seen, member);
      next = member + 1;
      switch (member) {
        case 0:
          pc = json.number();
          break;
        case 1:
          file = this.#named(true);
          break;
        case 2:
          line = json.number();
          break;
        case 3:
          entry = this.#function();
          name = this.#name;
          break;
        default:
          json.value();
      }
    } while (json.more());
    return places.at(name, file, line, pc, entry);
  }

  /** Answers where the function begins, and leaves its name in `#name`. */
  #function(): Address {
    let entry: Address = unknownAddress;
    let seen = 0;
    let next = 0;
    this.#name = this.#places.noName;
    const json = this.#json;
    json.open();
    do {
      const member = json.member(ofFunction, next);
      seen = noteSeen(seen, member);
      next = member + 1;
      if (member === 0) this.#name = this.#named(false);
      else if (member === 1) entry = json.number();
      else if (member === 2 || member === 3) json.number();
      else json.value();
    } while (json.more());
    return entry;
  }

  /** Number in the pool of the file, or symbol, that a string names; found by its bytes where they are plain. */
  #named(isFile: boolean): number {
    const { pool } = this.#places;
    const json = this.#json;
    const start = json.pos + 1;
    const end = json.plain();
    if (end >= 0) return isFile ? pool.fileOf(json.bytes, start, end) : pool.symbolOf(json.bytes, start, end);
    return isFile ? pool.file(json.string()) : pool.symbol(json.string());
  }

  /** A number that differs between goroutines at the same place. */
  #varying(member: number): number {
    const json = this.#json;
    const start = json.pos;
    const number = json.digits();
    // Larger ones are no numbers to `JsonParser`.
    if (Number.isSafeInteger(number)) {
      this.#varied[this.#variedLength++] = member;
      this.#varied[this.#variedLength++] = start;
      this.#varied[this.#variedLength++] = json.pos;
    }
    return number;
  }
}
