import { constants, crc32, createInflateRaw, type InflateRaw, inflateRawSync } from "node:zlib";
import { unpackedAtOnce, zlibUnpacker } from "./inflate.ts";
import type { Unpacker } from "./unpacker.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Gzip, of several members too, as `cat a.gz b.gz` makes it. Not Node's own: where that finds a wrong checksum, or something
 * else behind the end, it drops what it has unpacked.
 */
export async function gzipUnpacker(): Promise<Unpacker> {
  const out: Bytes[] = [];
  let failed: Error | undefined;
  let part: "header" | "content" | "trailer" | "zeros" = "header";
  let have: Bytes = new Uint8Array(0);
  let members = 0;
  let member: Member | undefined;

  /** Takes what is of the present part. @returns the rest */
  async function take(packed: Uint8Array): Promise<Uint8Array> {
    if (part === "zeros") {
      if (packed.some((byte) => byte !== 0)) throw new Error("there is more behind the zeros at its end");
      return packed.subarray(packed.length);
    }
    if (part === "content") {
      member ??= new Member();
      let rest: Uint8Array | undefined;
      try {
        rest = await member.push(packed);
      } finally {
        // Also what comes before damage.
        out.push(...member.take());
      }
      if (rest !== undefined) part = "trailer";
      return rest ?? packed.subarray(packed.length);
    }
    // Nothing is copied where all is here: members may be many, and small.
    const all = have.length === 0 ? packed : Buffer.concat([have, packed]);
    const length = part === "trailer" ? 8 : headerLength(all, members);
    if (length === 0) part = "zeros";
    else if (all.length < length) {
      have = Uint8Array.from(all);
      return packed.subarray(packed.length);
    } else if (part === "header") part = "content";
    else {
      member?.close();
      member?.check(all);
      member = undefined;
      members++;
      part = "header";
    }
    have = new Uint8Array(0);
    return all.subarray(length);
  }

  async function end(): Promise<void> {
    if (part === "content") {
      await member?.end();
      out.push(...(member?.take() ?? []));
    }
    if (part === "zeros" || (part === "header" && have.length === 0)) return;
    throw new Error("unexpected end of file");
  }

  return {
    async push(packed) {
      try {
        if (failed !== undefined) return failed;
        if (packed === undefined) await end();
        else for (let rest = packed; rest.length > 0; ) rest = await take(rest);
      } catch (error) {
        failed = error as Error;
      }
      return failed;
    },
    take: () => out.splice(0),
    close() {
      member?.close();
    },
  };
}

/** Names and comments are not longer. */
const maxHeader = 1 << 20;

/**
 * How long a member's header is (RFC 1952), or more than there is of it; 0 for zeros behind the last member.
 * @param before members before it
 */
function headerLength(bytes: Uint8Array, before: number): number {
  const magic = [0x1f, 0x8b, 8];
  if (before > 0 && bytes[0] === 0) return 0;
  if (magic.some((byte, i) => i < bytes.length && bytes[i] !== byte))
    throw new Error(before > 0 ? "there is something else behind its end" : "incorrect header check");
  if (bytes.length < 10) return 10;
  const flags = bytes[3]!;
  if ((flags & 0xe0) !== 0) throw new Error("unknown header flags set");
  let length = 10;
  if (flags & 4) length += 2 + (bytes[10] ?? 0) + 256 * (bytes[11] ?? 0);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = length < bytes.length ? bytes.indexOf(0, length) : -1;
    length = end < 0 ? Math.max(length, bytes.length) + 1 : end + 1;
  }
  if (length > maxHeader) throw new Error("its header is too long");
  return flags & 2 ? length + 2 : length;
}

/**
 * A member that ends in these bytes and is small, unpacked without a stream: to make one takes twenty times as long, and
 * members may be hundreds of thousands. `undefined` for others, damaged ones too.
 */
function smallMember(packed: Uint8Array): { readonly content: Bytes; readonly length: number } | undefined {
  try {
    const options = {
      info: true,
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: 1 << 12,
      maxOutputLength: unpackedAtOnce,
    };
    const { buffer, engine } = inflateRawSync(packed, options) as unknown as {
      buffer: Buffer<ArrayBuffer>;
      engine: InflateRaw;
    };
    // Where all was taken, it may go on.
    if (engine.bytesWritten === packed.length) return undefined;
    return { content: buffer, length: engine.bytesWritten };
  } catch {
    return undefined;
  }
}

/** The content of a member, as it was unpacked. */
class Member {
  #stream: InflateRaw | undefined;
  #unpacker: Unpacker | undefined;
  readonly #out: Bytes[] = [];
  #fed = 0;
  #crc = 0;
  #length = 0;

  /** @returns what is behind its end, once that has been reached */
  async push(packed: Uint8Array): Promise<Uint8Array | undefined> {
    const small = this.#fed === 0 ? smallMember(packed) : undefined;
    if (small !== undefined) {
      if (small.content.length > 0) this.#out.push(small.content);
      return packed.subarray(small.length);
    }
    this.#stream ??= createInflateRaw({ chunkSize: unpackedAtOnce });
    this.#unpacker ??= zlibUnpacker(this.#stream);
    const error = await this.#unpacker.push(packed);
    this.#out.push(...this.#unpacker.take());
    if (error !== undefined) throw error;
    this.#fed += packed.length;
    const behind = this.#fed - this.#stream.bytesWritten;
    return behind > 0 ? packed.subarray(packed.length - behind) : undefined;
  }

  async end(): Promise<void> {
    await this.#unpacker?.push(undefined);
    this.#out.push(...(this.#unpacker?.take() ?? []));
  }

  take(): Bytes[] {
    const taken = this.#out.splice(0);
    for (const bytes of taken) {
      this.#crc = crc32(bytes, this.#crc);
      this.#length += bytes.length;
    }
    return taken;
  }

  /** @param trailer checksum and length as the member says them */
  check(trailer: Uint8Array): void {
    const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.length);
    if (view.getUint32(0, true) !== this.#crc) throw new Error("incorrect data check");
    if (view.getUint32(4, true) !== this.#length % 2 ** 32) throw new Error("incorrect length check");
  }

  close(): void {
    this.#unpacker?.close();
  }
}
