import type { Strand } from "../source/strand.ts";
import type { Facts } from "./facts.ts";
import type { Sample } from "./group.ts";

/** What tells the call of a function that made a channel. */
type Maker = Pick<Strand, "file" | "makerLine">;

/**
 * Whether the call that made the channel of these goroutines is over: its goroutine is gone or elsewhere, or nobody is
 * in that function at all. `undefined`: the dump does not say.
 */
export function hasLeft(maker: Maker, group: Sample, facts: Facts): boolean | undefined {
  const { dump } = facts;
  if (!dump.complete) return undefined;
  const creator = dump.goroutines.creator[group.first]!;
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

function leftBy(stackIndex: number, { file, makerLine }: Maker, facts: Facts): boolean | undefined {
  const stack = facts.dump.stacks[stackIndex]!;
  const { source } = facts;
  const name = file.slice(file.lastIndexOf("/") + 1);
  for (let i = 0; i < stack.frames.length; i++) {
    // By place, not by name: closures of inlined functions are called after the function that they end up in.
    if (baseName(stack.frames[i]!.file) !== name) continue;
    const code = source?.frame(stack, i).code;
    if (code === undefined) return undefined;
    const here = [code.fn, code.inlinedInto?.fn].some((fn) => fn?.node.line === makerLine);
    if (here && source?.pathOf(stack, i) === file) return false;
  }
  return stack.extent === "full" ? true : undefined;
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}
