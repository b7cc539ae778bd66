import type { WaitKind } from "../../model/wait-kind.ts";

/** A colour of the page: wait kinds that mean much the same to a reader. `id` is the end of its CSS class. */
export interface WaitGroup {
  readonly id: string;
  readonly title: string;
  readonly kinds: readonly WaitKind[];
}

/** In the order of legends. */
export const waitGroups: readonly WaitGroup[] = [
  { id: "send", title: "channel send", kinds: ["chan-send", "chan-send-nil"] },
  { id: "receive", title: "channel receive", kinds: ["chan-receive", "chan-receive-nil"] },
  { id: "select", title: "select", kinds: ["select", "select-empty"] },
  { id: "lock", title: "lock", kinds: ["mutex-lock", "rwmutex-rlock", "rwmutex-lock", "once"] },
  {
    id: "sync",
    title: "WaitGroup, Cond and the like",
    kinds: ["waitgroup-wait", "cond-wait", "semaphore", "coroutine", "synctest"],
  },
  { id: "io", title: "I/O, system call", kinds: ["io-wait", "syscall"] },
  { id: "sleep", title: "sleep", kinds: ["sleep"] },
  { id: "run", title: "running or runnable", kinds: ["running", "runnable"] },
  { id: "idle", title: "the runtime's own", kinds: ["runtime-idle"] },
  { id: "other", title: "not known", kinds: ["unknown", "parked"] },
];

const groupOfKind: ReadonlyMap<string, number> = new Map(
  waitGroups.flatMap((group, index) => group.kinds.map((kind) => [kind, index] as const)),
);

/** Index into `waitGroups`. */
export function waitGroupOf(kind: WaitKind): number {
  return groupOfKind.get(kind) ?? waitGroups.length - 1;
}
