import type { LogRecord } from "./record.ts";

/**
 * The records of one process, oldest first: log stores answer newest first, too. What has the same time comes in the
 * order of the answer, or in the reverse of it: as more of it looks like a dump.
 */
export function inOrder(records: readonly LogRecord[]): readonly LogRecord[] {
  const asTheyCome = byTime(records);
  const reversed = byTime([...records].reverse());
  return votesFor(reversed) > votesFor(asTheyCome) ? reversed : asTheyCome;
}

/**
 * True for records of which none is later than the one before it, and some are earlier; where all have the same time, or
 * none, calls must stand before their headers.
 */
export function isLatestFirst(records: readonly LogRecord[]): boolean {
  const times = records.map((record) => nanoseconds(record.time));
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || first === last)
    return headerVotes(records.map(({ text }) => lineKind(text))) < 0;
  return times.every((time, i) => time !== undefined && (i === 0 || time <= times[i - 1]!));
}

function byTime(records: readonly LogRecord[]): readonly LogRecord[] {
  const times = records.map((record) => nanoseconds(record.time));
  // A record without its time stands where it stands.
  if (times.includes(undefined)) return records;
  const order = [...records.keys()].sort((a, b) =>
    times[a]! < times[b]! ? -1 : times[a]! > times[b]! ? 1 : a - b,
  );
  return order.map((index) => records[index]!);
}

/** A line's end, also within quotes of what is around it. */
const end = '(?:\\s*$|(?:\\\\n)?")';
const header = new RegExp(`goroutine \\d{1,20} (?:gp=\\S{1,20} )?\\[[^\\]\n]{1,500}\\]:${end}`);
const call = new RegExp(`\\)${end}`);
const position = new RegExp(`\\S:\\d{1,9}(?: \\+0x[0-9a-f]{1,16})?${end}`);

/**
 * How much the records look like a dump whose lines come one by one: behind a header is a call, not before it; before a
 * file and line is the call.
 */
function votesFor(records: readonly LogRecord[]): number {
  const kinds = records.map(({ text }) => lineKind(text));
  const positions = kinds.filter((kind, index) => kind === "position" && kinds[index - 1] === "call");
  return headerVotes(kinds) + positions.length;
}

function headerVotes(kinds: readonly LineKind[]): number {
  let votes = 0;
  for (const [index, kind] of kinds.entries())
    if (kind === "header") votes += Number(kinds[index + 1] === "call") - Number(kinds[index - 1] === "call");
  return votes;
}

type LineKind = "header" | "call" | "position" | "";

function lineKind(text: string): LineKind {
  if (text.length > 20_000 || text.trimEnd().includes("\n")) return "";
  if (header.test(text)) return "header";
  if (position.test(text)) return "position";
  return call.test(text) || text.includes("created by ") ? "call" : "";
}

/**
 * A time as a number that grows: dates with any fraction of a second; numbers as they are, whatever they count, for one
 * export counts the same.
 */
export function nanoseconds(time: unknown): bigint | undefined {
  const text = typeof time === "number" ? time.toFixed(6) : typeof time === "string" ? time.trim() : "";
  const number = /^(\d{1,20})(?:\.(\d{1,9}))?$/.exec(text);
  if (number !== null) return BigInt(number[1]!) * 1_000_000_000n + fraction(number[2]);
  const date = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?$/.exec(
    text,
  );
  const zone = date?.[4] ?? "Z";
  const plain =
    date === null
      ? text.replace(" @ ", " ").slice(0, 50)
      : `${date[1]}T${date[2]}${zone === "UTC" ? "Z" : zone}`;
  const milliseconds = Date.parse(plain);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + fraction(date?.[3]);
}

function fraction(digits = ""): bigint {
  return BigInt(digits.padEnd(9, "0"));
}
