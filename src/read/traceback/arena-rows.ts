import type { Arena } from "../../model/arena.ts";
import type { Goroutines } from "../../model/goroutines.ts";
import { widened } from "../../model/typed-array.ts";
import type { IdSet } from "../id-set.ts";
import type { Batch } from "./batch.ts";
import { learnedRowsKernel } from "./learned-rows-kernel.ts";
import type { LearnedShape } from "./learned-shape.ts";

/** As wasm/learned-rows.ts explains. */
interface Kernel {
  readonly take: (from: number, to: number, tables: number) => number;
}

/** In the order of wasm/learned-rows.ts: so many addresses and numbers, and those that the kernel changes. */
const tableSize = 21;
const idLast = 15;
const idUsed = 16;
const nextRow = 17;
const nextArgument = 18;
const lineCount = 19;
const longestWait = 20;

/** Numbers of a shape; its resource's offset is a double. */
const shapeSize = 24;
const offsetPlace = 1;
/** Shapes of larger numbers are left to who asks. */
const mostShapes = 1 << 14;

/** What rows say of a dump. */
export interface TakenRows {
  /** Where it stopped in the batch. */
  readonly end: number;
  readonly count: number;
  readonly lines: number;
  /** In minutes; -1 when none is known. */
  readonly longest: number;
}

/** Takes rows of batches into columns in WebAssembly: the columns, the ids, and what is known of shapes are in one arena. */
export class ArenaRows {
  readonly #arena: Arena;
  readonly #kernel: Kernel;
  readonly #tables: Int32Array;
  #batch: Batch | undefined;
  #numbers: Float64Array;
  /** What is known of the shapes of each scanner. */
  readonly #shapes = new Map<readonly LearnedShape[], Int32Array>();

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#kernel = arena.instantiate<Kernel>(learnedRowsKernel);
    this.#tables = arena.column(Int32Array, tableSize);
    this.#numbers = arena.column(Float64Array, 0);
  }

  /**
   * Takes rows up to one that is not of a known shape of the dump, or whose id was there before.
   * @param isKnown whether a shape is one of the dump's that brings nothing but numbers
   * @returns `undefined` when it took none
   */
  take(
    batch: Batch,
    from: number,
    shapes: readonly LearnedShape[],
    isKnown: (shape: LearnedShape) => boolean,
    goroutines: Goroutines,
    ids: IdSet,
  ): TakenRows | undefined {
    const known = this.#known(shapes);
    const { id, stack, weight, minutes, flags, creator, resource, labels, argumentStart } = goroutines;
    const columns = [id, stack, weight, minutes, flags, creator, resource, labels, argumentStart];
    columns.push(goroutines.arguments, known, ids.entries, ids.bits);
    if (columns.some((column) => this.#arena.addressOf(column) === 0)) return undefined;
    const tables = this.#tables;
    columns.forEach((column, i) => {
      tables[i] = column.byteOffset;
    });
    const first = goroutines.length;
    const shapeCount = Math.min(known.length / shapeSize, shapes.length);
    const given = [shapeCount, ids.mask, ids.last, ids.used, first, goroutines.argumentsLength, 0, -1];
    tables.set(given, columns.length);
    const start = this.#load(batch);
    if (start === 0) return undefined;
    let at = from;
    do {
      const end = this.#kernel.take(start + at * 8, start + batch.length * 8, tables.byteOffset);
      at = (end - start) / 8;
    } while (at < batch.length && this.#meets(known, shapes, batch[at]!, isKnown));
    const count = tables[nextRow]! - first;
    goroutines.length = tables[nextRow]!;
    goroutines.argumentsLength = tables[nextArgument]!;
    ids.last = tables[idLast]!;
    ids.used = tables[idUsed]!;
    ids.added(count);
    return { end: at, count, lines: tables[lineCount]!, longest: tables[longestWait]! };
  }

  /** Puts a batch into the arena, if it is not there; answers where it is, 0 when there is no room. */
  #load(batch: Batch): number {
    const address = this.#arena.addressOf(batch);
    if (address !== 0) return address;
    if (this.#batch !== batch) {
      this.#batch = batch;
      this.#numbers = widened(this.#numbers, batch.length);
      this.#numbers.set(batch);
    }
    return this.#arena.addressOf(this.#numbers);
  }

  #known(shapes: readonly LearnedShape[]): Int32Array {
    let known = this.#shapes.get(shapes);
    if (known === undefined || known.length < Math.min(shapes.length, mostShapes) * shapeSize) {
      const room = Math.min(shapes.length * 2, mostShapes) * shapeSize;
      known = widened(known ?? this.#arena.column(Int32Array, 0), room);
      this.#shapes.set(shapes, known);
    }
    return known;
  }

  /** Notes a shape that is met for the first time; false when there is none, or it was noted before. */
  #meets(
    known: Int32Array,
    shapes: readonly LearnedShape[],
    number: number,
    isKnown: (shape: LearnedShape) => boolean,
  ): boolean {
    const shape = shapes[number];
    const at = number * shapeSize;
    if (shape === undefined || at >= known.length || known[at] !== 0) return false;
    if (shape.labelled || !isKnown(shape)) return false;
    const { stack, valueCount, resource, flags, labels, lines, slots } = shape;
    known.set([1, stack, 0, 0, valueCount, resource, flags, labels, lines, slots.length, ...slots], at);
    new Float64Array(known.buffer, known.byteOffset + at * 4, shapeSize / 2)[offsetPlace] =
      shape.resourceOffset;
    return true;
  }
}
