import { addTo } from "../add-to.ts";
import type { Address } from "./address.ts";
import type { Dump } from "./dump.ts";
import type { LockTypes } from "./lock-types.ts";
import type { HeldLocks } from "./wait-graph.ts";
import { isLockWait } from "./wait-kind.ts";

/**
 * How sure the edges are that are followed. `inferred`: a pointer to what is waited for, or who started whom.
 * `not ruled out`: also a method of a type whose lock somebody waits for without showing its address, and a pointer to
 * the channel that somebody is parked on.
 */
export type BlockingCertainty = "inferred" | "not ruled out";

/** How many goroutines wait behind others, directly or behind one that waits itself. */
export interface Blocking {
  /** Goroutines that can't go on before this row does; itself is not among them. */
  behind(row: number, certainty?: BlockingCertainty): number;
}

/**
 * Follows edges against their direction: from a lock that a goroutine may hold, or a pool that it may have a part of, to
 * those who wait for it, and from a goroutine to the one that started it and stands in WaitGroup.Wait. Answers are shared
 * by rows that hold the same.
 */
export function blockingOf(dump: Dump, held: HeldLocks, types: LockTypes): Blocking {
  const sure = counted(dump, new Waiting(dump, held));
  let loose: ReturnType<typeof counted> | undefined;
  return {
    behind(row, certainty = "inferred") {
      if (certainty === "inferred") return sure(row);
      loose ??= counted(dump, new Waiting(dump, held, types));
      return loose(row);
    },
  };
}

/** Counts who waits behind a row, once for all rows from which the same edges lead. */
function counted(dump: Dump, graph: Waiting): (row: number) => number {
  const { weight } = dump.goroutines;
  const answers = new Map<string, { readonly total: number; readonly rows: ReadonlySet<number> }>();
  return (row) => {
    const from = graph.from(row);
    if (from.length === 0) return 0;
    const key = from.join(" ");
    let answer = answers.get(key);
    if (answer === undefined) {
      const rows = graph.reach(from);
      let total = 0;
      for (const r of rows) total += weight[r]!;
      answer = { total, rows };
      answers.set(key, answer);
    }
    return answer.rows.has(row) ? answer.total - weight[row]! : answer.total;
  };
}

/** What goroutines wait for: an address, the type of a lock without one, or the end of a goroutine (`#` and its id). */
type Thing = Address | string;

/** Whom things keep waiting, and what keeps others waiting because of a goroutine. */
class Waiting {
  readonly #dump: Dump;
  readonly #held: HeldLocks;
  /** Given where types count, and pointers to channels. */
  readonly #types: LockTypes | undefined;
  readonly #waiters = new Map<Thing, number[]>();
  readonly #channels = new Set<Address>();

  constructor(dump: Dump, held: HeldLocks, types?: LockTypes) {
    this.#dump = dump;
    this.#held = held;
    this.#types = types;
    const g = dump.goroutines;
    for (let row = 0; row < g.length; row++) {
      const thing = this.#waitsFor(row);
      if (thing === undefined) continue;
      addTo(this.#waiters, thing, row);
    }
  }

  #waitsFor(row: number): Thing | undefined {
    const g = this.#dump.goroutines;
    const { wait } = this.#dump.stacks[g.stack[row]!]!;
    if (wait === "waitgroup-wait") return g.id[row]! > 0 ? `#${g.id[row]}` : undefined;
    const address = g.resource[row]!;
    const known = address > 0;
    if (isLockWait(wait)) return known ? address : this.#types?.waitedFor(g.stack[row]!);
    if (!known) return undefined;
    if (wait === "select") return address;
    if (this.#types === undefined || (wait !== "chan-send" && wait !== "chan-receive")) return undefined;
    this.#channels.add(address);
    return address;
  }

  /** Things that somebody waits for and that this row may keep. */
  from(row: number): Thing[] {
    const g = this.#dump.goroutines;
    const things: Thing[] = [...this.#held.of(row)];
    if (g.creator[row]! > 0) things.push(`#${g.creator[row]}`);
    if (this.#types !== undefined) things.push(...this.#types.held(g.stack[row]!), ...this.#channelsOf(row));
    return things.filter((thing) => this.#waiters.has(thing));
  }

  /** Channels that somebody is parked on and that this row has a pointer to, the one it is parked on itself left out. */
  #channelsOf(row: number): readonly Address[] {
    if (this.#channels.size === 0) return [];
    const g = this.#dump.goroutines;
    const found = new Set<Address>();
    for (let slot = 0; slot < this.#dump.stacks[g.stack[row]!]!.slots.length; slot++) {
      const address = g.argument(row, slot);
      if (this.#channels.has(address)) found.add(address);
    }
    found.delete(g.resource[row]!);
    return [...found];
  }

  /** All rows that wait for one of these things, and those who wait for them in turn. */
  reach(from: readonly Thing[]): ReadonlySet<number> {
    const rows = new Set<number>();
    const seen = new Set<Thing>();
    const queue: number[] = [];
    const follow = (things: readonly Thing[]) => {
      for (const thing of things) {
        if (seen.has(thing)) continue;
        seen.add(thing);
        for (const row of this.#waiters.get(thing)!) {
          if (rows.has(row)) continue;
          rows.add(row);
          queue.push(row);
        }
      }
    };
    follow(from);
    for (let i = 0; i < queue.length; i++) follow(this.from(queue[i]!));
    return rows;
  }
}
