/** One field of a protobuf message: a number, or the bytes of a string or nested message. */
export interface ProtobufField {
  readonly number: number;
  /** Wire type 0; 0n for others. */
  readonly value: bigint;
  /** Wire type 2, only valid until the next field; empty for others. */
  readonly bytes: Uint8Array;
}

/** Longer fields are skipped: no goroutine profile has them. */
const maxField = 4 << 20;

/**
 * Takes a message apart as its bytes arrive, however they are cut: memory never holds more than one field.
 * Profiles use wire types 0 and 2 only; anything else, and field number 0, means that the bytes are no message.
 */
export class ProtobufFields {
  readonly #onField: (field: ProtobufField) => void;
  #rest: Uint8Array = new Uint8Array(0);
  /** Bytes of a field too long to keep. */
  #skip = 0;
  /** Offset of `#rest` in the message. */
  offset = 0;
  skippedFields = 0;
  /** Set at the first byte that can't be part of a message; the rest is ignored. */
  broken = false;

  constructor(onField: (field: ProtobufField) => void) {
    this.#onField = onField;
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.broken) return;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length);
      this.#skip -= skipped;
      this.offset += skipped;
      bytes = bytes.subarray(skipped);
    }
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes]);
    const used = this.#fields(bytes);
    this.offset += used;
    this.#rest = bytes.slice(used);
  }

  /** True when the message ended where a field ends. */
  get whole(): boolean {
    return !this.broken && this.#rest.length === 0 && this.#skip === 0;
  }

  /** Reads all fields that are whole. @returns how many bytes they take */
  #fields(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      const tag = varint(bytes, at);
      if (tag === undefined) break;
      const number = Number(tag.value >> 3n);
      const wire = Number(tag.value & 7n);
      if (tag.end < 0 || number === 0 || number > 0x1fffffff || (wire !== 0 && wire !== 2)) {
        this.broken = true;
        break;
      }
      const size = varint(bytes, tag.end);
      if (size === undefined) break;
      if (size.end < 0) {
        this.broken = true;
        break;
      }
      if (wire === 0) {
        this.#onField({ number, value: size.value, bytes: none });
        at = size.end;
        continue;
      }
      if (size.value > BigInt(maxField)) {
        this.skippedFields++;
        this.#skip = Number(size.value) - (bytes.length - size.end);
        if (this.#skip > 0) return bytes.length;
        this.#skip = 0;
        at = size.end + Number(size.value);
        continue;
      }
      const end = size.end + Number(size.value);
      if (end > bytes.length) break;
      this.#onField({ number, value: 0n, bytes: bytes.subarray(size.end, end) });
      at = end;
    }
    return at;
  }
}

const none = new Uint8Array(0);

/** `undefined`: the bytes end before the number does. `end` -1: more than the ten bytes of 64 bits. */
function varint(bytes: Uint8Array, at: number): { value: bigint; end: number } | undefined {
  let low = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    low |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { value: BigInt(low), end: at + i + 1 };
  }
  let value = BigInt(low);
  for (let i = 4; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + i + 1 };
  }
  return { value, end: -1 };
}
