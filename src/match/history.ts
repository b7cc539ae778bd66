import type { Dump } from "../model/dump.ts";
import { type Stack, stackKey } from "../model/stack.ts";
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
  readonly rowOf: Map<number, number>;
  readonly counts: Map<string, number>;
  readonly keys: readonly string[];
}

/** Indexes by dump: in a series each dump is earlier than all that follow it. */
const indexes = new WeakMap<Dump, Indexed>();

function indexOf(dump: Dump): Indexed {
  const known = indexes.get(dump) ?? index(dump);
  indexes.set(dump, known);
  return known;
}

function index(dump: Dump): Indexed {
  const rowOf = new Map<number, number>();
  const counts = new Map<string, number>();
  const keys = dump.stacks.map((s) => stackKey(s));
  const g = dump.goroutines;
  for (let row = 0; row < g.length; row++) {
    if (!Number.isNaN(g.id[row]!) && g.id[row]! > 0) rowOf.set(g.id[row]!, row);
    const key = keys[g.stack[row]!]!;
    counts.set(key, (counts.get(key) ?? 0) + g.weight[row]!);
  }
  return { dump, rowOf, counts, keys };
}

/** Looks up goroutines of earlier snapshots by id and by stack. */
export function historyOf(earlier: readonly Dump[]): History {
  const indexed = earlier.map(indexOf);
  return {
    earlier,
    persisted(id, stack) {
      const key = stackKey(stack);
      let times = 0;
      for (const { dump, rowOf, keys } of indexed) {
        const row = rowOf.get(id);
        if (row !== undefined && keys[dump.goroutines.stack[row]!] === key) times++;
      }
      return times;
    },
    counts(stack) {
      const key = stackKey(stack);
      return indexed.map((i) => i.counts.get(key) ?? 0);
    },
    before(id) {
      const states: { dump: number; stack: Stack; wait: WaitKind; resource: number }[] = [];
      for (let n = indexed.length - 1; n >= 0; n--) {
        const { dump, rowOf } = indexed[n]!;
        const row = rowOf.get(id);
        if (row === undefined) continue;
        const stack = dump.stacks[dump.goroutines.stack[row]!]!;
        states.push({ dump: n, stack, wait: stack.wait, resource: dump.goroutines.resource[row]! });
      }
      return states;
    },
  };
}
