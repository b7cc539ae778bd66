import type { GdbListed } from "./lines.ts";
import type { GdbStack, GdbTranscript } from "./session.ts";

/** Whose the stacks of a session are. */
export interface Joined {
  /** Of goroutines, each once; with an id where that is known. */
  readonly stacks: readonly GdbStack[];
  /** How many of them are of nobody knows whom of the list. */
  readonly open: number;
  /** Stacks that were left out though they are none of those that are kept. */
  readonly changed: number;
}

/**
 * Finds the goroutines of stacks without an id. What shows a goroutine again is left out.
 *
 * `goroutine all bt` walks the same list as `info goroutines`: as many stacks as goroutines are in the same order.
 */
export function joinStacks(
  stacks: readonly GdbStack[],
  absent: GdbTranscript["absent"],
  listed: ReadonlyMap<number, GdbListed>,
): Joined {
  const named = new Map<number, GdbStack>();
  let changed = 0;
  const name = (id: number, stack: GdbStack) => {
    const known = named.get(id);
    const [less = stack, more] =
      known === undefined || isLess(known, stack) ? [known, stack] : [stack, known];
    named.set(id, { ...more, id });
    if (!keyOf(more).startsWith(keyOf(less))) changed++;
  };
  for (const stack of stacks) if (!Number.isNaN(stack.id)) name(stack.id, stack);
  const ids = [...listed.keys()];
  const groups = new Map<number, GdbStack[]>();
  for (const stack of stacks) {
    if (!Number.isNaN(stack.id)) continue;
    const group = groups.get(stack.answer);
    if (group === undefined) groups.set(stack.answer, [stack]);
    else group.push(stack);
  }
  const left: GdbStack[][] = [];
  for (const [answer, group] of groups) {
    const lacking = new Set(absent.filter((a) => a.answer === answer).map((a) => a.id));
    const shown = [ids, ids.filter((id) => !lacking.has(id))].find((some) => walkOf(group, some) >= 0);
    if (ids.length === 0 || shown === undefined) left.push(group);
    else
      for (const [index, stack] of group.slice(walkOf(group, shown)).entries())
        if (index < shown.length) name(shown[index]!, stack);
  }
  const joined = listed.size > 0 ? withList(left, named, ids) : withoutList(left, named);
  return { ...joined, changed: joined.changed + changed };
}

function isLess(a: GdbStack, b: GdbStack): boolean {
  return a.frames.length < b.frames.length;
}

/** All goroutines of a list that have a stack are there: others are shown again. */
function withList(
  groups: readonly GdbStack[][],
  named: ReadonlyMap<number, GdbStack>,
  ids: readonly number[],
): Joined {
  const others = ids.filter((id) => !named.has(id)).length;
  const known = new Set([...named.values()].map(keyOf));
  let open = groups.flat();
  // Alike is not the same while some of the list are missing, unless there are more than can be of those.
  if (open.length > others) open = open.filter((s) => !known.has(keyOf(s)));
  const changed = others === 0 ? open.length : 0;
  if (others === 0) open = [];
  return { stacks: [...named.values(), ...open], open: open.length, changed };
}

/** What was shown beside a walk is in it; of single stacks that are alike nobody knows whether they are the same. */
function withoutList(groups: readonly GdbStack[][], named: ReadonlyMap<number, GdbStack>): Joined {
  const [walk = [], ...others] = groups.map(withoutPrefix).sort((a, b) => b.length - a.length);
  if (walk.length < 2) return { stacks: [...named.values(), ...groups.flat()], open: 0, changed: 0 };
  const byKey = new Map<string, GdbStack[]>();
  for (const stack of walk) {
    const alike = byKey.get(keyOf(stack));
    if (alike === undefined) byKey.set(keyOf(stack), [stack]);
    else alike.push(stack);
  }
  const beside: GdbStack[] = [];
  for (const stack of named.values()) {
    const same = byKey.get(keyOf(stack))?.find((s) => Number.isNaN(s.id));
    if (same === undefined) beside.push(stack);
    else same.id = stack.id;
  }
  const changed = others.flat().filter((s) => !byKey.has(keyOf(s))).length;
  return { stacks: [...beside, ...walk], open: 0, changed };
}

/** The main goroutine is the first: single ones shown before it come again. */
function withoutPrefix(group: GdbStack[]): GdbStack[] {
  const first = group.findIndex(isMain);
  if (first <= 0) return group;
  const walked = new Set(group.slice(first).map(keyOf));
  return group.slice(0, first).every((s) => walked.has(keyOf(s))) ? group.slice(first) : group;
}

/**
 * Where a walk of so many goroutines begins in a group of stacks; -1 when that is not sure. Beside it there may be stacks
 * of single goroutines, which it shows again: gdb's batches show no commands.
 */
function walkOf(group: readonly GdbStack[], ids: readonly number[]): number {
  const size = ids.length;
  if (group.length <= size) return group.length === size ? 0 : -1;
  const keys = group.map(keyOf);
  const wanted = new Set(keys).size;
  const mainAt = ids.indexOf(1);
  const anchored = mainAt >= 0 && group.some(isMain);
  const counts = new Map<string, number>();
  let found = -1;
  for (let end = 0; end < group.length; end++) {
    counts.set(keys[end]!, (counts.get(keys[end]!) ?? 0) + 1);
    const begin = end - size + 1;
    if (begin > 0) {
      const before = keys[begin - 1]!;
      const times = counts.get(before)! - 1;
      if (times === 0) counts.delete(before);
      else counts.set(before, times);
    }
    if (begin < 0 || counts.size !== wanted || (anchored && !isMain(group[begin + mainAt]!))) continue;
    if (found < 0) found = begin;
    else if (keys.slice(found, found + size).some((key, i) => key !== keys[begin + i])) return -1;
  }
  return found;
}

function isMain({ frames }: GdbStack): boolean {
  return frames.some((f) => f.function === "main.main" || f.function === "runtime.main");
}

/** Two stacks of one goroutine that stands still are the same, arguments and all. */
export function keyOf({ frames }: GdbStack): string {
  return frames.map((f) => `${f.function} ${f.file}:${f.line} ${f.args?.join() ?? ""}`).join("\n");
}
