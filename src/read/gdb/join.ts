import { isScheduler, isSystem, withoutEnd } from "./extent.ts";
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
    const shown = [ids, ids.filter((id) => !lacking.has(id))];
    // The scheduler's stack may stand in a walk for a goroutine that runs, or beside it, where `bt` shows a thread.
    const walk =
      walkOf(group, shown) ??
      walkOf(
        group.filter((s) => !isScheduler(s.frames)),
        shown,
      );
    if (walk === undefined) left.push(group);
    else for (const [id, stack] of walk) name(id, stack);
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
  const changed = others === 0 ? goroutinesIn(open) : 0;
  if (others === 0) open = [];
  return { stacks: [...named.values(), ...open], open: open.length, changed };
}

/** Others are what `bt` shows of a thread that looks for goroutines, where the commands are not seen. */
function goroutinesIn(stacks: readonly GdbStack[]): number {
  return stacks.filter(({ frames }) => {
    const functions = withoutEnd(frames).map((f) => f.function);
    return functions[0] === "runtime.gopark" || !isSystem(functions, false);
  }).length;
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
  const changed = goroutinesIn(others.flat().filter((s) => !byKey.has(keyOf(s))));
  return { stacks: [...beside, ...walk], open: 0, changed };
}

/** The main goroutine is the first: single ones shown before it come again. */
function withoutPrefix(group: GdbStack[]): GdbStack[] {
  const first = group.findLastIndex(isMain);
  if (first <= 0) return group;
  const walked = new Set(group.slice(first).map(keyOf));
  return group.slice(0, first).every((s) => walked.has(keyOf(s))) ? group.slice(first) : group;
}

/** The walk in a group of stacks, by the ids of its goroutines. @param lists which ones it may be of */
function walkOf(
  group: readonly GdbStack[],
  lists: readonly (readonly number[])[],
): (readonly [number, GdbStack])[] | undefined {
  for (const ids of lists) {
    const begin = walkBegin(group, ids);
    if (begin >= 0) return ids.map((id, index) => [id, group[begin + index]!]);
  }
  return undefined;
}

/**
 * Where a walk of these goroutines begins in a group of stacks; -1 when that is not sure. A batch shows no commands: before
 * the walk may be stacks of single goroutines, which it shows again, and behind it the same walk, or the main goroutine, of
 * which there is one. Any other stack behind it may as well be of a goroutine whose line the list has lost.
 */
function walkBegin(group: readonly GdbStack[], ids: readonly number[]): number {
  const size = ids.length;
  if (size === 0 || group.length < size) return -1;
  const mainAt = ids.indexOf(1);
  const anchored = mainAt >= 0 && group.some(isMain);
  const keys = group.map(keyOf);
  let end = group.length;
  if (anchored && mainAt < size - 1) while (end > size && isMain(group[end - 1]!)) end--;
  for (let begin = end % size; begin + size <= end; begin += size) {
    if (anchored ? !isMain(group[begin + mainAt]!) : begin > 0) continue;
    const walk = new Set(keys.slice(begin, begin + size));
    const isAgain = (key: string, at: number) =>
      at < begin || at >= end ? walk.has(key) : key === keys[begin + ((at - begin) % size)];
    if (keys.every(isAgain)) return begin;
  }
  return -1;
}

function isMain({ frames }: GdbStack): boolean {
  return frames.some((f) => f.function === "main.main" || f.function === "runtime.main");
}

/** Two stacks of one goroutine that stands still are the same, arguments and all. */
export function keyOf({ frames }: GdbStack): string {
  return withoutEnd(frames)
    .map((f) => `${f.function} ${f.file}:${f.line} ${f.args?.join() ?? ""}`)
    .join("\n");
}
