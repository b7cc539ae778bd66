import type { Dump } from "../model/dump.ts";
import { keyOfStack, type Stack } from "../model/stack.ts";
import type { WaitKind } from "../model/wait-kind.ts";

/** What earlier snapshots of the same process say; built once for each snapshot that rules look at. */
export interface History {
  /** Earlier snapshots, oldest first. */
  readonly earlier: readonly Dump[];
  /** In how many earlier snapshots the goroutine with this id had this very stack. */
  persisted(id: number, stack: Stack): number;
  /** Goroutines with this stack in each earlier snapshot, oldest first. */
  counts(stack: Stack): readonly number[];
  /** Earlier states of the goroutine with this id, newest first. */
  before(id: number): readonly {
    readonly dump: number;
    readonly stack: Stack;
    readonly wait: WaitKind;
    readonly resource: number;
  }[];
}

interface Indexed {
  readonly dump: Dump;
  readonly counts: ReadonlyMap<string, number>;
  /** Rows by id; worked out when a rule follows goroutines. */
  rowOf: ReadonlyMap<number, number> | undefined;
}

/** Indexes by dump: in a series each dump is earlier than all that follow it. */
const indexes = new WeakMap<Dump, Indexed>();

function indexOf(dump: Dump): Indexed {
  const known = indexes.get(dump) ?? index(dump);
  indexes.set(dump, known);
  return known;
}

function index(dump: Dump): Indexed {
  const counts = new Map<string, number>();
  const g = dump.goroutines;
  for (let row = 0; row < g.length; row++) {
    const key = keyOfStack(dump.stacks[g.stack[row]!]!);
    counts.set(key, (counts.get(key) ?? 0) + g.weight[row]!);
  }
  return { dump, counts, rowOf: undefined };
}

function rowOf(indexed: Indexed, id: number): number | undefined {
  if (indexed.rowOf === undefined) {
    const rows = new Map<number, number>();
    const { length, id: ids } = indexed.dump.goroutines;
    for (let row = 0; row < length; row++) if (ids[row]! > 0) rows.set(ids[row]!, row);
    indexed.rowOf = rows;
  }
  return indexed.rowOf.get(id);
}

/** Looks up goroutines of earlier snapshots by id and by stack. */
export function historyOf(earlier: readonly Dump[]): History {
  const indexed = earlier.map(indexOf);
  return {
    earlier,
    persisted(id, stack) {
      const key = keyOfStack(stack);
      let times = 0;
      for (const one of indexed) {
        const row = rowOf(one, id);
        if (row === undefined) continue;
        const then = one.dump.stacks[one.dump.goroutines.stack[row]!]!;
        if (then === stack || keyOfStack(then) === key) times++;
      }
      return times;
    },
    counts(stack) {
      const key = keyOfStack(stack);
      return indexed.map((i) => i.counts.get(key) ?? 0);
    },
    before(id) {
      const states: { dump: number; stack: Stack; wait: WaitKind; resource: number }[] = [];
      for (let n = indexed.length - 1; n >= 0; n--) {
        const { dump } = indexed[n]!;
        const row = rowOf(indexed[n]!, id);
        if (row === undefined) continue;
        const stack = dump.stacks[dump.goroutines.stack[row]!]!;
        states.push({ dump: n, stack, wait: stack.wait, resource: dump.goroutines.resource[row]! });
      }
      return states;
    },
  };
}
