import { isEntry, isSystem, withoutEnd } from "./extent.ts";
import { keyOf } from "./join.ts";
import type { GdbListed } from "./lines.ts";
import type { GdbStack } from "./session.ts";

/** What threads' stacks are beside those of goroutines. */
export interface ThreadStacks {
  /** Of goroutines that have no other stack. */
  readonly stacks: readonly GdbStack[];
  /** Stacks of goroutines, of which gdb does not say whose they are. */
  readonly unknown: number;
  /** Stacks of the scheduler and of C. */
  readonly foreign: number;
}

/**
 * Lists and walks have the goroutines that threads execute, too: a thread's stack adds none, but it may be the only stack
 * of one.
 * @param shown stacks of goroutines
 */
export function threadStacks(
  threads: readonly GdbStack[],
  shown: readonly GdbStack[],
  listed: ReadonlyMap<number, GdbListed>,
): ThreadStacks {
  const known = new Set(shown.map(keyOf));
  const ids = new Set(shown.map((s) => s.id));
  const goroutines = threads.filter((s) => isGoroutine(s));
  const others = goroutines.filter((s) => !known.has(keyOf(s)));
  const running = [...listed.values()].filter(
    (g) => !ids.has(g.id) && (g.status === "running" || g.status === "syscall"),
  );
  const foreign = threads.length - goroutines.length;
  if (others.length !== 1 || running.length !== 1) return { stacks: [], unknown: others.length, foreign };
  return { stacks: [{ ...others[0]!, id: running[0]!.id }], unknown: 0, foreign };
}

function isGoroutine({ frames }: GdbStack): boolean {
  const kept = withoutEnd(frames);
  const functions = kept.map((f) => f.function);
  return isEntry(functions.at(-1)) && !isSystem(functions, false);
}
