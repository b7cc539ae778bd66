import type { Budget } from "./budget.ts";
import { type ByteCursor, copied } from "./byte-cursor.ts";
import { type PaxAttributes, tarBlock, tarNumber } from "./tar-header.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of which an archive leaves out what is zero. */
export interface SparseMap {
  /** Bytes of the file, zeros included. */
  readonly size: number;
  /** What the archive has of it, in order. */
  readonly segments: readonly Segment[];
}

interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** A file in more pieces is not read. */
const maxSegments = 1 << 18;
const zeros: Bytes = new Uint8Array(1 << 16);

/** The map in GNU's own header, and in the blocks that may follow it; undefined when it is cut. */
export async function gnuSparseMap(header: Bytes, cursor: ByteCursor): Promise<SparseMap | undefined> {
  const segments = segmentsOf(header, 386, 4);
  let goesOn = header[482] !== 0;
  while (goesOn && segments.length < maxSegments) {
    const block = await cursor.read(tarBlock);
    if (block.length < tarBlock) return undefined;
    segments.push(...segmentsOf(block, 0, 21));
    goesOn = block[504] !== 0;
  }
  return goesOn ? undefined : { size: tarNumber(header, 483, 12), segments };
}

/** Entries that are not used are blank. */
function segmentsOf(block: Bytes, at: number, count: number): Segment[] {
  return Array.from({ length: count }, (_, i) => at + 24 * i)
    .filter((entry) => block[entry + 12] !== 0)
    .map((entry) => ({ offset: tarNumber(block, entry, 12), length: tarNumber(block, entry + 12, 12) }));
}

/** True when pax attributes say that what follows is such a file. */
export function isPaxSparse(attributes: PaxAttributes): boolean {
  return attributes.has("GNU.sparse.major") || attributes.has("GNU.sparse.size");
}

/** The map in a file's pax attributes, or before its content, as they say; undefined when it can't be read. */
export async function paxSparseMap(
  attributes: PaxAttributes,
  cursor: ByteCursor,
): Promise<SparseMap | undefined> {
  const all = (key: string): readonly string[] => attributes.get(`GNU.sparse.${key}`) ?? [];
  const size = Number(all("realsize")[0] ?? all("size")[0]);
  const numbers = all("major")[0] === "1" ? await numbersBefore(cursor) : numbersIn(all);
  if (numbers === undefined || numbers.length % 2 !== 0) return undefined;
  const segments: Segment[] = [];
  for (let i = 0; i < numbers.length; i += 2)
    segments.push({ offset: Number(numbers[i]), length: Number(numbers[i + 1]) });
  return { size, segments };
}

function numbersIn(all: (key: string) => readonly string[]): readonly string[] {
  const [map] = all("map");
  if (map !== undefined) return map.split(",");
  const lengths = all("numbytes");
  return all("offset").flatMap((offset, i) => [offset, lengths[i] ?? "none"]);
}

/** How many segments there are, and offset and length of each, a line each, in whole blocks. */
async function numbersBefore(cursor: ByteCursor): Promise<string[] | undefined> {
  const lines: string[] = [];
  let open = "";
  for (let needed = 1; lines.length < needed; ) {
    const block = await cursor.read(tarBlock);
    if (block.length < tarBlock) return undefined;
    const [first, ...more] = Buffer.from(block).toString("latin1").split("\n");
    lines.push(open + first!, ...more);
    open = lines.pop()!;
    if (open.length > tarBlock) return undefined;
    if (lines.length > 0) needed = 1 + 2 * Number(lines[0]);
    if (!(needed <= 1 + 2 * maxSegments)) return undefined;
    if (lines.length >= needed) return lines.slice(1, needed);
  }
  return undefined;
}

/** @param stored bytes that the archive has of the file */
export function isWhole(map: SparseMap, stored: number): boolean {
  let end = 0;
  let sum = 0;
  for (const { offset, length } of map.segments) {
    if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length))) return false;
    if (offset < end || length < 0) return false;
    end = offset + length;
    sum += length;
  }
  return Number.isSafeInteger(map.size) && end <= map.size && sum === stored;
}

/**
 * The file with its zeros, as far as the content goes and the budget grants: few bytes can ask for many.
 * @param onProblem called when more is asked for
 */
export async function* withZeros(
  cursor: ByteCursor,
  map: SparseMap,
  budget: Budget,
  onProblem: () => void,
): AsyncGenerator<Bytes> {
  let at = 0;
  for (const { offset, length } of [...map.segments, { offset: map.size, length: 0 }]) {
    while (at < offset) {
      const granted = budget.take(Math.min(zeros.length, offset - at));
      if (granted === 0) return onProblem();
      yield zeros.subarray(0, granted);
      at += granted;
    }
    const end = cursor.offset + length;
    yield* copied(cursor.parts(length));
    if (cursor.offset < end) return;
    at += length;
  }
}
