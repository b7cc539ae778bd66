import type { Dump } from "./dump.ts";
import { type Stack, stackKey } from "./stack.ts";

/** Dumps with more distinct stacks have little in common, and would fill the pool for nothing. */
const maxStacks = 5_000;

/** Lets the dumps of a run share what they have in common: snapshots of one program mostly show the same stacks. */
export class StackPool {
  readonly #stacks = new Map<string, Stack>();

  /** The same dump, with the stacks of earlier ones where they are equal, and columns no longer than needed. */
  share(dump: Dump): Dump {
    if (dump.stacks.length > maxStacks) return dump;
    dump.goroutines.trim();
    return { ...dump, stacks: dump.stacks.map((stack) => this.#shared(stack)) };
  }

  #shared(stack: Stack): Stack {
    const slots = stack.slots.map((s) => `${s.frame}.${s.argument}`).join(" ");
    const key = [
      stackKey(stack),
      stack.wait,
      stack.waitInferred,
      stack.gapAt,
      stack.createdBy?.inlined,
      slots,
    ].join("\u0002");
    const known = this.#stacks.get(key);
    if (known !== undefined) return known;
    this.#stacks.set(key, stack);
    return stack;
  }
}
