import { type Address, parseAddress } from "../../model/address.ts";
import type { Dump } from "../../model/dump.ts";
import { Goroutines } from "../../model/goroutines.ts";
import type { Frame, Stack } from "../../model/stack.ts";
import { parseSymbol } from "../../model/symbol.ts";
import { ColumnReader } from "./column.ts";
import type { SnapshotDump } from "./form.ts";

/** Most goroutines, and arguments, that a snapshot may say it has: they take 60 and 8 bytes of memory each. */
const maxRows = 10_000_000;
const maxArguments = 50_000_000;

/** The dump of a snapshot. Throws `RangeError` or `TypeError` when its parts don't fit together. */
export function restoreDump(from: SnapshotDump, name: string): Dump {
  if (!(from.rows >= 0 && from.rows <= maxRows)) throw new RangeError(`it can't have ${from.rows} rows`);
  const stacks = restoreStacks(from);
  return {
    name,
    format: from.format,
    goVersion: from.goVersion,
    goroutines: restoreGoroutines(from, stacks),
    stacks,
    labelSets: from.labels.map((set) => new Map(set)),
    capabilities: new Set(from.capabilities),
    headersSeen: from.headersSeen,
    repeated: from.repeated,
    complete: from.complete,
    missingShare: from.missingShare,
    problems: from.problems,
    events: from.events,
    extra: Object.assign(Object.create(null) as object, Object.fromEntries(from.extra)),
  };
}

function restoreStacks(from: SnapshotDump): Stack[] {
  const symbols = from.functions.map(parseSymbol);
  const frames: Frame[] = from.frames.map(([symbol, file, line, inlined]) => ({
    symbol: at(symbols, symbol),
    file: at(from.files, file),
    line,
    inlined: inlined === 1,
  }));
  return from.stacks.map((stack) => ({
    reason: stack.reason,
    wait: stack.wait,
    ...(stack.waitInferred ? { waitInferred: true as const } : {}),
    frames: stack.frames.map((index) => at(frames, index)),
    extent: stack.extent,
    ...(stack.gapAt === undefined ? {} : { gapAt: stack.gapAt }),
    elided: stack.elided,
    createdBy: stack.createdBy === undefined ? undefined : at(frames, stack.createdBy),
    slots: stack.slots.map(([frame, argument]) => ({ frame, argument })),
  }));
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`nothing stands at ${index}`);
  return value;
}

function restoreGoroutines(from: SnapshotDump, stacks: readonly Stack[]): Goroutines {
  const { rows, columns } = from;
  const open = (text: string) => new ColumnReader(text, rows);
  const stackColumn = open(columns.stack);
  const stackOf = Uint32Array.from({ length: rows }, () => stackColumn.nextBelow(stacks.length));
  const addresses = restoreAddresses(from);
  const args = restoreArguments(from, stacks, stackOf, addresses);
  const [id, creator] = [idReader(columns.id, rows), idReader(columns.creator, rows)];
  const [weight, minutes] = [open(columns.weight), open(columns.minutes)];
  const [flags, labels] = [open(columns.flags), open(columns.labels)];
  const resource = open(columns.resource);
  const goroutines = new Goroutines(Math.max(rows, 1));
  for (let row = 0; row < rows; row++) {
    goroutines.push(
      stackOf[row]!,
      id(),
      weight.nextBelow(2 ** 32),
      minutes.nextBelow(2 ** 31) - 1,
      flags.nextBelow(256),
      creator(),
      addresses.of(resource.next()),
      labels.nextBelow(from.labels.length),
    );
    for (const value of args(row)) goroutines.pushArgument(value);
  }
  return goroutines;
}

/** Ids one after the other; NaN where there is none. */
function idReader(text: string, rows: number): () => number {
  const column = new ColumnReader(text, rows * 2);
  let last = 0;
  return () => {
    const code = column.next();
    if (code === 0) return Number.NaN;
    if (code === 1) last = column.next();
    else last += code % 2 === 0 ? (code - 2) / 2 : -(code - 1) / 2;
    return last;
  };
}

interface Addresses {
  of(code: number): Address;
}

/** Further apart than any object is long. */
const standInStep = 8192;

function restoreAddresses(from: SnapshotDump): Addresses {
  const column = new ColumnReader(from.columns.addresses, from.addresses);
  const kept: Address[] = [];
  let last = 0;
  for (let i = 0; i < from.addresses; i++) {
    last += column.next();
    kept.push(last);
  }
  let standIn = Math.min(last, 2 ** 52) + standInStep - (last % standInStep);
  for (const text of from.largeAddresses) kept.push(parseAddress(text));
  return {
    of(code) {
      if (code === 1) return Number.NaN;
      if (code > 1) return at(kept, code - 2);
      standIn += standInStep;
      return standIn;
    },
  };
}

/** Values are written slot by slot of a stack, and wanted row by row. */
function restoreArguments(
  from: SnapshotDump,
  stacks: readonly Stack[],
  stackOf: Uint32Array,
  addresses: Addresses,
): (row: number) => Iterable<Address> {
  const counts = new Uint32Array(stacks.length);
  const position = stackOf.map((stack) => counts[stack]!++);
  const start = new Float64Array(stacks.length);
  let total = 0;
  for (const [index, stack] of stacks.entries()) {
    start[index] = total;
    total += stack.slots.length * counts[index]!;
  }
  if (total > maxArguments) throw new RangeError(`it can't have ${total} arguments`);
  const column = new ColumnReader(from.columns.arguments, total);
  const values = Float64Array.from({ length: total }, () => addresses.of(column.next()));
  return function* (row) {
    const stack = stackOf[row]!;
    const slots = stacks[stack]!.slots.length;
    for (let slot = 0; slot < slots; slot++)
      yield values[start[stack]! + slot * counts[stack]! + position[row]!]!;
  };
}
