import { parseCreatedBy, parsePositionLine } from "./frame-lines.ts";
import { areWithin, parseHeader } from "./header.ts";
import { LineParser } from "./line-parser.ts";
import type { RecordSink, TracebackRecord } from "./record.ts";
import type { RegularReader } from "./regular-reader.ts";
import { type Cut, type Hole, holes, longestHoles, maxValues, type Piece } from "./shape-trie.ts";

/** A goroutine by itself. */
export interface SingleRecord {
  readonly record: TracebackRecord;
  readonly lines: number;
}

/** A goroutine whose text is whole and regular, cut into what its shape fixes and what varies. */
export interface LearnedRecord extends SingleRecord {
  readonly pieces: readonly Piece[];
}

/**
 * Learns the shape of a goroutine.
 * @param bytes from the header to the blank line that ends it, inclusive
 * @returns `undefined` where anything is out of the ordinary: such text goes to the parser line by line
 */
export function learnRecord(bytes: Uint8Array): LearnedRecord | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const lines = linesOf(text);
  const cuts = cutsOf(lines);
  if (cuts === undefined || !cuts.every(isShort)) return undefined;
  const single = isAscii(text) ? readLines(lines) : readRecord(bytes);
  if (single === undefined) return undefined;
  const { record } = single;
  const count = (hole: Hole) => cuts.filter((c) => c.hole === hole).length;
  const trusted = record.args.reduce((sum, args) => sum + args.filter((a) => !Number.isNaN(a)).length, 0);
  const agree =
    trusted <= maxValues &&
    count(holes.argument) === trusted &&
    cuts.some((c) => c.hole === holes.minutes && c.to > c.from) === record.minutes >= 0 &&
    // The parser has taken off links, without which labels may be short enough.
    cuts.some(isLabels) === (record.shape.header.labelText !== "") &&
    count(holes.creator) === (Number.isNaN(record.creator) ? 0 : 1);
  return agree ? { ...single, pieces: piecesOf(bytes, cuts) } : undefined;
}

/**
 * Cuts a regular goroutine into what its shape fixes and what varies.
 * @param bytes from the header to the blank line that ends it, inclusive
 * @param reader that has read it
 * @returns `undefined` where anything is out of the ordinary
 */
export function regularPieces(bytes: Uint8Array, reader: RegularReader): readonly Piece[] | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cuts: Cut[] = [];
  if (!headerCuts(text.toString("latin1", 0, text.indexOf(10)), cuts)) return undefined;
  cuts.push(...reader.cuts);
  const values = cuts.filter((c) => c.hole === holes.argument).length;
  const hasMinutes = cuts.some((c) => c.hole === holes.minutes && c.to > c.from);
  if (values > maxValues || hasMinutes !== reader.numbers[3]! >= 0 || !cuts.every(isShort)) return undefined;
  return piecesOf(bytes, cuts);
}

function isLabels({ hole }: Cut): boolean {
  return hole === holes.labelsWithin || hole === holes.labelsBehind;
}

/** The hole that a `Header.labelText` fills. */
export function labelHole(labelText: string): Hole {
  return areWithin(labelText) ? holes.labelsWithin : holes.labelsBehind;
}

/**
 * Reads a goroutine by itself, with the same parser that reads everything else.
 * @returns `undefined` where the text is anything but one goroutine, all of whose lines are understood
 */
export function readRecord(bytes: Uint8Array): SingleRecord | undefined {
  return readLines(linesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")));
}

function isAscii(latin1: string): boolean {
  return !/[\x80-\xff]/.test(latin1);
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  // What follows the last line end.
  lines.pop();
  return lines;
}

function readLines(lines: readonly string[]): SingleRecord | undefined {
  const sink = new OnlyRecord();
  const parser = new LineParser(sink);
  for (const line of lines) parser.line(line);
  if (!parser.idle || sink.disturbed || sink.found === undefined) return undefined;
  return { record: sink.found, lines: lines.length };
}

class OnlyRecord implements RecordSink {
  found: TracebackRecord | undefined;
  disturbed = false;

  record(record: TracebackRecord): void {
    this.disturbed ||= this.found !== undefined;
    this.found = record;
  }
  shows(): boolean {
    return false;
  }
  repeat(): void {
    this.disturbed = true;
  }
  event(): void {
    this.disturbed = true;
  }
  problem(): void {
    this.disturbed = true;
  }
  cut(): void {
    this.disturbed = true;
  }
  separator(): void {
    this.disturbed = true;
  }
  stretch(): void {
    this.disturbed = true;
  }
  foreign(): void {
    this.disturbed = true;
  }
}

function isShort(cut: Cut): boolean {
  return cut.to - cut.from <= longestHoles[cut.hole];
}

/**
 * All holes, in order; `undefined` for text whose lines are not all of the common kinds. Lines that no parser would
 * understand may have holes too: the parser, who reads the same goroutine, refuses it then.
 */
function cutsOf(lines: readonly string[]): Cut[] | undefined {
  const cuts: Cut[] = [];
  let at = 0;
  for (const [index, raw] of lines.entries()) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    const known = index === 0 ? headerCuts(line, cuts) : bodyCuts(line, at, cuts, index === lines.length - 1);
    if (!known) return undefined;
    at += raw.length + 1;
  }
  return cuts;
}

function headerCuts(line: string, cuts: Cut[]): boolean {
  const start = /^goroutine (\d{1,15})( [^[\]"]*)?\[/.exec(line);
  if (start === null) return false;
  const digits = "goroutine ".length;
  cuts.push({ from: digits, to: digits + start[1]!.length, hole: holes.id });
  const words = / (?:(?:gp|mp)=0x([0-9a-f]+)|m=(\d+))/g;
  for (let word = words.exec(start[0]); word !== null; word = words.exec(start[0])) {
    const length = (word[1] ?? word[2])!.length;
    cuts.push({ from: words.lastIndex - length, to: words.lastIndex, hole: holes.skipped });
  }
  return minutesCut(line, start[0].length, cuts) && labelsCut(line, cuts);
}

/** What labels there are differs between goroutines that have some at all. */
function labelsCut(line: string, cuts: Cut[]): boolean {
  const header = parseHeader(line);
  if (header === undefined) return false;
  const { labelText } = header;
  const to = line.length;
  if (labelText !== "") cuts.push({ from: to - labelText.length, to, hole: labelHole(labelText) });
  return true;
}

/** Between a header's reason and what follows it; labels are no attribute, whose comma would be of the minutes. */
const reasonAndMinutes = /[^\]"{,]+?(, \d{1,9} minutes)?(?=, (?!labels:\{)|\]| labels:\{)/y;

/** Minutes follow the reason, or may: only where labels come next, their place is kept by none. */
function minutesCut(line: string, from: number, cuts: Cut[]): boolean {
  reasonAndMinutes.lastIndex = from;
  const found = reasonAndMinutes.exec(line);
  const to = found === null ? from : reasonAndMinutes.lastIndex;
  // Elsewhere they stand in a label, or in no header that Go writes.
  if (/, \d{1,9} minutes?/.test(line.slice(to))) return false;
  if (found === null || (found[1] === undefined && line[to] === " ")) return true;
  cuts.push({ from: to - (found[1]?.length ?? 0), to, hole: holes.minutes });
  return true;
}

function bodyCuts(line: string, at: number, cuts: Cut[], last: boolean): boolean {
  if (line === "") return last;
  if (line.endsWith(")")) {
    argumentCuts(line, at, cuts);
    return true;
  }
  const created = parseCreatedBy(line);
  if (created !== undefined) {
    if (!Number.isNaN(created.creator)) {
      cuts.push({ from: at + line.lastIndexOf(" ") + 1, to: at + line.length, hole: holes.creator });
    }
    return true;
  }
  if (!line.includes("=0x")) {
    return line.startsWith("\t") || parsePositionLine(line) !== undefined || isRemark(line);
  }
  if (parsePositionLine(line) !== undefined) {
    const pointers = / (?:fp|sp|pc)=0x([0-9a-f]+)/g;
    for (let found = pointers.exec(line); found !== null; found = pointers.exec(line)) {
      // Only at the end of the line; in a path such text stays what it is.
      if (!/^(?: (?:sp|pc)=0x[0-9a-f]+)*$/.test(line.slice(pointers.lastIndex))) continue;
      cuts.push({
        from: at + pointers.lastIndex - found[1]!.length,
        to: at + pointers.lastIndex,
        hole: holes.skipped,
      });
    }
    return true;
  }
  return false;
}

/** What a goroutine says instead of its frames. */
function isRemark(line: string): boolean {
  return /^\.\.\.(?:additional|\d+) frames elided\.\.\.$|^[\t ]*goroutine running on other thread/.test(line);
}

function argumentCuts(line: string, at: number, cuts: Cut[]): void {
  const values = /0x([0-9a-f]+)/g;
  values.lastIndex = line.lastIndexOf("(");
  for (let value = values.exec(line); value !== null; value = values.exec(line)) {
    const to = values.lastIndex;
    const hole = line[to] === "?" ? holes.skipped : holes.argument;
    cuts.push({ from: at + to - value[1]!.length, to: at + to, hole });
  }
}

function piecesOf(bytes: Uint8Array, cuts: readonly Cut[]): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const cut of cuts) {
    pieces.push({ bytes: bytes.subarray(from, cut.from), hole: cut.hole });
    from = cut.to;
  }
  pieces.push({ bytes: bytes.subarray(from), hole: holes.none });
  return pieces;
}
