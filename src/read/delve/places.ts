import type { Address } from "../../model/address.ts";
import { FramePool } from "../../model/frame-pool.ts";
import { mixedDouble } from "../../model/hash.ts";
import { IndexTable } from "../../model/index-table.ts";
import { widened } from "../../model/typed-array.ts";
import { type ListedGoroutine, type Location, lineOf } from "./api.ts";

/** A goroutine whose places are numbers of `Places`. */
export type PlacedGoroutine = ListedGoroutine<number>;

/** The distinct places of an input, numbered from 0; -1 is none. There may be as many as goroutines: they are numbers. */
export class Places {
  /** Of the frames. The strings of a JSON value are made of its bytes. */
  readonly pool: FramePool = new FramePool(true);
  /** What Delve does not say, as numbers in the pool. */
  readonly noName: number = this.pool.symbol("");
  readonly noFile: number = this.pool.file("");
  readonly #unknownName = this.pool.symbol("???");
  readonly #unknownFile = this.pool.file("?");
  #frames = new Int32Array(64);
  /** Two of each place: of the instruction, and of the function's first one. */
  #addresses = new Float64Array(128);
  readonly #table = new IndexTable();

  /** Number of a place, equal for equal ones: they have the same frame and addresses. */
  number(location: Location | undefined): number {
    if (location === undefined) return -1;
    const { pool } = this;
    const { function: name, file, line, pc, entry } = location;
    return this.#number(pool.frame(pool.symbol(name), pool.file(file), line, false), pc, entry);
  }

  /** Number of the place that `locationAt` has for this. @param name, file numbers in the pool */
  at(name: number, file: number, line: number, pc: Address, entry: Address): number {
    const noFile = file === this.noFile || file === this.#unknownFile;
    if (name === this.noName && noFile) return -1;
    const symbol = name === this.noName ? this.#unknownName : name;
    // Lines are part of it where a program has lost its instructions: those are then all the same.
    const frame = this.pool.frame(symbol, noFile ? this.noFile : file, lineOf(line), false);
    return this.#number(frame, pc, entry);
  }

  #number(frame: number, pc: Address, entry: Address): number {
    const hash = mixedDouble(mixedDouble(frame, pc), entry);
    const table = this.#table;
    let slot = table.first(hash);
    for (let place = table.at(slot); place >= 0; place = table.at(slot)) {
      if (
        table.hashAt(slot) === hash &&
        this.#frames[place] === frame &&
        Object.is(this.pc(place), pc) &&
        Object.is(this.entry(place), entry)
      )
        return place;
      slot = table.next(slot);
    }
    const place = table.add(slot, hash);
    this.#frames = widened(this.#frames, place + 1);
    this.#frames[place] = frame;
    this.#addresses = widened(this.#addresses, place * 2 + 2);
    this.#addresses[place * 2] = pc;
    this.#addresses[place * 2 + 1] = entry;
    return place;
  }

  /** The goroutine with numbers of its places. */
  placed(goroutine: ListedGoroutine): PlacedGoroutine {
    return {
      ...goroutine,
      current: this.number(goroutine.current),
      user: this.number(goroutine.user),
      start: this.number(goroutine.start),
      creator: this.number(goroutine.creator),
    };
  }

  /** The place of this number; `undefined` for -1. */
  location(place: number): Location | undefined {
    if (place < 0) return undefined;
    const { symbol, file, line } = this.pool.at(this.frame(place));
    return { function: symbol.name, file, line, pc: this.pc(place), entry: this.entry(place) };
  }

  /** The function at a place; `undefined` for -1. */
  function(place: number): string | undefined {
    return place < 0 ? undefined : this.pool.at(this.frame(place)).symbol.name;
  }

  /** Number in the pool of the frame at a place. */
  frame(place: number): number {
    return this.#frames[place]!;
  }

  /** Address of the instruction at a place. */
  pc(place: number): Address {
    return this.#addresses[place * 2]!;
  }

  /** Address of the first instruction of the function at a place. */
  entry(place: number): Address {
    return this.#addresses[place * 2 + 1]!;
  }
}
