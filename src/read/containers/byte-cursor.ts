type Bytes = Uint8Array<ArrayBuffer>;

/** Reads a stream of bytes in pieces of asked size, as archives need it. */
export class ByteCursor {
  readonly #chunks: AsyncIterator<Bytes>;
  #chunk: Bytes = new Uint8Array(0);
  #at = 0;
  /** Bytes read so far. */
  offset = 0;

  constructor(chunks: AsyncIterable<Bytes>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** A copy of the next `length` bytes; fewer at the end of the stream. */
  async read(length: number): Promise<Bytes> {
    const out = new Uint8Array(length);
    let have = 0;
    for await (const part of this.parts(length)) {
      out.set(part, have);
      have += part.length;
    }
    return out.subarray(0, have);
  }

  /** Like `read`, but the bytes stay to be read. */
  async peek(length: number): Promise<Bytes> {
    if (this.#chunk.length - this.#at >= length) return this.#chunk.slice(this.#at, this.#at + length);
    const ahead = await this.read(length);
    this.unread(ahead);
    return ahead;
  }

  /** Gives back the last bytes that were read. */
  unread(bytes: Bytes): void {
    const rest = this.#chunk.subarray(this.#at);
    this.#chunk = new Uint8Array(bytes.length + rest.length);
    this.#chunk.set(bytes);
    this.#chunk.set(rest, bytes.length);
    this.#at = 0;
    this.offset -= bytes.length;
  }

  /** @returns false when the stream ends before that */
  async skip(length: number): Promise<boolean> {
    let skipped = 0;
    for await (const part of this.parts(length)) skipped += part.length;
    return skipped === length;
  }

  /** The next `length` bytes, or as many as there are, without copying, at most `piece` at once. */
  async *parts(length: number, piece: number = Number.MAX_SAFE_INTEGER): AsyncGenerator<Bytes> {
    let left = length;
    while (left > 0 && (await this.#fill())) {
      const part = this.#chunk.subarray(this.#at, this.#at + Math.min(left, piece));
      this.#at += part.length;
      this.offset += part.length;
      left -= part.length;
      yield part;
    }
  }

  /** Gives back the last `length` bytes of the part just read. */
  back(length: number): void {
    this.#at -= length;
    this.offset -= length;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value;
      this.#at = 0;
    }
    return true;
  }
}

/** The memory of a cursor's parts is used again, but a stream is kept to be looked at twice. */
export async function* copied(parts: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  for await (const part of parts) yield part.slice();
}
