import type { Address } from "./address.ts";
import { isPoolWait } from "./arguments.ts";
import type { Dump } from "./dump.ts";

/** Pools that goroutines wait for room in, and who may have a part of one. */
export interface Pools {
  /** Addresses of pools that somebody waits for. */
  readonly contended: ReadonlySet<Address>;
  /**
   * Pools that this row may have a part of: code outside of the pool's own package has a pointer to it, and does not
   * wait for it; or a method of the only pool of its type has started a goroutine for it that is still there, as
   * `(*DB).BeginTx` does, whatever it waits for now.
   */
  of(row: number): readonly Address[];
}

const none: readonly Address[] = Object.freeze([]);

/** Finds the pools of a dump that goroutines wait for. */
export function poolsOf(dump: Dump): Pools {
  const g = dump.goroutines;
  const waits = dump.stacks.map((stack, i) => (g.tally.hasAddress(i) ? poolFrame(stack) : undefined));
  const contended = new Set<Address>();
  /** By type of pool; undefined once there are two of a type. */
  const only = new Map<string, Address | undefined>();
  const packages = new Map<Address, string>();
  const waiting = waits.some((wait) => wait !== undefined) ? g.length : 0;
  for (let row = 0; row < waiting; row++) {
    const wait = waits[g.stack[row]!];
    const address = g.resource[row]!;
    if (wait === undefined || !(address > 0)) continue;
    contended.add(address);
    packages.set(address, wait.package);
    only.set(wait.type, only.has(wait.type) && only.get(wait.type) !== address ? undefined : address);
  }
  if (contended.size === 0) return { contended, of: () => none };
  const byCreator = startedFor(dump, only);
  return {
    contended,
    of(row) {
      const found = new Set<Address>();
      const { frames, slots } = dump.stacks[g.stack[row]!]!;
      slots.forEach((slot, i) => {
        const address = g.argument(row, i);
        const pkg = packages.get(address);
        // A goroutine that serves the pool itself has the pointer, too.
        if (pkg !== undefined && frames.slice(slot.frame).some((f) => f.symbol.package !== pkg))
          found.add(address);
      });
      found.delete(g.resource[row]!);
      for (const address of byCreator.get(g.id[row]!) ?? []) found.add(address);
      return found.size === 0 ? none : [...found];
    },
  };
}

/** The type and package of the pool that goroutines of a stack wait for. */
function poolFrame({ wait, frames }: Dump["stacks"][number]) {
  return wait === "select" ? frames.find((f) => isPoolWait(f.symbol))?.symbol : undefined;
}

/** Pools by the id of the goroutine for which one of their methods has started another that is still there. */
function startedFor(
  { goroutines: g, stacks }: Dump,
  only: ReadonlyMap<string, Address | undefined>,
): ReadonlyMap<number, ReadonlySet<Address>> {
  const found = new Map<number, Set<Address>>();
  const pools = stacks.map(({ createdBy }) => only.get(createdBy?.symbol.type ?? ""));
  for (let row = 0; row < g.length; row++) {
    const address = pools[g.stack[row]!];
    const creator = g.creator[row]!;
    if (address === undefined || Number.isNaN(creator)) continue;
    const of = found.get(creator);
    if (of === undefined) found.set(creator, new Set([address]));
    else of.add(address);
  }
  return found;
}
