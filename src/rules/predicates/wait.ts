import { attribute, onCell, truth, unknown } from "../../match/condition.ts";
import { goroutineFlags } from "../../model/goroutines.ts";
import { isBlocked, type WaitKind, waitClasses, waitKinds } from "../../model/wait-kind.ts";
import { oneOrList } from "../closed-list.ts";
import { rangeSchema, rangeTest } from "../range.ts";
import type { Predicate } from "./predicate.ts";

const names = [...waitKinds, ...Object.keys(waitClasses)];

/** The kinds that a name of a kind or a class stands for. */
export function waitKindsOf(name: string): readonly WaitKind[] {
  return Object.hasOwn(waitClasses, name)
    ? waitClasses[name as keyof typeof waitClasses]
    : [name as WaitKind];
}

function wantedBy(value: unknown): ReadonlySet<WaitKind> {
  return new Set((Array.isArray(value) ? value : [value]).flatMap((n) => [...waitKindsOf(String(n))]));
}

/** The kinds that a stack may have which satisfies `wait`: where the dump doesn't say, the answer is "unknown". */
export function waitsFor(value: unknown): ReadonlySet<WaitKind> {
  return new Set<WaitKind>([...wantedBy(value), "parked", "unknown"]);
}

export const wait: Predicate = {
  key: "wait",
  schema: {
    ...oneOrList(names),
    description:
      "Kind of wait, a class of kinds (channel, lock, sync, blocked), or a list. `parked`: blocked, but neither the dump nor the source says on what.",
    examples: ["chan-send", ["chan-send", "parked"], "lock"],
  },
  needs: ["wait-reasons"],
  compile(value) {
    const wanted = wantedBy(value);
    const anyParked = [...wanted].some(
      (k) => isBlocked(k) || k === "sleep" || k === "io-wait" || k === "runtime-idle",
    );
    const surely = new Set(wanted);
    // What a parked goroutine waits for may be in the source.
    surely.delete("parked");
    return {
      attributes: 0,
      waits: waitsFor(value),
      knownWaits: wanted,
      surely,
      evaluate({ facts, stackIndex }) {
        const kind = facts.wait(stackIndex);
        if (wanted.has(kind)) return truth(true);
        if (kind === "unknown" || (kind === "parked" && anyParked)) return unknown("wait-reasons");
        return truth(false);
      },
    };
  },
};

export const waited: Predicate = {
  key: "waited",
  schema: {
    ...rangeSchema,
    description:
      "Whole minutes waited, as the dump says (it may over-state by up to two). Goroutines marked (leaked) wait for ever; no minutes in the dump: unknown, which is not short.",
    examples: [{ gte: 5 }],
  },
  needs: ["minutes"],
  compile(value, context, path) {
    const test = rangeTest(value, context, path);
    return onCell({
      attributes: attribute.minutes | attribute.flags,
      evaluate({ facts, group }) {
        const g = facts.dump.goroutines;
        const row = group!.first;
        if (g.flags[row]! & goroutineFlags.leaked) return truth(test(Number.POSITIVE_INFINITY));
        return g.minutes[row]! < 0 ? unknown("minutes") : truth(test(g.minutes[row]!));
      },
    });
  },
};
