import { ElementKeys } from "./element-keys.ts";
import type { GoroutineReader } from "./goroutine-reader.ts";
import type { GoroutineTemplates } from "./goroutine-templates.ts";
import { beginsJson } from "./json-beginning.ts";
import type { JsonHandler } from "./json-handler.ts";
import {
  isSpace,
  type JsonObject,
  JsonParser,
  JsonStop,
  type JsonValue,
  pastSpaces,
  type Spanned,
} from "./json-value.ts";
import { JsonWindow } from "./json-window.ts";
import { type OpenList, type OpenObject, ofGoroutine, openObject, streamed } from "./open-value.ts";
import { PassedValue } from "./passed-value.ts";
import { SurroundingText } from "./surrounding-text.ts";

const maxOpen = 8;
/** Larger values are passed over. */
const maxValue = 32 * 1024 * 1024;
/** What a member, an object or a list takes in memory is at least so many bytes of the input worth. */
const partSize = 64;
const tooBroken = "too much is no valid JSON: goroutines inside of what is broken were not looked for";

/**
 * Reads a stream of JSON values: the goroutine lists in them element by element, everything else value by value.
 * A broken element is reported and left out; the next one is found by how it begins.
 */
export class JsonStream {
  readonly #handler: JsonHandler;
  readonly #parser = new JsonParser();
  readonly #goroutines: GoroutineReader;
  readonly #templates: GoroutineTemplates;
  readonly #window: JsonWindow;
  readonly #open: (OpenObject | OpenList)[] = [];
  /** Bytes that must be there before it is worth to try again. */
  #wanted = 0;
  /** No bytes will follow. */
  #final = false;
  #searching = false;
  readonly #around = new SurroundingText();
  /** Goroutines stood alone, outside any list. */
  #alone = false;
  /** A value that is passed over. */
  #passed: PassedValue | undefined;
  readonly #keys = new ElementKeys();
  /** Bytes of the last element that was parsed. */
  #elementSize = 0;

  constructor(handler: JsonHandler, goroutines: GoroutineReader, templates: GoroutineTemplates) {
    this.#handler = handler;
    this.#goroutines = goroutines;
    this.#templates = templates;
    this.#window = new JsonWindow(templates.window);
  }

  feed(chunk: Uint8Array): void {
    const window = this.#window;
    for (let from = 0; from < chunk.length; ) {
      from += window.fill(chunk, from, this.#keepFrom());
      if (window.end - window.pos >= this.#wanted) this.#run();
    }
  }

  finish(): void {
    this.#final = true;
    this.#run();
  }

  #keepFrom(): number {
    const { pos, base } = this.#window;
    const top = this.#open.at(-1);
    if (this.#searching || top?.kind !== "object" || !top.whole) return pos;
    return Math.min(pos, Math.max(0, top.offset - base));
  }

  #run(): void {
    this.#wanted = 0;
    for (;;) {
      try {
        if (!this.#next()) {
          if (this.#final && this.#open.length > 0) this.#cut();
          return;
        }
      } catch (stop) {
        if (!(stop instanceof JsonStop)) throw stop;
        const unread = this.#window.end - this.#window.pos;
        if (stop.why === "malformed") this.#recover(this.#parser.pos);
        else if (stop.why === "large" || (!this.#final && unread > maxValue)) this.#startPassing();
        else {
          if (this.#final) this.#cut();
          this.#wanted = unread * 2;
          return;
        }
      }
    }
  }

  /** Does one thing; false when all bytes here are used up. When it throws, it can be done again with more bytes. */
  #next(): boolean {
    if (this.#passed?.passIn(this.#window) === false) return false;
    this.#passed = undefined;
    if (this.#searching) return this.#search();
    const top = this.#open.at(-1);
    if (top === undefined) return this.#outermost();
    return top.kind === "object" ? this.#inObject(top) : this.#inList(top);
  }

  #outermost(): boolean {
    const window = this.#window;
    if (this.#recognise(-1)) return true;
    const { bytes, end } = window;
    let pos = window.pos;
    while (pos < end && (isSpace(bytes[pos]!) || bytes[pos] === 0x2c || bytes[pos] === 0x1e)) pos++;
    this.#templates.before(bytes, window.pos, pos);
    window.pos = pos;
    if (pos >= end) return false;
    const byte = bytes[pos]!;
    const begins = byte === 0x7b || byte === 0x5b ? beginsJson(bytes, pos, end) : false;
    if (begins === undefined && !this.#final) return false;
    if (begins === false) this.#around.pass(window, this.#handler);
    else if (byte === 0x5b) this.#openList();
    else {
      this.#around.ends();
      this.#openObject();
    }
    return true;
  }

  /** Takes the goroutines that are known; false when the next one is not. */
  #recognise(list: number): boolean {
    const window = this.#window;
    // What stands between goroutines alone does not do in a list.
    if (!window.usual || this.#alone !== list < 0) return false;
    const after = this.#templates.match(window.pos, window.end);
    if (after === window.pos) return false;
    window.pos = after;
    this.#keys.recognised();
    this.#handler.rows(this.#templates.rows, list);
    return true;
  }

  #openObject(): void {
    const parent = this.#open.at(-1);
    if (parent?.kind === "object") parent.whole = false;
    this.#open.push(openObject(this.#window.offset));
    this.#window.pos++;
  }

  #openList(): void {
    const around: JsonObject[] = [];
    for (const open of this.#open) {
      if (open.kind !== "object") continue;
      open.whole = false;
      around.push(open.members);
    }
    this.#open.push({ kind: "list", list: this.#handler.listBegins(around), state: "first" });
    this.#templates.begin();
    this.#keys.clear();
    this.#window.pos++;
  }

  #startParser(): JsonParser {
    const { bytes, pos, end } = this.#window;
    this.#parser.bytes = bytes;
    this.#parser.pos = pos;
    this.#parser.end = end;
    return this.#parser;
  }

  #inObject(top: OpenObject): boolean {
    const window = this.#window;
    const parser = this.#startParser();
    const byte = parser.peek();
    if (byte === 0x7d && top.state !== "key") {
      window.pos = parser.pos + 1;
      this.#closeObject(top);
      return true;
    }
    if (top.state === "comma") {
      if (byte !== 0x2c) throw new JsonStop("malformed");
      top.state = "key";
      window.pos = parser.pos + 1;
      return true;
    }
    const key = parser.key();
    if (ofGoroutine.has(key) && top.whole) {
      this.#standingAlone(top);
      return true;
    }
    const value = parser.peek();
    if ((value === 0x7b || value === 0x5b) && streamed.has(key) && this.#open.length < maxOpen) {
      window.pos = parser.pos;
      top.key = key;
      top.state = "comma";
      if (value === 0x7b) this.#openObject();
      else this.#openList();
      return true;
    }
    const member = parser.value();
    this.#addMember(top, key, member, parser.pos - window.pos);
    window.pos = parser.pos;
    return true;
  }

  /** Members are kept until the object is closed: not more of them than fit in one value. */
  #addMember(top: OpenObject, key: string, value: JsonValue, size: number): void {
    const before = top.size;
    top.size += size + partSize * (1 + this.#parser.parts);
    top.state = "comma";
    if (top.size <= maxValue) top.members.set(key, value);
    else if (before <= maxValue) this.#tooLarge("an object", -1);
    if (top.size > maxValue) top.whole = false;
  }

  #tooLarge(what: string, lost: number): void {
    const { offset, pos } = this.#window;
    const message = `${what} larger than ${maxValue / 1024 / 1024} MiB was passed over`;
    this.#handler.broken(offset, this.#window.text(pos, pos + 80), message, lost);
  }

  /** The object is a goroutine itself: reads it again, as a whole. */
  #standingAlone(top: OpenObject): void {
    const window = this.#window;
    const start = top.offset - window.base;
    const parent = this.#open.at(-2);
    if (parent?.kind !== "object") {
      this.#take(-1, start);
      this.#alone = true;
      this.#open.pop();
      return;
    }
    const value = this.#parser.parse(window.bytes, start, window.end);
    this.#open.pop();
    window.pos = this.#parser.pos;
    this.#addMember(parent, parent.key, value, window.pos - start);
  }

  /** Reads an element and hands it over, and learns how goroutines like it look. */
  #take(list: number, start: number): void {
    const window = this.#window;
    const { bytes, end, base } = window;
    const reader = this.#goroutines;
    const goroutine = reader.read(bytes, start, end);
    if (goroutine !== undefined) {
      window.pos = reader.pos;
      const shape = this.#handler.goroutine(goroutine, list, base + start);
      this.#keys.saw(reader.firstKey, true);
      this.#learn(shape, start, reader, reader.firstKey);
      return;
    }
    const parser = this.#parser;
    const value = parser.parse(bytes, start, end);
    window.pos = parser.pos;
    const shape = this.#handler.element(value, list, base + start);
    if (shape < 0) this.#around.look(value, base + start, this.#handler);
    const key = value instanceof Map ? (value as JsonObject).keys().next().value : undefined;
    this.#keys.saw(key, shape >= 0);
    this.#learn(shape, start, parser, key);
  }

  /**
   * @param shape -1 when it is to be forgotten
   * @param source of the goroutine, which knows where its numbers stand
   * @param key its first
   */
  #learn(shape: number, start: number, source: Spanned, key: string | undefined): void {
    const window = this.#window;
    this.#elementSize = window.pos - start;
    if (shape < 0 || !window.usual || !this.#templates.mayLearn) return;
    this.#keys.learnt(key);
    this.#templates.add(shape, window.bytes, start, window.pos, source.spans);
  }

  #closeObject(object: OpenObject): void {
    this.#open.pop();
    const parent = this.#open.at(-1);
    if (parent?.kind === "object") {
      this.#addMember(parent, parent.key, object.members, object.size);
      if (object.list >= 0) parent.list = object.list;
    } else {
      this.#around.look(object.members, object.offset, this.#handler);
      this.#handler.message(object.members, object.list, object.offset);
    }
  }

  #inList(top: OpenList): boolean {
    const window = this.#window;
    if (top.state === "comma") {
      if (this.#recognise(top.list)) return true;
      // Rather recognise the next one when it is here as a whole than parse it in vain.
      if (!this.#final && window.end - window.pos < this.#elementSize) return false;
    }
    const { bytes, end } = window;
    const pos = pastSpaces(bytes, window.pos, end);
    if (pos >= end) throw new JsonStop("incomplete");
    const byte = bytes[pos]!;
    if (byte === 0x5d && top.state !== "value") {
      window.pos = pos + 1;
      this.#closeList(top);
    } else if (top.state === "comma") {
      if (byte !== 0x2c) {
        this.#parser.pos = pos;
        throw new JsonStop("malformed");
      }
      this.#templates.before(bytes, window.pos, pastSpaces(bytes, pos + 1, end));
      top.state = "value";
      window.pos = pos + 1;
    } else if (byte === 0x5b && this.#open.length < maxOpen) {
      window.pos = pos;
      top.state = "comma";
      this.#openList();
    } else {
      window.pos = pos;
      this.#take(top.list, pos);
      top.state = "comma";
    }
    return true;
  }

  #closeList(list: OpenList): void {
    this.#open.pop();
    this.#handler.listEnds(list.list);
    const parent = this.#open.at(-1);
    if (parent?.kind === "object") parent.list = list.list;
  }

  /** After something that is no JSON: finds the next element of the innermost list, or else starts anew. */
  #recover(at: number): void {
    this.#around.leftOver = true;
    const window = this.#window;
    const top = this.#open.at(-1);
    const text = window.text(Math.max(window.pos, at - 80), at + 1);
    const offset = window.base + at;
    if (top?.kind === "list" || this.#standsAlone(top)) {
      const inElement = top.kind === "object" || top.state !== "comma";
      const message = inElement ? "not valid JSON: this element was left out" : "not valid JSON";
      this.#handler.broken(offset, text, message, inElement ? 1 : 0);
      if (top.kind === "list") top.state = "value";
      else this.#open.pop();
    } else {
      this.#handler.broken(offset, text, "not valid JSON: what follows may be incomplete", -1);
      this.#open.length = 0;
      this.#keys.clear();
    }
    if (!window.restart(at)) this.#handler.broken(offset, undefined, tooBroken, -1);
    this.#searching = true;
  }

  /** An outermost object, among goroutines that stand alone, of which nothing else is known. */
  #standsAlone(top: OpenObject | OpenList | undefined): top is OpenObject {
    return top?.kind === "object" && this.#open.length === 1 && top.whole && this.#alone;
  }

  /** Looks for `{"id"`, or however elements begin here; false when it is not among the bytes here. */
  #search(): boolean {
    this.#searching = !this.#window.seekObject(this.#keys.wanted);
    return !this.#searching;
  }

  #startPassing(): void {
    const top = this.#open.at(-1);
    this.#tooLarge("a value", top?.kind === "list" && top.state !== "comma" ? 1 : -1);
    if (top?.kind === "object") {
      // Behind the key, which is part of the same unit, unless it is what is too large.
      if (top.state !== "comma") this.#passKey();
      top.whole = false;
    }
    if (top !== undefined) top.state = "comma";
    this.#passed = new PassedValue();
  }

  #passKey(): void {
    const parser = this.#startParser();
    try {
      parser.key();
      this.#window.pos = parser.pos;
    } catch (stop) {
      if (!(stop instanceof JsonStop)) throw stop;
    }
  }

  /** The input ends too early. */
  #cut(): void {
    const window = this.#window;
    const list = this.#open.findLast((o) => o.kind === "list");
    const top = this.#open.at(-1);
    const inToken = !this.#searching && this.#passed === undefined;
    const rest = inToken ? window.text(Math.max(window.pos, window.end - 80), window.end).trim() : "";
    this.#handler.cut(
      window.base + window.end,
      rest,
      list?.kind === "list" ? list.list : -1,
      (top?.kind === "list" && top.state !== "comma" && rest !== "") || this.#standsAlone(top),
    );
  }
}
