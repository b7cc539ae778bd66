import type { JsonObject } from "./json-value.ts";

/** An object that was read, to be recognised by its bytes when it comes again as the same member. */
interface Remembered {
  readonly bytes: Buffer;
  readonly object: JsonObject;
}

interface OfMember {
  readonly objects: Remembered[];
  asked: number;
  found: number;
}

/** Objects remembered for each member: most goroutines share their start and where they park. */
const each = 4;
const maxMembers = 32;
const maxSize = 1000;
/** So often it is worth a try with a member whose objects hardly ever come again. */
const fewTries = 1000;

/** The objects that were the values of members lately. */
export class RememberedObjects {
  readonly #members = new Map<string, OfMember>();

  /** The object whose bytes begin at `pos`, and where they end; `undefined` when it is none of those remembered. */
  recall(
    key: string,
    bytes: Buffer,
    pos: number,
    end: number,
  ): { object: JsonObject; end: number } | undefined {
    const member = this.#members.get(key);
    if (member === undefined || isUseless(member)) return undefined;
    member.asked++;
    for (const { bytes: known, object } of member.objects) {
      const after = pos + known.length;
      if (after > end || bytes.compare(known, 0, known.length, pos, after) !== 0) continue;
      member.found++;
      return { object, end: after };
    }
    return undefined;
  }

  /** @param bytes those that the object was read from; they are copied */
  remember(key: string, bytes: Uint8Array, object: JsonObject): void {
    if (bytes.length > maxSize) return;
    let member = this.#members.get(key);
    if (member === undefined) {
      if (this.#members.size === maxMembers) return;
      member = { objects: [], asked: 0, found: 0 };
      this.#members.set(key, member);
    }
    if (isUseless(member)) return;
    if (member.objects.length === each) member.objects.pop();
    member.objects.unshift({ bytes: Buffer.from(bytes), object });
  }
}

function isUseless({ asked, found }: OfMember): boolean {
  return asked > fewTries && found < asked / 8;
}

interface KnownKey {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const keySlots = 256;
const maxKey = 40;

/** Keys of objects as strings: the same few come again and again, and need not be made anew. */
export class KnownKeys {
  readonly #slots: (KnownKey | undefined)[] = new Array<KnownKey | undefined>(keySlots).fill(undefined);

  /** The ASCII text of these bytes. */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0 || length > maxKey) return bytes.toString("latin1", start, end);
    const slot = (length * 31 + bytes[start]! * 7 + bytes[end - 1]!) % keySlots;
    const known = this.#slots[slot];
    if (known !== undefined && isSame(known.bytes, bytes, start, length)) return known.text;
    const text = bytes.toString("latin1", start, end);
    this.#slots[slot] = { bytes: Uint8Array.from(bytes.subarray(start, end)), text };
    return text;
  }
}

function isSame(known: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
