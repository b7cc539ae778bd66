import type { Facts, Group } from "./facts.ts";

/**
 * Whether the call of `maker` that started the goroutines is over: its goroutine is gone or elsewhere, or nobody is in
 * that function at all. `undefined`: the dump does not say.
 * @param maker Go's name of a function, `main.serve`
 */
export function hasLeft(maker: string, group: Group, facts: Facts): boolean | undefined {
  const { dump } = facts;
  if (!dump.complete) return undefined;
  const creator = dump.goroutines.creator[group.rows[0]!]!;
  if (!Number.isNaN(creator) && dump.capabilities.has("ids")) {
    const row = facts.rowOf(creator);
    return row === undefined ? true : leftBy(dump.goroutines.stack[row]!, maker, facts);
  }
  for (let i = 0; i < dump.stacks.length; i++) {
    // Another call of the function may be the one that is still running.
    if (facts.rowsOf(i).length > 0 && leftBy(i, maker, facts) !== true) return undefined;
  }
  return true;
}

function leftBy(stackIndex: number, maker: string, facts: Facts): boolean | undefined {
  const stack = facts.dump.stacks[stackIndex]!;
  if (stack.frames.some((f) => f.symbol.plain === maker)) return false;
  return stack.extent === "full" ? true : undefined;
}
