import { unknownAddress } from "../../model/address.ts";
import type { Arena } from "../../model/arena.ts";
import { maxSlots } from "../../model/arguments.ts";
import type { Goroutines } from "../../model/goroutines.ts";
import type { IdSet } from "../id-set.ts";
import { ArenaRows } from "./arena-rows.ts";
import type { Batch } from "./batch.ts";
import type { KnownLabels, LabelledDump } from "./known-labels.ts";
import type { LearnedShape } from "./learned-shape.ts";
import { rowHead } from "./shape-trie.ts";

/** What a dump that is being read keeps of each goroutine. */
interface GrowingDump extends LabelledDump {
  readonly builder: LabelledDump["builder"] & { readonly goroutines: Goroutines };
  readonly ids: IdSet;
  lastId: number;
  /** Some goroutine says how long it has waited. */
  minutes: boolean;
}

/** Takes rows of a batch into the columns of a dump, many at once: this is the loop that runs a million times. */
export class LearnedRows {
  #arena: Arena | undefined;
  #arenaRows: ArenaRows | undefined;
  /** Where it stopped in the batch. */
  end = 0;
  /** Goroutines taken, and their lines. */
  count = 0;
  lines = 0;

  none(from: number): this {
    this.end = from;
    this.count = 0;
    this.lines = 0;
    return this;
  }

  /** Stops at what is no plain goroutine of a shape that the dump has met, and at an id that was there already. */
  take(
    batch: Batch,
    from: number,
    shapes: readonly LearnedShape[],
    knownLabels: KnownLabels,
    dump: GrowingDump,
  ): void {
    const { goroutines } = dump.builder;
    const { ids } = dump;
    this.none(from);
    if (from >= batch.length || batch[from]! < 0) return;
    const most = Math.ceil((batch.length - from) / rowHead);
    goroutines.makeRoom(most, most * maxSlots);
    const isKnown = (shape: LearnedShape) => shape.plain && shape.dump === dump;
    const fast = this.#inArena(goroutines)?.take(batch, from, shapes, isKnown, goroutines, ids);
    const { id: idColumn, stack, minutes, flags, creator, resource, labels, argumentStart } = goroutines;
    const into = goroutines.arguments;
    const first = goroutines.length;
    let row = first;
    let argument = goroutines.argumentsLength;
    let lines = fast?.lines ?? 0;
    let longest = fast?.longest ?? -1;
    let at = fast?.end ?? from;
    while (at < batch.length) {
      const kind = batch[at]!;
      if (kind < 0) break;
      const shape = shapes[kind]!;
      const id = batch[at + 1]!;
      if (!shape.plain || shape.dump !== dump || id === 0 || !ids.add(id)) break;
      const values = at + rowHead;
      idColumn[row] = id;
      stack[row] = shape.stack;
      const waited = batch[at + 2]!;
      if (waited > longest) longest = waited;
      minutes[row] = waited;
      creator[row] = batch[at + 3]!;
      if (shape.flags !== 0) flags[row] = shape.flags;
      if (shape.labelled) labels[row] = knownLabels.indexIn(dump, batch[values]!);
      else if (shape.labels !== 0) labels[row] = shape.labels;
      resource[row] = unknownAddress;
      if (shape.resource >= 0) {
        const address = batch[values + shape.resource]!;
        if (address !== 0) resource[row] = address + shape.resourceOffset;
      }
      argumentStart[row] = argument;
      const { slots } = shape;
      for (let i = 0; i < slots.length; i++) {
        const place = slots[i]!;
        // No conditional expression: its value would be boxed.
        if (place >= 0) into[argument] = batch[values + place]!;
        else into[argument] = unknownAddress;
        argument++;
      }
      row++;
      lines += shape.lines;
      at = values + shape.valueCount;
    }
    this.end = at;
    this.count = row - first + (fast?.count ?? 0);
    this.lines = lines;
    if (this.count === 0) return;
    goroutines.weight.fill(1, first, row);
    goroutines.length = row;
    goroutines.argumentsLength = argument;
    dump.lastId = idColumn[row - 1]!;
    if (longest >= 0) dump.minutes = true;
  }

  /** Who takes most rows where the columns are in an arena. */
  #inArena({ arena }: Goroutines): ArenaRows | undefined {
    if (arena !== this.#arena) {
      this.#arena = arena;
      this.#arenaRows = arena && new ArenaRows(arena);
    }
    return this.#arenaRows;
  }
}
