import { GoroutineTemplates } from "./goroutine-templates.ts";
import { isSpace, type JsonObject, JsonParser, JsonStop, type JsonValue } from "./json-value.ts";

/** Takes what `JsonStream` finds. Offsets count bytes from the beginning of the input. */
export interface JsonHandler {
  /** A list begins inside these objects, whose members so far are given, outermost first. Answers its number. */
  listBegins(around: readonly JsonObject[]): number;
  /** An element of a list, or with list -1 a goroutine that stands alone. Answers its shape, -1 when it has none. */
  element(value: JsonValue, list: number, offset: number): number;
  /** A goroutine whose shape is known. */
  row(shape: number, id: number, threadId: number, list: number): void;
  listEnds(list: number): void;
  /** An object of the outermost level has been read; its lists, which were told before, are left out. */
  message(members: JsonObject, list: number, offset: number): void;
  /** Something is not JSON, or too large. `lost` goroutines: 0, 1, or -1 for nobody knows. */
  broken(offset: number, text: string | undefined, message: string, lost: number): void;
  /** The input ends inside a value; `inElement`: inside an element of `list`. */
  cut(offset: number, text: string, list: number, inElement: boolean): void;
}

interface OpenObject {
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
}

interface OpenList {
  readonly kind: "list";
  readonly list: number;
  state: "first" | "value" | "comma";
}

/** Members whose value is read as a stream, for lists of goroutines lie in them. */
const streamed: ReadonlySet<string> = new Set(["result", "response", "Goroutines", "goroutines"]);
/** Members by which a goroutine is known. */
const ofGoroutine: ReadonlySet<string> = new Set([
  "currentLoc",
  "userCurrentLoc",
  "goStatementLoc",
  "startLoc",
]);
const maxOpen = 8;
/** Larger values are passed over. */
const maxValue = 64 * 1024 * 1024;
const firstWindow = 1024 * 1024;

/**
 * Reads a stream of JSON values: the goroutine lists in them element by element, everything else value by value.
 * A broken element is reported and left out; the next one is found by how it begins.
 */
export class JsonStream {
  readonly #handler: JsonHandler;
  readonly #parser = new JsonParser();
  readonly #templates = new GoroutineTemplates();
  readonly #open: (OpenObject | OpenList)[] = [];
  #window: Buffer = Buffer.allocUnsafeSlow(firstWindow);
  #pos = 0;
  #end = 0;
  /** Offset in the input of the window's first byte. */
  #base = 0;
  /** Bytes that must be there before it is worth to try again. */
  #wanted = 0;
  #searching = false;
  #junk = false;
  /** Goroutines stood alone, outside any list. */
  #alone = false;
  /** State of passing over a value that is too large; open brackets, -1 while in none. */
  #passed = -1;
  #passingString = false;
  /** First key of the last good element: how the next one is found after a broken one. */
  #elementKey = "id";

  constructor(handler: JsonHandler) {
    this.#handler = handler;
  }

  feed(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      this.#makeRoom(chunk.length - from);
      const count = Math.min(chunk.length - from, this.#window.length - this.#end);
      this.#window.set(count === chunk.length ? chunk : chunk.subarray(from, from + count), this.#end);
      from += count;
      this.#end += count;
      if (this.#end - this.#pos >= this.#wanted) this.#run(false);
    }
  }

  finish(): void {
    this.#run(true);
  }

  #makeRoom(needed: number): void {
    if (this.#end === this.#window.length || this.#window.length - this.#end < needed) {
      const keep = this.#keepFrom();
      if (keep > 0) {
        this.#window.copyWithin(0, keep, this.#end);
        this.#base += keep;
        this.#pos -= keep;
        this.#end -= keep;
      }
    }
    if (this.#end < this.#window.length) return;
    const larger = Buffer.allocUnsafeSlow(this.#window.length * 2);
    this.#window.copy(larger, 0, 0, this.#end);
    this.#window = larger;
  }

  #keepFrom(): number {
    const top = this.#open.at(-1);
    if (this.#searching || top?.kind !== "object" || !top.whole) return this.#pos;
    return Math.min(this.#pos, Math.max(0, top.offset - this.#base));
  }

  #run(final: boolean): void {
    this.#wanted = 0;
    for (;;) {
      try {
        if (this.#passed >= 0 ? !this.#pass() : this.#searching ? !this.#search() : !this.#step()) {
          if (final) this.#ends();
          return;
        }
      } catch (stop) {
        if (!(stop instanceof JsonStop)) throw stop;
        const unread = this.#end - this.#pos;
        if (!stop.incomplete) this.#recover(this.#parser.pos);
        else if (!final && unread > maxValue) this.#startPassing();
        else {
          if (final) this.#cut();
          this.#wanted = unread * 2;
          return;
        }
      }
    }
  }

  /** Does one thing; false when all bytes here are used up. When it throws, it can be done again with more bytes. */
  #step(): boolean {
    const top = this.#open.at(-1);
    if (top === undefined) return this.#outermost();
    return top.kind === "object" ? this.#inObject(top) : this.#inList(top);
  }

  #outermost(): boolean {
    const bytes = this.#window;
    let pos = this.#pos;
    while (pos < this.#end && (isSpace(bytes[pos]!) || bytes[pos] === 0x2c || bytes[pos] === 0x1e)) pos++;
    this.#pos = pos;
    if (pos >= this.#end) return false;
    const byte = bytes[pos]!;
    if (byte === 0x7b) {
      this.#junk = false;
      const after = this.#templates.match(bytes, pos, this.#end);
      if (after >= 0) {
        const { shape, id, threadId } = this.#templates;
        this.#pos = after;
        this.#alone = true;
        this.#handler.row(shape, id, threadId, -1);
      } else {
        this.#openObject();
      }
    } else if (byte === 0x5b) this.#openList();
    else this.#passJunk();
    return true;
  }

  /** Text around the JSON: a prompt, a log line. Brackets that are left over after something broken are none. */
  #passJunk(): void {
    let pos = this.#pos;
    for (; pos < this.#end; pos++) {
      const byte = this.#window[pos]!;
      if (byte === 0x7b || byte === 0x5b) break;
      if (this.#junk || byte === 0x5d || byte === 0x7d || isSpace(byte)) continue;
      this.#junk = true;
      this.#handler.broken(this.#base + pos, undefined, "text that is not JSON was passed over", 0);
    }
    this.#pos = pos;
  }

  #openObject(): void {
    const parent = this.#open.at(-1);
    if (parent?.kind === "object") parent.whole = false;
    this.#open.push({
      kind: "object",
      members: new Map(),
      offset: this.#base + this.#pos,
      state: "first",
      key: "",
      list: -1,
      whole: true,
    });
    this.#pos++;
  }

  #openList(): void {
    const around: JsonObject[] = [];
    for (const open of this.#open) {
      if (open.kind !== "object") continue;
      open.whole = false;
      around.push(open.members);
    }
    this.#open.push({ kind: "list", list: this.#handler.listBegins(around), state: "first" });
    this.#pos++;
  }

  #startParser(): JsonParser {
    this.#parser.bytes = this.#window;
    this.#parser.pos = this.#pos;
    this.#parser.end = this.#end;
    return this.#parser;
  }

  #inObject(top: OpenObject): boolean {
    const parser = this.#startParser();
    const byte = parser.peek();
    if (byte === 0x7d && top.state !== "key") {
      this.#pos = parser.pos + 1;
      this.#closeObject(top);
      return true;
    }
    if (top.state === "comma") {
      if (byte !== 0x2c) throw new JsonStop(false);
      top.state = "key";
      this.#pos = parser.pos + 1;
      return true;
    }
    const key = parser.key();
    if (ofGoroutine.has(key) && top.whole) {
      this.#standingAlone(top);
      return true;
    }
    const value = parser.peek();
    if ((value === 0x7b || value === 0x5b) && streamed.has(key) && this.#open.length < maxOpen) {
      this.#pos = parser.pos;
      top.key = key;
      top.state = "comma";
      if (value === 0x7b) this.#openObject();
      else this.#openList();
      return true;
    }
    top.members.set(key, parser.value());
    top.state = "comma";
    this.#pos = parser.pos;
    return true;
  }

  /** The object is a goroutine itself: reads it again, as a whole. */
  #standingAlone(top: OpenObject): void {
    const start = top.offset - this.#base;
    const value = this.#parser.parse(this.#window, start, this.#end);
    const end = this.#parser.pos;
    this.#open.pop();
    this.#pos = end;
    const parent = this.#open.at(-1);
    if (parent?.kind === "object") parent.members.set(parent.key, value);
    else {
      this.#alone = true;
      this.#learn(this.#handler.element(value, -1, top.offset), start, end);
    }
  }

  #learn(shape: number, start: number, end: number): void {
    if (shape >= 0) this.#templates.add(shape, this.#window, start, end, this.#parser.spans);
  }

  #closeObject(object: OpenObject): void {
    this.#open.pop();
    const parent = this.#open.at(-1);
    if (parent?.kind === "object") {
      parent.members.set(parent.key, object.members);
      if (object.list >= 0) parent.list = object.list;
    } else this.#handler.message(object.members, object.list, object.offset);
  }

  #inList(top: OpenList): boolean {
    const bytes = this.#window;
    let pos = this.#pos;
    while (pos < this.#end && isSpace(bytes[pos]!)) pos++;
    if (pos >= this.#end) throw new JsonStop(true);
    const byte = bytes[pos]!;
    this.#pos = pos;
    if (byte === 0x5d && top.state !== "value") {
      this.#pos++;
      this.#closeList(top);
    } else if (top.state === "comma") {
      if (byte !== 0x2c) {
        this.#parser.pos = pos;
        throw new JsonStop(false);
      }
      top.state = "value";
      this.#pos++;
    } else if (byte === 0x5b && this.#open.length < maxOpen) {
      top.state = "comma";
      this.#openList();
    } else this.#element(top, pos);
    return true;
  }

  #element(top: OpenList, start: number): void {
    const after = this.#templates.match(this.#window, start, this.#end);
    if (after >= 0) {
      const { shape, id, threadId } = this.#templates;
      this.#pos = after;
      this.#handler.row(shape, id, threadId, top.list);
    } else {
      const value = this.#parser.parse(this.#window, start, this.#end);
      this.#pos = this.#parser.pos;
      if (value instanceof Map)
        this.#elementKey = (value as JsonObject).keys().next().value ?? this.#elementKey;
      const shape = this.#handler.element(value, top.list, this.#base + start);
      this.#learn(shape, start, this.#pos);
    }
    top.state = "comma";
  }

  #closeList(list: OpenList): void {
    this.#open.pop();
    this.#handler.listEnds(list.list);
    const parent = this.#open.at(-1);
    if (parent?.kind === "object") parent.list = list.list;
  }

  /** After something that is no JSON: finds the next element of the innermost list, or else starts anew. */
  #recover(at: number): void {
    const top = this.#open.at(-1);
    const text = this.#text(Math.max(this.#pos, at - 80), at + 1);
    const offset = this.#base + at;
    if (top?.kind === "list" || this.#standsAlone(top)) {
      const inElement = top.kind === "object" || top.state !== "comma";
      const message = inElement ? "not valid JSON: this element was left out" : "not valid JSON";
      this.#handler.broken(offset, text, message, inElement ? 1 : 0);
      if (top.kind === "list") top.state = "value";
      else this.#open.pop();
    } else {
      this.#handler.broken(offset, text, "not valid JSON: what follows may be incomplete", -1);
      this.#open.length = 0;
      this.#elementKey = "id";
    }
    this.#pos = Math.min(this.#pos + 1, this.#end);
    this.#searching = true;
  }

  /** An outermost object, among goroutines that stand alone, of which nothing else is known. */
  #standsAlone(top: OpenObject | OpenList | undefined): top is OpenObject {
    return top?.kind === "object" && this.#open.length === 1 && top.whole && this.#alone;
  }

  /** Looks for `{"id"`, or however elements begin here; false when it is not among the bytes here. */
  #search(): boolean {
    const key = Buffer.from(`"${this.#elementKey}"`);
    for (let from = this.#pos; ; ) {
      const found = this.#window.subarray(0, this.#end).indexOf(key, from);
      if (found < 0) break;
      let brace = found - 1;
      while (brace >= this.#pos && isSpace(this.#window[brace]!)) brace--;
      if (brace >= this.#pos && this.#window[brace] === 0x7b) {
        this.#pos = brace;
        this.#searching = false;
        return true;
      }
      from = found + 1;
    }
    this.#pos = Math.max(this.#pos, this.#end - key.length - 64);
    return false;
  }

  #startPassing(): void {
    const top = this.#open.at(-1);
    const inElement = top?.kind === "list" && top.state !== "comma";
    const limit = `${maxValue / 1024 / 1024} MiB`;
    this.#handler.broken(
      this.#base + this.#pos,
      this.#text(this.#pos, this.#pos + 80),
      `a value larger than ${limit} was passed over`,
      inElement ? 1 : -1,
    );
    if (top?.kind === "object") {
      // Behind the key, which is part of the same unit.
      const parser = this.#startParser();
      if (top.state !== "comma") parser.key();
      this.#pos = parser.pos;
      top.whole = false;
    }
    if (top !== undefined) top.state = "comma";
    this.#passed = 0;
    this.#passingString = false;
  }

  /** Passes over the rest of a large value; false when it goes on. */
  #pass(): boolean {
    const bytes = this.#window;
    for (let pos = this.#pos; pos < this.#end; pos++) {
      const byte = bytes[pos]!;
      if (this.#passingString) {
        if (byte === 0x5c) {
          if (pos + 1 >= this.#end) {
            this.#pos = pos;
            return false;
          }
          pos++;
        } else if (byte === 0x22) this.#passingString = false;
        else continue;
      } else if (byte === 0x22) {
        this.#passingString = true;
        continue;
      } else if (byte === 0x7b || byte === 0x5b) this.#passed++;
      else if (byte === 0x7d || byte === 0x5d) this.#passed--;
      else continue;
      if (this.#passed === 0 && !this.#passingString) {
        this.#pos = pos + 1;
        this.#passed = -1;
        return true;
      }
    }
    this.#pos = this.#end;
    return false;
  }

  /** The input is over and all its bytes are used. */
  #ends(): void {
    if (this.#open.length > 0 || this.#passed >= 0) this.#cut();
  }

  #cut(): void {
    const list = this.#open.findLast((o) => o.kind === "list");
    const top = this.#open.at(-1);
    const inToken = !this.#searching && this.#passed < 0;
    const rest = inToken ? this.#text(Math.max(this.#pos, this.#end - 80), this.#end).trim() : "";
    this.#handler.cut(
      this.#base + this.#end,
      rest,
      list?.kind === "list" ? list.list : -1,
      (top?.kind === "list" && top.state !== "comma" && rest !== "") || this.#standsAlone(top),
    );
  }

  #text(from: number, to: number): string {
    return this.#window.toString("utf8", Math.max(0, from), Math.min(to, this.#end, from + 200));
  }
}
