import { type Hole, holes, longestHoles, type Piece, rowHead, ShapeTrie } from "../traceback/shape-trie.ts";
import type { MemberSpan } from "./json-value.ts";

/** Members of a goroutine that differ between goroutines at the same place, and where a row has their numbers. */
const varying: ReadonlyMap<string, Hole> = new Map<string, Hole>([
  ["id", holes.id],
  ["threadID", holes.creator],
  ["waitSince", holes.skippedDecimal],
]);

/** So many are learnt in any case; more only while an eighth of the goroutines is recognised. */
const fewTemplates = 256;
/** Behind so many goroutines in a row that were not recognised, most are not tried. */
const manyMissed = 64;
/** Of those one in so many is. */
const triedBehind = 16;
/** What may stand between two goroutines for the second to be recognised: a comma, line ends, indentation. */
const maxBefore = 256;

/** Reads a row of `GoroutineTemplates.rows`. */
export const templateRow = {
  /** Doubles of a row. */
  length: rowHead,
  shape: 0,
  id: holes.id as number,
  /** NaN where it is not one that varies: it is as in the shape. */
  threadId: holes.creator as number,
} as const;

/**
 * Recognises goroutines whose bytes were seen before, ids and times apart, without parsing them. All other bytes are
 * compared, those that part a goroutine from the one before it too, so one template is never taken for another.
 */
export class GoroutineTemplates {
  readonly #trie = new ShapeTrie();
  /** Where input must stand to be recognised. */
  readonly window: Buffer = asBuffer(this.#trie.window);
  #length = 0;
  #before: Buffer | undefined;
  #learnt = 0;
  #recognised = 0;
  #missed = 0;

  /** Gives back its memory; nobody looks at it any more. */
  close(): void {
    this.#trie.close();
  }

  /** What the last `match` recognised; valid until the next. */
  get rows(): Float64Array {
    return this.#trie.rows.subarray(0, this.#length);
  }

  /**
   * Recognises goroutines one after another.
   * @param from where the value before the first of them ends, in `window`
   * @param end where the input ends, in `window`
   * @returns where the last one ends that is known and whole, `from` when there is none
   */
  match(from: number, end: number): number {
    this.#length = 0;
    if (this.#learnt === 0) return from;
    this.#missed++;
    if (this.#missed > manyMissed && this.#missed % triedBehind !== 0) return from;
    const { at, row } = this.#trie.match(from, end, 0);
    this.#length = row;
    this.#recognised += row / rowHead;
    if (row > 0) this.#missed = 0;
    return at;
  }

  /** Nothing stands before the goroutine that comes next: it is the first of a list. */
  begin(): void {
    this.#before = undefined;
  }

  /** Notes what stands before the goroutine that comes next. */
  before(bytes: Buffer, start: number, end: number): void {
    const known = this.#before;
    if (known !== undefined && known.length === end - start) {
      let i = 0;
      while (i < known.length && known[i] === bytes[start + i]) i++;
      if (i === known.length) return;
    }
    this.#before = Buffer.from(bytes.subarray(start, Math.min(end, start + maxBefore)));
  }

  /** Learning costs more than it saves where next to nothing comes again. */
  get mayLearn(): boolean {
    return !this.#trie.isFull && (this.#learnt < fewTemplates || this.#recognised > this.#learnt / 8);
  }

  /**
   * Learns a goroutine that was parsed.
   * @param shape number that its rows are to have
   * @param bytes the goroutine lies in them from `start` to `end`, and so do its numbers
   */
  add(shape: number, bytes: Buffer, start: number, end: number, spans: readonly MemberSpan[]): void {
    if (this.#before === undefined) return;
    const goroutine = bytes.subarray(start, end);
    const pieces = piecesOf(this.#before, goroutine, start, spans);
    if (pieces === undefined) return;
    this.#learnt++;
    this.#trie.add(pieces, shape);
  }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** `undefined` for a goroutine that has its id, or another number, in an unusual way. */
function piecesOf(
  before: Uint8Array,
  goroutine: Buffer,
  start: number,
  spans: readonly MemberSpan[],
): Piece[] | undefined {
  const pieces: Piece[] = [];
  let from = 0;
  for (const span of spans) {
    const hole = varying.get(span.key);
    if (hole === undefined || span.end - span.start > longestHoles[hole]) continue;
    // Where a member is there twice the last one counts, but only one has its place in the row.
    if (pieces.some((piece) => piece.hole === hole)) return undefined;
    pieces.push({ bytes: goroutine.subarray(from, span.start - start), hole });
    from = span.end - start;
  }
  if (!pieces.some((piece) => piece.hole === holes.id)) return undefined;
  pieces.push({ bytes: goroutine.subarray(from), hole: holes.none });
  pieces[0] = { ...pieces[0]!, bytes: Buffer.concat([before, pieces[0]!.bytes]) };
  return pieces;
}
