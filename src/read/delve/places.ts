import { FramePool } from "../../model/frame-pool.ts";
import { mixedDouble } from "../../model/hash.ts";
import { IndexTable } from "../../model/index-table.ts";
import { widened } from "../../model/typed-array.ts";
import type { Location } from "./api.ts";

/** The distinct places of an input, numbered from 0, and their frames. */
export class Places {
  /** Of the frames. The strings of a JSON value are made of its bytes. */
  readonly pool: FramePool = new FramePool(true);
  readonly #locations: Location[] = [];
  #frames = new Int32Array(64);
  readonly #table = new IndexTable();

  /** Number of a place, equal for equal ones: they have the same frame and address. */
  number(location: Location): number {
    const { pool } = this;
    const { line, pc } = location;
    // Lines are part of it where a program has lost its instructions: those are then all the same.
    const frame = pool.frame(pool.symbol(location.function), pool.file(location.file), line, false);
    const hash = mixedDouble(frame, pc);
    const table = this.#table;
    let slot = table.first(hash);
    for (let number = table.at(slot); number >= 0; number = table.at(slot)) {
      if (
        table.hashAt(slot) === hash &&
        this.#frames[number] === frame &&
        Object.is(this.#locations[number]!.pc, pc)
      )
        return number;
      slot = table.next(slot);
    }
    const number = table.add(slot, hash);
    this.#locations.push(location);
    this.#frames = widened(this.#frames, number + 1);
    this.#frames[number] = frame;
    return number;
  }

  /** The first location that had this number; `undefined` for -1. */
  location(number: number): Location | undefined {
    return this.#locations[number];
  }

  /** Number in the pool of the frame at this place. */
  frame(number: number): number {
    return this.#frames[number]!;
  }
}
