import type { Address } from "./address.ts";
import type { Dump } from "./dump.ts";
import type { HeldLocks } from "./wait-graph.ts";
import { type WaitKind, waitClasses } from "./wait-kind.ts";

/** How many goroutines wait behind others, directly or behind one that waits itself. */
export interface Blocking {
  /** Goroutines that can't go on before this row does; itself is not among them. */
  behind(row: number): number;
}

const lockKinds: ReadonlySet<WaitKind> = new Set(waitClasses.lock);

/**
 * Follows two kinds of edge against their direction: from a lock that a goroutine may hold to its waiters, and from a
 * goroutine to the one that started it and stands in WaitGroup.Wait. Answers are shared by rows that hold the same.
 */
export function blockingOf(dump: Dump, held: HeldLocks): Blocking {
  const graph = new Waiting(dump, held);
  const answers = new Map<string, { readonly total: number; readonly rows: ReadonlySet<number> }>();
  return {
    behind(row) {
      const locks = held.of(row);
      const parent = graph.waitingParent(row);
      if (locks.length === 0 && parent === undefined) return 0;
      const key = `${locks.join()} ${parent}`;
      let answer = answers.get(key);
      if (answer === undefined) {
        const rows = graph.reach(locks, parent);
        let total = 0;
        for (const r of rows) total += dump.goroutines.weight[r]!;
        answer = { total, rows };
        answers.set(key, answer);
      }
      return answer.rows.has(row) ? answer.total - dump.goroutines.weight[row]! : answer.total;
    },
  };
}

class Waiting {
  readonly #dump: Dump;
  readonly #held: HeldLocks;
  readonly #waiters = new Map<Address, number[]>();
  /** Rows in WaitGroup.Wait by goroutine id. */
  readonly #inWait = new Map<number, number>();

  constructor(dump: Dump, held: HeldLocks) {
    this.#dump = dump;
    this.#held = held;
    const g = dump.goroutines;
    for (let row = 0; row < g.length; row++) {
      const { wait } = dump.stacks[g.stack[row]!]!;
      if (wait === "waitgroup-wait" && g.id[row]! > 0) this.#inWait.set(g.id[row]!, row);
      const lock = g.resource[row]!;
      if (!lockKinds.has(wait) || !(lock > 0)) continue;
      const rows = this.#waiters.get(lock);
      if (rows === undefined) this.#waiters.set(lock, [row]);
      else rows.push(row);
    }
  }

  /** The row that started this one and waits for its WaitGroup. */
  waitingParent(row: number): number | undefined {
    return this.#inWait.get(this.#dump.goroutines.creator[row]!);
  }

  /** All rows that wait for one of these locks, this parent, and those who wait for them in turn. */
  reach(locks: readonly Address[], parent: number | undefined): ReadonlySet<number> {
    const rows = new Set<number>();
    const seen = new Set<Address>();
    const queue: number[] = [];
    const add = (row: number) => {
      if (rows.has(row)) return;
      rows.add(row);
      queue.push(row);
    };
    const follow = (held: readonly Address[], waiting: number | undefined) => {
      if (waiting !== undefined) add(waiting);
      for (const lock of held) {
        if (seen.has(lock)) continue;
        seen.add(lock);
        for (const row of this.#waiters.get(lock) ?? []) add(row);
      }
    };
    follow(locks, parent);
    for (let i = 0; i < queue.length; i++) follow(this.#held.of(queue[i]!), this.waitingParent(queue[i]!));
    return rows;
  }
}
