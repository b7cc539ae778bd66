/** What varies between two goroutines of one shape: a run of digits, and what it means. */
export const holes = {
  /** No hole: the shape ends here. */
  none: 0,
  id: 1,
  minutes: 2,
  creator: 3,
  /** An argument, hexadecimal; its value is wanted. */
  argument: 4,
  /** Hexadecimal digits that nobody asks for: `fp=`, `sp=`, `gp=`, arguments that are not live. */
  hex: 5,
  /** Decimal digits that nobody asks for: the thread of `m=3`. */
  decimal: 6,
} as const;

export type Hole = (typeof holes)[keyof typeof holes];

/** Bytes that are the same in every goroutine of a shape, and the hole that follows them. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly hole: Hole;
}

/** Values beyond 2^53 can't be a double, ids have fewer digits: such a goroutine is read slowly. */
export const maxHexDigits = 13;
export const maxDecimalDigits = 15;
/** Most arguments of one goroutine. */
export const maxValues = 4096;

/** Value of a hexadecimal digit (lower case, as Go prints), 255 for all other bytes. */
const hexValue = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) hexValue["0123456789abcdef".charCodeAt(i)] = i;

/** Bytes at which a comparison of doubles could lie: they make up zeros, and NaN. */
function misleading(byte: number): boolean {
  return byte === 0 || byte === 0x7f || byte === 0xff;
}

/**
 * Recognises goroutines whose shape is known, by comparing every byte outside their holes; a shape is never taken
 * for another.
 *
 * A node is a piece: literal bytes, then a hole. What may follow a hole is found in a binary tree of probes ("is
 * the byte at this offset at most this?"), whose leaf is the only candidate and is then compared in full.
 */
export class ShapeTrie {
  /** What `match` found. */
  shape = -1;
  id = 0;
  minutes = -1;
  creator = Number.NaN;
  /** Values of the argument holes, in order. */
  readonly values: Float64Array = new Float64Array(maxValues);
  valueCount = 0;

  #pool = new Uint8Array(1 << 16);
  #poolView = new DataView(this.#pool.buffer);
  #poolLength = 0;
  /** Nodes: where their bytes are, their hole, and the tree of what follows. */
  #start = new Int32Array(256);
  #length = new Int32Array(256);
  #hole = new Uint8Array(256);
  /** A node's tree: a probe as `~index`, a leaf as the node's index; for the end of a shape, the shape. */
  #next = new Int32Array(256);
  #nodes = 0;
  #probeOffset = new Int32Array(256);
  #probeByte = new Uint8Array(256);
  #probeLow = new Int32Array(256);
  #probeHigh = new Int32Array(256);
  #probes = 0;
  #root = 0;

  /**
   * Compares the bytes at `at` with the known shapes.
   * @param view of the same memory as `bytes`, from its beginning
   * @param end bytes from here on are not part of the input
   * @returns where the goroutine ends, -1 when no shape fits
   */
  match(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    if (this.#nodes === 0) return -1;
    const poolView = this.#poolView;
    const pool = this.#pool;
    this.minutes = -1;
    this.creator = Number.NaN;
    let count = 0;
    let tree = this.#root;
    let p = at;
    for (;;) {
      while (tree < 0) {
        const probe = ~tree;
        tree =
          bytes[p + this.#probeOffset[probe]!]! <= this.#probeByte[probe]!
            ? this.#probeLow[probe]!
            : this.#probeHigh[probe]!;
      }
      const length = this.#length[tree]!;
      if (p + length > end) return -1;
      let q = this.#start[tree]!;
      const stop = p + length;
      for (const last = stop - 8; p <= last; p += 8, q += 8) {
        if (view.getFloat64(p, true) !== poolView.getFloat64(q, true)) return -1;
      }
      for (; p < stop; p++, q++) if (bytes[p] !== pool[q]) return -1;
      const hole = this.#hole[tree]!;
      const next = this.#next[tree]!;
      if (hole === holes.none) {
        this.shape = next;
        this.valueCount = count;
        return p;
      }
      const from = p;
      if (hole === holes.hex) {
        while (hexValue[bytes[p]!]! < 16) p++;
        if (p === from) return -1;
      } else if (hole === holes.argument) {
        let value = 0;
        let digit = hexValue[bytes[p]!]!;
        // Seven digits fit a small integer; the rest is put below them.
        for (const small = p + 7; digit < 16 && p < small; digit = hexValue[bytes[++p]!]!)
          value = (value << 4) | digit;
        if (digit < 16) {
          let low = 0;
          const middle = p;
          for (const small = p + 7; digit < 16 && p < small; digit = hexValue[bytes[++p]!]!)
            low = (low << 4) | digit;
          value = value * 2 ** (4 * (p - middle)) + low;
        }
        if (p === from || p - from > maxHexDigits || count === maxValues) return -1;
        this.values[count++] = value;
      } else {
        let value = 0;
        for (let digit = bytes[p]! - 48; digit >= 0 && digit < 10; digit = bytes[++p]! - 48)
          value = value * 10 + digit;
        if (p === from || p - from > maxDecimalDigits) return -1;
        if (hole === holes.id) this.id = value;
        else if (hole === holes.minutes) this.minutes = value;
        else if (hole === holes.creator) this.creator = value;
      }
      if (p >= end || next === unset) return -1;
      tree = next;
    }
  }

  /**
   * Adds a shape; false when its pieces can't be told from known ones with certainty.
   * @param shape number that `match` is to find
   */
  add(pieces: readonly Piece[], shape: number): boolean {
    for (const piece of pieces) if (piece.bytes.length === 0 || piece.bytes.some(misleading)) return false;
    let parent = -1;
    for (const [index, piece] of pieces.entries()) {
      const empty = parent === -1 ? this.#nodes === 0 : this.#isNew(parent);
      const node = empty ? this.#attach(parent, piece) : this.#findOrInsert(parent, piece);
      if (node < 0) return false;
      if (index === pieces.length - 1) {
        if (this.#next[node] !== unset) return false;
        this.#next[node] = shape;
      }
      parent = node;
    }
    return true;
  }

  #isNew(node: number): boolean {
    return this.#next[node] === unset;
  }

  #attach(parent: number, piece: Piece): number {
    const node = this.#newNode(piece);
    if (parent === -1) this.#root = node;
    else this.#next[parent] = node;
    return node;
  }

  /** The piece's node after `parent`, made where there is none; -1 for a piece that begins like another one ends. */
  #findOrInsert(parent: number, piece: Piece): number {
    const start = parent === -1 ? this.#root : this.#next[parent]!;
    let leaf = start;
    while (leaf < 0) leaf = this.#side(~leaf, piece) ? this.#probeLow[~leaf]! : this.#probeHigh[~leaf]!;
    const difference = this.#firstDifference(leaf, piece);
    if (difference === same) return leaf;
    if (difference === ambiguous) return -1;
    // Probes are ordered by offset on every path, so that none looks beyond the end of the piece that it leads to.
    let place = -1;
    let tree = start;
    while (tree < 0 && this.#probeOffset[~tree]! <= difference) {
      place = ~tree;
      tree = this.#side(place, piece) ? this.#probeLow[place]! : this.#probeHigh[place]!;
    }
    const node = this.#newNode(piece);
    const own = piece.bytes[difference]!;
    const other = this.#pool[this.#start[leaf]! + difference]!;
    const [low, high] = own < other ? [node, tree] : [tree, node];
    const probe = ~this.#newProbe(difference, Math.min(own, other), low, high);
    if (place >= 0) {
      if (this.#side(place, piece)) this.#probeLow[place] = probe;
      else this.#probeHigh[place] = probe;
    } else if (parent === -1) this.#root = probe;
    else this.#next[parent] = probe;
    return node;
  }

  /** True when the piece belongs to the probe's low side. */
  #side(probe: number, piece: Piece): boolean {
    return (piece.bytes[this.#probeOffset[probe]!] ?? 255) <= this.#probeByte[probe]!;
  }

  #firstDifference(node: number, piece: Piece): number {
    const start = this.#start[node]!;
    const length = this.#length[node]!;
    const shorter = Math.min(length, piece.bytes.length);
    for (let i = 0; i < shorter; i++) if (this.#pool[start + i] !== piece.bytes[i]) return i;
    return length === piece.bytes.length && this.#hole[node] === piece.hole ? same : ambiguous;
  }

  #newNode(piece: Piece): number {
    const node = this.#nodes++;
    if (node === this.#start.length) {
      this.#start = larger(this.#start);
      this.#length = larger(this.#length);
      this.#next = larger(this.#next);
      const hole = new Uint8Array(node * 2);
      hole.set(this.#hole);
      this.#hole = hole;
    }
    const length = piece.bytes.length;
    if (this.#poolLength + length > this.#pool.length) this.#growPool(this.#poolLength + length);
    this.#pool.set(piece.bytes, this.#poolLength);
    this.#start[node] = this.#poolLength;
    this.#length[node] = length;
    this.#hole[node] = piece.hole;
    this.#next[node] = unset;
    this.#poolLength += length;
    return node;
  }

  #newProbe(offset: number, byte: number, low: number, high: number): number {
    const probe = this.#probes++;
    if (probe === this.#probeOffset.length) {
      this.#probeOffset = larger(this.#probeOffset);
      this.#probeLow = larger(this.#probeLow);
      this.#probeHigh = larger(this.#probeHigh);
      const bytes = new Uint8Array(probe * 2);
      bytes.set(this.#probeByte);
      this.#probeByte = bytes;
    }
    this.#probeOffset[probe] = offset;
    this.#probeByte[probe] = byte;
    this.#probeLow[probe] = low;
    this.#probeHigh[probe] = high;
    return probe;
  }

  #growPool(needed: number): void {
    const pool = new Uint8Array(Math.max(needed, this.#pool.length * 2));
    pool.set(this.#pool);
    this.#pool = pool;
    this.#poolView = new DataView(pool.buffer);
  }
}

const unset = 0x7fffffff;
const same = -1;
const ambiguous = -2;

function larger(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(column.length * 2);
  twice.set(column);
  return twice;
}
