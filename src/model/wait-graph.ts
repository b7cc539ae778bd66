import { type Address, unknownAddress } from "./address.ts";
import { looksLikePointer } from "./arguments.ts";
import type { Dump } from "./dump.ts";
import { isMachinery } from "./origin.ts";
import { entryOf } from "./places.ts";
import { poolsOf } from "./pools.ts";
import type { Stack } from "./stack.ts";
import { isLockWait } from "./wait-kind.ts";

/**
 * Locks that goroutines may hold, and pools that they may have a part of. Dumps name waiters, never holders: a goroutine
 * may hold a lock when one of its outer frames has a pointer to the object that the lock lies in.
 */
export interface HeldLocks {
  /** False when nobody waits for a lock or pool of known address: nobody holds one, then. */
  readonly any: boolean;
  /** Addresses of contended locks and pools that this row may hold, ascending; never the lock that it waits for. */
  of(row: number): readonly Address[];
  /**
   * True when an outer frame, beyond the one that calls Lock, has a pointer to the owner of the very lock waited for. The
   * function that was started with `go` does not count: loops call methods that lock, and seldom lock themselves.
   */
  reenters(row: number): boolean;
  /** The lock that this row waits for, where need be by its object; unknown when that can't be told. */
  waitedFor(row: number): Address;
}

/** Furthest a lock is looked for behind a pointer when no waiter shows how far it lies from its owner. */
const nearOffset = 24;
/** Largest distance of a lock from the beginning of its owner that is believed. */
const farOffset = 1024;

/** Distances from owner to lock that waiters show: for each lock, and for all of them. */
interface Offsets {
  readonly of: ReadonlyMap<Address, ReadonlySet<number>>;
  readonly all: ReadonlySet<number>;
}

/** Whether a lock at this distance behind a pointer is believed to belong to what the pointer points to. */
function isTrusted(offsets: Offsets, lock: Address, distance: number): boolean {
  const shown = offsets.of.get(lock);
  // Once a waiter has shown where the owner begins, other objects nearby are not the owner.
  if (shown !== undefined) return shown.has(distance);
  return distance <= nearOffset || offsets.all.has(distance);
}

const none: readonly Address[] = Object.freeze([]);
const noLocks = new Float64Array(0);

/** Finds who may hold the locks of a dump that somebody waits for. */
export function heldLocks(dump: Dump): HeldLocks {
  const locks = contendedLocks(dump);
  const pools = poolsOf(dump);
  if (locks.length === 0 && pools.contended.size === 0)
    return { any: false, of: () => none, reenters: () => false, waitedFor: () => unknownAddress };
  const offsets = ownerOffsets(dump, locks);
  const cache = new Map<number, readonly Address[]>();
  return {
    any: true,
    of(row) {
      let held = cache.get(row);
      if (held === undefined) {
        held = merged(candidates(dump, row, locks, offsets), pools.of(row));
        cache.set(row, held);
      }
      return held;
    },
    reenters: (row) => reenters(dump, row, offsets),
    waitedFor: (row) => waitedFor(dump, row, locks, offsets),
  };
}

function merged(locks: readonly Address[], pools: readonly Address[]): readonly Address[] {
  return pools.length === 0 ? locks : [...locks, ...pools].sort((a, b) => a - b);
}

/** Addresses that goroutines wait to lock, ascending. */
function contendedLocks(dump: Dump): Float64Array {
  const seen = new Set<Address>();
  const g = dump.goroutines;
  if (!dump.stacks.some(({ wait }, i) => isLockWait(wait) && g.tally.hasAddress(i))) return noLocks;
  for (let row = 0; row < g.length; row++) {
    const address = g.resource[row]!;
    if (address > 0 && isLockWait(dump.stacks[g.stack[row]!]!.wait)) seen.add(address);
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
function ownerOffsets(dump: Dump, locks: Float64Array): Offsets {
  const of = new Map<Address, Set<number>>();
  const all = new Set<number>();
  const contended = new Set(locks);
  const g = dump.goroutines;
  for (let row = 0; row < g.length; row++) {
    const lock = g.resource[row]!;
    if (!contended.has(lock)) continue;
    const { slots } = dump.stacks[g.stack[row]!]!;
    const caller = callerFrame(dump, row);
    for (let slot = 0; slot < slots.length; slot++) {
      if (slots[slot]!.frame !== caller) continue;
      const distance = lock - g.argument(row, slot);
      if (!(distance >= 0 && distance < farOffset)) continue;
      all.add(distance);
      const shown = of.get(lock);
      if (shown === undefined) of.set(lock, new Set([distance]));
      else shown.add(distance);
    }
  }
  return { of, all };
}

/** The contended locks that lie at a trusted distance behind a pointer. */
function locksBehind(pointer: Address, locks: Float64Array, offsets: Offsets, found: Set<Address>): void {
  if (!(pointer > 0) || !looksLikePointer(pointer)) return;
  for (let i = lowerBound(locks, pointer); i < locks.length && locks[i]! - pointer < farOffset; i++) {
    if (isTrusted(offsets, locks[i]!, locks[i]! - pointer)) found.add(locks[i]!);
  }
}

function candidates(dump: Dump, row: number, locks: Float64Array, offsets: Offsets): readonly Address[] {
  const g = dump.goroutines;
  const stack = dump.stacks[g.stack[row]!]!;
  if (stack.slots.length === 0) return none;
  const found = new Set<Address>();
  for (let slot = 0; slot < stack.slots.length; slot++)
    locksBehind(g.argument(row, slot), locks, offsets, found);
  found.delete(waitedFor(dump, row, locks, offsets));
  return found.size === 0 ? none : [...found].sort((a, b) => a - b);
}

/**
 * The lock that a row waits for. Where its address was not passed on, as that of a read lock seldom is: the only lock of the
 * object that the frame which calls Lock has a pointer to. With two, nobody can tell.
 */
function waitedFor(dump: Dump, row: number, locks: Float64Array, offsets: Offsets): Address {
  const g = dump.goroutines;
  const stack = dump.stacks[g.stack[row]!]!;
  if (g.resource[row]! > 0 || !isLockWait(stack.wait)) return g.resource[row]!;
  const caller = callerFrame(dump, row);
  const near = new Set<Address>();
  for (let slot = 0; slot < stack.slots.length; slot++)
    if (stack.slots[slot]!.frame === caller) locksBehind(g.argument(row, slot), locks, offsets, near);
  return near.size === 1 ? [...near][0]! : unknownAddress;
}

/** Index of the function that was started with `go`; a recursion of the function that calls Lock has passed its Lock before. */
function startedFrame(stack: Stack, caller: number): number {
  const entry = entryOf(stack);
  if (typeof entry !== "number") return -1;
  return stack.frames[entry]!.symbol.plain === stack.frames[caller]?.symbol.plain ? -1 : entry;
}

function reenters(dump: Dump, row: number, offsets: Offsets): boolean {
  const g = dump.goroutines;
  const lock = g.resource[row]!;
  const stack = dump.stacks[g.stack[row]!]!;
  if (!(lock > 0) || !isLockWait(stack.wait)) return false;
  const caller = callerFrame(dump, row);
  const started = startedFrame(stack, caller);
  for (let slot = 0; slot < stack.slots.length; slot++) {
    const frame = stack.slots[slot]!.frame;
    if (frame <= caller || frame === started) continue;
    const distance = lock - g.argument(row, slot);
    if (distance >= 0 && isTrusted(offsets, lock, distance)) return true;
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
