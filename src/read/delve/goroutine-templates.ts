import type { MemberSpan } from "./json-value.ts";

/** Members of a goroutine that differ between goroutines at the same place. */
const varying: ReadonlySet<string> = new Set(["id", "threadID", "waitSince"]);

/** The bytes of a goroutine of one shape: constant parts, with a number after each but the last. */
interface Template {
  readonly shape: number;
  /** All constant parts in one piece. */
  readonly bytes: Buffer;
  /** Where each part ends in `bytes`. */
  readonly ends: readonly number[];
  /** Which member the number after each part belongs to. */
  readonly keys: readonly string[];
}

/** Memory for templates; shapes beyond it are parsed each time they come. */
const maxBytes = 48 * 1024 * 1024;
/** How many bytes after the first number are sampled to find the template; the most that a template allows. */
const sampled = [1400, 560, 280, 0];

/**
 * Recognises goroutines whose bytes were seen before, ids and times apart, without parsing them.
 * A template is found through some words of its bytes and then compared as a whole, so one shape is never taken for
 * another.
 */
export class GoroutineTemplates {
  /** Of the last match. */
  shape = 0;
  id = 0;
  threadId = 0;
  readonly #byKey = new Map<number, Template[]>();
  #last: Template | undefined;
  /** Of `sampled`, those in use. */
  readonly #lengths = new Set<number>();
  #size = 0;
  #learnt = 0;
  #matches = 0;

  /**
   * Tries the goroutine that begins at `start` with `{`.
   * @returns where it ends, -1 when it is not known or its bytes are not all here
   */
  match(bytes: Buffer, start: number, end: number): number {
    if (this.#last !== undefined) {
      const after = this.#compare(this.#last, bytes, start, end);
      if (after >= 0) return after;
    }
    if (this.#byKey.size === 0) return -1;
    const from = fixedStart(bytes, start, end);
    for (const length of sampled) {
      if (!this.#lengths.has(length) || from + length > end) continue;
      for (const template of this.#byKey.get(sampleKey(bytes, from, length)) ?? []) {
        if (template === this.#last) continue;
        const after = this.#compare(template, bytes, start, end);
        if (after < 0) continue;
        this.#last = template;
        return after;
      }
    }
    return -1;
  }

  /** Learns the shape of a goroutine that was parsed. */
  add(shape: number, bytes: Buffer, start: number, end: number, spans: readonly MemberSpan[]): void {
    // Where next to nothing comes again, learning costs more than it saves.
    if (this.#size > maxBytes || (++this.#learnt > 8192 && this.#matches < this.#learnt / 8)) return;
    const ends: number[] = [];
    const keys: string[] = [];
    const parts: Buffer[] = [];
    let from = start;
    let length = 0;
    for (const span of spans) {
      if (!varying.has(span.key)) continue;
      parts.push(bytes.subarray(from, span.start));
      length += span.start - from;
      ends.push(length);
      keys.push(span.key);
      from = span.end;
    }
    parts.push(bytes.subarray(from, end));
    ends.push(length + end - from);
    const template = { shape, bytes: Buffer.concat(parts), ends, keys };
    this.#size += template.bytes.length + 400;
    const first = fixedStart(bytes, start, end);
    const until = spans.find((s) => varying.has(s.key) && s.start >= first)?.start ?? end;
    const sampleLength = sampled.find((length) => first + length <= until) ?? 0;
    this.#lengths.add(sampleLength);
    const key = sampleKey(bytes, first, sampleLength);
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, [template]);
    // Shapes that look alike in all samples would make the search slow.
    else if (known.length < 32) known.push(template);
    this.#last = template;
  }

  #compare(template: Template, bytes: Buffer, start: number, end: number): number {
    const { bytes: expected, ends, keys } = template;
    if (end - start < expected.length + keys.length) return -1;
    let pos = start;
    let from = 0;
    let id = 0;
    let threadId = 0;
    for (let part = 0; part < ends.length; part++) {
      const to = ends[part]!;
      const length = to - from;
      if (end - pos < length || !sameBytes(expected, from, to, bytes, pos)) return -1;
      pos += length;
      from = to;
      if (part === keys.length) break;
      let value = 0;
      const digits = pos;
      for (; pos < end; pos++) {
        const digit = bytes[pos]! - 0x30;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (pos === digits || !Number.isSafeInteger(value) || (bytes[digits] === 0x30 && pos > digits + 1))
        return -1;
      const key = keys[part]!;
      if (key === "id") id = value;
      else if (key === "threadID") threadId = value;
    }
    this.#matches++;
    this.shape = template.shape;
    this.id = id;
    this.threadId = threadId;
    return pos;
  }
}

/** Long parts are compared by the system's memcmp, short ones here: the call would cost more. */
function sameBytes(expected: Buffer, from: number, to: number, bytes: Buffer, pos: number): boolean {
  if (to - from > 48) return bytes.compare(expected, from, to, pos, pos + to - from) === 0;
  for (let i = from, j = pos; i < to; i++, j++) if (expected[i] !== bytes[j]) return false;
  return true;
}

/** Where a goroutine's bytes begin not to depend on the width of its id, when that comes first. */
function fixedStart(bytes: Buffer, start: number, end: number): number {
  const limit = Math.min(end, start + 64);
  let pos = start;
  while (pos < limit && bytes[pos] !== 0x3a) pos++;
  pos++;
  while (pos < limit && bytes[pos] === 0x20) pos++;
  while (pos < limit && bytes[pos]! >= 0x30 && bytes[pos]! <= 0x39) pos++;
  return pos;
}

/** Every other word, so that no number of five digits stays unseen. */
function sampleKey(bytes: Buffer, from: number, length: number): number {
  let key = length;
  for (let pos = from; pos + 4 <= from + length; pos += 8) {
    const word = bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24);
    key = Math.imul(key ^ word, 0x9e3779b1);
    key ^= key >>> 15;
  }
  return key;
}
