import type { Dump } from "../../model/dump.ts";
import type { Frame, Stack } from "../../model/stack.ts";
import { json } from "../../report/escape.ts";
import { AddressBook } from "./address-book.ts";
import { ColumnWriter } from "./column.ts";
import {
  type SnapshotColumns,
  type SnapshotDump,
  type SnapshotFile,
  type SnapshotStack,
  snapshotVersion,
} from "./form.ts";

/** The dumps in condensed form, as JSON text: the reader `snapshot` gives the same findings from it. */
export function snapshotText(dumps: readonly Dump[]): string {
  const file: SnapshotFile = { deadlockLintSnapshot: snapshotVersion, dumps: dumps.map(condense) };
  return `${json(file)}\n`;
}

function condense(dump: Dump): SnapshotDump {
  const frames = new FrameTable();
  const stacks = dump.stacks.map((stack) => condenseStack(stack, frames));
  const addresses = new AddressBook(dump);
  const columns = condenseColumns(dump, addresses);
  return {
    name: dump.name,
    format: dump.format,
    ...(dump.goVersion === undefined ? {} : { goVersion: dump.goVersion }),
    capabilities: [...dump.capabilities],
    headersSeen: dump.headersSeen,
    repeated: dump.repeated,
    complete: dump.complete,
    ...(dump.missingShare === undefined ? {} : { missingShare: dump.missingShare }),
    problems: dump.problems,
    events: dump.events,
    extra: Object.entries(dump.extra),
    functions: frames.functions.values,
    files: frames.files.values,
    frames: frames.frames,
    stacks,
    labels: dump.labelSets.map((set) => [...set]),
    rows: dump.goroutines.length,
    columns,
    largeAddresses: addresses.largeAddresses(),
    addresses: addresses.safeCount,
    standIns: addresses.standIns,
  };
}

/** Numbers values in the order in which they come. */
class Numbering {
  readonly values: string[] = [];
  readonly #index = new Map<string, number>();

  of(value: string): number {
    let index = this.#index.get(value);
    if (index === undefined) {
      index = this.values.length;
      this.values.push(value);
      this.#index.set(value, index);
    }
    return index;
  }
}

class FrameTable {
  readonly functions = new Numbering();
  readonly files = new Numbering();
  readonly frames: [number, number, number, (0 | 1)?][] = [];
  readonly #index = new Map<Frame, number>();

  of(frame: Frame): number {
    let index = this.#index.get(frame);
    if (index === undefined) {
      index = this.frames.length;
      const place = [this.functions.of(frame.symbol.name), this.files.of(frame.file), frame.line] as const;
      this.frames.push(frame.inlined ? [...place, 1] : [...place]);
      this.#index.set(frame, index);
    }
    return index;
  }
}

function condenseStack(stack: Stack, frames: FrameTable): SnapshotStack {
  return {
    reason: stack.reason,
    wait: stack.wait,
    ...(stack.waitInferred ? { waitInferred: true as const } : {}),
    extent: stack.extent,
    ...(stack.gapAt === undefined ? {} : { gapAt: stack.gapAt }),
    elided: stack.elided,
    frames: stack.frames.map((frame) => frames.of(frame)),
    ...(stack.createdBy === undefined ? {} : { createdBy: frames.of(stack.createdBy) }),
    slots: stack.slots.map((slot) => [slot.frame, slot.argument] as const),
  };
}

function condenseColumns(dump: Dump, addresses: AddressBook): SnapshotColumns {
  const g = dump.goroutines;
  const column = (value: (row: number) => number) => {
    const writer = new ColumnWriter();
    for (let row = 0; row < g.length; row++) writer.push(value(row));
    return writer.toText();
  };
  return {
    id: idColumn(g.id.subarray(0, g.length)),
    stack: column((row) => g.stack[row]!),
    weight: column((row) => g.weight[row]!),
    minutes: column((row) => g.minutes[row]! + 1),
    flags: column((row) => g.flags[row]!),
    creator: idColumn(g.creator.subarray(0, g.length)),
    labels: column((row) => g.labels[row]!),
    resource: column((row) => addresses.code(g.resource[row]!)),
    arguments: argumentColumn(dump, addresses),
    addresses: addresses.safeColumn(),
  };
}

/** Largest step between ids that is written as one: doubled, it is still exact. */
const maxStep = 2 ** 50;

function idColumn(ids: Float64Array): string {
  const writer = new ColumnWriter();
  let last = 0;
  for (const id of ids) {
    const step = id - last;
    if (Number.isNaN(id)) writer.push(0);
    else if (Math.abs(step) <= maxStep) writer.push(2 + (step < 0 ? -step * 2 - 1 : step * 2));
    else {
      writer.push(1);
      writer.push(id);
    }
    if (!Number.isNaN(id)) last = id;
  }
  return writer.toText();
}

/** Slot by slot: equal receivers stand together and cost next to nothing. */
function argumentColumn(dump: Dump, addresses: AddressBook): string {
  const g = dump.goroutines;
  const rows: number[][] = dump.stacks.map(() => []);
  for (let row = 0; row < g.length; row++) rows[g.stack[row]!]!.push(row);
  const writer = new ColumnWriter();
  dump.stacks.forEach((stack, index) => {
    for (let slot = 0; slot < stack.slots.length; slot++) {
      for (const row of rows[index]!) writer.push(addresses.code(g.argument(row, slot)));
    }
  });
  return writer.toText();
}
