import { instantiate, newMemory, type WasmMemory } from "../../model/wasm.ts";
import { scanKernel } from "./scan-kernel.ts";

/** What varies between two goroutines of one shape: digits or labels, and what they mean. As in wasm/scan-kernel.ts. */
export const holes = {
  /** No hole: the shape ends here. */
  none: 0,
  id: 1,
  /** `, 5 minutes`, or nothing: the only hole that may be empty. A comma or a bracket follows the piece before it. */
  minutes: 2,
  creator: 3,
  /** An argument, hexadecimal; its value is wanted. */
  argument: 4,
  /** Digits that nobody asks for: `fp=`, `sp=`, `gp=`, `m=`, arguments that are not live. */
  skipped: 5,
  /** The same in decimal, of up to 19 digits: Delve's nanoseconds. */
  skippedDecimal: 6,
  /** A `Header.labelText` that is known, within the brackets or behind them; its number is wanted. */
  labelsWithin: 7,
  labelsBehind: 8,
} as const;

export type Hole = (typeof holes)[keyof typeof holes];

/** Bytes that are the same in every goroutine of a shape, and the hole that follows them. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly hole: Hole;
}

/** A part of a goroutine's text, by offsets. */
export interface Cut {
  readonly from: number;
  readonly to: number;
  readonly hole: Hole;
}

/** Longer holes are read slowly: most because their numbers fit no double. */
export const longestHoles: Readonly<Record<Hole, number>> = {
  0: 0,
  1: 15,
  2: 19,
  3: 15,
  4: 13,
  5: 16,
  6: 19,
  7: 1024,
  8: 1024,
};

/** Most arguments of one goroutine. */
export const maxValues = 4096;
/** Doubles in front of a row's values, which are the number of its labels, where the shape has some, and its arguments. */
export const rowHead = 4;
/** Doubles that are kept behind the last row that may be begun: for all of it, and for an item or two behind it. */
export const spareDoubles = rowHead + maxValues + 8;

const pageSize = 65536;
/** Bytes of input in sight at once. */
export const windowSize = 1 << 20;
const windowStart = pageSize;
/** Room behind the window, so that looking a little further is no error. */
const slack = pageSize;
const rowsStart = windowStart + windowSize + slack;
/**
 * A goroutine's row is at most about twice as long as its text; and rows from before may be kept. Who writes what may be
 * longer looks for room first.
 */
const rowsSize = 2 * windowSize + 4 * pageSize;
/** As in wasm/scan-kernel.ts. */
const labelSlots = 8192;
const labelSlotSize = 16;
/** Most labels of different text that are known, and the bytes of their texts. */
const mostLabels = labelSlots / 2;
const labelTextSize = 1 << 19;
const labelsStart = rowsStart + rowsSize;
const labelTextStart = labelsStart + labelSlots * labelSlotSize;
const arenaStart = labelTextStart + labelTextSize;
/**
 * Bytes of shapes, 25,000 of a usual depth; what is beyond is read more slowly. They are there from the beginning: memory that
 * grows is another buffer, and once a buffer was taken away V8 checks at each access to any that it is still there.
 */
const arenaSize = 32 << 20;

/** As wasm/scan-kernel.ts explains. */
interface Exports {
  readonly scan: (
    from: number,
    end: number,
    root: number,
    rows: number,
    rowsEnd: number,
    labels: number,
  ) => number;
  readonly addLabels: (labels: number, text: number, length: number, hole: Hole, number: number) => void;
}

/** All that a tree holds; its memory is the tree's own copy. */
export interface TrieContents {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly root: number;
  readonly newestNode: number;
}

/** The kernel, and the memory that it works in. */
interface Kernel extends Exports {
  readonly memory: WasmMemory<ArrayBuffer>;
}

/** Those that no tree uses any more: if each of thousands of inputs had its own, V8 would collect garbage for each. */
const spareKernels: Kernel[] = [];
const mostSpare = 2;

function newKernel(): Kernel {
  const memory = newMemory(arenaStart + arenaSize);
  const { scan, addLabels } = instantiate<Exports>(scanKernel, memory);
  return { memory, scan, addLabels };
}

const nodeHead = 16;
/** The kernel compares so many bytes at a time. */
const stride = 16;
/** A probe's address is odd where it stands for a tree; its fields are seen from there. */
const probeSize = 20;
/** What a piece takes beside its bytes, at most. */
const pieceOverhead = nodeHead + stride + probeSize + 6;

/**
 * Recognises goroutines whose shape is known, by comparing every byte outside their holes; a shape is never taken
 * for another. The comparing is done by WebAssembly, whose memory holds the input, the shapes and the result.
 *
 * A node is a piece: literal bytes, then a hole. What may follow a hole is found in a binary tree of probes ("is
 * the byte at this offset at most this?"), whose leaf is the only candidate and is then compared in full.
 * Probes are ordered by offset on every path, so that none looks beyond the end of the piece that it leads to.
 */
export class ShapeTrie {
  readonly #kernel: Kernel = spareKernels.pop() ?? newKernel();
  readonly #view = new DataView(this.#kernel.memory.buffer);
  readonly #bytes = new Uint8Array(this.#kernel.memory.buffer);
  /** Where the input is put. */
  readonly window = new Uint8Array(this.#kernel.memory.buffer, windowStart, windowSize);
  /** Where rows are written. */
  readonly rows = new Float64Array(this.#kernel.memory.buffer, rowsStart, rowsSize / 8);
  #arenaEnd = arenaStart;
  #newestNode = 0;
  #root = 0;
  #labels = 0;
  #labelTextEnd = labelTextStart;
  #isClosed = false;
  #isFull = false;
  #areLabelsFull = false;

  /** A shape had no room: it learns no more. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Labels had no room: no more become known. */
  get areLabelsFull(): boolean {
    return this.#areLabelsFull;
  }

  /** Gives its memory to the next one; nobody looks at this one, its window and its rows any more. */
  close(): void {
    // Two would use the same memory.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#bytes.fill(0, arenaStart, this.#arenaEnd);
    if (this.#labels > 0) this.#bytes.fill(0, labelsStart, this.#labelTextEnd);
    if (spareKernels.length < mostSpare) spareKernels.push(this.#kernel);
  }

  get contents(): TrieContents {
    const bytes = this.#bytes.slice(arenaStart, this.#arenaEnd);
    return { bytes, root: this.#root, newestNode: this.#newestNode };
  }

  /** Takes the place of what it held. */
  set contents({ bytes, root, newestNode }: TrieContents) {
    this.#arenaEnd = arenaStart;
    this.#allocate(bytes.length);
    this.#bytes.set(bytes, arenaStart);
    this.#root = root;
    this.#newestNode = newestNode;
  }

  /**
   * Recognises goroutines one after another and writes a row for each: shape, id, minutes, creator, values.
   * @param from offset in the window, where a goroutine may begin
   * @param end offset in the window, where the input ends
   * @param row index of the first double to be written
   * @returns where it stopped, as an offset in the window, and how many doubles there are then
   */
  match(from: number, end: number, row: number): { at: number; row: number } {
    const rowsEnd = rowsStart + rowsSize - spareDoubles * 8;
    const at = this.#kernel.scan(
      windowStart + from,
      windowStart + end,
      this.#root,
      rowsStart + row * 8,
      rowsEnd,
      labelsStart,
    );
    return { at: at - windowStart, row: (this.#view.getInt32(0, true) - rowsStart) / 8 };
  }

  /**
   * Makes a `Header.labelText` known, under the next number from 0; false when there are too many of them. Another tree,
   * even if it takes over this one's shapes, knows other ones.
   */
  addLabels(text: string, hole: Hole): boolean {
    const address = this.#labelTextEnd;
    const end = address + text.length + stride;
    this.#areLabelsFull ||= this.#labels === mostLabels || end > arenaStart;
    if (this.#areLabelsFull) return false;
    Buffer.from(this.#bytes.buffer).write(text, address, "latin1");
    this.#kernel.addLabels(labelsStart, address, text.length, hole, this.#labels++);
    this.#labelTextEnd = end;
    return true;
  }

  /**
   * Adds a shape; false when its pieces can't be told from known ones with certainty, or there are too many shapes.
   * @param shape number that rows are to have
   */
  add(pieces: readonly Piece[], shape: number): boolean {
    const most = pieces.reduce((sum, { bytes }) => sum + bytes.length + pieceOverhead, this.#arenaEnd);
    this.#isFull ||= most > arenaStart + arenaSize;
    if (this.#isFull) return false;
    const newest = this.#newestNode;
    let parent = 0;
    let node = 0;
    for (const piece of pieces) {
      if (piece.bytes.length === 0) return false;
      node = this.#findOrInsert(parent, piece);
      if (node === 0) return false;
      parent = node;
    }
    // The last piece has no hole: what would be next is the shape.
    if (node <= newest) return false;
    this.#setNext(node, shape);
    return true;
  }

  /** The piece's node after `parent`, made where there is none; 0 for a piece that begins like another one ends. */
  #findOrInsert(parent: number, piece: Piece): number {
    const start = this.#next(parent);
    if (start === 0) return this.#setNext(parent, this.#newNode(piece));
    let leaf = start;
    while (leaf & 1) leaf = this.#follow(leaf, piece);
    const difference = this.#firstDifference(leaf, piece);
    if (difference === same) return leaf;
    if (difference === ambiguous) return 0;
    let place = 0;
    let tree = start;
    while (tree & 1 && this.#field(tree, 0) <= difference) {
      place = tree;
      tree = this.#follow(tree, piece);
    }
    const node = this.#newNode(piece);
    const own = byteOf(piece, difference);
    const other = difference < this.#lengthOf(leaf) ? this.#bytes[leaf + nodeHead + difference]! : bracket;
    const probe =
      own < other
        ? this.#newProbe(difference, own, node, tree)
        : this.#newProbe(difference, other, tree, node);
    if (place === 0) this.#setNext(parent, probe);
    else this.#setField(place, this.#isLow(place, piece) ? 2 : 3, probe);
    return node;
  }

  #firstDifference(node: number, piece: Piece): number {
    const length = this.#lengthOf(node);
    const hole = this.#view.getInt32(node + 4, true);
    const shorter = Math.min(length, piece.bytes.length);
    const start = node + nodeHead;
    for (let i = 0; i < shorter; i++) if (this.#bytes[start + i] !== piece.bytes[i]) return i;
    if (length === piece.bytes.length) return hole === piece.hole ? same : ambiguous;
    const further = length > shorter ? this.#bytes[start + shorter]! : piece.bytes[shorter]!;
    const shortHole = length > shorter ? piece.hole : hole;
    return shortHole === holes.minutes && (further < comma || further > bracket) ? shorter : ambiguous;
  }

  #lengthOf(node: number): number {
    return this.#view.getInt32(node, true);
  }

  #newNode(piece: Piece): number {
    const node = this.#allocate(nodeHead + piece.bytes.length + stride);
    this.#view.setInt32(node, piece.bytes.length, true);
    this.#view.setInt32(node + 4, piece.hole, true);
    this.#bytes.set(piece.bytes, node + nodeHead);
    this.#newestNode = node;
    return node;
  }

  #newProbe(offset: number, byte: number, low: number, high: number): number {
    const probe = this.#allocate(probeSize) | 1;
    [offset, byte, low, high].forEach((value, index) => {
      this.#setField(probe, index, value);
    });
    return probe;
  }

  #isLow(probe: number, piece: Piece): boolean {
    return byteOf(piece, this.#field(probe, 0)) <= this.#field(probe, 1);
  }

  #follow(probe: number, piece: Piece): number {
    return this.#field(probe, this.#isLow(probe, piece) ? 2 : 3);
  }

  #field(probe: number, index: number): number {
    return this.#view.getInt32(probe + 3 + index * 4, true);
  }

  #setField(probe: number, index: number, value: number): void {
    this.#view.setInt32(probe + 3 + index * 4, value, true);
  }

  #next(node: number): number {
    return node === 0 ? this.#root : this.#view.getInt32(node + 8, true);
  }

  #setNext(node: number, value: number): number {
    if (node === 0) this.#root = value;
    else this.#view.setInt32(node + 8, value, true);
    return value;
  }

  #allocate(size: number): number {
    const address = this.#arenaEnd;
    this.#arenaEnd += (size + 3) & ~3;
    return address;
  }
}

const same = -1;
const ambiguous = -2;

/** What follows a piece before minutes, whether there are any or not, and all bytes between the two. */
const comma = 44;
const bracket = 93;

/** The byte that a probe at this offset finds in the piece's place. */
function byteOf({ bytes, hole }: Piece, offset: number): number {
  return bytes[offset] ?? (hole === holes.minutes && offset === bytes.length ? bracket : 255);
}
