import { type Address, offsetAddress, unknownAddress } from "./address.ts";
import type { Calls } from "./calls.ts";
import type { FramePool } from "./frame-pool.ts";
import { mixed } from "./hash.ts";
import { IndexTable } from "./index-table.ts";
import type { ArgumentSlot } from "./stack.ts";
import type { GoSymbol } from "./symbol.ts";
import type { WaitKind } from "./wait-kind.ts";

/** Arguments of one frame as a dump shows them, braces flattened; NaN where the value is not to be trusted. */
export type FrameArguments = readonly Address[];

/** Where the address of the thing waited for stands among the arguments. */
export interface ResourcePlan extends ArgumentSlot {
  /** Added to the argument: a semaphore lies inside its mutex. */
  readonly offset: number;
}

/** Most arguments kept for each goroutine. */
export const maxSlots = 12;
/** Most arguments kept of one frame. */
const maxSlotsPerFrame = 4;

/** Distance from the semaphore that `semacquire1` names back to its owner, by what is waited for (64-bit). */
const semaphoreOffset: Partial<Record<WaitKind, number>> = {
  "mutex-lock": -4,
  once: -4,
  "rwmutex-lock": -8,
  "rwmutex-rlock": -12,
  "waitgroup-wait": -8,
  semaphore: 0,
};

/** The lock, WaitGroup or Cond that a semaphore or notifyList lies in; NaN when the wait has none. */
export function semaphoreOwner(wait: WaitKind, semaphore: Address): Address {
  const offset = wait === "cond-wait" ? -16 : semaphoreOffset[wait];
  return offset === undefined ? unknownAddress : offsetAddress(semaphore, offset);
}

/** Functions whose first argument is what the goroutine waits for, or lies in it. */
const resourceOffset: Readonly<Record<string, number>> = {
  "sync.(*Mutex).lockSlow": 0,
  "internal/sync.(*Mutex).lockSlow": 0,
  "sync.(*Mutex).Lock": 0,
  "internal/sync.(*Mutex).Lock": 0,
  "sync.(*RWMutex).Lock": 0,
  "sync.(*RWMutex).RLock": 0,
  "sync.(*WaitGroup).Wait": 0,
  "sync.runtime_notifyListWait": -16,
  "sync.(*Cond).Wait": 0,
  "runtime.chansend": 0,
  "runtime.chanrecv": 0,
};

/** Functions that park in a select until their receiver has room: a pool lends connections, places, shares. */
const poolFunctions: readonly string[] = [
  "database/sql.(*DB).conn",
  "net/http.(*Transport).getConn",
  "golang.org/x/sync/semaphore.(*Weighted).Acquire",
];

/** True for a function in which goroutines wait for room in a pool, its receiver; vendored ones included. */
export function isPoolWait(symbol: GoSymbol): boolean {
  return poolFunctions.some((name) => symbol.plain === name || symbol.plain.endsWith(`/${name}`));
}

/** Finds the argument that names the channel, lock, WaitGroup, Cond or pool of a blocked goroutine. */
export function resourcePlan(wait: WaitKind, calls: Calls, pool: FramePool): ResourcePlan | undefined {
  let semaphore: ResourcePlan | undefined;
  const symbolAt = (call: number) => pool.at(calls.frames[call]!).symbol;
  for (let frame = 0; frame < Math.min(calls.depth, 12); frame++) {
    const first = calls.value(frame, 0);
    if (!pool.isMachinery(calls.frames[frame]!)) {
      const isPool = wait === "select" && first > 0 && isPoolWait(symbolAt(frame));
      return isPool ? { frame, argument: 0, offset: 0 } : semaphore;
    }
    if (Number.isNaN(first) || first === 0) continue;
    const { plain } = symbolAt(frame);
    if (Object.hasOwn(resourceOffset, plain)) {
      return { frame, argument: 0, offset: resourceOffset[plain]! };
    }
    if (plain === "runtime.semacquire1") {
      const isBehindWriter = wait === "rwmutex-lock" && isInMutex(calls, pool);
      const offset = isBehindWriter ? -4 : semaphoreOffset[wait];
      if (offset !== undefined) semaphore = { frame, argument: 0, offset };
    }
  }
  return semaphore;
}

/** A writer that waits for another writer waits for the lock's inner mutex. */
function isInMutex({ frames, depth }: Calls, pool: FramePool): boolean {
  return frames.subarray(0, Math.min(depth, 8)).some((frame) => isMutexWait(pool.at(frame).symbol));
}

/** True for the function in which a goroutine waits for a Mutex: the inner one of an RWMutex, too, behind another writer. */
export function isMutexWait(symbol: GoSymbol): boolean {
  return symbol.plain.endsWith("sync.(*Mutex).lockSlow");
}

/** More than a call has arguments. */
const slotFactor = 1 << 16;

/** Chooses arguments, the same list for stacks that have the same: there are few. */
export class SlotLists {
  readonly #lists: ArgumentSlot[][] = [];
  readonly #table = new IndexTable();
  /** What is being chosen. */
  readonly #chosen = new Int32Array(maxSlots);

  /**
   * Arguments worth keeping for each goroutine of a stack: pointers known in frames outside the machinery, innermost first.
   * Where there are too many, those of the standard library give way: the owner of a lock stands further out, in the
   * method that has called an HTTP client or a database.
   */
  choose(calls: Calls, pool: FramePool): readonly ArgumentSlot[] {
    let count = this.#fill(calls, pool, maxSlots, maxSlots);
    if (count === maxSlots && this.#hasStandard(calls, pool)) {
      const others = this.#fill(calls, pool, maxSlots, 0);
      count = this.#fill(calls, pool, others, maxSlots - others);
    }
    const chosen = this.#chosen;
    let hash = 0;
    for (let i = 0; i < count; i++) hash = mixed(hash, chosen[i]!);
    return this.#list(count, hash);
  }

  /** Whether some of those that are chosen, as many as there can be, are of the standard library. */
  #hasStandard(calls: Calls, pool: FramePool): boolean {
    const chosen = this.#chosen;
    let last = -1;
    for (let i = 0; i < maxSlots; i++) {
      const frame = Math.floor(chosen[i]! / slotFactor);
      if (frame !== last && pool.isStandard(calls.frames[frame]!)) return true;
      last = frame;
    }
    return false;
  }

  /**
   * Chooses pointers, innermost first; answers how many.
   * @param mostOthers at most so many of frames outside the standard library, and
   * @param mostStandard of frames in it
   */
  #fill(calls: Calls, pool: FramePool, mostOthers: number, mostStandard: number): number {
    const chosen = this.#chosen;
    let others = mostOthers;
    let standard = mostStandard;
    const isLimited = mostOthers < maxSlots || mostStandard < maxSlots;
    let count = 0;
    for (let frame = 0; frame < calls.depth && count < maxSlots; frame++) {
      const values = calls.argumentsOf(frame);
      const number = calls.frames[frame]!;
      if (values === 0 || pool.isMachinery(number)) continue;
      const isOfStandard = isLimited && pool.isStandard(number);
      const room = Math.min(maxSlotsPerFrame, maxSlots - count, isOfStandard ? standard : others);
      let ofFrame = 0;
      for (let argument = 0; argument < values && ofFrame < room; argument++) {
        const value = calls.value(frame, argument);
        // The receiver's place is kept whatever the first goroutine has in it, if only it is known.
        if (Number.isNaN(value) || (!looksLikePointer(value) && argument > 0)) continue;
        chosen[count++] = frame * slotFactor + argument;
        ofFrame++;
      }
      if (isOfStandard) standard -= ofFrame;
      else others -= ofFrame;
    }
    return count;
  }

  #list(count: number, hash: number): readonly ArgumentSlot[] {
    const chosen = this.#chosen;
    const table = this.#table;
    let slot = table.first(hash);
    for (let index = table.at(slot); index >= 0; index = table.at(slot)) {
      if (table.hashAt(slot) === hash && isList(this.#lists[index]!, chosen, count))
        return this.#lists[index]!;
      slot = table.next(slot);
    }
    const list = Array.from(chosen.subarray(0, count), slotOf);
    this.#lists.push(list);
    table.add(slot, hash);
    return list;
  }
}

function isList(list: readonly ArgumentSlot[], chosen: Int32Array, count: number): boolean {
  if (list.length !== count) return false;
  for (let i = 0; i < count; i++) {
    const { frame, argument } = list[i]!;
    if (frame * slotFactor + argument !== chosen[i]) return false;
  }
  return true;
}

function slotOf(slot: number): ArgumentSlot {
  return { frame: Math.floor(slot / slotFactor), argument: slot % slotFactor };
}

/** Small numbers are counts and flags; heap, data and stack addresses are larger on every platform of Go. */
export function looksLikePointer(value: Address): boolean {
  return value < 0 || value >= 0x10000;
}

/** The address waited for, from the value of its argument. */
export function resourceOf(plan: ResourcePlan, value: Address): Address {
  return offsetAddress(value, plan.offset);
}
