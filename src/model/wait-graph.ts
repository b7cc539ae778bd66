import type { Address } from "./address.ts";
import { looksLikePointer } from "./arguments.ts";
import type { Dump } from "./dump.ts";
import { isMachinery } from "./origin.ts";
import { type WaitKind, waitClasses } from "./wait-kind.ts";

/**
 * Locks that goroutines may hold. Dumps name waiters, never holders: a goroutine may hold a lock when one of its
 * outer frames has a pointer to the object that the lock lies in.
 */
export interface HeldLocks {
  /** Addresses of contended locks that this row may hold, ascending; never the one it waits for. */
  of(row: number): readonly Address[];
  /** True when an outer frame, beyond the one that calls Lock, has a pointer to the owner of the very lock waited for. */
  reenters(row: number): boolean;
}

const lockKinds: ReadonlySet<WaitKind> = new Set(waitClasses.lock);

/** Furthest a lock is looked for behind a pointer to its owner when no waiter shows the real distance. */
const nearOffset = 24;
/** Largest plausible distance of a lock from the beginning of its owner. */
const farOffset = 4096;

const none: readonly Address[] = Object.freeze([]);

/** Finds who may hold the locks of a dump that somebody waits for. */
export function heldLocks(dump: Dump): HeldLocks {
  const locks = contendedLocks(dump);
  if (locks.length === 0) return { of: () => none, reenters: () => false };
  const offsets = ownerOffsets(dump, locks);
  const cache = new Map<number, readonly Address[]>();
  return {
    of(row) {
      let held = cache.get(row);
      if (held === undefined) {
        held = candidates(dump, row, locks, offsets);
        cache.set(row, held);
      }
      return held;
    },
    reenters: (row) => reenters(dump, row, offsets),
  };
}

/** Addresses that goroutines wait to lock, ascending. */
function contendedLocks(dump: Dump): Float64Array {
  const seen = new Set<Address>();
  const g = dump.goroutines;
  for (let row = 0; row < g.length; row++) {
    const address = g.resource[row]!;
    if (address > 0 && lockKinds.has(dump.stacks[g.stack[row]!]!.wait)) seen.add(address);
  }
  return Float64Array.from(seen).sort();
}

/** Frame that calls Lock: the first outside the machinery; slots further out belong to its callers. */
function callerFrame(dump: Dump, row: number): number {
  const frames = dump.stacks[dump.goroutines.stack[row]!]!.frames;
  const at = frames.findIndex((f) => !isMachinery(f.symbol));
  return at < 0 ? frames.length : at;
}

/**
 * Distances from owner to lock that the waiters show: in the frame that calls Lock, the pointer closest before the lock.
 * The same type has its lock at the same offset, so these are the distances to trust elsewhere.
 */
function ownerOffsets(dump: Dump, locks: Float64Array): ReadonlySet<number> {
  const offsets = new Set<number>();
  const contended = new Set(locks);
  const g = dump.goroutines;
  for (let row = 0; row < g.length; row++) {
    const lock = g.resource[row]!;
    if (!contended.has(lock)) continue;
    const stack = dump.stacks[g.stack[row]!]!;
    const caller = callerFrame(dump, row);
    for (let slot = 0; slot < stack.slots.length; slot++) {
      if (stack.slots[slot]!.frame !== caller) continue;
      const distance = lock - g.argument(row, slot);
      if (distance >= 0 && distance < farOffset) offsets.add(distance);
    }
  }
  return offsets;
}

/** The contended locks that lie at a trusted distance behind a pointer. */
function locksBehind(
  pointer: Address,
  locks: Float64Array,
  offsets: ReadonlySet<number>,
  found: Set<Address>,
): void {
  if (!(pointer > 0) || !looksLikePointer(pointer)) return;
  for (let i = lowerBound(locks, pointer); i < locks.length && locks[i]! - pointer < farOffset; i++) {
    const distance = locks[i]! - pointer;
    if (distance <= nearOffset || offsets.has(distance)) found.add(locks[i]!);
  }
}

function candidates(
  dump: Dump,
  row: number,
  locks: Float64Array,
  offsets: ReadonlySet<number>,
): readonly Address[] {
  const g = dump.goroutines;
  const stack = dump.stacks[g.stack[row]!]!;
  if (stack.slots.length === 0) return none;
  const found = new Set<Address>();
  for (let slot = 0; slot < stack.slots.length; slot++)
    locksBehind(g.argument(row, slot), locks, offsets, found);
  found.delete(g.resource[row]!);
  return found.size === 0 ? none : [...found].sort((a, b) => a - b);
}

function reenters(dump: Dump, row: number, offsets: ReadonlySet<number>): boolean {
  const g = dump.goroutines;
  const lock = g.resource[row]!;
  const stack = dump.stacks[g.stack[row]!]!;
  if (!(lock > 0) || !lockKinds.has(stack.wait)) return false;
  const caller = callerFrame(dump, row);
  for (let slot = 0; slot < stack.slots.length; slot++) {
    if (stack.slots[slot]!.frame <= caller) continue;
    const distance = lock - g.argument(row, slot);
    if (distance >= 0 && (distance <= nearOffset || offsets.has(distance))) return true;
  }
  return false;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
