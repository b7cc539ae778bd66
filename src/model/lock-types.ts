import type { Dump } from "./dump.ts";
import { originOf } from "./origin.ts";
import { siteOf } from "./places.ts";
import type { Frame } from "./stack.ts";
import { isLockWait } from "./wait-kind.ts";

/**
 * Locks by the type that they guard, for dumps in which the addresses are dead: a method that waits for a lock most
 * often waits for its own type's. The standard library's types are left out: their methods don't hang each other.
 */
export interface LockTypes {
  /** The type whose method waits for a lock; `undefined` when none does, or no method. */
  waitedFor(stackIndex: number): string | undefined;
  /** Types whose lock somebody waits for and that have a method further out on this stack, the one waited for left out. */
  held(stackIndex: number): readonly string[];
}

const none: readonly string[] = Object.freeze([]);

/** Finds the types whose methods wait for locks, and who is in a method of one. */
export function lockTypes(dump: Dump): LockTypes {
  const waited = dump.stacks.map((stack) => {
    if (!isLockWait(stack.wait)) return undefined;
    const site = siteOf(stack);
    return typeof site === "number" ? typeOf(stack.frames[site]!) : undefined;
  });
  const contended = new Set(waited.filter((type) => type !== undefined));
  const held: (readonly string[] | undefined)[] = [];
  // Few frames are of a contended type: whose code it is, is asked of those.
  const heldOn = (frames: readonly Frame[], own: string | undefined): readonly string[] => {
    const types = frames.filter(({ symbol: { type } }) => type !== own && contended.has(type)).map(typeOf);
    return types.length === 0 ? none : [...new Set(types.filter((type) => type !== undefined))];
  };
  return {
    waitedFor: (stackIndex) => waited[stackIndex],
    held(stackIndex) {
      if (contended.size === 0) return none;
      held[stackIndex] ??= heldOn(dump.stacks[stackIndex]!.frames, waited[stackIndex]);
      return held[stackIndex];
    },
  };
}

function typeOf({ symbol, file }: Frame): string | undefined {
  const isProgram = ["own", "third-party"].includes(originOf(symbol, file));
  return symbol.type === "" || !isProgram ? undefined : symbol.type;
}
