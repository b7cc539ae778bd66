import { type Address, offsetAddress, unknownAddress } from "./address.ts";
import { isMachinery } from "./origin.ts";
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

/** Most arguments kept for each goroutine; innermost frames first. */
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

/**
 * Finds the argument that names the channel, lock, WaitGroup, Cond or pool of a blocked goroutine.
 * Frames and arguments run innermost first and have the same length.
 */
export function resourcePlan(
  wait: WaitKind,
  symbols: readonly GoSymbol[],
  args: readonly FrameArguments[],
): ResourcePlan | undefined {
  let semaphore: ResourcePlan | undefined;
  for (let frame = 0; frame < Math.min(symbols.length, 12); frame++) {
    const symbol = symbols[frame]!;
    const first = args[frame]?.[0];
    if (!isMachinery(symbol)) {
      const isPool = wait === "select" && isPoolWait(symbol) && first !== undefined && first > 0;
      return isPool ? { frame, argument: 0, offset: 0 } : semaphore;
    }
    if (first === undefined || Number.isNaN(first) || first === 0) continue;
    if (Object.hasOwn(resourceOffset, symbol.plain)) {
      return { frame, argument: 0, offset: resourceOffset[symbol.plain]! };
    }
    if (symbol.plain === "runtime.semacquire1") {
      const offset = wait === "rwmutex-lock" && isBehindWriter(symbols) ? -4 : semaphoreOffset[wait];
      if (offset !== undefined) semaphore = { frame, argument: 0, offset };
    }
  }
  return semaphore;
}

/** A writer that waits for another writer waits for the lock's inner mutex. */
function isBehindWriter(symbols: readonly GoSymbol[]): boolean {
  return symbols.slice(0, 8).some((s) => s.plain.endsWith("sync.(*Mutex).lockSlow"));
}

/** Slots are few and the same in most stacks. */
const knownSlots: ArgumentSlot[][] = [];

function slotAt(frame: number, argument: number): ArgumentSlot {
  let ofFrame = knownSlots[frame];
  if (ofFrame === undefined) {
    ofFrame = [];
    knownSlots[frame] = ofFrame;
  }
  ofFrame[argument] ??= { frame, argument };
  return ofFrame[argument];
}

/** Chooses the arguments worth keeping for each goroutine of a stack: pointers known in frames outside the machinery. */
export function argumentSlots(symbols: readonly GoSymbol[], args: readonly FrameArguments[]): ArgumentSlot[] {
  const slots: ArgumentSlot[] = [];
  for (let frame = 0; frame < symbols.length && slots.length < maxSlots; frame++) {
    if (isMachinery(symbols[frame]!)) continue;
    let ofFrame = 0;
    const values = args[frame] ?? [];
    for (let argument = 0; argument < values.length && ofFrame < maxSlotsPerFrame; argument++) {
      const value = values[argument]!;
      // The receiver's place is kept whatever the first goroutine has in it, if only it is known.
      if (Number.isNaN(value) || (!looksLikePointer(value) && argument > 0)) continue;
      slots.push(slotAt(frame, argument));
      ofFrame++;
      if (slots.length === maxSlots) break;
    }
  }
  return slots;
}

/** Small numbers are counts and flags; heap, data and stack addresses are larger on every platform of Go. */
export function looksLikePointer(value: Address): boolean {
  return value < 0 || value >= 0x10000;
}

/** The address waited for, from the value of its argument. */
export function resourceOf(plan: ResourcePlan, value: Address): Address {
  return offsetAddress(value, plan.offset);
}
